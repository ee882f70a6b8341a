from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import yaml
from builders import run
from click.testing import CliRunner
from huggingface_hub import parse_eval_result_entries
from log_builders import lm_eval_row, write_lm_eval
from report_builders import built

from evalsuite.cli.export import command
from evalsuite.disk.storage import run_folder, write_run
from evalsuite.errors import InvalidInputError
from evalsuite.logs.detect import read_one
from evalsuite.records.codec import to_json, to_line

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def report(tmp_path: Path) -> Path:
    comparison, rows = built()
    folder = tmp_path / "report"
    folder.mkdir()
    (folder / "results.json").write_text(to_json(comparison))
    (folder / "questions.jsonl").write_text("".join(map(to_line, rows)))
    return folder


def export(path: Path | str, form: str, folder: Path, *options: str) -> str:
    arguments = [str(path), "--to", form, "-o", str(folder), *options]
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_run_is_found_by_its_name_and_every_file_is_told(tmp_path: Path) -> None:
    made = run(["\\boxed{7}", "no"], name="small")
    write_run(run_folder(tmp_path / "runs", made.spec), made)

    told = export("small", "evalstats", tmp_path / "out", "--runs", str(tmp_path / "runs"))

    assert told.startswith(f"{tmp_path / 'out' / 'evalstats.csv'}  (")
    assert (tmp_path / "out" / "evalstats.csv").read_text() == (
        "model,item,run,score\nsmall,q-0,0,1.0\nsmall,q-1,0,0.0\n"
    )


def test_a_log_is_written_in_another_format_by_the_grader_that_was_named(tmp_path: Path) -> None:
    rows = [lm_eval_row(0, 0.0), lm_eval_row(0, 1.0, filter="flexible")]
    write_lm_eval(tmp_path / "log", rows)

    export(tmp_path / "log", "eval-arena", tmp_path / "out", "--grader", "exact_match,flexible")

    line = json.loads((tmp_path / "out" / "eval-arena.jsonl").read_text())
    assert (line["correct"], line["count"], line["benchmark_id"]) == (1, 1, "numbers")


def test_a_report_gives_both_models(report: Path, tmp_path: Path) -> None:
    export(report, "lm-eval", tmp_path / "out")

    logs = [read_one(str(tmp_path / "out" / side)) for side in ("base", "trained")]

    assert [log.model for log in logs] == ["base", "trained"]


def test_the_hub_reads_the_results_with_the_report_as_their_source(
    report: Path, tmp_path: Path
) -> None:
    url = "https://example.org/report.html"
    export(
        report,
        "eval-results",
        tmp_path,
        *("--benchmark", "org/numbers:numbers", "--source-url", url),
    )

    text = (tmp_path / ".eval_results" / "org-numbers-numbers.yaml").read_text()
    (entry,) = parse_eval_result_entries(yaml.safe_load(text))
    comparison, _ = built()
    assert (entry.dataset_id, entry.task_id) == ("org/numbers", "numbers")
    assert entry.value == comparison.trained.accuracy
    assert (entry.source_url, entry.date) == (url, None)


def test_a_model_index_is_the_cards_own(report: Path, tmp_path: Path) -> None:
    export(report, "model-index", tmp_path)

    (entry,) = yaml.safe_load((tmp_path / "model-index.yaml").read_text())["model-index"]
    assert entry["name"] == "trained"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "eval-results"], "none is named; name it with --benchmark ORG/NAME:TASK"),
        (["--to", "eval-results", "--benchmark", "x"], "x is no data set and task"),
        (
            ["--to", "eval-results", "--benchmark", "a/b:c", "--source-url", "file:///x"],
            "is no web address",
        ),
    ],
)
def test_a_leaderboard_is_asked_for(report: Path, options: list[str], said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        CliRunner().invoke(command, [str(report), *options], catch_exceptions=False)


def test_what_is_no_report_has_no_place_on_the_hub(tmp_path: Path) -> None:
    arguments = [str(tmp_path), "--to", "model-index"]
    with pytest.raises(InvalidInputError, match="is about a report"):
        CliRunner().invoke(command, arguments, catch_exceptions=False)

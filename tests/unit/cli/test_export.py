from __future__ import annotations

import json
from dataclasses import replace
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
from evalsuite.logs.detect import find_files, read_file, read_one
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


@pytest.mark.parametrize("form", ["evalstats", "eval-arena", "parquet"])
def test_an_export_is_never_written_over_by_another(form: str, tmp_path: Path) -> None:
    table(tmp_path / "one.jsonl", (r"\boxed{7}", "7"))
    table(tmp_path / "two.jsonl", (r"\boxed{6}", "7"))
    export(tmp_path / "one.jsonl", form, tmp_path / "out")
    export(tmp_path / "one.jsonl", form, tmp_path / "out")  # the same again
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    with pytest.raises(InvalidInputError, match="holds something else; name another folder"):
        export(tmp_path / "two.jsonl", form, tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


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
    (metric,) = entry["results"][0]["metrics"]
    assert metric["name"] == "accuracy, strict grader"


def test_a_model_index_names_the_grader_that_decides(tmp_path: Path) -> None:
    comparison = replace(built()[0], decides="exact_match")
    (tmp_path / "results.json").write_text(to_json(comparison))

    export(tmp_path, "model-index", tmp_path)

    assert '"accuracy, exact_match grader"' in (tmp_path / "model-index.yaml").read_text()


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


def refused(path: Path | str, *options: str) -> str:
    arguments = [str(path), "--to", "evalstats", *options]
    with pytest.raises(InvalidInputError) as told:
        CliRunner().invoke(command, arguments, catch_exceptions=False)
    return str(told.value)


def scores_in(folder: Path) -> list[str]:
    return (folder / "evalstats.csv").read_text().splitlines()[1:]


def test_the_grader_that_was_named_decides_in_runs_and_reports_too(
    report: Path, tmp_path: Path
) -> None:
    made = run(["it is 7"], name="small")
    write_run(run_folder(tmp_path / "runs", made.spec), made)
    store = ("--runs", str(tmp_path / "runs"))

    export("small", "evalstats", tmp_path / "run", "--grader", "flexible", *store)
    for grader in ("strict", "flexible"):
        export(report, "evalstats", tmp_path / grader, "--grader", grader)

    assert scores_in(tmp_path / "run") == ["small,q-0,0,1.0"]
    assert scores_in(tmp_path / "strict") != scores_in(tmp_path / "flexible")
    assert "small has no grader 'no'; it has strict, flexible" in refused(
        "small", "--grader", "no", *store
    )
    assert "base has no grader 'no'; it has strict, flexible" in refused(report, "--grader", "no")


def test_a_task_that_is_not_there_is_refused_with_those_that_are(report: Path) -> None:
    assert "has no task 'other'; it has test test" in refused(report, "--task", "other")
    export(report, "evalstats", report / "out", "--task", "test")


@pytest.mark.parametrize("option", ["--log-budget=9", "--log-tokenizer=x", "--id=x"])
def test_how_a_log_is_read_says_nothing_about_a_report(report: Path, option: str) -> None:
    assert "is a report, and how a log is to be read says nothing about it" in refused(
        report, option
    )


def table(path: Path, *answers: tuple[str, str]) -> None:
    rows = [{"id": str(i), "text": text, "gold": gold} for i, (text, gold) in enumerate(answers)]
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


@pytest.mark.parametrize("form", ["lm-eval", "evalstats", "eval-arena", "parquet"])
def test_answers_without_scores_are_graded_here(form: str, tmp_path: Path) -> None:
    table(tmp_path / "m.jsonl", (r"\boxed{7}", "7"), ("it is 8", "8"))

    export(tmp_path / "m.jsonl", form, tmp_path / "out")

    (log,) = [log for f in find_files(str(tmp_path / "out")) for log in read_file(f)]
    scores = [{**entry.scores, **entry.answers[0].scores} for entry in log.entries]
    assert [score[log.graders[0]] for score in scores] == [1.0, 0.0]


def test_answers_that_nobody_graded_are_refused_with_a_way_out(tmp_path: Path) -> None:
    table(tmp_path / "m.jsonl", ("Paris", "Paris"))

    assert "m.jsonl has no scores, and" in refused(tmp_path / "m.jsonl")


def test_a_pattern_stands_for_logs_and_inferred_ends_are_told(tmp_path: Path) -> None:
    table(tmp_path / "a.jsonl", ("<think>so", "7"))
    table(tmp_path / "b.jsonl", (r"\boxed{7}", "7"))
    arguments = [str(tmp_path / "*.jsonl"), "--to", "evalstats", "-o", str(tmp_path / "out")]

    done = CliRunner().invoke(command, arguments, catch_exceptions=False)

    assert scores_in(tmp_path / "out") == ["a,0,0,0.0", "b,0,0,1.0"]
    assert "of 2 ends, 1 are inferred, not recorded" in done.stderr


def test_what_is_no_report_has_no_place_on_the_hub(tmp_path: Path) -> None:
    arguments = [str(tmp_path), "--to", "model-index"]
    with pytest.raises(InvalidInputError, match="is about a report"):
        CliRunner().invoke(command, arguments, catch_exceptions=False)

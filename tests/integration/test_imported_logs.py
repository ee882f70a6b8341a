"""Imported logs end to end: nothing invented, hardly a question changed, levels as asked."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evalsuite.cli.main import cli
from evalsuite.tasks.questions import load_questions

QUESTIONS = load_questions("embedded", "test")
LOGS = Path(__file__).parents[1] / "harnesses" / "logs" / "lm_eval"


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    done = CliRunner().invoke(cli, list(arguments))
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def imported(name: str, wrong: range, *more: str) -> str:
    """Write and import a log that answers every second question correctly, but for ``wrong``."""
    right = [i % 2 == 0 and i not in wrong for i in range(len(QUESTIONS))]
    lines = [
        json.dumps({"id": i, "text": f"\\boxed{{{q.gold if ok else 99_991}}}"})
        for i, (q, ok) in enumerate(zip(QUESTIONS, right, strict=True))
    ]
    Path(f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    done = call("import", f"{name}.jsonl", "--name", name, "--task", "embedded", *more)
    return "run:" + done.output.splitlines()[0].rpartition("/")[2]


def results(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "results.json").read_text("utf-8"))
    return document


@pytest.mark.parametrize("discordant", [1, 2])
def test_one_or_two_changed_questions_of_1319_make_a_report_at_the_level_asked(
    workplace: Path, discordant: int
) -> None:
    base, trained = imported("base", range(0)), imported("trained", range(2 * discordant))

    done = call("compare", base, trained, "--confidence", "0.9", "-o", "out")

    assert done.exit_code == 0
    assert results(workplace / "out")["table"]["losses"] == discordant
    page = (workplace / "out" / "report.html").read_text("utf-8")
    told = re.sub(r"points</?data[^>]*>? in 95% of evaluations|95% of such runs", "", page)
    assert not re.search(r"95% (CI|interval|confidence)", told)
    assert "90% interval" in page


def test_what_a_log_does_not_tell_is_never_a_passed_check(workplace: Path) -> None:
    base, trained = imported("base", range(0)), imported("trained", range(30))

    call("compare", base, trained, "-o", "out")

    levels = {check["code"]: check["level"] for check in results(workplace / "out")["checks"]}
    unknown = ("EVS003", "EVS006", "EVS007", "EVS008", "EVS052", "EVS053")
    assert {levels[code] for code in unknown} == {"not_applicable"}
    assert levels["EVS050"] == "warning"
    page = (workplace / "out" / "report.html").read_text("utf-8")
    # the note on flips speaks of another pair, which was measured
    assert "reedy" not in page.replace("broken under greedy decoding were asked again", "")


def test_what_the_importer_says_is_checked(workplace: Path) -> None:
    said = ("--temperature", "0.7", "--top-p", "1", "--seed", "0", "--weights", "same")
    base = imported("base", range(0), *said, "--dtype", "float32")
    trained = imported("trained", range(30), *said, "--dtype", "bfloat16")

    call("compare", base, trained, "-o", "out")

    document = results(workplace / "out")
    levels = {check["code"]: check["level"] for check in document["checks"]}
    assert document["verdict"]["decision"] == "invalid"  # two precisions: not the models alone
    assert levels["EVS007"] == "blocking"
    assert levels["EVS008"] == "warning"  # and the weights are the same
    assert levels["EVS052"] == "warning"  # sampled once


def test_budgets_and_graders_are_declared_from_the_command_line(workplace: Path) -> None:
    base, trained = imported("base", range(0)), imported("trained", range(30))

    call("compare", base, trained, "--declare", "graders", "-o", "out")

    document = results(workplace / "out")
    assert document["verdict"]["policy"]["declared"] == ["graders"]
    assert document["verdict"]["policy"]["family"] == 2
    assert document["graders"]["flexible"]["adjusted"] is not None


@pytest.mark.parametrize(
    ("lang", "uncut", "whole"),
    [
        ("en", "These answers can't be cut shorter", "no difference comes from a cut answer"),
        ("zh", "这些回答无法再截短", "没有一处差异来自被截断的回答"),
    ],
)
def test_of_choices_by_likelihood_nothing_is_cut_off_or_unknown(
    tmp_path: Path, lang: str, uncut: str, whole: str
) -> None:
    logs = [str(next((LOGS / side).glob("samples_larger*"))) for side in ("base", "trained")]

    result = CliRunner().invoke(cli, ["compare", *logs, "-o", str(tmp_path), "--lang", lang])

    assert result.exit_code == 0, result.output
    found = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert (found["truncation"]["base"], found["truncation"]["trained"]) == (0, 0)
    assert found["made_of"]["finished_range"] == {"low": 0.0, "high": 0.0}
    page = (tmp_path / "report.html").read_text("utf-8")
    assert uncut in html.unescape(page)
    assert whole in page
    assert "--max-new-tokens" not in page
    assert "EVS010" not in result.output

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from suite_builders import suite_of_counts

from evalsuite.cli.gate import command as gate
from evalsuite.cli.report import command as report
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json
from evalsuite.records.comparison import Comparison
from evalsuite.verdict.agreement import refuse_contradictions
from evalsuite.verdict.judge import restated

RESULTS = Path(__file__).parents[3] / "reports" / "qwen-grpo-pair" / "results.json"


def edited(tmp_path: Path, changes: dict[str, Any]) -> Path:
    """Copy the recorded results with values of nested keys replaced, ``gain.estimate`` for one."""
    stored = json.loads(RESULTS.read_text(encoding="utf-8"))
    for path, value in changes.items():
        *parents, last = path.split(".")
        inner = stored
        for key in parents:
            inner = inner[int(key)] if isinstance(inner, list) else inner[key]
        inner[last] = value
    copy = tmp_path / "results.json"
    copy.write_text(json.dumps(stored), encoding="utf-8")
    return copy


def test_the_recorded_comparison_agrees_with_itself() -> None:
    judged = restated(from_json(Comparison, RESULTS.read_bytes()))

    refuse_contradictions(judged, origin="it")
    assert CliRunner().invoke(gate, [str(RESULTS)]).exception is None


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"verdict.decision": "regressed"}, "verdict is regressed, .* give improved"),
        ({"checks.0.level": "blocking"}, "verdict is improved, .* give invalid"),
        ({"mcnemar.exact": 0.9}, r"exact p is 0\.9, and its table gives"),
        ({"gain.estimate": -0.5}, r"gain is -0\.5, and its table gives"),
        ({"table.gains": 0}, "its table"),
        ({"base.correct": 3}, "base and trained have 3 and"),
        ({"table": {"both": 0, "losses": 0, "gains": 0, "neither": 0}}, "holds no question"),
        ({"verdict.policy.family": 9, "verdict.policy.adjusted_pvalue": 0.0}, "below the unadj"),
    ],
    ids=str,
)
def test_what_disagrees_is_refused_with_both(
    tmp_path: Path, changes: dict[str, Any], complaint: str
) -> None:
    path = edited(tmp_path, changes)

    for command in (gate, report):
        error = CliRunner().invoke(command, [str(path)]).exception
        assert isinstance(error, InvalidInputError)
        assert re.search(f"contradicts itself: .*{complaint}", str(error))


@pytest.mark.parametrize("written", ["NaN", "1e999999", "-Infinity"])
def test_what_is_no_number_meets_no_gate(tmp_path: Path, written: str) -> None:
    path = edited(tmp_path, {"gain.estimate": "HERE"})
    path.write_text(path.read_text("utf-8").replace('"HERE"', written), "utf-8")

    error = CliRunner().invoke(gate, [str(path)]).exception

    assert isinstance(error, InvalidInputError)
    assert "is no number" in str(error)


def test_a_suite_agrees_with_itself_and_what_its_tasks_do_not_give_is_refused() -> None:
    suite = suite_of_counts(((5, 60, 300), (10, 10, 300), (12, 20, 90)))
    refuse_contradictions(suite, origin="it")
    mean, lowest, equal = suite.suite.mean, suite.suite.lowest, suite.suite.heterogeneity
    interval = replace(mean.interval, low=0.5)
    edited_parts: dict[str, dict[str, Any]] = {
        "its mean gain is": {"mean": replace(mean, gain=0.5)},
        "its mean's p is": {"mean": replace(mean, exact=0.5)},
        "its mean's lower end": {"mean": replace(mean, interval=interval)},
        "its mean's adjusted p": {"mean": replace(mean, adjusted=0.0)},
        "its mean is decided regressed": {"mean": replace(mean, decision="regressed")},
        "its lowest task's gain": {"lowest": replace(lowest, position=0)},
        "its lowest gain": {"lowest": replace(lowest, gain=-0.3)},
        "its p of equal gains": {"heterogeneity": replace(equal, pvalue=0.9)},
    }

    for complaint, changes in edited_parts.items():
        broken = replace(suite, suite=replace(suite.suite, **changes))
        with pytest.raises(InvalidInputError, match=complaint):
            refuse_contradictions(broken, origin="it")

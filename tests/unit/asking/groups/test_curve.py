"""Curves over runs that are stored already: compared with one base, in order of step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from builders import run, stored

from evalsuite.asking.answering.runs import finish_run
from evalsuite.asking.compare import plan_comparison
from evalsuite.asking.groups.curve import compare_curve
from evalsuite.asking.ledger import remember_looks
from evalsuite.asking.session import plan_session
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError, UnknownModelError
from evalsuite.models.checkpoint_names import Checkpoints

if TYPE_CHECKING:
    from pathlib import Path

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
N = 120
STEPS = {10: 6, 20: 60, 30: 90}


@pytest.fixture
def checkpoints(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Checkpoints:
    """Store a base with four right answers, and three checkpoints."""
    monkeypatch.chdir(tmp_path)
    right = {"base": 4} | {f"checkpoint-{step}": n for step, n in STEPS.items()}
    base, *trained = (
        stored(tmp_path / "runs", run([RIGHT] * n + [WRONG] * (N - n), name=name))
        for name, n in right.items()
    )
    return Checkpoints(
        base=base, pattern="path:out/checkpoint-*", steps=tuple(STEPS), trained=tuple(trained)
    )


def test_checkpoints_are_judged_together_in_order_of_step(checkpoints: Checkpoints) -> None:
    spec = CompareSpec(subsets=0)
    runs = [finish_run(planned, spec) for planned in plan_session(checkpoints.names, spec)]

    record = compare_curve(checkpoints, runs, spec)

    assert [(row.step, row.decision) for row in record.curve.steps] == [
        (10, "inconclusive"),
        (20, "improved"),
        (30, "improved"),
    ]
    assert record.curve.steps[1].gain == pytest.approx(56 / N)
    assert record.verdict is not None
    assert record.verdict.statements[0].values["first"] == 20
    assert record.parts[0].trained.name == "checkpoint-10"
    assert record.parts[0].verdict is not None
    assert record.parts[0].verdict.policy.family == 3


def test_a_pair_that_was_looked_at_is_refused(checkpoints: Checkpoints) -> None:
    spec = CompareSpec(subsets=0)
    planned = plan_session(checkpoints.names, spec)
    remember_looks(planned[:2], spec)

    with pytest.raises(InvalidInputError, match="looked at before"):
        compare_curve(checkpoints, [finish_run(each, spec) for each in planned], spec)


def test_a_pattern_is_read_before_anything_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownModelError, match="matches nothing"):
        plan_comparison(("base", "path:out/checkpoint-*"), CompareSpec())

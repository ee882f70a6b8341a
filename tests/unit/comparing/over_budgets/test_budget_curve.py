"""The curve over budgets is what cutting and grading afresh counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from builders import READINGS, compare_runs, run

from evalsuite.comparing.compare import Design
from evalsuite.comparing.over_budgets import budget_curve as module
from evalsuite.comparing.over_budgets.budget_curve import budget_curve
from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import tabulate

if TYPE_CHECKING:
    import pytest

    from evalsuite.records.paired import BudgetCurve
    from evalsuite.records.run import Run


def _counts(curve: BudgetCurve, budget: int) -> tuple[int | None, ...]:
    at = max((i for i, b in enumerate(curve.max_new_tokens) if b <= budget), default=None)
    columns = (curve.base, curve.trained, curve.losses)
    cut = (curve.base_truncated, curve.trained_truncated)
    if at is None:
        return (0, 0, 0, *(None if c is None else curve.n for c in cut))
    return (*(c[at] for c in columns), *(None if c is None else c[at] for c in cut))


def _runs() -> tuple[Run, Run]:
    base = run(list(READINGS), finishes=["stop", "length", "stop"] * 4, budget=70)
    trained = run(list(READINGS[::-1]), name="trained", budget=70)
    return base, replace(trained, responses=trained.responses[::-1])


def test_the_curve_counts_at_every_budget_what_cutting_and_grading_afresh_counts() -> None:
    base, trained = _runs()
    curve = budget_curve(pair_tables(tabulate(base, (70,)), tabulate(trained, (70,))), 70)
    assert curve is not None

    for budget in range(1, 71):
        outcomes = pair_tables(tabulate(base, (budget,)), tabulate(trained, (budget,))).at(budget)
        left, right = outcomes.base.correct, outcomes.trained.correct
        alone = sum(a and not b for a, b in zip(left, right, strict=True))
        cut = (sum(map(bool, side.truncated)) for side in (outcomes.base, outcomes.trained))
        assert _counts(curve, budget) == (sum(left), sum(right), alone, *cut), budget


def test_the_curve_goes_through_every_row_of_the_table() -> None:
    base, trained = _runs()
    found = compare_runs(base, trained, Design(budgets=(12, 33, 70), headline_budget=33))
    curve = found.budget_curve
    assert curve is not None

    assert curve.last == 70
    for row in found.budgets:
        right = [round(side.accuracy * row.n) for side in (row.base, row.trained)]
        cut = (row.base.truncated, row.trained.truncated)
        assert _counts(curve, row.max_new_tokens) == (*right, row.losses, *cut)


def test_a_curve_of_many_changes_is_exact_at_multiples_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    base, trained = _runs()
    paired = pair_tables(tabulate(base, (70,)), tabulate(trained, (70,)))
    exact = budget_curve(paired, 70)
    monkeypatch.setattr(module, "MOST_CHANGES", 5)
    coarse = budget_curve(paired, 70)
    assert exact is not None
    assert coarse is not None

    assert coarse.resolution > 1
    assert len(coarse.max_new_tokens) <= 5
    for budget in (*range(coarse.resolution, 71, coarse.resolution), 70):
        assert _counts(coarse, budget) == _counts(exact, budget)


def test_logs_that_can_not_be_cut_have_no_curve_and_unknown_ends_no_cut_off_counts() -> None:
    base, trained = _runs()
    bare = replace(base, responses=tuple(replace(r, token_ends=None) for r in base.responses))
    unknown = replace(base, responses=tuple(replace(r, finish="unknown") for r in base.responses))
    right = tabulate(trained, (70,))

    assert compare_runs(base, trained, Design()).budget_curve is None
    assert budget_curve(pair_tables(tabulate(bare), tabulate(trained)), 70) is None
    curve = budget_curve(pair_tables(tabulate(unknown, (70,)), right), 70)
    assert curve is not None
    assert curve.base_truncated is None
    assert curve.trained_truncated is not None

"""Budget curve: both models' counts at every budget, added up from the steps of every answer."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from evalsuite.comparing.budgets import ended_within
from evalsuite.records.paired import BudgetCurve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.comparing.over_budgets.steps import Steps
    from evalsuite.comparing.pairing import PairedTables
    from evalsuite.records.run import Response

__all__ = ["MOST_CHANGES", "budget_curve"]

MOST_CHANGES = 4096
"""Entries of a curve; where more budgets change a count, it is exact at multiples alone."""

Change = tuple[int, int, int]
"""Budget, column, and by how much its count changes there."""


def budget_curve(paired: PairedTables, last: int) -> BudgetCurve | None:
    """Count both models' right and cut-off answers at every budget from 1 to ``last``.

    None where some answer can't be read at every token.
    """
    rows = enumerate(paired.trained_rows)
    pairs = [(paired.base.steps[i], paired.trained.steps[j]) for i, j in rows]
    changes: list[Change] = []
    for base, trained in pairs:
        if base is None or trained is None:
            return None
        changes += _changes(base, trained)
    ends = [_ends(table.run.responses, last) for table in (paired.base, paired.trained)]
    if not pairs or not last:
        return None
    changes += [(at, column, -1) for column, of in enumerate(ends, start=3) for at in of or ()]
    resolution = _resolution({at for at, _, _ in changes}, last)
    budgets, columns = _added_up(changes, (0, 0, 0, len(pairs), len(pairs)), resolution, last)
    return BudgetCurve(
        max_new_tokens=budgets,
        base=columns[0],
        trained=columns[1],
        losses=columns[2],
        base_truncated=None if ends[0] is None else columns[3],
        trained_truncated=None if ends[1] is None else columns[4],
        n=len(pairs),
        last=last,
        resolution=resolution,
    )


def _changes(base: Steps, trained: Steps) -> Iterator[Change]:
    """List where one pair of answers moves the counts right of base, of trained, of base alone."""
    is_right = [{step.max_new_tokens: step.right for step in steps} for steps in (base, trained)]
    left = right = False
    before = (0, 0, 0)
    for at in sorted({*is_right[0], *is_right[1]}):
        left, right = is_right[0].get(at, left), is_right[1].get(at, right)
        now = (int(left), int(right), int(left and not right))
        yield from (
            (at, i, new - old) for i, (old, new) in enumerate(zip(before, now, strict=True))
        )
        before = now


def _ends(responses: Sequence[Response], last: int) -> list[int] | None:
    """Return the budgets at which answers have ended; None where some log does not say."""
    if any(response.finish not in ("stop", "length") for response in responses):
        return None
    return [(response.n_tokens or 0) + 1 for response in responses if ended_within(response, last)]


def _resolution(budgets: set[int], last: int) -> int:
    resolution = 1
    while len({_place(at, resolution, last) for at in budgets}) > MOST_CHANGES:
        resolution *= 2
    return resolution


def _place(at: int, resolution: int, last: int) -> int:
    """Move a change up to the next budget that the curve is exact at."""
    return min(-(-at // resolution) * resolution, last)


def _added_up(
    changes: Sequence[Change], start: tuple[int, ...], resolution: int, last: int
) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Add changes up to counts: the budgets at which one moves, and each column from there on."""
    moves: dict[int, list[int]] = {}
    for at, column, by in changes:
        moves.setdefault(_place(at, resolution, last), [0] * len(start))[column] += by
    budgets = sorted(at for at, by in moves.items() if any(by))
    columns = [
        tuple(accumulate((moves[at][column] for at in budgets), initial=first))[1:]
        for column, first in enumerate(start)
    ]
    return tuple(budgets), columns

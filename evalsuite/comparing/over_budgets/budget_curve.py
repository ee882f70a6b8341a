"""Budget curve: both models' counts at every budget, added up from the steps of every answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import accumulate
from operator import add
from typing import TYPE_CHECKING

from evalsuite.comparing.budgets import ended_within
from evalsuite.records.paired import BudgetCurve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.over_budgets.steps import Steps
    from evalsuite.comparing.pairing import PairedTables
    from evalsuite.records.run import Response

__all__ = ["MOST_CHANGES", "budget_curve"]

MOST_CHANGES = 4096
"""Entries of a curve; where more budgets change a count, it is exact at multiples alone."""

Moves = dict[int, list[int]]
"""Budgets, and by how much the count of every column changes there."""


def budget_curve(paired: PairedTables, last: int) -> BudgetCurve | None:
    """Count both models' right and cut-off answers at every budget from 1 to ``last``.

    None where some answer can't be read at every token.
    """
    n = len(paired.trained_rows)
    start = (0, 0, 0, n, n)
    moves: Moves = defaultdict(lambda: [0] * len(start))
    for i, j in enumerate(paired.trained_rows):
        base, trained = paired.base.steps[i], paired.trained.steps[j]
        if base is None or trained is None:
            return None
        _add(base, trained, moves)
    ends = [_ends(table.run.responses, last) for table in (paired.base, paired.trained)]
    if not n or not last:
        return None
    for column, of_side in enumerate(ends, start=3):
        for at, n_ended in Counter(of_side).items():
            moves[at][column] -= n_ended
    resolution = _resolution(set(moves), last)
    budgets, columns = _added_up(moves, start, resolution, last)
    return BudgetCurve(
        max_new_tokens=budgets,
        base=columns[0],
        trained=columns[1],
        losses=columns[2],
        base_truncated=None if ends[0] is None else columns[3],
        trained_truncated=None if ends[1] is None else columns[4],
        n=n,
        last=last,
        resolution=resolution,
    )


def _add(base: Steps, trained: Steps, moves: Moves) -> None:
    """Add where one pair of answers moves the counts right of base, of trained, of base alone."""
    left = right = False
    changes = [(step.max_new_tokens, False, step.right) for step in base]
    changes += [(step.max_new_tokens, True, step.right) for step in trained]
    for at, is_trained, is_right in sorted(changes):
        before = left and not right
        at_budget = moves[at]
        if is_trained:
            at_budget[1] += is_right - right
            right = is_right
        else:
            at_budget[0] += is_right - left
            left = is_right
        at_budget[2] += (left and not right) - before


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
    moves: Moves, start: tuple[int, ...], resolution: int, last: int
) -> tuple[tuple[int, ...], list[tuple[int, ...]]]:
    """Add moves up to counts: the budgets at which one changes, and each column from there on."""
    placed: Moves = defaultdict(lambda: [0] * len(start))
    for at, by in moves.items():
        place = _place(at, resolution, last)
        placed[place] = [*map(add, placed[place], by)]
    budgets = sorted(at for at, by in placed.items() if any(by))
    columns = [
        tuple(accumulate((placed[at][column] for at in budgets), initial=first))[1:]
        for column, first in enumerate(start)
    ]
    return tuple(budgets), columns

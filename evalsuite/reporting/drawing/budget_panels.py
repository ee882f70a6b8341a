"""Panels over the token budget: cut-off answers, accuracy and gain of one comparison.

Where the record holds every budget, the lines are exact at every token, and the intervals stand at
the budgets of the table alone. Otherwise straight lines join these budgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.blocks import Line, Mark, Panel, PanelsDrawing
from evalsuite.reporting.source import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.paired import BudgetCurve
    from evalsuite.reporting.blocks import Role
    from evalsuite.reporting.source import Source

__all__ = ["budget_panels", "cited_budgets", "named_budgets"]

ROLES: dict[str, Role] = {"base": "base", "trained": "trained"}
ROUND = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000)
"""Places for the axis below the smallest budget of the table."""


def budget_panels(source: Source) -> PanelsDrawing:
    """Draw three panels; marks stand at the budgets that are named elsewhere on the page."""
    text, rows = source.words.text, source.comparison.budgets
    curve, x = source.comparison.budget_curve, tuple(float(row.max_new_tokens) for row in rows)
    span = None if curve is None else _span(curve, x)
    marks = _marks(source)
    lines = (
        tuple(line for side in SIDES for line in _cut_lines(source, side, x, span)),
        tuple(line for side in SIDES for line in _accuracy_lines(source, side, x, span)),
        _gain_lines(source, x, span),
    )
    titles = (text("budgets.cut_off"), text("budgets.accuracy"), text("axis.gain"))
    return PanelsDrawing(
        panels=tuple(
            Panel(title=title, lines=of_panel, percent=i < 2, floor=0, marks=marks)
            for i, (title, of_panel) in enumerate(zip(titles, lines, strict=True))
        ),
        columns=3,
        axis=text("axis.tokens"),
        logarithmic=True,
        ticks=x if span is None else (*(t for t in ROUND if span[0] <= t < 0.8 * x[0]), *x),
        legend=True,
        span=span,
    )


def _span(curve: BudgetCurve, x: Sequence[float]) -> tuple[float, float]:
    """Begin where the first answer has ended or is right, or at the table's smallest budget."""
    first = curve.max_new_tokens[0] if curve.max_new_tokens else x[0]
    return max(min(first, x[0]), 1.0), float(curve.last)


def cited_budgets(source: Source) -> tuple[int, ...]:
    """List the budgets that the verdict's remarks name beside the headline's."""
    verdict = source.comparison.verdict
    remarks = () if verdict is None else verdict.remarks
    named = (remark.statement.values.get("tokens") for remark in remarks)
    stored = {row.max_new_tokens for row in source.comparison.budgets}
    cited = {tokens for tokens in named if isinstance(tokens, int)} & stored
    return tuple(sorted(cited - {source.comparison.headline_budget}))


def named_budgets(source: Source) -> tuple[tuple[int, str], ...]:
    """Give every budget that is named elsewhere with what it is: training's, headline's, cited."""
    say, log = source.words.say, source.comparison.training
    budgets = [(tokens, "budgets.cited_mark") for tokens in cited_budgets(source)]
    if source.comparison.headline_budget is not None:
        budgets.append((source.comparison.headline_budget, "budgets.headline_mark"))
    if log is not None and log.max_completion_length is not None:
        budgets.append((log.max_completion_length, "budgets.training_mark"))
    return tuple((tokens, str(say(key, tokens=count(tokens)))) for tokens, key in sorted(budgets))


def _marks(source: Source) -> tuple[Mark, ...]:
    log = source.comparison.training
    trained_at = None if log is None else log.max_completion_length
    marks = []
    for tokens, label in named_budgets(source):
        if tokens == trained_at:
            marks.append(Mark(at=tokens, label=label))
        else:
            is_headline = tokens == source.comparison.headline_budget
            marks.append(Mark(at=tokens, label=label, style="solid" if is_headline else "dotted"))
    return tuple(marks)


def _stepped(
    label: str, role: Role, curve: BudgetCurve, counts: Sequence[float], span: tuple[float, float]
) -> Line:
    """Draw counts as shares that hold from each change to the next, over the whole axis."""
    first, *later = counts
    shares = [count / curve.n for count in (first, *later, counts[-1])]
    x = (span[0], *(float(max(at, span[0])) for at in curve.max_new_tokens), span[1])
    return Line(label=label, x=x, y=tuple(shares), role=role, stepped=True)


def _side_lines(
    source: Source,
    points: Line,
    counts: tuple[float, ...] | None,
    span: tuple[float, float] | None,
) -> tuple[Line, ...]:
    curve = source.comparison.budget_curve
    if curve is None or counts is None or span is None:
        return (points,)
    return (_stepped(points.label, points.role, curve, counts, span), _alone(points))


def _alone(points: Line) -> Line:
    return Line(
        label="",
        x=points.x,
        y=points.y,
        role=points.role,
        low=points.low,
        high=points.high,
        alone=True,
    )


def _cut_lines(
    source: Source, side: str, x: tuple[float, ...], span: tuple[float, float] | None
) -> tuple[Line, ...]:
    rows, curve = source.comparison.budgets, source.comparison.budget_curve
    points = Line(
        label=source.words.model(side),
        x=x,
        y=tuple(getattr(row, side).truncated / row.n for row in rows),
        role=ROLES[side],
    )
    counts = None if curve is None else getattr(curve, f"{side}_truncated")
    return _side_lines(source, points, None if counts is None else (_n(curve), *counts), span)


def _n(curve: BudgetCurve | None) -> int:
    return 0 if curve is None else curve.n


def _accuracy_lines(
    source: Source, side: str, x: tuple[float, ...], span: tuple[float, float] | None
) -> tuple[Line, ...]:
    """Draw a side's accuracy; intervals only where every one was recorded."""
    sides = [getattr(row, side) for row in source.comparison.budgets]
    bands = [here.interval for here in sides]
    is_known = None not in bands
    points = Line(
        label=source.words.model(side),
        x=x,
        y=tuple(here.accuracy for here in sides),
        role=ROLES[side],
        low=tuple(band.low for band in bands) if is_known else (),
        high=tuple(band.high for band in bands) if is_known else (),
    )
    curve = source.comparison.budget_curve
    counts = None if curve is None else (0, *getattr(curve, side))
    return _side_lines(source, points, counts, span)


def _gain_lines(
    source: Source, x: tuple[float, ...], span: tuple[float, float] | None
) -> tuple[Line, ...]:
    rows, curve = source.comparison.budgets, source.comparison.budget_curve
    points = Line(
        label=source.words.text("gain"),
        x=x,
        y=tuple(row.gain for row in rows),
        role="text",
        low=tuple(row.interval.low for row in rows),
        high=tuple(row.interval.high for row in rows),
    )
    counts = None
    if curve is not None:
        pairs = zip(curve.base, curve.trained, strict=True)
        counts = (0, *(trained - base for base, trained in pairs))
    return _side_lines(source, points, counts, span)

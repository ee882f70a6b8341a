"""Panels over the token budget: cut-off answers, accuracy and gain of one comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Line, Mark, Panel, PanelsDrawing
from evalsuite.reporting.source import count
from evalsuite.stats.proportion import proportion_interval

if TYPE_CHECKING:
    from evalsuite.reporting.source import Source

__all__ = ["budget_panels"]

SIDES = ("base", "trained")


def budget_panels(source: Source) -> PanelsDrawing:
    """Draw three panels; a mark stands where training cut answers off."""
    text, rows = source.words.text, source.comparison.budgets
    x = tuple(float(row.max_new_tokens) for row in rows)
    marks = _marks(source)
    panels = (
        Panel(
            title=text("budgets.cut_off"),
            lines=tuple(_cut_line(source, side, x) for side in SIDES),
            percent=True,
            floor=0,
            marks=marks,
        ),
        Panel(
            title=text("budgets.accuracy"),
            lines=tuple(_accuracy_line(source, side, x) for side in SIDES),
            percent=True,
            floor=0,
            marks=marks,
        ),
        Panel(title=text("axis.gain"), lines=(_gain_line(source, x),), floor=0, marks=marks),
    )
    return PanelsDrawing(
        panels=panels, columns=3, axis=text("axis.tokens"), logarithmic=True, ticks=x, legend=True
    )


def _marks(source: Source) -> tuple[Mark, ...]:
    found = source.comparison
    limit = found.training.max_completion_length if found.training else None
    if limit is None:
        return ()
    return (
        Mark(at=limit, label=str(source.words.say("budgets.training_mark", tokens=count(limit)))),
    )


def _cut_line(source: Source, side: str, x: tuple[float, ...]) -> Line:
    rows = source.comparison.budgets
    return Line(
        label=source.words.text(side),
        x=x,
        y=tuple(getattr(row, side).truncated / row.n for row in rows),
        role="base" if side == "base" else "trained",
    )


def _accuracy_line(source: Source, side: str, x: tuple[float, ...]) -> Line:
    rows = source.comparison.budgets
    values = tuple(getattr(row, side).accuracy for row in rows)
    bands = [
        proportion_interval(round(value * row.n), row.n)
        for value, row in zip(values, rows, strict=True)
    ]
    return Line(
        label=source.words.text(side),
        x=x,
        y=values,
        role="base" if side == "base" else "trained",
        low=tuple(band.low for band in bands),
        high=tuple(band.high for band in bands),
    )


def _gain_line(source: Source, x: tuple[float, ...]) -> Line:
    rows = source.comparison.budgets
    return Line(
        label=source.words.text("gain"),
        x=x,
        y=tuple(row.gain for row in rows),
        role="text",
        low=tuple(row.interval.low for row in rows),
        high=tuple(row.interval.high for row in rows),
    )

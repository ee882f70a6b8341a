"""Panels over the token budget: cut-off answers, accuracy and gain of one comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Line, Mark, Panel, PanelsDrawing
from evalsuite.reporting.source import count

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
    log = source.comparison.training
    limit = log.max_completion_length if log else None
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
    """Draw a side's accuracy; the ribbon only where every interval was recorded."""
    sides = [getattr(row, side) for row in source.comparison.budgets]
    bands = [here.interval for here in sides]
    is_known = None not in bands
    return Line(
        label=source.words.text(side),
        x=x,
        y=tuple(here.accuracy for here in sides),
        role="base" if side == "base" else "trained",
        low=tuple(band.low for band in bands) if is_known else (),
        high=tuple(band.high for band in bands) if is_known else (),
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

"""Token budgets of a suite: each task has its own, with the answers that it cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Grid, Row, Section
from evalsuite.reporting.source import NONE, count, share
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source

__all__ = ["task_budgets"]


def task_budgets(page: Page) -> Section | None:
    """Tabulate the budget of every task's verdict, and the share of answers cut off at it."""
    if page.suite is None:
        return None
    grid = Grid(
        id="cut-data",
        caption=page.words.say("suite.cut_caption", n=count(len(page.parts))),
        columns=page.words.texts("suite.cut_columns"),
        rows=tuple(map(_row, page.parts)),
        note=page.words.say("suite.cut_note"),
    )
    return Section(id="budgets", title=page.words.text("budgets.section"), blocks=(grid,))


def _row(source: Source) -> Row:
    budget = source.value("headline_budget")
    return Row(
        cells=(
            source.link,
            NONE if budget is None else just(source.count("headline_budget")),
            _cut(source, "base"),
            _cut(source, "trained"),
        )
    )


def _cut(source: Source, side: str) -> Phrase:
    """Give the share of a side's answers that were cut off; a dash where no end is recorded."""
    truncated = source.value(f"truncation.{side}")
    return NONE if truncated is None else just(share(truncated / source.value(f"{side}.n")))

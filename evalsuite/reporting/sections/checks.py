"""Checks: those of the page by level, and those of its parts counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.verdict import FAILING, LEVELS
from evalsuite.reporting.blocks import Block, Checks, Grid, Row, Section, Text
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import Source, count
from evalsuite.reporting.telling import told_check
from evalsuite.reporting.wording import just

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.verdict import Check
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.wording import Words

__all__ = ["checks"]

_OF_MODELS = ("models.checks", "models.check_columns", "models.check_note")
_OF_TASKS = ("suite.checks", "suite.check_columns", "suite.check_note")


def checks(page: Page) -> Section:
    """List every check of the page by level, and count those of each part of a group."""
    blocks: list[Block] = []
    if page.alone is not None or page.judged.checks:
        blocks.extend(_by_level(page.judged.checks, page.words))
    if page.alone is None:
        blocks.append(_of_each(page))
    return Section(id="checks", title=page.words.text("checks.section"), blocks=tuple(blocks))


def _by_level(checks: Sequence[Check], words: Words) -> Iterator[Block]:
    """Tell checks by level."""
    for level in LEVELS:
        items = tuple(told_check(check, words) for check in checks if check.level == level)
        if items:
            yield Checks(
                level=level,
                label=words.say(f"checks.{level}", n=count(len(items))),
                items=items,
                folded=level in ("passed", "not_applicable"),
            )
    if not checks:
        yield Text(phrase=words.say("checks.missing"), role="missing")


def _of_each(page: Page) -> Grid:
    """Count every part's checks, and name those that do not hold."""
    words, keys = page.words, _OF_MODELS if page.suite is None else _OF_TASKS
    return Grid(
        id="checks-data",
        caption=words.say(keys[0]),
        columns=words.texts(keys[1]),
        rows=tuple(map(_part_row, page.parts)),
        textual=(5,),
        note=words.say(keys[2]),
    )


def _part_row(source: Source) -> Row:
    checks = source.comparison.checks
    counted = (just(count(sum(check.level == level for check in checks))) for level in LEVELS)
    failed = [one_line(c.code) for c in checks if c.level in FAILING]
    named = source.words.text("list").join(failed) or source.words.text("models.no_doubt")
    return Row(cells=(source.link, *counted, just(named)))

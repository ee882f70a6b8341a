"""Twins: the gain on the questions beside the gain on the same questions in other words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.blocks import Grid, Row, Section, Text
from evalsuite.reporting.source import NONE
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source

__all__ = ["twins"]

_CHECK = "EVS055"
_SENTENCES = {"warning": "twins.smaller", "passed": "twins.holds"}
"""By what the check found; nothing was shown otherwise."""


def twins(page: Page) -> Section | None:
    """Show both gains and their tested difference; nothing where no twins were asked."""
    source = page.alone
    if source is None or source.comparison.twins is None:
        return None
    say = source.words.say
    levels = [check.level for check in source.comparison.checks if check.code == _CHECK]
    sentence = _SENTENCES.get(levels[0] if levels else "", "twins.unshown")
    moved = say(
        "twins.moved",
        larger=source.count("twins.difference.raised"),
        smaller=source.count("twins.difference.lowered"),
    )
    return Section(
        id="twins",
        title=source.words.text("twins.section"),
        blocks=(Text(phrase=say(sentence)), _grid(source), Text(phrase=moved, role="note")),
    )


def _grid(source: Source) -> Grid:
    say = source.words.say
    return Grid(
        id="twins-data",
        caption=say("twins.caption", n=source.questions()),
        columns=source.words.texts("twins.columns"),
        rows=(_headline(source), _worded(source), _difference(source)),
        note=say("twins.note", level=source.level("gain.confidence_level")),
    )


def _headline(source: Source) -> Row:
    gain, exact = source.headline_gain(), source.pcell("mcnemar.exact")
    cells = (source.words.say("twins.here"), *_rates(source, ""), gain, exact)
    return Row(cells=cells, role="headline")


def _worded(source: Source) -> Row:
    gain, exact = source.gain("twins"), source.pcell("twins.exact")
    return Row(cells=(source.words.say("twins.there"), *_rates(source, "twins."), gain, exact))


def _difference(source: Source) -> Row:
    gain, exact = source.gain("twins.difference"), source.pcell("twins.difference.exact")
    return Row(cells=(source.words.say("twins.difference"), NONE, NONE, gain, exact))


def _rates(source: Source, key: str) -> tuple[Phrase, ...]:
    ending = "" if key else ".accuracy"
    return tuple(just(source.percent(f"{key}{side}{ending}")) for side in SIDES)

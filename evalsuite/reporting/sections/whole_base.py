"""With all of base: the gain estimated from base's answers to more questions than trained has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Grid, Row, Section, Text
from evalsuite.reporting.source import NONE
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source

__all__ = ["whole_base"]


def whole_base(page: Page) -> Section | None:
    """Show the estimate beside the one that decides; nothing where it was not asked for."""
    source = page.alone
    if source is None or source.is_early or source.comparison.whole_base is None:
        return None
    say = source.words.say
    sentence = say("whole_base.sentence", worth=source.count("whole_base.worth"))
    elsewhere = say(
        "whole_base.elsewhere",
        base=source.percent("whole_base.base"),
        elsewhere=source.percent("whole_base.base_elsewhere"),
    )
    return Section(
        id="whole-base",
        title=source.words.text("whole_base.section"),
        blocks=(
            Text(phrase=sentence),
            _grid(source),
            Text(phrase=elsewhere, role="note"),
        ),
    )


def _grid(source: Source) -> Grid:
    say = source.words.say
    return Grid(
        id="whole-base-data",
        caption=say("whole_base.caption", n=source.count("whole_base.n"), whole=_whole(source)),
        columns=source.words.texts("whole_base.columns"),
        rows=(_pair(source), _alike(source), _on_split(source)),
        note=say(
            "whole_base.note",
            level=source.level("whole_base.confidence_level"),
            slope=f"{source.value('whole_base.slope'):.2f}",
        ),
    )


def _whole(source: Source) -> Phrase:
    return just(source.count("whole_base.n_whole"))


def _pair(source: Source) -> Row:
    say = source.words.say
    gain, exact = source.headline_gain(), source.pcell("mcnemar.exact")
    cells = (say("whole_base.pair"), say("whole_base.alike"), gain, exact)
    return Row(cells=cells, role="headline")


def _alike(source: Source) -> Row:
    say, exact = source.words.say, source.pcell("whole_base.exact")
    gain = source.gain("whole_base")
    return Row(cells=(say("whole_base.all"), say("whole_base.alike"), gain, exact))


def _on_split(source: Source) -> Row:
    say = source.words.say
    gain = say(
        "with_interval",
        estimate=source.signed("whole_base.gain"),
        interval=source.span("whole_base.interval_on_split"),
    )
    about = say("whole_base.split", whole=_whole(source))
    return Row(cells=(say("whole_base.all"), about, gain, NONE))

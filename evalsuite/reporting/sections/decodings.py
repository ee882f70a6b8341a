"""Decodings: the gain under the headline's decoding and others, and the tested differences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.blocks import Block, Grid, Row, Section, Text
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source

__all__ = ["decodings"]


def decodings(page: Page) -> Section | None:
    """Show the pair under every decoding; nothing where one alone was asked for."""
    source = page.alone
    if source is None or not source.comparison.decodings:
        return None
    blocks: list[Block] = [_grid(source), *_differences(source)]
    if any(row.same_models is None for row in source.comparison.decodings):
        blocks.append(Text(phrase=source.words.say("decodings.models_unrecorded"), role="missing"))
    return Section(
        id="decodings", title=source.words.text("decodings.section"), blocks=tuple(blocks)
    )


def _grid(source: Source) -> Grid:
    others = (_row(source, i) for i in _places(source))
    return Grid(
        id="decodings-data",
        caption=source.words.say("decodings.caption", n=source.questions()),
        columns=source.words.texts("decodings.columns"),
        rows=(_headline(source), *others),
        note=source.words.say("decodings.note", level=source.level("gain.confidence_level")),
    )


def _headline(source: Source) -> Row:
    rates = (just(source.percent(f"{side}.accuracy")) for side in SIDES)
    how = _told(source, source.temperature, source.count("seeds.samples"))
    return Row(
        cells=(how, *rates, source.headline_gain(), source.pcell("mcnemar.exact")),
        role="headline",
    )


def _row(source: Source, i: int) -> Row:
    key = f"decodings.{i}"
    rates = (just(source.percent(f"{key}.{side}")) for side in SIDES)
    return Row(cells=(_how(source, i), *rates, source.gain(key), source.pcell(f"{key}.exact")))


def _differences(source: Source) -> tuple[Block, ...]:
    """Set every gain against the headline's; a look that stopped the run leaves no valid test."""
    comparison, say = source.comparison, source.words.say
    if source.is_early or comparison.verdict is None:
        return ()
    differs = "decoding_dependent" in comparison.verdict.qualifiers
    grid = Grid(
        id="decoding-differences",
        caption=say("decodings.differences_caption"),
        columns=source.words.texts("decodings.differences_columns"),
        rows=tuple(
            Row(cells=(_how(source, i), *source.difference_cells(f"decodings.{i}.difference")))
            for i in _places(source)
        ),
        note=say("decodings.differences_note", alpha=f"{source.policy.alpha:g}"),
    )
    sentence = say("decodings.differs" if differs else "decodings.no_difference")
    return Text(phrase=sentence, role="note"), grid


def _how(source: Source, i: int) -> Phrase:
    row = source.comparison.decodings[i]
    return _told(source, row.temperature, source.count(f"decodings.{i}.samples"))


def _told(source: Source, temperature: float | None, samples: Number) -> Phrase:
    """Say how answers were decoded, in a cell."""
    if temperature is None:
        return source.words.say("decodings.unrecorded", samples=samples)
    if temperature == 0:
        return source.words.say("decodings.greedy")
    return source.words.say("decodings.sampled", temperature=f"{temperature:g}", samples=samples)


def _places(source: Source) -> range:
    return range(len(source.comparison.decodings))

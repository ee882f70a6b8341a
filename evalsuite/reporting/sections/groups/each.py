"""Each part of a group in its own words: its headline, what to doubt, the way to its page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.dataclass import dataclass
from evalsuite.reporting.blocks import Block, Composition, Doubts, Section, Text
from evalsuite.reporting.opening.made_of import composition
from evalsuite.reporting.opening.qualifiers import told_remarks
from evalsuite.reporting.telling import headline_text

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source
    from evalsuite.reporting.wording import Phrase

__all__ = ["Member", "each", "members"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One part of a group."""

    name: Phrase
    """Leads to its own report."""
    headline: str
    qualifiers: tuple[tuple[str, Phrase], ...]
    """Code and sentence of each."""
    made_of: Composition | None = None
    """What its gain is made of."""


def members(page: Page) -> tuple[Member, ...]:
    """Name every part of a group with its own verdict; none of a single comparison."""
    if page.alone is not None:
        return ()
    # What the page says of all of its parts is not said again of each.
    common = {"family"} if page.recipe is None else {"one_checkpoint"}
    if page.suite is not None:
        common.add("one_checkpoint")
    return tuple(_member(part, common) for part in page.parts)


def _member(source: Source, common: set[str]) -> Member:
    verdict = source.comparison.verdict
    return Member(
        name=source.link,
        headline=headline_text(verdict, source.words),
        qualifiers=tuple(pair for pair in told_remarks(source, verdict) if pair[0] not in common),
        made_of=composition(source),
    )


def each(page: Page) -> Section | None:
    """Say every part's own headline, with what to doubt and the way to its page."""
    if page.alone is not None:
        return None
    blocks: list[Block] = []
    for member in members(page):
        sentence = page.words.say("models.member", name=member.name, headline=member.headline)
        blocks.append(Text(phrase=sentence))
        if member.made_of is not None:
            blocks.append(member.made_of)
        if member.qualifiers:
            blocks.append(Doubts(items=member.qualifiers))
    key = "models.each" if page.suite is None else "suite.each"
    return Section(id="each", title=page.words.text(key), blocks=tuple(blocks))

"""Opening: the answer to who asked, finished, in one language: verdict, parts and what to doubt.

A command ends with it; a report goes on from it (`evalsuite.reporting.view`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.dataclass import dataclass
from evalsuite.reporting.opening.first_lines import chips, page_tone
from evalsuite.reporting.opening.history import last_time
from evalsuite.reporting.opening.made_of import composition
from evalsuite.reporting.opening.noise_floor import noise_grid
from evalsuite.reporting.opening.qualifiers import told_remarks
from evalsuite.reporting.telling import doubts, headline_text

if TYPE_CHECKING:
    from evalsuite.reporting.blocks import Composition, Grid
    from evalsuite.reporting.opening.first_lines import Tone
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.wording import Phrase, Words

__all__ = ["Opening", "opening_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What every output begins with and a command ends with."""

    words: Words
    headline: str
    tone: Tone
    qualifiers: tuple[tuple[str, Phrase], ...]
    """Code and sentence of each."""
    chips: tuple[tuple[str, Phrase], ...]
    """Level and count of the checks."""
    doubts: tuple[str, ...]
    """Every check that does not hold and is not the headline's reason, blocking ones first."""
    last_time: Phrase | None = None
    """The earlier gain alone, in a few words."""
    made_of: Composition | None = None
    """What the gain is made of; None for groups, whose members have their own, and where the
    comparison is not to be taken."""
    noise: Grid | None = None
    """Base against itself; its note is the sentence on it."""

    @property
    def lang(self) -> str:
        """Language of every sentence."""
        return self.words.lang


def opening_of(page: Page) -> Opening:
    """Tell the answer of a page."""
    judged = page.judged
    return Opening(
        words=page.words,
        headline=headline_text(judged.verdict, page.words),
        tone=page_tone(page),
        qualifiers=tuple(told_remarks(page, judged.verdict)),
        chips=tuple(chips(page)),
        doubts=tuple(doubts(judged.checks, judged.verdict, page.words)),
        last_time=last_time(page.alone) if page.alone is not None else None,
        made_of=composition(page.alone) if page.alone is not None else None,
        noise=noise_grid(page),
    )

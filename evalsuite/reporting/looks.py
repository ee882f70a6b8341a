"""Looks at a pair before all its questions were answered: how sections say what they adjust for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Text

if TYPE_CHECKING:
    from evalsuite.records.comparison import StoppedEarly
    from evalsuite.reporting.blocks import Section
    from evalsuite.reporting.page import Page

__all__ = ["way_of_looking", "with_note_on_looks"]


def way_of_looking(stopped: StoppedEarly) -> str:
    """Name how the pair was looked at, and whether it stopped: the end of a sentence's key."""
    if stopped.n == stopped.n_planned and stopped.design is not None:
        return "completed"
    return "planned" if stopped.design == "planned" else "early"


def with_note_on_looks(section: Section | None, page: Page) -> Section | None:
    """Let a section begin with what in it does not allow for looks that were taken."""
    source = page.alone
    key = "" if section is None else f"unadjusted.{section.id}"
    if section is None or source is None or not source.is_early or key not in page.words.sentences:
        return section
    note = Text(phrase=page.words.say(key), role="note")
    return replace(section, blocks=(note, *section.blocks))

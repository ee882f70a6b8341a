"""History: what the last report of the same pair said, in one line beside what this one says."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source

__all__ = ["history", "history_of_parts", "last_time"]


def history(source: Source) -> Phrase | None:
    """Set the earlier gain beside the gain, and name what differs; None without an earlier one."""
    earlier = source.comparison.earlier
    if earlier is None:
        return None
    words = source.words
    return words.say(
        "history.line",
        then=source.gain("earlier"),
        n=source.count("earlier.n"),
        report=_report(source),
        now=source.headline_gain(),
        n_now=source.questions(),
        changes=words.text("and").join(words.text(f"history.{each}") for each in earlier.changes),
    )


def history_of_parts(page: Page) -> Phrase | None:
    """Set every part's earlier gain beside its gain; None where no part has one."""
    told = [part for part in page.parts if part.comparison.earlier is not None]
    if not told:
        return None
    parts = [
        page.words.say(
            "history.part",
            name=part.label,
            then=part.signed("earlier.gain"),
            now=part.signed("gain.estimate"),
        ).pieces
        for part in told
    ]
    between = page.words.text("history.between")
    each = Phrase(tuple(chain(parts[0], *((between, *pieces) for pieces in parts[1:]))))
    return page.words.say("history.parts", report=_report(told[0]), each=each)


def last_time(source: Source) -> Phrase | None:
    """Tell the earlier gain in a few words, for a line that holds more."""
    if source.comparison.earlier is None:
        return None
    return source.words.say(
        "history.short", then=source.signed("earlier.gain"), n=source.count("earlier.n")
    )


def _report(source: Source) -> Phrase:
    earlier = source.comparison.earlier
    report = one_line("" if earlier is None else earlier.report, longest=80)
    if earlier is None or earlier.made is None:
        return just(report)
    return source.words.say("history.dated", report=report, made=one_line(earlier.made, longest=20))

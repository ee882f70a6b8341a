"""History: what the last report of the same pair said, in one line beside what this one says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.records.gains import Earlier
    from evalsuite.reporting.source import Source

__all__ = ["history", "last_time"]


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
        report=_report(source, earlier),
        now=source.headline_gain(),
        n_now=source.questions(),
        changes=words.text("and").join(words.text(f"history.{each}") for each in earlier.changes),
    )


def last_time(source: Source) -> Phrase | None:
    """Tell the earlier gain in a few words, for a line that holds more."""
    if source.comparison.earlier is None:
        return None
    return source.words.say(
        "history.short", then=source.signed("earlier.gain"), n=source.count("earlier.n")
    )


def _report(source: Source, earlier: Earlier) -> Phrase:
    report = one_line(earlier.report, longest=80)
    if earlier.made is None:
        return just(report)
    return source.words.say("history.dated", report=report, made=one_line(earlier.made, longest=20))

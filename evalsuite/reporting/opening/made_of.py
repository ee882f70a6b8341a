"""What the gain is made of, in one line under the headline: finished, formatted, rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Composition, Portion
from evalsuite.reporting.wording import Phrase

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.gains import GainDifference, GainRow
    from evalsuite.reporting.source import Source

__all__ = ["composition"]


def composition(source: Source) -> Composition | None:
    """Say what one comparison's gain is made of; None where the comparison is not to be taken."""
    comparison = source.comparison
    if comparison.verdict is not None and comparison.verdict.decision == "invalid":
        return None
    if comparison.made_of is None:
        return Composition(lead=source.words.say("made_of.unrecorded"))
    return Composition(
        lead=source.words.say("made_of.lead", gain=source.signed("gain.estimate")),
        parts=(_finished(source), _formatted(source), _part(source, "rest", comparison)),
        note=source.words.say("made_of.unadjusted") if source.is_early else Phrase(),
    )


def _part(source: Source, name: str, comparison: Comparison) -> Portion:
    part: GainDifference | GainRow = getattr(comparison.made_of, name)
    phrase = source.words.say(f"made_of.{name}", part=source.gain(f"made_of.{name}"))
    return Portion(name=name, phrase=phrase, gain=part.gain)


def _finished(source: Source) -> Portion:
    made_of = source.comparison.made_of
    if made_of is not None and made_of.finished is not None:
        return _part(source, "finished", source.comparison)
    if made_of is None or made_of.finished_range is None:
        return Portion(name="finished", phrase=source.words.say("made_of.finished_unknown"))
    span = (made_of.finished_range.low, made_of.finished_range.high)
    if span == (0.0, 0.0):
        return Portion(
            name="finished", phrase=source.words.say("made_of.finished_none"), gain=0.0, span=span
        )
    if made_of.max_new_tokens is None:
        return Portion(name="finished", phrase=source.words.say("made_of.finished_unknown"))
    key = "made_of.finished_range"
    phrase = source.words.say(
        "made_of.finished_range",
        tokens=source.count("made_of.max_new_tokens"),
        low=source.points(f"{key}.low"),
        high=source.points(f"{key}.high"),
    )
    return Portion(name="finished", phrase=phrase, span=span)


def _formatted(source: Source) -> Portion:
    if source.value("made_of.formatted") is None:
        return Portion(name="formatted", phrase=source.words.say("made_of.formatted_unknown"))
    return _part(source, "formatted", source.comparison)

"""Every budget: the small curve of the first lines, and the slider that figure and browser share.

Both read the record's counts at every token; without them there is neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.browser.sliders import Slider, Spark
from evalsuite.reporting.drawing.budget_panels import named_budgets
from evalsuite.reporting.source import count, signed

if TYPE_CHECKING:
    from evalsuite.reporting.source import Source

__all__ = ["budget_slider", "spark"]


def budget_slider(source: Source) -> Slider | None:
    """Give the slider over every budget; None where only some budgets were counted."""
    curve = source.comparison.budget_curve
    if curve is None:
        return None
    headline = source.comparison.headline_budget or curve.last
    named = {tokens: label for tokens, label in named_budgets(source) if tokens <= curve.last}
    stored = {
        row.max_new_tokens: str(count(row.max_new_tokens)) for row in source.comparison.budgets
    }
    key = "means" if source.has_means else "flips"
    return Slider(
        last=curve.last,
        at=headline,
        stops=tuple(sorted((stored | named).items())),
        says=(
            ("at", source.words.text(f"slider.{key}")),
            ("cut", source.words.text("slider.cut")),
            *((side, source.words.model(side)) for side in SIDES),
        ),
    )


def spark(source: Source) -> Spark | None:
    """Draw the gain at every budget small; None where it is not known or not to be taken."""
    curve, verdict = source.comparison.budget_curve, source.comparison.verdict
    is_invalid = verdict is not None and verdict.decision == "invalid"
    if curve is None or not curve.max_new_tokens or source.is_early or is_invalid:
        return None
    pairs = zip(curve.base, curve.trained, strict=True)
    gains = tuple((trained - base) / curve.n for base, trained in pairs)
    most, least = max(gains), min(gains)
    falls = -least > most
    key, extreme = ("spark_falls", least) if falls else ("spark", most)
    at = curve.max_new_tokens[gains.index(extreme)]
    name = "least" if falls else "most"
    return Spark(
        budgets=curve.max_new_tokens,
        gains=gains,
        last=curve.last,
        marks=tuple(tokens for tokens, _ in named_budgets(source)),
        phrase=source.words.say(
            f"budgets.{key}",
            last=source.count("budget_curve.last"),
            headline=source.signed("gain.estimate"),
            tokens=source.count("headline_budget"),
            **{name: signed(extreme), f"at_{name}": count(at)},
        ),
    )

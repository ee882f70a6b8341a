"""Spark: the gain over the budget as a line of text is high, without words of its own."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalsuite.reporting.browser.sliders import Spark

__all__ = ["spark_svg"]

WIDE, HIGH = 240, 36
_AIR = 2


def spark_svg(spark: Spark) -> str:
    """Draw steps over a logarithmic axis, with the line of no gain and a mark a named budget.

    Nothing but numbers of our own enters the text.
    """
    first = max(spark.budgets[0], 1)
    high, low = max(*spark.gains, 0.0), min(*spark.gains, 0.0)
    scale = (HIGH - 2 * _AIR) / (high - low or 1.0)
    whole = math.log(spark.last / first) or 1.0

    def x(tokens: float) -> float:
        return WIDE * math.log(max(tokens, first) / first) / whole

    def y(gain: float) -> float:
        return _AIR + (high - gain) * scale

    steps = [f"M0 {y(0):.1f}"]
    for tokens, gain in zip(spark.budgets, spark.gains, strict=True):
        steps.append(f"H{x(tokens):.1f}V{y(gain):.1f}")
    marks = "".join(
        f'<path class="s-quiet mark" d="M{x(tokens):.1f} 0V{HIGH}"/>'
        for tokens in spark.marks
        if first <= tokens <= spark.last
    )
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="s-rule zero" d="M0 {y(0):.1f}H{WIDE}"/>{marks}'
        f'<path class="s-trained line" d="{"".join(steps)}H{WIDE}"/></svg>'
    )

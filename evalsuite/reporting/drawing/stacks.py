"""The stacked bar under the headline: 12 px high, as wide as the text, without words of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.reporting.blocks import Portion

__all__ = ["stack_svg"]

WIDE, HIGH = 1000, 12
STRIP = 4
"""Height of what is only a range: it lies on the parts that hold it."""


def stack_svg(portions: Sequence[Portion]) -> str:
    """Lay gains end to end to the right of zero and losses to its left.

    Nothing but numbers and names of our own enters the text.
    """
    low, high = _reach(portions)
    scale = WIDE / (high - low) if high > low else 0.0
    marks = [_rect("p-band", 0, WIDE), *_marks(portions, low, scale)]
    if low < 0:
        marks.append(_rect("p-text", -low * scale - 1, 2))
    return (
        f'<svg viewBox="0 0 {WIDE} {HIGH}" preserveAspectRatio="none" aria-hidden="true">'
        f"{''.join(marks)}</svg>"
    )


def _reach(portions: Sequence[Portion]) -> tuple[float, float]:
    gains = [portion.gain or 0.0 for portion in portions]
    ends = [end for portion in portions for end in portion.span or ()]
    low, high = sum(min(gain, 0.0) for gain in gains), sum(max(gain, 0.0) for gain in gains)
    return min(low, *ends, 0.0), max(high, *ends, 0.0)


def _marks(portions: Sequence[Portion], low: float, scale: float) -> Iterator[str]:
    right = left = 0.0
    for portion in portions:
        gain, style = portion.gain or 0.0, f"part m-{portion.name}"
        if gain > 0:
            yield _rect(style, (right - low) * scale, gain * scale)
            right += gain
        elif gain < 0:
            left += gain
            yield _rect(style, (left - low) * scale, -gain * scale)
    # a range comes last: it lies on the parts that now hold what is not known
    for portion in portions:
        if portion.span is not None and portion.span[1] > portion.span[0]:
            start, end = ((place - low) * scale for place in portion.span)
            yield _rect(f"part m-{portion.name}", start, end - start, STRIP)


def _rect(style: str, x: float, width: float, height: int = HIGH) -> str:
    return (
        f'<rect class="{style}" x="{x:.2f}" y="{HIGH - height}" '
        f'width="{width:.2f}" height="{height}"/>'
    )

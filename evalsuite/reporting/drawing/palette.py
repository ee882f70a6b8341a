"""Colours by what they stand for: safe for colour-blind readers, never the only difference.

Base is grey, hollow and dashed; trained is blue, filled and solid; fixed is green, broken
vermilion (Okabe and Ito); form is ochre. Inline figures carry class names in place of colours, so
that the page's style sheet decides between light and dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LIGHT"]

LIGHT: Mapping[str, str] = {
    "base": "#5f6672",
    "trained": "#0072b2",
    "gain": "#00805c",
    "loss": "#b84a00",
    "muted": "#9aa0a8",
    "text": "#1c2024",
    "quiet": "#5f6672",
    "rule": "#d9dce0",
    "band": "#eceef1",
    "paper": "#ffffff",
    "form": "#9a6200",
}

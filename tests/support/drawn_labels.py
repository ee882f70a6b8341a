"""Labels of a drawn figure: which of them lie on each other."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def touching(figure: Figure) -> list[tuple[str, str]]:
    """Name every pair of labels that lie on each other as matplotlib sets them."""
    figure.canvas.draw()
    boxes = [
        (text.get_text(), text.get_window_extent())
        for axes in figure.axes
        for text in axes.texts
        if text.get_text()
    ]
    return [
        (one, other)
        for (one, box), (other, beside) in itertools.combinations(boxes, 2)
        if box.overlaps(beside)
    ]

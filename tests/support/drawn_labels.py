"""Labels of a drawn figure: where matplotlib's letters lie, and which lie on each other."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from evalsuite.reporting.drawing.paper import paper_figure

if TYPE_CHECKING:
    from matplotlib.transforms import Bbox

    from evalsuite.reporting.drawing.sheet import Sheet


def label_boxes(sheet: Sheet) -> list[tuple[str, Bbox]]:
    """Give every label with its box, in dots of matplotlib's own size."""
    figure = paper_figure(sheet)
    figure.canvas.draw()
    return [(text.get_text(), text.get_window_extent()) for text in figure.texts]


def touching(sheet: Sheet) -> list[tuple[str, str]]:
    """Name every pair of labels that lie on each other."""
    return [
        (one, other)
        for (one, box), (other, beside) in itertools.combinations(label_boxes(sheet), 2)
        if box.overlaps(beside)
    ]

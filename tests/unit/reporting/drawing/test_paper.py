from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from report_builders import built, training_log

from evalsuite.reporting.blocks import Plot
from evalsuite.reporting.drawing.figures import draw
from evalsuite.reporting.drawing.palette import LIGHT
from evalsuite.reporting.drawing.paper import paper_figure, save_figure
from evalsuite.reporting.drawing.sheet import Disc, Label
from evalsuite.reporting.view import report_view

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def plots() -> list[Plot]:
    comparison, rows = built(training=training_log())
    return [b for s in report_view(comparison, rows).sections for b in s.blocks if type(b) is Plot]


def test_figures_are_saved_for_a_paper_in_three_forms(plots: list[Plot], tmp_path: Path) -> None:
    saved = save_figure(plots[0], tmp_path)

    assert [path.name for path in saved] == ["estimate.png", "estimate.svg", "estimate.pdf"]
    assert saved[0].read_bytes()[:4] == b"\x89PNG"
    assert saved[1].read_bytes()[:5] == b"<?xml"
    assert saved[2].read_bytes()[:5] == b"%PDF-"
    assert LIGHT["trained"] in saved[1].read_text("utf-8")


def test_a_saved_figure_is_the_same_bytes_every_time(plots: list[Plot], tmp_path: Path) -> None:
    written = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        written.append([path.read_bytes() for path in save_figure(plots[-1], tmp_path / name)])

    assert written[0] == written[1]


def test_every_mark_of_every_figure_is_on_the_paper_where_the_page_has_it(
    plots: list[Plot],
) -> None:
    for plot in plots:
        sheet = draw(plot.drawing)
        figure = paper_figure(sheet)
        labels = [mark for mark in sheet.marks if isinstance(mark, Label)]

        assert len(figure.texts) == len(labels)
        assert len(figure.artists) == len(sheet.marks) - len(labels)
        discs = [mark for mark in sheet.ordered if isinstance(mark, Disc)]
        drawn = [artist for artist in figure.artists if hasattr(artist, "radius")]
        for mark, artist in zip(discs, drawn, strict=True):
            assert _centre(artist) == pytest.approx(
                (mark.at[0], sheet.height - mark.at[1]), abs=0.01
            )


def _centre(artist: object) -> tuple[float, float]:
    """Give the middle of a round mark, in points from the lower left."""
    box = artist.get_window_extent()  # type: ignore[attr-defined]  # any of matplotlib's
    scale = 72 / artist.figure.dpi  # type: ignore[attr-defined]
    return scale * (box.x0 + box.x1) / 2, scale * (box.y0 + box.y1) / 2

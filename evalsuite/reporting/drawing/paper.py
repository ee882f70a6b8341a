"""Figures for a paper: SVG, PDF and PNG in print colours, written by matplotlib."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Circle, PathPatch
from matplotlib.path import Path as Vertices
from matplotlib.transforms import Affine2D

from evalsuite.reporting.drawing.figures import draw
from evalsuite.reporting.drawing.palette import LIGHT
from evalsuite.reporting.drawing.sheet import INCH, Disc, Label

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path as File

    from matplotlib.artist import Artist
    from matplotlib.transforms import Transform

    from evalsuite.reporting.blocks import Plot
    from evalsuite.reporting.drawing.sheet import Path, Place, Sheet

__all__ = ["paper_figure", "save_figure"]

_DPI = 200
_UNDATED: dict[str, dict[str, None]] = {
    "png": {"Software": None},
    "svg": {"Date": None},
    "pdf": {"CreationDate": None},
}
"""The same figure is the same bytes."""


def save_figure(plot: Plot, folder: File) -> tuple[File, ...]:
    """Save a figure into an existing folder: SVG, PDF and PNG."""
    paths = tuple(folder / f"{plot.id}.{kind}" for kind in _UNDATED)
    with mpl.rc_context(_settings(plot.id)), _any_script():
        figure = paper_figure(draw(plot.drawing))
        for path in paths:
            figure.savefig(path, dpi=_DPI, metadata=_UNDATED[path.suffix[1:]])
    return paths


def paper_figure(sheet: Sheet) -> Figure:
    """Put every mark of a sheet on a matplotlib figure of its size."""
    figure = Figure(figsize=(sheet.width / INCH, sheet.height / INCH))
    figure.patch.set_visible(False)
    upright = Affine2D().scale(1, -1).translate(0, sheet.height)
    points = upright + Affine2D().scale(1 / INCH) + figure.dpi_scale_trans
    for order, mark in enumerate(sheet.ordered):
        if isinstance(mark, Label):
            artist: Artist = figure.text(
                *mark.at,
                mark.text.replace("$", r"\$"),  # no mathematics
                transform=points,
                color=LIGHT[mark.colour],
                fontsize=mark.size,
                fontweight="bold" if mark.is_bold else "normal",
                ha=mark.align,
                va="baseline",
            )
        else:
            drawn = _disc(mark, points) if isinstance(mark, Disc) else _path(mark, points)
            artist = figure.add_artist(drawn)
        artist.set_zorder(order)
    return figure


def _disc(mark: Disc, points: Transform) -> Artist:
    return Circle(
        mark.at,
        mark.radius,
        facecolor=LIGHT[mark.fill],
        edgecolor=LIGHT[mark.stroke],
        lw=mark.width,
        transform=points,
    )


def _path(mark: Path, points: Transform) -> Artist:
    places: list[Place] = []
    codes: list[Any] = []
    for line in mark.lines:
        places += [*line, line[0]] if mark.is_closed else line
        codes += [Vertices.MOVETO, *[Vertices.LINETO] * (len(line) - 1)]
        codes += [Vertices.CLOSEPOLY] if mark.is_closed else []
    return PathPatch(
        Vertices(places, codes),
        facecolor="none" if mark.fill is None else to_rgba(LIGHT[mark.fill], mark.opacity),
        edgecolor="none" if mark.stroke is None else LIGHT[mark.stroke],
        lw=mark.width,
        linestyle=(0, mark.dash) if mark.dash else "solid",
        capstyle="butt",
        joinstyle="round",
        transform=points,
    )


def _settings(salt: str) -> dict[str, object]:
    """Give the settings under which the same figure is the same bytes."""
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.family": ["DejaVu Sans", "Noto Sans CJK SC"],
        "lines.scale_dashes": False,
        "path.simplify": False,
    }


@contextmanager
def _any_script() -> Iterator[None]:
    """Let figures hold any script: text stays text, and the reader's fonts draw it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from font")
        yield

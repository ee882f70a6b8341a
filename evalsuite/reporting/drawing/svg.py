"""Sheets as SVG for a strict page: no style, no script, no colour of their own.

A page whose policy forbids inline style would show others as black boxes. Colours are classes, so
that the page's style sheet decides between light and dark; text stays text, and the reader's fonts
draw it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from evalsuite.reporting.drawing.sheet import Disc, Label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.drawing.sheet import Mark, Path, Sheet

__all__ = ["sheet_svg"]

_ANCHORS = {"left": "start", "center": "middle", "right": "end"}


def sheet_svg(
    sheet: Sheet, *, identity: str, title: str, description: str, frames: str = ""
) -> str:
    """Write a sheet as one ``<svg role="img">`` element.

    ``identity`` is unique on the page; ``title`` and ``description`` are the alternative text, and
    ``frames`` the places of the panes for a script.
    """
    head = {
        "viewBox": f"0 0 {_short(sheet.width)} {_short(sheet.height)}",
        "role": "img",
        "aria-labelledby": f"{identity}-t {identity}-d",
        "xmlns": "http://www.w3.org/2000/svg",
    }
    if frames:
        head["data-frames"] = frames
    told = (
        f'<title id="{escape(identity)}-t">{escape(title)}</title>'
        f'<desc id="{escape(identity)}-d">{escape(description)}</desc>'
    )
    return f"<svg {_written(head)}>{told}{''.join(map(_element, sheet.ordered))}</svg>"


def _element(mark: Mark) -> str:
    if isinstance(mark, Label):
        return _text(mark)
    if isinstance(mark, Disc):
        x, y = map(_short, mark.at)
        paint = _painted(mark.fill, mark.stroke) | {"stroke-width": _short(mark.width)}
        return f"<circle {_written({'cx': x, 'cy': y, 'r': _short(mark.radius)} | paint)}/>"
    return _path(mark)


def _path(mark: Path) -> str:
    attributes = {"d": "".join(_steps(mark))} | _painted(mark.fill, mark.stroke)
    if mark.fill is not None and mark.opacity < 1:
        attributes["fill-opacity"] = _short(mark.opacity)
    if mark.stroke is not None:
        attributes["stroke-width"] = _short(mark.width)
    if mark.dash:
        attributes["stroke-dasharray"] = ",".join(map(_short, mark.dash))
    return f"<path {_written(attributes)}/>"


def _steps(path: Path) -> Iterator[str]:
    """Write where a path goes: across and up and down in a letter and one number."""
    for line in path.lines:
        before: tuple[str, str] | None = None
        for place in line:
            x, y = map(_short, place)
            if before is None:
                yield f"M{x} {y}"
            elif x == before[0]:
                yield f"V{y}"
            else:
                yield f"H{x}" if y == before[1] else f"L{x} {y}"
            before = x, y
        if path.is_closed:
            yield "Z"


def _text(label: Label) -> str:
    x, y = map(_short, label.at)
    attributes = {"x": x, "y": y, "font-size": _short(label.size)}
    if label.is_bold:
        attributes["font-weight"] = "700"
    attributes |= {"text-anchor": _ANCHORS[label.align], "class": f"p-{label.colour}"}
    return f"<text {_written(attributes)}>{escape(label.text, quote=False)}</text>"


def _painted(fill: str | None, stroke: str | None) -> dict[str, str]:
    classes = [f"p-{fill}"] if fill is not None else []
    classes += [f"s-{stroke}"] if stroke is not None else []
    none = {} if fill is not None else {"fill": "none"}
    return none | {"class": " ".join(classes)}


def _written(attributes: dict[str, str]) -> str:
    return " ".join(f'{name}="{escape(value)}"' for name, value in attributes.items())


def _short(value: float) -> str:
    """Write a hundredth of a point at most."""
    written = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if written == "-0" else written

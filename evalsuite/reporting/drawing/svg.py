"""Matplotlib's SVG made fit for a strict page: no style, no script, no colour of its own.

A page whose policy forbids inline style would show matplotlib's figures as black boxes. Here
every ``style`` becomes attributes, every stand-in colour a class, every group without a purpose
goes, and a title and description come in for those who can't see the picture. Clipping goes too:
a drawing stays inside its axes by itself.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from evalsuite.reporting.drawing.palette import MARKERS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["inline_svg", "save_settings"]

_SVG = "{http://www.w3.org/2000/svg}"
_HREF = "{http://www.w3.org/1999/xlink}href"
_KEPT = {
    "circle": ("cx", "cy", "r", "transform"),
    "defs": (),
    "g": ("transform",),
    "path": ("d", "transform"),
    "rect": ("x", "y", "width", "height", "transform"),
    "text": ("x", "y", "transform"),
    "tspan": ("x", "y"),
    "use": ("x", "y", "transform"),
}
"""Elements and attributes that may pass; anything else is dropped."""
_STYLED = (
    "fill",
    "fill-opacity",
    "font-size",
    "font-weight",
    "opacity",
    "stroke",
    "stroke-dasharray",
    "stroke-dashoffset",
    "stroke-linecap",
    "stroke-linejoin",
    "stroke-opacity",
    "stroke-width",
    "text-anchor",
)
_NAMES = {colour: name for name, colour in MARKERS.items()}
_FONT = re.compile(r"(?:(?P<weight>bold|[1-9]00)\s+)?(?P<size>[0-9.]+)px")
"""The short form that matplotlib before 3.10 writes."""
_UNTURNED = "rotate(-0 "
_DIGITS = re.compile(r"-?\d+\.\d{2,}")


def save_settings(salt: str) -> dict[str, object]:
    """Return the matplotlib settings under which the same figure is the same bytes.

    The salt is unlike for each figure of a page, so that their identifiers differ.
    """
    return {
        "svg.fonttype": "none",
        "svg.hashsalt": salt,
        "font.family": "DejaVu Sans",
        "font.size": 9,
        "axes.unicode_minus": True,
        "path.simplify": False,
    }


def inline_svg(
    figure: Figure, *, identity: str, title: str, description: str, frames: str = ""
) -> str:
    """Turn a figure drawn in stand-in colours into SVG that can stand inside a page.

    It was drawn with `MARKERS` and under `save_settings`; ``identity`` is unique on the page, and
    ``title`` and ``description`` are its alternative text; ``frames`` are the places of its panels
    for a script. One ``<svg role="img">`` element.
    """
    written = io.BytesIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    source = ET.fromstring(written.getvalue())  # noqa: S314  # matplotlib wrote it just now
    svg = ET.Element(
        "svg",
        {
            "viewBox": source.get("viewBox", ""),
            "role": "img",
            "aria-labelledby": f"{identity}-t {identity}-d",
            "xmlns": _SVG.strip("{}"),
        },
    )
    if frames:
        svg.set("data-frames", frames)
    ET.SubElement(svg, "title", id=f"{identity}-t").text = title
    ET.SubElement(svg, "desc", id=f"{identity}-d").text = description
    for child in source:
        _copy(child, svg)
    return ET.tostring(svg, encoding="unicode")


def _copy(source: ET.Element, into: ET.Element) -> None:
    tag = source.tag.removeprefix(_SVG)
    if tag == "style" or tag not in _KEPT:
        return
    attributes = _attributes(source, tag)
    if tag == "g" and not attributes:
        target = into
    else:
        target = ET.SubElement(into, tag, attributes)
        target.text = source.text if tag in ("text", "tspan") else None
    for child in source:
        _copy(child, target)
        if tag == "text" and child.tail and child.tail.strip():
            target[-1].tail = child.tail
    if tag in ("g", "defs") and target is not into and not len(target):
        into.remove(target)


def _attributes(source: ET.Element, tag: str) -> dict[str, str]:
    attributes = {name: _short(source.attrib[name]) for name in _KEPT[tag] if name in source.attrib}
    if attributes.get("transform", "").startswith(_UNTURNED):
        del attributes["transform"]
    if tag == "path" and "id" in source.attrib:
        attributes["id"] = source.attrib["id"]
    if _HREF in source.attrib:
        attributes["href"] = source.attrib[_HREF]
    attributes.update(_styled(source.get("style", "")))
    classes = [
        f"{'p' if name == 'fill' else 's'}-{_NAMES[attributes.pop(name)]}"
        for name in ("fill", "stroke")
        if attributes.get(name) in _NAMES
    ]
    if classes:
        attributes["class"] = " ".join(classes)
    return attributes


def _styled(style: str) -> dict[str, str]:
    styled = {}
    for declaration in style.split(";"):
        name, _, value = (part.strip() for part in declaration.partition(":"))
        if name in _STYLED:
            styled[name] = value.removesuffix("px")
        elif name == "font" and (font := _FONT.search(value)):
            styled["font-size"] = font["size"]
            if font["weight"]:
                styled["font-weight"] = font["weight"]
    return styled


def _short(value: str) -> str:
    return _DIGITS.sub(lambda match: f"{float(match.group()):.2f}".rstrip("0").rstrip("."), value)

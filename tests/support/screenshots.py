"""Pictures of the docs, made from the committed report of the real pair: ``nox -s screenshots``.

The page is rendered anew with the code of this checkout, so a picture shows what the code draws.
``python tests/support/screenshots.py [FOLDER]`` writes below docs/images, or FOLDER.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chromium import ARGUMENTS, READY, executable, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[2]
PAIR = ROOT / "reports" / "qwen-grpo-pair"
IMAGES = ROOT / "docs" / "images"
COLOURS = 64
LARGEST = 150_000
"""Bytes of a picture: a page with several must open at once."""
WIDE, NARROW = (1280, 860), (360, 740)


def take_pictures(folder: Path) -> Iterator[Path]:
    """Open the report as readers do and save what each of them sees."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory() as made, sync_playwright() as driver:
        pages = _pages(Path(made))
        browser = driver.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        for name, (page, settings, part) in PICTURES.items():
            context = browser.new_context(**settings)
            opened = context.new_page()
            opened.goto(pages[page].as_uri())
            if page != "brief":
                until(opened, READY)
            yield _save(folder / f"{name}.png", part(opened))
            context.close()
        printed = Path(made) / "report.pdf"
        opened = browser.new_page()
        opened.goto(pages["report"].as_uri())
        until(opened, READY)
        opened.pdf(path=printed, format="A4")
        browser.close()
        yield _save(folder / "print.png", _sheets(printed))


def _pages(folder: Path) -> dict[str, Path]:
    """Render the report and the page to forward from the stored numbers."""
    pages = {"report": folder / "report.html", "brief": folder / "brief.html"}
    for form, path in {"html": pages["report"], "brief": pages["brief"]}.items():
        words = [sys.executable, "-m", "evalsuite", "report", str(PAIR), "--format", form]
        subprocess.run([*words, "-o", str(path)], check=True, stdout=subprocess.DEVNULL)
    return pages


def _screen(page: Any) -> bytes:
    return bytes(page.screenshot())


def _element(selector: str) -> Callable[[Any], bytes]:
    return lambda page: bytes(page.locator(selector).first.screenshot())


def _browser(page: Any) -> bytes:
    """Open the first question, as a reader's first click does."""
    page.locator("#list .row").first.click()
    page.evaluate("document.querySelector('#questions').scrollIntoView()")
    return bytes(page.screenshot())


def _sheets(printed: Path) -> bytes:
    """Lay the printed pages side by side."""
    import pypdfium2
    from PIL import Image

    document = pypdfium2.PdfDocument(printed)
    sheets = [sheet.render(scale=0.62).to_pil().convert("RGB") for sheet in document]
    width, height = sheets[0].size
    laid = Image.new("RGB", (3 * (width + 8) + 8, -(-len(sheets) // 3) * (height + 8) + 8), "#888")
    for i, sheet in enumerate(sheets):
        laid.paste(sheet, (8 + i % 3 * (width + 8), 8 + i // 3 * (height + 8)))
    target = io.BytesIO()
    laid.save(target, "png")
    return target.getvalue()


_LIGHT = {"viewport": {"width": WIDE[0], "height": WIDE[1]}, "color_scheme": "light"}
_PHONE = {**_LIGHT, "viewport": {"width": NARROW[0], "height": NARROW[1]}}
PICTURES: dict[str, tuple[str, dict[str, Any], Callable[[Any], bytes]]] = {
    "first-screen": ("report", _LIGHT, _screen),
    "phone": ("report", _PHONE, _screen),
    "budget": ("report", _LIGHT, _element("#figure-budgets")),
    "browser": ("report", _LIGHT, _browser),
    "brief": ("brief", _LIGHT, _screen),
}
"""Name, page, how it is opened, and what is taken of it."""


def _save(target: Path, seen: bytes) -> Path:
    """Save with few colours: figures of flat colour and text lose nothing by it."""
    from PIL import Image

    target.parent.mkdir(parents=True, exist_ok=True)
    Image.open(io.BytesIO(seen)).convert("RGB").quantize(COLOURS).save(target, optimize=True)
    if target.stat().st_size > LARGEST:
        raise SystemExit(f"{target} has {target.stat().st_size:,} bytes; take less of the page")
    return target


if __name__ == "__main__":
    for picture in take_pictures(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES):
        print(f"{picture}  {picture.stat().st_size:,} bytes")

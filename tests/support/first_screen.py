"""Photograph the first screen of a report: python tests/support/first_screen.py FOLDER."""

from __future__ import annotations

import io
import sys
from pathlib import Path

from chromium import ARGUMENTS, executable

COLOURS = 64


def photograph(folder: Path) -> Path:
    """Open report.html as a reader would and save what is seen first."""
    from PIL import Image
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable(), args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto((folder / "report.html").resolve().as_uri())
        page.wait_for_function("document.documentElement.dataset.ready")
        seen = page.screenshot()
        browser.close()
    target = folder / "first-screen.png"
    Image.open(io.BytesIO(seen)).quantize(COLOURS).save(target, optimize=True)
    return target


if __name__ == "__main__":
    print(photograph(Path(sys.argv[1])))

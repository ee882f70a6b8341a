"""One Chromium for all browser tests; a fresh page for each."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Start the system's Chromium; `EVALSUITE_CHROMIUM` names another."""
    playwright = pytest.importorskip("playwright.sync_api")
    path = os.environ.get("EVALSUITE_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip("no chromium on this machine; set EVALSUITE_CHROMIUM to one")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()

"""One Chromium for all browser tests; a fresh page for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chromium import ARGUMENTS, executable

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    playwright = pytest.importorskip("playwright.sync_api")
    path = executable()
    if path is None:
        pytest.skip("no chromium on this machine; set EVALSUITE_CHROMIUM to one")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()

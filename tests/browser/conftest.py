"""One Chromium for all browser tests; a fresh page for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chromium import ARGUMENTS, READY, executable, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


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


@pytest.fixture
def opened(chromium: Any) -> Iterator[Any]:
    """Give a function that opens a page of a group and waits until it is ready."""
    contexts = []

    def open_page(path: Path, **options: Any) -> Any:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.goto(path.as_uri())
        until(page, READY)
        return page

    yield open_page
    for context in contexts:
        context.close()

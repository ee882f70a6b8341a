"""One Chromium for all browser tests; fresh pages for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chromium import ARGUMENTS, Tab, executable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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
def tabs(chromium: Any) -> Iterator[Callable[..., Tab]]:
    """Give a function that opens an empty tab."""
    contexts = []

    def open_tab(**options: Any) -> Tab:
        context = chromium.new_context(**options)
        contexts.append(context)
        return Tab(context.new_page())

    yield open_tab
    for context in contexts:
        context.close()


@pytest.fixture
def opened(tabs: Callable[..., Tab]) -> Callable[..., Any]:
    """Give a function that opens a page and waits until it is ready."""

    def open_page(path: Path, **options: Any) -> Any:
        return tabs(**options).go(path.as_uri())

    return open_page

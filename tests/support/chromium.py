"""Which Chromium, and how it is started: without a sandbox's needs and without any network."""

from __future__ import annotations

import os
import shutil
from typing import Any

READY = "document.documentElement.dataset.ready"

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def until(page: Any, holds: str) -> None:
    """Wait until an expression holds; asked from here, since the page's policy forbids eval."""
    for _ in range(400):
        if page.evaluate(holds):
            return
        page.wait_for_timeout(25)
    raise AssertionError(f"never so in 10 seconds: {holds}")


def executable() -> str | None:
    """Find the system's Chromium; `EVALSUITE_CHROMIUM` names another."""
    return os.environ.get("EVALSUITE_CHROMIUM") or shutil.which("chromium")


class Tab:
    """A page with everything it said and asked for."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.said: list[str] = []
        self.asked: list[str] = []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("dialog", self._dismiss)
        page.on("request", lambda request: self.asked.append(request.url))

    def _dismiss(self, dialog: Any) -> None:
        self.said.append(dialog.message)
        dialog.dismiss()

    def go(self, url: str, *, scripts: bool = True) -> Any:
        self.page.goto(url)
        if scripts:
            until(self.page, READY)
        return self.page

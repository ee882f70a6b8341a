"""Which Chromium, and how it is started: without a sandbox's needs and without any network."""

from __future__ import annotations

import os
import shutil

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """Find the system's Chromium; `EVALSUITE_CHROMIUM` names another."""
    return os.environ.get("EVALSUITE_CHROMIUM") or shutil.which("chromium")

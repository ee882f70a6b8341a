"""Opening a report in the browser of whoever asked; without a screen a line says where it lies."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_option", "open_report"]

open_option = click.option(
    "--open", "open_it", is_flag=True, help="Open the report in your browser."
)


def open_report(report: Path, lang: str = "en") -> bool:
    """Open a page in the browser and say whether one was there; never an error.

    ``BROWSER`` names another browser, as Python's ``webbrowser`` reads it.
    """
    import webbrowser

    is_open = False
    if _has_screen():
        try:
            is_open = webbrowser.get().open(report.resolve().as_uri())
        except (webbrowser.Error, OSError):
            is_open = False
    if not is_open:
        from evalsuite.reporting.wording import words

        line = words(lang).say("written.no_browser", file=str(report.resolve()))
        click.echo(f"  {line}", err=True)
    return is_open


def _has_screen() -> bool:
    """Without one, a browser of text would take the terminal over."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))

"""Opening a report with a real program in the place of the browser."""

from __future__ import annotations

import stat
import webbrowser
from typing import TYPE_CHECKING

import pytest

from evalsuite.cli.shared.open_report import open_report

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    # read once a process, with the variables of that time
    monkeypatch.setattr(webbrowser, "_tryorder", None)
    monkeypatch.setattr(webbrowser, "_browsers", {})


def test_the_browser_gets_the_address_of_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser, seen = tmp_path / "browser", tmp_path / "seen"
    browser.write_text(f'#!/bin/sh\necho "$1" > {seen}\n', "utf-8")
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER", str(browser))

    assert open_report(tmp_path / "a b" / "report.html")
    assert seen.read_text("utf-8").strip() == (tmp_path / "a b" / "report.html").as_uri()


def test_without_a_screen_the_path_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not open_report(tmp_path / "report.html")
    assert str(tmp_path / "report.html") in capsys.readouterr().err


def test_a_browser_that_is_missing_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BROWSER", str(tmp_path / "no-such-browser"))
    monkeypatch.setenv("PATH", str(tmp_path))

    assert not open_report(tmp_path / "report.html")
    assert "no browser can be opened" in capsys.readouterr().err

"""The report on several tasks in a real browser: its page, its figure, the way to a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chromium import READY, until
from suite_builders import suite_of_answers

from evalsuite.cli.shared.report_files import member_folders
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.view import report_view

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

TABLES = ((20, 2, 30, 8), (20, 3, 3, 34), (20, 30, 2, 8))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write a suite's report in both languages, with one task's own page."""
    record = suite_of_answers(TABLES)
    folders = member_folders(record)
    made = {}
    for lang in ("en", "zh"):
        folder = tmp_path_factory.mktemp(f"suite-{lang}")
        view = report_view(record, folders=folders, lang=lang)
        (folder / "report.html").write_text(render_html(view), encoding="utf-8")
        (folder / folders[0]).mkdir()
        own = render_html(report_view(record.comparisons[0], lang=lang))
        (folder / folders[0] / "report.html").write_text(own, encoding="utf-8")
        made[lang] = folder / "report.html"
    return made


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_axe_finds_nothing(pages: dict[str, Path], opened: Any, lang: str, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(pages[lang], color_scheme=scheme)
    for details in page.query_selector_all("details"):
        details.evaluate("node => { node.open = true; }")

    found = axe.Axe().run(page)

    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_phone_needs_no_sideways_scrolling(
    pages: dict[str, Path], opened: Any, lang: str
) -> None:
    page = opened(pages[lang], viewport={"width": 360, "height": 700})

    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_a_task_leads_to_its_own_page(pages: dict[str, Path], opened: Any) -> None:
    page = opened(pages["en"])

    page.click('#each a[href^="adding"]')
    until(page, READY)

    assert "Yes: trained scores" in page.inner_text("#headline")

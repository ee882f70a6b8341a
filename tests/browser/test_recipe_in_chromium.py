"""The report on a recipe in a real browser: its page, its links, its figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from chromium import READY, until
from recipe_builders import recipe

from evalsuite.cli.shared.report_files import member_folders
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.view import report_view

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.browser

TABLES = ((40, 4, 40, 16), (40, 4, 44, 12), (40, 4, 4, 52), (42, 2, 46, 10), (40, 4, 39, 17))


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write a recipe's report in both languages, with one seed's own page."""
    found = recipe(*TABLES)
    folders = member_folders(found)
    made = {}
    for lang in ("en", "zh"):
        folder = tmp_path_factory.mktemp(f"recipe-{lang}")
        view = report_view(found, folders=folders, lang=lang)
        (folder / "report.html").write_text(render_html(view), encoding="utf-8")
        (folder / folders[0]).mkdir()
        own = render_html(report_view(found.comparisons[0], lang=lang))
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


def test_a_seed_leads_to_its_own_page(pages: dict[str, Path], opened: Any) -> None:
    page = opened(pages["en"])

    page.click('#each a[href^="trained_0/"]')
    page.wait_for_url("**/trained_0/report.html")
    until(page, READY)

    assert page.inner_text("#headline").startswith("Yes: trained@0 scores 36.0 points higher")


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_labels_of_the_figure_do_not_overlap(
    pages: dict[str, Path], opened: Any, lang: str
) -> None:
    page = opened(pages[lang], viewport={"width": 1200, "height": 900})

    boxes = page.evaluate(
        """() => [...document.querySelectorAll('#recipe figure svg text')].map(node => {
            const box = node.getBoundingClientRect();
            return [box.left, box.top, box.right, box.bottom, node.textContent];
        })"""
    )

    assert len(boxes) > 20
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across < 1 or down < 3, (one, other)

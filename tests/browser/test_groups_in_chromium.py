"""Reports on groups in a real browser: one set of questions to every kind of group."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import pytest
from chromium import READY, until
from curve_builders import rising
from recipe_builders import recipe
from report_builders import HOSTILE, built, family_of
from suite_builders import suite_of_answers

from evalsuite.cli.shared.report_files import member_folders
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from chromium import Tab

    from evalsuite.records.groups.curve import CurveComparison
    from evalsuite.records.groups.family import Family
    from evalsuite.records.groups.recipe import RecipeComparison
    from evalsuite.records.groups.suite import SuiteComparison

    Group = Family | RecipeComparison | SuiteComparison | CurveComparison

pytestmark = pytest.mark.browser

Pages = dict[tuple[str, str], "Path"]

SEEDS = ((40, 4, 40, 16), (40, 4, 44, 12), (40, 4, 4, 52), (42, 2, 46, 10), (40, 4, 39, 17))
TASKS = ((20, 2, 30, 8), (20, 3, 3, 34), (20, 30, 2, 8))
MODELS = {
    "trained": (40, 4, 40, 16),
    "worse": (40, 40, 4, 16),
    " ".join(HOSTILE): (10, 9, 12, 20),
}


def family() -> Family:
    """Judge three models, the last of a hostile name."""
    return family_of([built(table, names=("base", name))[0] for name, table in MODELS.items()])


KINDS: dict[str, Callable[[], Group]] = {
    "family": family,
    "recipe": lambda: recipe(*SEEDS),
    "suite": lambda: suite_of_answers(TASKS),
    "curve": rising,
}
OF_EACH = pytest.mark.parametrize("kind", KINDS)
IN_EACH = pytest.mark.parametrize("lang", LANGUAGES)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Pages:
    """Write every kind of group in both languages, with the page of its first part."""
    made = {}
    for (kind, build), lang in itertools.product(KINDS.items(), LANGUAGES):
        folder, record = tmp_path_factory.mktemp(f"{kind}-{lang}"), build()
        folders = member_folders(record)
        view = report_view(record, folders=folders, lang=lang)
        own = report_view(record.parts[0], lang=lang)
        for place, each in ((folder, view), (folder / folders[0], own)):
            place.mkdir(exist_ok=True)
            (place / "report.html").write_text(render_html(each), encoding="utf-8")
        made[kind, lang] = folder / "report.html"
    return made


@OF_EACH
@IN_EACH
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_group_is_accessible_narrow_offline_and_silent(
    pages: Pages, tabs: Callable[..., Tab], kind: str, lang: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    tab = tabs(color_scheme=scheme, viewport={"width": 360, "height": 740})
    page = tab.go(pages[kind, lang].as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(node => { node.open = true; })")

    found = axe.Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert len(tab.asked) == 1
    assert tab.said == []


@OF_EACH
def test_a_part_leads_to_its_own_page(pages: Pages, opened: Callable[..., Any], kind: str) -> None:
    page = opened(pages[kind, "en"])

    page.click("#each a")
    page.wait_for_selector("#estimate")
    until(page, READY)

    assert page.url.endswith("/report.html")
    assert "scores" in page.inner_text("#headline")


@OF_EACH
@IN_EACH
@pytest.mark.parametrize("width", [360, 1200])
def test_no_label_of_a_figure_lies_on_another(
    pages: Pages, opened: Callable[..., Any], kind: str, lang: str, width: int
) -> None:
    page = opened(pages[kind, lang], viewport={"width": width, "height": 900})

    figures = page.evaluate(
        """() => [...document.querySelectorAll('figure svg')].map(svg =>
            [...svg.querySelectorAll('text')].map(node => {
                const box = node.getBoundingClientRect();
                return [box.left, box.top, box.right, box.bottom, node.textContent];
            }).filter(box => box[2] > box[0]))"""
    )

    assert any(len(boxes) > 10 for boxes in figures)
    for boxes in figures:
        for one, other in itertools.combinations(boxes, 2):
            across = min(one[2], other[2]) - max(one[0], other[0])
            down = min(one[3], other[3]) - max(one[1], other[1])
            assert across < 1 or down < 3, (one, other)

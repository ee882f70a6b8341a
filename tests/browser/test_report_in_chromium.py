"""What the report does in a real browser: opened from disk, like a mail attachment."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import READY, until
from report_builders import HOSTILE, built, family_of, hostile, large, training_log

from evalsuite.cli.main import main
from evalsuite.reporting.outputs.brief import render_brief
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.view import report_view

if TYPE_CHECKING:
    from collections.abc import Callable

    from chromium import Tab

pytestmark = pytest.mark.browser

SECTIONS = (
    "estimate",
    "changed",
    "kind",
    "budgets",
    "forest",
    "power",
    "seeds",
    "questions",
    "training",
    "prompt",
    "checks",
    "methods",
    "provenance",
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Write one report of every kind."""
    folder = tmp_path_factory.mktemp("reports")
    plain = built((30, 40, 60, 30), training=training_log())
    views = {
        "plain": report_view(*plain),
        "zh": report_view(*plain, lang="zh"),
        "hostile": report_view(*hostile()),
        "short": report_view(*large(words=70)),
        "long": report_view(*large(words=750)),
    }
    for name, view in views.items():
        (folder / f"{name}.html").write_text(render_html(view), encoding="utf-8")
    return {name: folder / f"{name}.html" for name in views}


def _rows(page: Any) -> list[str]:
    return [row.inner_text() for row in page.query_selector_all("#list .row .id")]


@pytest.mark.parametrize("name", ["plain", "zh", "hostile", "long"])
def test_nothing_leaves_the_page_and_the_console_is_silent(
    files: dict[str, Path], tabs: Callable[..., Tab], name: str
) -> None:
    tab = tabs()

    page = tab.go(files[name].as_uri())
    for button in page.query_selector_all("#filters button"):
        button.click()
    page.keyboard.press("j")
    page.click("#theme")

    assert tab.said == []
    assert [url for url in tab.asked if not url.startswith("file:")] == []
    assert len(tab.asked) == 1
    assert page.evaluate("document.documentElement.dataset.ready") == "true"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["plain", "zh", "hostile"])
def test_axe_finds_nothing(
    files: dict[str, Path], tabs: Callable[..., Tab], name: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = tabs(color_scheme=scheme).go(files[name].as_uri())
    page.keyboard.press("j")
    for details in page.query_selector_all("details"):
        details.evaluate("node => { node.open = true; }")

    found = axe.Axe().run(page)

    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", ["plain", "zh", "hostile"])
def test_a_phone_needs_no_sideways_scrolling(
    files: dict[str, Path], tabs: Callable[..., Tab], name: str
) -> None:
    page = tabs(viewport={"width": 360, "height": 700}).go(files[name].as_uri())
    page.keyboard.press("j")

    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    headline = page.query_selector("#headline").bounding_box()
    assert headline["y"] + headline["height"] < 700
    assert headline["width"] <= 360


def test_printing_gives_every_section_and_the_numbers_of_every_figure(
    files: dict[str, Path], tabs: Callable[..., Tab], tmp_path: Path
) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    page = tabs(color_scheme="dark").go(files["plain"].as_uri())

    page.pdf(path=tmp_path / "report.pdf", format="A4")

    document = pdfium.PdfDocument(tmp_path / "report.pdf")
    text = "".join(sheet.get_textpage().get_text_range() for sheet in document)
    flat = " ".join(text.split()).lower()
    for section in SECTIONS:
        title = page.inner_text(f"#{section}-title")
        assert " ".join(title.split()).lower() in flat, section
    for caption in page.query_selector_all("figure caption"):
        assert " ".join(caption.text_content().split()).lower() in flat
    assert 3 <= len(document) <= 8
    corner = document[0].render(scale=0.2).to_pil().getpixel((2, 2))
    assert min(corner[:3]) > 240


def test_the_real_pair_prints_on_six_pages_with_ids_examples_and_page_numbers(
    tabs: Callable[..., Tab], tmp_path: Path
) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    pair = Path(__file__).parents[2] / "reports" / "qwen-grpo-pair"
    with pytest.raises(SystemExit):
        main(["report", str(pair), "-o", str(tmp_path / "report.html")])
    page = tabs().go((tmp_path / "report.html").as_uri())

    page.pdf(path=tmp_path / "report.pdf", format="A4")

    document = pdfium.PdfDocument(tmp_path / "report.pdf")
    texts = [sheet.get_textpage().get_text_range() for sheet in document]
    assert len(document) <= 6
    for i, text in enumerate(texts, start=1):
        assert f"{i} / {len(document)}" in text
        assert "qwen-coder-0.5b-base \N{RIGHTWARDS ARROW} qwen-coder-0.5b-trained" in text
    whole = " ".join(" ".join(texts).split())
    assert re.search(r"broken: question gsm8k-test-\d+, right answer", whole)
    assert re.search(r"fixed: question gsm8k-test-\d+, right answer", whole)
    assert "EVS012" in whole
    assert "run:qwen-coder-0.5b-base-gsm8k-1024-" in whole  # how to do it again


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("kind", ["pair", "family"])
def test_the_brief_prints_on_one_page(
    tabs: Callable[..., Tab], tmp_path: Path, lang: str, kind: str
) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    comparison, rows = built(training=training_log())
    judged = comparison if kind == "pair" else family_of([comparison] * 8)
    view = report_view(judged, rows if kind == "pair" else None, lang=lang)
    (tmp_path / "brief.html").write_text(render_brief(view), "utf-8")
    page = tabs().go((tmp_path / "brief.html").as_uri(), scripts=False)

    page.pdf(path=tmp_path / "brief.pdf", format="A4")

    document = pdfium.PdfDocument(tmp_path / "brief.pdf")
    assert len(document) == 1
    text = " ".join(document[0].get_textpage().get_text_range().split())
    assert "McNemar" in text


def test_without_javascript_all_but_the_browser_is_there(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs(java_script_enabled=False).go(files["plain"].as_uri(), scripts=False)

    assert page.inner_text("#headline").startswith("Suggestive")
    drawings = page.query_selector_all("figure svg")
    assert sum(drawing.is_visible() for drawing in drawings) == 8  # each has a narrow form too
    for section in SECTIONS:
        assert page.is_visible(f"#{section} h2")
    assert not page.is_visible("#explorer")
    samples = page.query_selector_all("#fallback details")
    assert len(samples) == 20
    samples[0].query_selector("summary").click()
    assert samples[0].query_selector("pre").is_visible()


def test_the_browser_opens_on_what_training_broke(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())

    pressed = page.query_selector_all('#filters button[aria-pressed="true"]')

    assert [button.get_attribute("data-filter") for button in pressed] == ["broken"]
    assert page.inner_text("#shown") == "Questions: 40"
    assert len(_rows(page)) == 25
    assert page.query_selector("#fallback") is None


def test_filters_show_as_many_questions_as_their_count_says(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())

    for button in page.query_selector_all("#filters button"):
        if button.get_attribute("aria-pressed") == "false":
            button.click()
        assert (
            page.inner_text("#shown") == f"Questions: {button.query_selector('data').inner_text()}"
        )


def test_more_rows_come_25_at_a_time(files: dict[str, Path], tabs: Callable[..., Tab]) -> None:
    page = tabs().go(files["plain"].as_uri())

    page.click("#more")

    assert len(_rows(page)) == 40
    assert not page.is_visible("#more")


def test_the_keyboard_walks_filters_searches_and_closes(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())
    rows = _rows(page)

    page.keyboard.press("j")
    first = page.inner_text('.row[aria-expanded="true"] .id')
    page.keyboard.press("j")
    second = page.inner_text('.row[aria-expanded="true"] .id')
    page.keyboard.press("k")
    back = page.inner_text('.row[aria-expanded="true"] .id')
    assert [first, second, back] == [rows[0], rows[1], rows[0]]

    page.keyboard.press("Escape")
    assert page.query_selector('.row[aria-expanded="true"]') is None

    page.keyboard.press("2")
    assert page.get_attribute('[data-filter="fixed"]', "aria-pressed") == "true"

    page.keyboard.press("/")
    page.keyboard.type("jjj")
    page.wait_for_timeout(300)
    assert page.input_value("#search") == "jjj"
    assert page.inner_text("#shown") == "Questions: 0"
    assert page.inner_text("#list") == "No question matches."


def test_every_control_can_be_reached_with_tab_alone(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())
    reached = set()

    for _ in range(140):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "document.activeElement.id || document.activeElement.dataset.filter"
                " || document.activeElement.className"
            )
        )

    assert {"theme", "broken", "fixed", "search", "sort", "budget", "more", "row"} <= reached


def test_walking_past_the_25th_row_brings_the_next_ones(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())

    for _ in range(27):
        page.keyboard.press("j")

    assert page.inner_text('.row[aria-expanded="true"] .id') == _rows(page)[26]


def test_a_deep_link_opens_its_question(files: dict[str, Path], tabs: Callable[..., Tab]) -> None:
    page = tabs().go(f"{files['plain'].as_uri()}#q=q-85&f=fixed")

    assert page.inner_text('.row[aria-expanded="true"] .id') == "q-85"
    assert page.get_attribute('[data-filter="fixed"]', "aria-pressed") == "true"
    assert page.is_visible(".sides")


def test_a_deep_link_into_another_filter_still_finds_its_question(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(f"{files['plain'].as_uri()}#q=q-0&f=fixed")

    assert page.inner_text('.row[aria-expanded="true"] .id') == "q-0"


def test_a_nonsense_link_harms_nothing(files: dict[str, Path], tabs: Callable[..., Tab]) -> None:
    tab = tabs()
    page = tab.go(f"{files['plain'].as_uri()}#q=%E0%A4%A&f=__proto__&s=NaN")

    assert page.inner_text("#shown") == "Questions: 160"
    assert tab.said == []


def test_opening_a_question_writes_the_link_to_it(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())

    page.keyboard.press("j")

    assert page.evaluate("location.hash") == "#q=q-30&f=broken"


def test_counts_of_the_table_lead_into_the_browser(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())

    page.click('#changed-data a[href="#f=both-wrong"]')

    # the browser tells the page of a new hash, and scrolls, in its own time
    until(page, "document.querySelector('#shown').innerText === 'Questions: 30'")
    until(page, "document.querySelector('#questions').getBoundingClientRect().top < 50")


def test_the_answer_that_was_read_is_marked_and_the_cut_is_shown_at_any_budget(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(f"{files['plain'].as_uri()}#q=q-30&f=broken")

    assert page.inner_text(".answer.base mark") == "7"
    assert page.query_selector(".answer.base .cut") is None

    page.fill("#budget", "40")
    page.wait_for_selector(".answer.base .cut")
    assert page.inner_text(".answer.base .cut") == "cut at 40 tokens"
    after = page.inner_text(".answer.base .after")
    whole = page.inner_text(".answer.base pre").replace("\n", "").replace("cut at 40 tokens", "")
    assert whole.index(after) == 40
    assert page.query_selector(".answer.base mark") is None  # nothing is read within 40 tokens


def test_hostile_answers_are_shown_as_they_are_and_do_nothing(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    tab = tabs()
    page = tab.go(files["hostile"].as_uri())
    page.click('#filters [data-filter="broken"]')
    page.click('#filters [data-filter="both-right"]')

    shown = []
    for _ in HOSTILE:
        page.keyboard.press("j")
        shown.append(page.inner_text(".answer.base pre"))

    assert shown[0] == HOSTILE[0] * 3
    assert "⟨U+202E⟩" in shown[5]
    assert "⟨U+0000⟩" in shown[6]
    assert "⟨U+001B⟩[31m" in shown[6]
    assert "⟨U+D800⟩" in shown[7]
    assert page.query_selector(".pair script, .pair img, .pair svg, .pair a") is None
    assert tab.said == []


def test_a_megabyte_on_one_line_is_shown_in_part_and_then_whole(
    tabs: Callable[..., Tab], tmp_path: Path
) -> None:
    comparison, rows = built((2, 1, 1, 2))
    line = "spam " * 200_000
    rows[2] = replace(rows[2], base=replace(rows[2].base, text=line, span=None, cuts=()))
    target = tmp_path / "line.html"
    target.write_text(render_html(report_view(comparison, rows)), encoding="utf-8")

    page = tabs().go(f"{target.as_uri()}#q=q-2")
    assert len(page.inner_text(".answer.base pre")) < 21_000
    page.click(".answer.base pre button")

    assert page.evaluate("document.querySelector('.answer.base pre').textContent.length") == 10**6
    assert page.evaluate("document.documentElement.scrollWidth") <= 1280


def _seconds_to_ready(page: Any, path: Path) -> float:
    start = time.perf_counter()
    page.goto(path.as_uri())
    until(page, READY)
    return time.perf_counter() - start


@pytest.mark.parametrize("name", ["short", "long"])
def test_a_full_test_split_is_ready_within_a_second_in_few_nodes(
    files: dict[str, Path], tabs: Callable[..., Tab], name: str
) -> None:
    page = tabs().page

    assert any(_seconds_to_ready(page, files[name]) < 1 for _ in range(3))  # others may run here
    assert page.evaluate("document.querySelectorAll('*').length") < 2000
    page.keyboard.press("j")
    assert page.evaluate("document.querySelectorAll('*').length") < 2000


def test_dark_and_light_are_one_click_apart(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs(color_scheme="light").go(files["plain"].as_uri())

    def colours() -> tuple[str, str]:
        body, figure = page.evaluate(
            "[getComputedStyle(document.body).backgroundColor,"
            " getComputedStyle(document.querySelector('figure svg .s-trained')).stroke]"
        )
        return str(body), str(figure)

    light = colours()
    page.click("#theme")
    dark = colours()
    page.click("#theme")

    assert light[0] == "rgb(255, 255, 255)"
    assert dark[0] != light[0]
    assert dark[1] != light[1]
    assert colours() == light


def test_figures_are_drawn_in_colour_and_not_as_black_boxes(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())

    strokes = page.evaluate(
        "[...document.querySelectorAll('figure svg path')].filter(p => !p.closest('defs'))"
        ".map(p => getComputedStyle(p)).map(s => s.fill + ' ' + s.stroke)"
    )

    black = [s for s in strokes if s == "rgb(0, 0, 0) none"]
    assert black == []


def test_results_json_can_be_downloaded_from_the_page(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    tab = tabs(accept_downloads=True)
    page = tab.go(files["plain"].as_uri())

    with page.expect_download() as waiting:
        page.click("#download")

    view = report_view(*built((30, 40, 60, 30), training=training_log()))
    assert waiting.value.suggested_filename == "results.json"
    assert waiting.value.path().read_text("utf-8") == view.results
    assert tab.said == []


def test_the_methods_paragraph_can_be_copied(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs(permissions=["clipboard-read", "clipboard-write"]).go(files["plain"].as_uri())

    page.click('[data-copy="methods-text"]')
    until(page, "document.querySelector('[data-copy]').hidden === false")

    copied = page.evaluate("navigator.clipboard.readText()")
    assert re.match(r"base and trained answered the same 160 questions", copied)


def test_the_language_of_the_page_is_declared(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["zh"].as_uri())

    assert page.get_attribute("html", "lang") == "zh"
    assert page.inner_text("#shown").endswith("道题")


def test_figures_are_numbered_in_reading_order_and_each_number_is_a_link(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())

    links = page.locator(".number a")

    assert links.all_inner_texts() == [f"Figure {i + 1}" for i in range(links.count())]
    links.nth(2).click()
    assert page.evaluate("location.hash") == "#" + page.locator("figure").nth(2).get_attribute("id")


@pytest.mark.parametrize(
    ("kind", "start"),
    [("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("CSV", b",right,lower,estimate,upper\r\nbase")],
)
def test_a_figure_can_be_saved_as_it_is_seen(
    files: dict[str, Path], tabs: Callable[..., Tab], kind: str, start: bytes
) -> None:
    page = tabs(accept_downloads=True).go(files["plain"].as_uri())
    figure = page.locator("#figure-estimate")

    with page.expect_download() as download:
        figure.get_by_role("button", name=kind).click()

    content = Path(download.value.path()).read_bytes()
    assert download.value.suggested_filename == f"figure-estimate.{kind.lower()}"
    assert content.startswith(start)
    assert len(content) > 60
    if kind == "SVG":
        assert b'="rgb(' in content  # no class of the page is left to colour it


def test_only_what_scrolls_is_a_stop_for_the_keyboard(
    files: dict[str, Path], tabs: Callable[..., Tab]
) -> None:
    page = tabs().go(files["plain"].as_uri())

    idle = page.evaluate(
        """() => [...document.querySelectorAll(".art, .scroll")].filter(
            (box) => box.hasAttribute("tabindex") !== (box.scrollWidth > box.clientWidth)).length"""
    )

    assert idle == 0
    assert page.locator(".art[tabindex], .scroll[tabindex]").count() == 0

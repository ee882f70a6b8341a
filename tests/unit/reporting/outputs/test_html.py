"""The HTML file, read as a parser reads it; what a browser does is in tests/browser."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import sys
import time
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from machine_pace import loop_seconds
from report_builders import HOSTILE, built, hostile, large, training_log

import evalsuite.reporting
from evalsuite.records.codec import from_json
from evalsuite.records.comparison import Comparison
from evalsuite.reporting.outputs.html import SCRIPTS, render_html
from evalsuite.reporting.view import report_view

TEMPLATES = Path(evalsuite.reporting.__file__).parent / "templates"


class Page(HTMLParser):
    """Collects tags, attributes, numbers with their exact values, and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.numbers: list[tuple[dict[str, str | None], str]] = []
        self.shown = ""
        self._open: dict[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        numbered = {name.replace("data-value", "value"): text for name, text in attrs}
        if "value" in numbered and tag in ("data", "td", "th"):
            self._open = numbered

    def handle_data(self, data: str) -> None:
        self.shown += data
        if self._open is not None:
            self.numbers.append((self._open, data))
            self._open = None


@pytest.fixture(scope="module")
def full() -> tuple[Comparison, str]:
    comparison, rows = built(training=training_log())
    return comparison, render_html(report_view(comparison, rows))


@pytest.fixture(scope="module")
def attacked() -> str:
    comparison, rows = hostile()
    return render_html(report_view(comparison, rows))


def _at(document: Any, key: str) -> Any:
    """Follow a dotted path; a metric's own name may hold a slash but no dot."""
    for step in key.split("."):
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _packed(page: str, identity: str) -> Any:
    found = re.search(rf'id="{identity}">([^<]*)<', page)
    assert found is not None
    return json.loads(gzip.decompress(base64.b64decode(found[1])))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_on_the_page_is_the_one_in_the_results(lang: str) -> None:
    comparison, rows = built(training=training_log())
    html = render_html(report_view(comparison, rows, lang=lang))
    results = _packed(html, "results")

    numbers = Page(html).numbers

    traced = [(a, text) for a, text in numbers if "data-key" in a]
    assert len(traced) > 150
    for attributes, _ in traced:
        key, value = attributes["data-key"], attributes["value"]
        assert key is not None
        assert value is not None
        assert json.loads(value) == _at(results, key), key


def test_every_number_is_shown_as_a_rounding_of_its_value(full: tuple[Comparison, str]) -> None:
    """What is read differs from the exact value by at most half a unit of the last digit."""
    for attributes, text in Page(full[1]).numbers:
        value = json.loads(attributes["value"] or "")
        plain = text.replace(",", "").replace("\u2212", "-").removeprefix("p ")
        match = re.fullmatch(r"([=<>]\s*)?([+-]?[0-9.]+(?:e-?\d+)?)(%?)", plain)
        assert match is not None, text
        read, digits = float(match[2]), len(match[2].partition(".")[2])
        if match[1] and match[1].strip() in "<>":
            assert (value < read or value * 100 < read) if "<" in match[1] else value * 100 > read
            continue
        scales = (100, 1) if abs(value) <= 1 else (1,)
        unit = 10.0**-digits if "e" not in match[2] else abs(read) * 0.01
        assert min(abs(value * scale - read) for scale in scales) <= unit / 2 + 1e-9, text


def test_the_same_comparison_is_the_same_bytes(full: tuple[Comparison, str]) -> None:
    comparison, rows = built(training=training_log())

    assert render_html(report_view(comparison, rows)) == full[1]


def test_undrawn_a_page_lacks_its_figures_alone(full: tuple[Comparison, str]) -> None:
    comparison, rows = built(training=training_log())
    drawing = re.compile(r"<svg.*?</svg>", re.DOTALL)

    undrawn = render_html(report_view(comparison, rows), is_drawn=False)

    assert len(drawing.findall(undrawn)) < len(drawing.findall(full[1]))
    assert drawing.sub("", undrawn) == drawing.sub("", full[1])


def test_rebuilding_from_the_written_results_gives_the_same_bytes(
    full: tuple[Comparison, str],
) -> None:
    comparison, rows = built(training=training_log())

    again = from_json(Comparison, report_view(comparison).results)

    assert render_html(report_view(again, rows)) == full[1]


def test_the_page_carries_results_json(full: tuple[Comparison, str]) -> None:
    comparison, page = full

    text = json.dumps(_packed(page, "results"))

    assert from_json(Comparison, text) == comparison


def test_the_policy_allows_this_style_and_these_scripts_and_nothing_else(
    full: tuple[Comparison, str],
) -> None:
    page = full[1]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    assert style is not None
    assert len(scripts) == len(SCRIPTS)
    *known, look = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        for text in (*scripts, style[1])
    )
    allowed = " ".join(f"'sha256-{digest}'" for digest in known)

    content = next(a["content"] for _, a in Page(page).tags if "http-equiv" in a)

    assert content == (
        f"default-src 'none'; script-src {allowed}; style-src 'sha256-{look}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("which", ["full", "attacked"])
def test_no_element_has_inline_style_a_handler_or_a_link_out(
    which: str, request: pytest.FixtureRequest
) -> None:
    found = request.getfixturevalue(which)
    page = Page(found if isinstance(found, str) else found[1])

    for tag, attributes in page.tags:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag not in ("img", "iframe", "object", "embed", "link", "base", "form")
        for name in ("href", "src", "xlink:href"):
            assert (attributes.get(name) or "#").startswith("#")


def test_hostile_text_makes_no_element(full: tuple[Comparison, str], attacked: str) -> None:
    kinds = {tag for tag, _ in Page(full[1]).tags}

    page = Page(attacked)

    assert {tag for tag, _ in page.tags} <= kinds | {"p", "b"}
    assert sum(tag == "script" for tag, _ in page.tags) == len(SCRIPTS) + 2
    assert [a for t, a in page.tags if t == "style"] == [{}]
    assert "{{7*7}}" in page.shown
    assert not re.search(r"(?<![0-9])49(?![0-9])", attacked.partition("<main")[2][:3000])


def test_hostile_text_reaches_the_browser_unharmed(attacked: str) -> None:
    texts = [row[4][0] for row in _packed(attacked, "pairs")["rows"]]

    assert texts[: len(HOSTILE)] == [text * 3 for text in HOSTILE]


def test_the_page_encodes_to_utf8(attacked: str) -> None:
    assert attacked.encode("utf-8").decode("utf-8") == attacked


def test_a_very_long_line_is_shown_in_part_and_carried_whole() -> None:
    from dataclasses import replace

    comparison, rows = built()
    line = "x" * 1_000_000
    rows[0] = replace(rows[0], base=replace(rows[0].base, text=line, span=None, cuts=()))

    page = render_html(report_view(comparison, rows))

    assert len(page) < 400_000
    assert _packed(page, "pairs")["rows"][0][4][0] == line


@pytest.mark.parametrize(("words", "limit"), [(70, 1_000_000), (750, 5_000_000)])
def test_a_full_test_split_fits_a_mail_and_renders_in_two_seconds(words: int, limit: int) -> None:
    """1,319 x 2 responses of about 100 and about 1,000 tokens; two seconds are forty loops."""
    comparison, rows = large(words=words)
    render_html(report_view(built()[0]))  # imports and caches

    start = time.process_time()
    page = render_html(report_view(comparison, rows))
    seconds = time.process_time() - start

    assert len(page.encode()) < limit
    # measuring branches makes the script that packs the answers several times as slow
    assert seconds < (160 if sys.gettrace() else 40) * loop_seconds()


def test_the_headline_and_every_qualifier_stand_before_the_first_figure(
    full: tuple[Comparison, str],
) -> None:
    comparison, page = full
    top = page.partition("<figure")[0]
    assert comparison.verdict is not None

    assert f'<h1 id="headline">{comparison.verdict.headline}</h1>' in page
    for code in comparison.verdict.qualifiers:
        assert f'data-qualifier="{code}"' in top


def test_every_sentence_has_true_minus_signs() -> None:
    comparison, rows = built((20, 24, 2, 16))
    page = render_html(report_view(comparison, rows))

    sentences = re.sub(r"<(script|style|pre)\b.*?</\1>", "", page, flags=re.DOTALL)
    assert re.findall(r">[^<]*(?<![\w.-])-\d[^<]*<", sentences) == []
    assert "\u2212" in sentences


def test_counts_of_changed_questions_lead_into_the_browser(full: tuple[Comparison, str]) -> None:
    links = {a.get("href") for t, a in Page(full[1]).tags if t == "a"}

    assert {"#f=broken", "#f=fixed", "#f=both-right", "#f=both-wrong"} <= links


def test_every_link_on_the_page_leads_somewhere(full: tuple[Comparison, str]) -> None:
    page = Page(full[1])
    ids = {a["id"] for _, a in page.tags if "id" in a}

    targets = {(a["href"] or "").removeprefix("#") for t, a in page.tags if t == "a"}

    assert {t for t in targets if not t.startswith("f=")} <= ids


def test_identifiers_are_unique(full: tuple[Comparison, str]) -> None:
    ids = [a["id"] or "" for _, a in Page(full[1]).tags if "id" in a]

    assert sorted(set(ids)) == sorted(ids)


def test_tables_have_captions_and_headings_with_scope(full: tuple[Comparison, str]) -> None:
    tags = Page(full[1]).tags

    assert sum(t == "table" for t, _ in tags) == sum(t == "caption" for t, _ in tags)
    assert all(a.get("scope") in ("col", "row") for t, a in tags if t == "th")


def test_templates_compute_and_trust_nothing() -> None:
    for path in TEMPLATES.glob("*.html"):
        text = path.read_text("utf-8")
        assert "|safe" not in text.replace(" ", "")
        assert "round" not in text
        inside = " ".join(re.findall(r"\{\{(.*?)\}\}", text))
        assert not re.search(r"[*/%]|\d\s*[-+]", re.sub(r'"[^"]*"', "", inside)), path.name


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_script_is_short_and_has_no_way_out(name: str) -> None:
    script = (TEMPLATES / name).read_text("utf-8")

    assert len(script.splitlines()) < 300
    for word in (
        "fetch(",
        "XMLHttpRequest",
        "innerHTML",
        "outerHTML",
        "eval(",
        "document.write",
        "insertAdjacent",
        "new Function",
        "import(",
        'setAttribute("style',
        "http",
    ):
        assert word not in script

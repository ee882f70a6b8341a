"""One slider for figure and questions, and every control of the question browser."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from builders import compare_runs, run
from chromium import READY, until
from report_builders import built, training_log

from evalsuite.comparing.compare import Design
from evalsuite.comparing.tables import PairedRows
from evalsuite.comparing.tabulate import tabulate
from evalsuite.reporting.numbers import percent_text, points_text
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.view import report_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from evalsuite.records.paired import PairedRow

pytestmark = pytest.mark.browser

NAMES = ("qwen", "qwen-grpo")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[PairedRow], Any]:
    """Write one report whose models have names of their own."""
    comparison, rows = built((6, 30, 12, 5), training=training_log(), names=NAMES)
    text = "We take 7 + 8 = 16 apples, so 3 + 4 = 7 of them are red. \\boxed{7}"
    first = replace(rows[6], question="How many \\(x\\) apples? " * 3)
    shown = [*rows[:6], first, *rows[7:]]
    shown[7] = replace(rows[7], base=replace(rows[7].base, text=text, span=None, widths=None))
    folder = tmp_path_factory.mktemp("questions")
    for lang in ("en", "zh"):
        page = render_html(report_view(comparison, shown, lang=lang))
        (folder / f"{lang}.html").write_text(page, encoding="utf-8")
    return folder, rows, comparison


@pytest.fixture
def go(chromium: Any, written: tuple[Path, Any, Any]) -> Iterator[Callable[..., Any]]:
    contexts, said = [], []

    def open_page(hash_: str = "", lang: str = "en", **options: Any) -> Any:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{(written[0] / f'{lang}.html').as_uri()}{hash_}")
        until(page, READY)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


def _counts(page: Any) -> dict[str, int]:
    return {
        button.get_attribute("data-filter"): int(button.query_selector("data").inner_text())
        for button in page.query_selector_all("#filters [data-filter]")
    }


def _move(page: Any, tokens: int, slider: str = "#figure-budgets input[type=range]") -> None:
    page.eval_on_selector(
        slider,
        "(input, tokens) => { input.value = tokens; input.dispatchEvent(new Event('input')); }",
        tokens,
    )
    _settled(page, str(tokens))


def _settled(page: Any, tokens: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator("#budget")).to_have_value(tokens)
    expect(page.locator("#figure-budgets input")).to_have_value(tokens)


def _ids(page: Any) -> list[str]:
    return [row.inner_text() for row in page.query_selector_all("#list .row .id")]


@pytest.mark.parametrize("tokens", [1, 17, 40, 49, 50, 51, 64, 130, 400])
def test_the_slider_of_the_figure_regrades_counts_ticks_and_rows(
    go: Callable[..., Any], written: tuple[Path, list[PairedRow], Any], tokens: int
) -> None:
    """Held to cutting and grading the same answers afresh."""
    page = go()

    _move(page, tokens)

    texts = [[side.text or "" for side in (r.base, r.trained)] for r in written[1]]
    base, trained = (run([t[i] for t in texts], budget=400) for i in (0, 1))
    fresh = PairedRows(
        tabulate(base, (tokens,), tokens), tabulate(trained, (tokens,), tokens), (tokens,)
    )
    counts = _counts(page)
    for name, is_shown in (
        ("broken", lambda r: r.base.strict and not r.trained.strict),
        ("fixed", lambda r: r.trained.strict and not r.base.strict),
        ("both-right", lambda r: r.trained.strict and r.base.strict),
        ("graders", lambda r: any(s.strict != s.flexible for s in (r.base, r.trained))),
    ):
        assert counts[name] == sum(map(is_shown, fresh)), name
    page.evaluate(f"location.hash = '#f=fixed&b={tokens}'")
    page.wait_for_selector("#filters [data-filter=fixed][aria-pressed=true]")
    assert page.inner_text("#shown") == f"Questions: {counts['fixed']}"
    assert page.input_value("#figure-budgets input[type=range]") == str(tokens)


def test_every_row_of_the_table_is_what_the_slider_says_there(
    go: Callable[..., Any], written: tuple[Path, Any, Any]
) -> None:
    page = go()

    for row in written[2].budgets:
        _move(page, row.max_new_tokens)
        said = page.inner_text("#figure-budgets .reading")
        gain = points_text(row.gain, signed=True).replace("-", "\u2212")
        assert f"{gain} points; {row.gains} fixed, {row.losses} broken." in said
        assert f"qwen {percent_text(row.base.accuracy)}" in said
        assert page.inner_text("#explorer .reading") == said


def test_a_stop_moves_slider_line_and_link_at_once(go: Callable[..., Any]) -> None:
    page = go()
    line = page.locator("#figure-budgets .art:not(.narrow) line.cursor").first
    before = line.get_attribute("x1")

    page.click("#figure-budgets [data-stop='40']")

    assert page.input_value("#budget") == "40"
    assert line.get_attribute("x1") != before
    assert "b=40" in page.evaluate("location.hash")
    assert page.get_attribute("[data-stop='40']", "aria-pressed") == "true"
    page.click("#figure-budgets [data-stop='64']")
    assert "b=" not in page.evaluate("location.hash")


def test_what_training_broke_at_a_budget_is_one_link(go: Callable[..., Any]) -> None:
    page = go("#q=q-6&f=broken&b=55")

    assert page.input_value("#budget") == "55"
    assert page.inner_text('.row[aria-expanded="true"] .id') == "q-6"


def test_the_cut_stands_in_the_text_at_any_token(go: Callable[..., Any]) -> None:
    page = go("#q=q-9&f=broken&b=33")

    assert page.inner_text(".answer.base .cut") == "cut at 33 tokens"
    after = page.inner_text(".answer.base .after")
    assert page.evaluate("document.querySelector('.answer.base pre').textContent").index(after) == (
        33 + len("cut at 33 tokens")
    )
    assert "✗ wrong, no answer found" in page.inner_text(".answer.base .caption")


def test_an_open_question_stays_while_the_slider_moves_it_out_of_its_filter(
    go: Callable[..., Any],
) -> None:
    page = go("#q=q-9&f=broken")

    page.click("#figure-budgets [data-stop='40']")

    assert page.inner_text("#shown") == "Questions: 0"
    assert _ids(page) == ["q-9"]
    assert page.inner_text(".answer.base .cut") == "cut at 40 tokens"


def test_a_nonsense_budget_is_not_taken(go: Callable[..., Any]) -> None:
    page = go()

    page.fill("#budget", "99999")
    page.keyboard.press("Tab")
    _settled(page, "400")
    page.fill("#budget", "-4")
    page.keyboard.press("Tab")

    _settled(page, "400")


def test_a_budget_typed_and_left_within_one_frame_is_taken(go: Callable[..., Any]) -> None:
    page = go()

    page.eval_on_selector(
        "#budget",
        """input => {
            input.value = 17;
            for (const name of ['input', 'change']) input.dispatchEvent(new Event(name));
        }""",
    )

    _settled(page, "17")


def test_columns_have_heads_with_the_models_names_and_order_the_rows(
    go: Callable[..., Any],
) -> None:
    page = go("#t=q-")
    heads = [head.inner_text() for head in page.query_selector_all("#heads button")]
    assert heads[1:3] == list(NAMES)

    page.click("#heads [data-sort=id]")
    assert page.get_attribute("#heads [data-sort=id]", "data-order") == "down"
    assert _ids(page)[0] == "q-52"
    assert "o=-id" in page.evaluate("location.hash")
    page.click("#heads [data-sort=trained-length]")
    lengths = [
        int(cell.inner_text().split("→")[1]) for cell in page.query_selector_all("#list .row .len")
    ]
    assert lengths == sorted(lengths)


def test_a_shuffle_is_the_same_draw_each_time_and_no_sorted_one(go: Callable[..., Any]) -> None:
    first, second = (_ids(go("#t=q-&o=shuffled")) for _ in range(2))

    assert first == second
    assert first != sorted(first, key=lambda name: int(name[2:]))
    assert len(set(first)) == 25


def test_rows_begin_with_the_questions_own_words(go: Callable[..., Any]) -> None:
    page = go("#q=q-6&f=broken")

    assert page.inner_text("#list .row .ask").startswith("How many \\(x\\) apples?")


def test_the_cause_filter_shows_what_its_tag_says(go: Callable[..., Any]) -> None:
    page = go("#f=fixed")
    tags = [tag.inner_text() for tag in page.query_selector_all("#list .row .tag")]

    page.select_option("#cause", "formatted")

    shown = [tag.inner_text() for tag in page.query_selector_all("#list .row .tag")]
    assert set(shown) == {"has the number elsewhere"}
    assert len(shown) == tags.count("has the number elsewhere") > 0


def test_the_first_false_equation_and_the_parting_are_marked(go: Callable[..., Any]) -> None:
    page = go("#q=q-7&f=broken")

    false = page.query_selector_all(".answer.base .false")
    assert "".join(piece.inner_text() for piece in false) == "7 + 8 = 16"
    assert false[-1].get_attribute("data-is") == "≠ 15"
    page.goto(page.url.split("#")[0] + "#q=q-8&f=broken")
    page.wait_for_selector(".answer.base .parts")
    before = page.evaluate(
        "document.querySelector('.answer.base .parts').previousSibling.textContent"
    )
    assert before == "Two and "


@pytest.mark.parametrize(
    ("text", "false"),
    [
        ("1/3 = 0.33 and 10 / 4 = 2.5", ""),
        ("2 * 3 + 4 = 10", ""),
        ("2 + 3 * 4 = 20", "2 + 3 * 4 = 20"),
        ("$1,200 + $300 = $1,400.", "$1,200 + $300 = $1,400"),
        ("5 + 3 = 2 * 4", ""),
        ("100 - 20% = 80", ""),
        ("x5 + 3 = 9 and 2^3 + 1 = 9", ""),
        ("16 \\times 4 = 60", "16 \\times 4 = 60"),
        ("\\frac{1}{2} + 1 = 3", ""),
        ("7 + 8 + 1 = 15", "7 + 8 + 1 = 15"),
    ],
)
def test_only_a_plain_calculation_is_called_false(
    chromium: Any, tmp_path: Path, text: str, false: str
) -> None:
    comparison, rows = built((0, 1, 1, 0))
    rows[0] = replace(rows[0], base=replace(rows[0].base, text=text, span=None, widths=None))
    target = tmp_path / "false.html"
    target.write_text(render_html(report_view(comparison, rows)), encoding="utf-8")
    page = chromium.new_page()
    page.goto(f"{target.as_uri()}#q=q-0")
    until(page, READY)

    marked = [piece.text_content() for piece in page.query_selector_all(".answer.base .false")]

    assert "".join(marked) == false
    page.close()


FORMULAS = [
    (r"16 \times 4 = 64", "<mn>16</mn><mo>×</mo><mn>4</mn><mo>=</mo><mn>64</mn>"),
    (r"\dfrac{1}{2}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>"),
    (r"\frac12", "<mfrac><mn>1</mn><mn>2</mn></mfrac>"),
    (r"x^2_i", "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>"),
    (r"\sqrt[3]{8}", "<mroot><mrow><mn>8</mn></mrow><mrow><mn>3</mn></mrow></mroot>"),
    (r"1{,}200\,\text{ dollars}", "<mtext> dollars</mtext>"),
    (r"\boxed{\$18}", '<mrow class="boxed"><mrow><mo>$</mo><mn>18</mn></mrow></mrow>'),
    (r"\left( 3 \right.", "<mo>(</mo><mn>3</mn><mspace></mspace>"),
    (r"90^\circ", "<msup><mn>90</mn><mo>∘</mo></msup>"),
    (r"\begin{align*} a &= 1 \\ b &= 2 \end{align*}", "<mtable><mtr><mtd>"),
    (r"\begin{pmatrix} 1 & 2 \end{pmatrix}", "<mo>(</mo><mtable><mtr><mtd>"),
    # what is not ours, not closed or not sane stays as it was written
    (r"\href{javascript:alert(1)}{x}", ""),
    (r"\frac{1}{", ""),
    (r"1 }", ""),
    ("{" * 40 + "1" + "}" * 40, ""),
    (r"\begin{align} a", ""),
    (r"\constructor", ""),
    (r"\left\constructor 1", ""),
    (r"\begin{constructor}1\end{constructor}", "<mtable><mtr><mtd>"),
    (r"x^2^3", ""),
    (r"x_1_2", ""),
    (r"\text{<img src=x onerror=alert(1)>}", "<mtext>&lt;img src=x onerror=alert(1)&gt;</mtext>"),
    ("a\u202eb", "<mo>⟨U+202E⟩</mo>"),
]


@pytest.fixture(scope="module")
def formula_page(chromium: Any, written: tuple[Path, Any, Any]) -> Iterator[Any]:
    page = chromium.new_page()
    page.goto((written[0] / "en.html").as_uri())
    until(page, READY)
    yield page
    page.close()


@pytest.mark.parametrize(("latex", "drawn"), FORMULAS)
def test_a_formula_is_drawn_or_left_as_it_is(formula_page: Any, latex: str, drawn: str) -> None:
    made = formula_page.evaluate(
        "text => evalsuite.formulas.drawn({ inside: text })?.innerHTML ?? ''", latex
    )

    assert (drawn in made) if drawn else made == ""


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (r"so \[ 3 + 4 = 7 \] and \(x\)", [" 3 + 4 = 7 ", "x"]),
        ("it costs $18 and then $20 more", []),
        ("he pays $5 = 5 dollars, then $3 = 3 more", []),
        (r"is $x = 4$, so \boxed{\frac{1}{2}}", ["x = 4", r"\boxed{\frac{1}{2}}"]),
        ("$$1 + 1$$", ["1 + 1"]),
    ],
)
def test_a_price_is_no_formula(formula_page: Any, text: str, found: list[str]) -> None:
    places = formula_page.evaluate(
        "text => evalsuite.formulas.places(text).map((place) => place.inside)", text
    )

    assert places == found


def test_formulas_are_raw_at_first_and_drawn_by_a_key_that_the_link_keeps(
    go: Callable[..., Any],
) -> None:
    page = go("#q=q-6&f=broken")
    assert page.query_selector("#list math") is None
    assert "\\(x\\)" in page.inner_text("#list .question")

    page.keyboard.press("m")

    assert len(page.query_selector_all("#list .question math")) == 3
    assert "\\(x\\)" not in page.inner_text("#list .question")
    assert "m=1" in page.evaluate("location.hash")
    again = go("#q=q-7&f=broken&m=1")
    assert again.get_attribute("#formulas", "aria-pressed") == "true"
    box = again.query_selector(".answer.base math .boxed")
    assert box is not None
    assert box.text_content() == "7"
    assert again.query_selector(".answer.base .false") is not None
    again.click("#formulas")
    assert again.query_selector("#list math") is None


def test_what_is_searched_for_is_marked_wherever_it_is_seen(go: Callable[..., Any]) -> None:
    page = go("#q=q-7&t=APPLES")

    seen = page.evaluate(
        "[...CSS.highlights.get('searched')].map((r) =>"
        " r.startContainer.data.slice(r.startOffset, r.endOffset).toLowerCase())"
    )
    page.fill("#search", "")
    until(page, "CSS.highlights.get('searched').size === 0")

    assert set(seen) == {"apples"}
    assert len(seen) >= 2


def test_stars_and_notes_live_in_the_link(go: Callable[..., Any]) -> None:
    page = go("#q=q-9&f=broken")
    page.click(".star")
    page.fill(".actions input", "why ~ this & that?")
    link = page.evaluate("location.href")

    again = go(link[link.index("#") :])

    assert again.get_attribute(".star", "aria-pressed") == "true"
    assert again.input_value(".actions input") == "why ~ this & that?"
    again.click("#starred")
    assert _ids(again) == ["q-9"]
    again.keyboard.press("s")
    assert again.get_attribute(".star", "aria-pressed") == "false"
    assert not again.is_visible("#starred")
    assert len(_ids(again)) == 25


def test_a_question_is_copied_as_markdown_and_its_link_as_it_stands(
    go: Callable[..., Any],
) -> None:
    page = go("#q=q-9&f=broken", permissions=["clipboard-read", "clipboard-write"])
    link, markdown = page.locator(".actions button").all()[1:3]

    link.click()
    until(page, "document.querySelectorAll('.actions button')[1].innerText === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == page.url
    markdown.click()
    until(page, "document.querySelectorAll('.actions button')[2].innerText === 'Copied'")

    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("### q\\-9\n\nBoth answers as cut at 64 tokens.\n")
    assert "**qwen\\-grpo**: ✗ wrong" in text
    assert text.count("```text") == 3


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_the_rows_that_are_shown_can_be_saved(go: Callable[..., Any], kind: str) -> None:
    page = go("#f=fixed&b=64", accept_downloads=True)

    with page.expect_download() as waiting:
        page.click(f"[data-download={kind}]")

    text = waiting.value.path().read_text("utf-8")
    lines: list[Any] = (
        [json.loads(line) for line in text.splitlines()]
        if kind == "jsonl"
        else list(csv.DictReader(io.StringIO(text)))
    )
    assert len(lines) == 12
    assert {str(line["trained_right"]).lower() for line in lines} == {"true"}
    assert {str(line["max_new_tokens"]) for line in lines} == {"64"}
    assert waiting.value.suggested_filename == f"questions.{kind}"


def test_the_list_of_keys_opens_and_closes(go: Callable[..., Any]) -> None:
    page = go()

    page.keyboard.press("?")
    assert page.is_visible("#help dl")
    page.keyboard.press("j")  # keys belong to the list while it is open
    assert page.query_selector('.row[aria-expanded="true"]') is None
    page.keyboard.press("Escape")

    assert not page.is_visible("#help")
    page.click("#keys")
    page.click("#close")
    assert not page.is_visible("#help")


def test_a_link_skips_to_the_questions(go: Callable[..., Any]) -> None:
    page = go()

    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    until(page, "document.querySelector('#questions').getBoundingClientRect().top < 60")


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_open_question_and_the_list_of_keys_are_accessible(
    go: Callable[..., Any], lang: str, scheme: str
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = go("#q=q-9&f=broken&b=40&star=q-9&m=1", lang=lang, color_scheme=scheme)

    found = axe.Axe().run(page)
    page.click("#keys")
    with_keys = axe.Axe().run(page)

    assert found.violations_count == 0, found.generate_report()
    assert with_keys.violations_count == 0, with_keys.generate_report()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_nothing_scrolls_sideways_on_a_telephone(go: Callable[..., Any], lang: str) -> None:
    page = go("#q=q-9&f=broken", lang=lang, viewport={"width": 360, "height": 740})
    for details in page.query_selector_all("details"):
        details.evaluate("node => { node.open = true; }")

    wide = page.evaluate(
        """() => [...document.querySelectorAll("body, body *")].filter((e) => e.scrollWidth >
            e.clientWidth + 1 && !["visible", "hidden"].includes(getComputedStyle(e).overflowX))
            .map((e) => e.tagName + "#" + e.id)"""
    )

    assert wide == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    shown = [svg for svg in page.query_selector_all("figure svg") if svg.is_visible()]
    assert len(shown) == page.locator("figure").count()


def test_several_samples_are_one_row_with_a_dot_each(chromium: Any, tmp_path: Path) -> None:
    from report_builders import RIGHT, WRONG

    def sampled(answers: Sequence[Sequence[str]], name: str) -> Any:
        runs = [run(list(of_all), name=name, budget=400) for of_all in zip(*answers, strict=True)]
        responses = [replace(r, sample=i) for i, one in enumerate(runs) for r in one.responses]
        return replace(runs[0], responses=tuple(responses), grades=())

    base = sampled([[RIGHT, WRONG, RIGHT], [RIGHT] * 3], "a")
    trained = sampled([[WRONG, WRONG, RIGHT], [WRONG, RIGHT, RIGHT]], "b")
    budgets = (40, 400)
    found = compare_runs(base, trained, Design(budgets=budgets))
    rows = PairedRows(tabulate(base, budgets), tabulate(trained, budgets), budgets)
    target = tmp_path / "samples.html"
    target.write_text(render_html(report_view(found, rows)), encoding="utf-8")
    page = chromium.new_page()
    page.goto(target.as_uri())
    until(page, READY)

    assert page.inner_text("#shown") == "Questions: 2"
    dots = [dots.inner_text() for dots in page.query_selector_all("#list .dots")]
    assert dots == ["✓✗✓", "✗✗✓", "✓✓✓", "✗✓✓"]
    page.keyboard.press("j")
    page.click(".samples button:nth-of-type(3)")
    assert "✓ right, read as 7" in page.inner_text(".answer.trained .caption")
    assert page.evaluate("location.hash") == "#q=q-0&s=2&f=broken"
    page.close()

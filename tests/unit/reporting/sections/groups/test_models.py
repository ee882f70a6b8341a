from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import pytest
from latex_words import words_of
from report_builders import HOSTILE, built, family_of

from evalsuite.errors import InvalidInputError
from evalsuite.records.groups.family import Family
from evalsuite.records.verdict import SCOPE_ONLY, Check
from evalsuite.reporting.blocks import Composition, Doubts, Plot
from evalsuite.reporting.outputs.html import SCRIPTS, render_html
from evalsuite.reporting.outputs.inert import columns
from evalsuite.reporting.outputs.latex import render_latex
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_terminal
from evalsuite.reporting.view import report_view

if TYPE_CHECKING:
    from evalsuite.reporting.view import ReportView

IMPROVED, BETTER = (40, 4, 40, 16), (40, 4, 44, 12)
REGRESSED = (40, 40, 4, 16)
UNDECIDED = (10, 9, 12, 20)
POWERLESS = (1, 0, 1, 3)
EQUIVALENT = (700, 10, 10, 600)


def family(*tables: tuple[int, int, int, int], names: tuple[str, ...] = ()) -> Family:
    """Judge several built comparisons together."""
    named = names or tuple(f"model-{i}" for i in range(len(tables)))
    found = [built(t, names=("base", n))[0] for t, n in zip(tables, named, strict=True)]
    return family_of(found)


def view_of(found: Family, *, lang: str = "en") -> ReportView:
    folders = tuple(f"m{i}" for i in range(len(found.comparisons)))
    return report_view(found, folders=folders, lang=lang)


@pytest.mark.parametrize(
    ("tables", "begins"),
    [
        ((IMPROVED, BETTER), "2 of 2 trained models can be shown to score higher than base, "),
        ((IMPROVED, UNDECIDED), "1 of 2 trained models can be shown to score higher than base, "),
        ((REGRESSED, UNDECIDED), "1 of 2 trained models can be shown to score lower than base, "),
        (
            (IMPROVED, REGRESSED),
            "1 of 2 trained models can be shown to score higher than base and 1 to score lower, ",
        ),
        (
            (UNDECIDED, POWERLESS),
            "None of the 2 trained models can be shown to score higher or lower than base, ",
        ),
    ],
)
def test_the_headline_counts_what_was_established(tables: Any, begins: str) -> None:
    assert view_of(family(*tables)).headline.startswith(
        f"{begins}Holm-adjusted over 2 comparisons."
    )


def test_the_headline_accounts_for_every_model() -> None:
    found = family(IMPROVED, UNDECIDED, POWERLESS, EQUIVALENT)

    assert "The rest: 1 without a difference beyond 2 points, 2 undecided." in (
        view_of(found).headline
    )


def test_a_best_model_is_never_named_without_the_warning() -> None:
    view = view_of(family(IMPROVED, BETTER, UNDECIDED))

    assert "The best, model-1, scores 40.0 points higher" in view.headline
    assert view.headline.endswith("being picked as the best of 3 flatters it.")
    assert "picked" in dict(view.qualifiers)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_no_model_is_called_the_best_where_none_was_shown_to_improve(lang: str) -> None:
    view = view_of(family(REGRESSED, UNDECIDED), lang=lang)

    assert "picked" not in dict(view.qualifiers)
    assert not re.search("best|最好", view.headline)


def test_verdicts_with_doubts_are_counted_in_the_first_lines() -> None:
    found = family(IMPROVED, IMPROVED)
    verdicts = [c.verdict for c in found.comparisons]

    assert all(v and set(v.qualifiers) - SCOPE_ONLY for v in verdicts)
    assert str(dict(view_of(found).qualifiers)["doubtful"]).startswith(
        "Verdicts with doubts of their own: 2 of 2."
    )


def test_a_mix_of_verdicts_is_told_with_care() -> None:
    assert view_of(family(IMPROVED, REGRESSED)).tone == "qualified"
    assert view_of(family(UNDECIDED, UNDECIDED)).tone == "neutral"
    assert view_of(family(UNDECIDED, REGRESSED)).decision == "mixed"


def test_a_model_that_cannot_be_compared_is_counted_as_such() -> None:
    check = Check(code="EVS002", level="blocking", title="Same prompt", detail="other prompts")
    comparisons = [built(IMPROVED, checks=(check,))[0], built(UNDECIDED)[0]]

    view = view_of(family_of(comparisons))

    assert "1 not comparable" in view.headline


def test_models_stand_in_the_order_they_were_named_in() -> None:
    view = view_of(family(UNDECIDED, BETTER, IMPROVED))

    assert [str(row.cells[0]) for row in view.subsets.rows] == ["model-0", "model-1", "model-2"]


def test_the_table_has_the_adjusted_pvalues_the_verdicts_follow() -> None:
    found = family(IMPROVED, UNDECIDED)
    row = view_of(found).subsets.rows[1]
    number: Any = row.cells[6].pieces[0]

    assert found.comparisons[1].verdict is not None
    assert number.value == found.comparisons[1].verdict.policy.adjusted_pvalue
    assert number.key == "comparisons.1.verdict.policy.adjusted_pvalue"


def test_the_figure_has_one_row_a_model_and_no_whole() -> None:
    plot = view_of(family(IMPROVED, UNDECIDED, REGRESSED)).sections[0].blocks[0]
    assert isinstance(plot, Plot)
    drawing: Any = plot.drawing

    assert len(drawing.rows) == 3
    assert not any(row.emphasis for row in drawing.rows)
    assert (drawing.band.low, drawing.band.high) == (-0.02, 0.02)


@pytest.mark.parametrize("wide", [False, True])
def test_long_names_keep_their_end_in_the_figure(*, wide: bool) -> None:
    stem = "数学模型训练后的检查点" * 2 if wide else "qwen2.5-coder-0.5b-grpo-lesson-seed-"
    names = tuple(f"{stem}{i}" for i in range(2))
    plot: Any = view_of(family(IMPROVED, BETTER, names=names)).sections[0].blocks[0]

    labels = [row.label for row in plot.drawing.rows]

    assert len(set(labels)) == 2
    assert max(map(columns, labels)) <= 24


def test_every_model_has_its_verdict_its_doubts_and_a_relative_link() -> None:
    found = family(IMPROVED, UNDECIDED)
    view = view_of(found)
    page = render_html(view)

    each = next(s for s in view.sections if s.id == "each")
    assert [type(block) for block in each.blocks] == [type(each.blocks[0]), Composition, Doubts] * 2
    assert page.count('<a href="m0/report.html">model-0</a>') >= 4
    for member, comparison in zip(view.members, found.comparisons, strict=True):
        assert comparison.verdict is not None
        assert member.headline == comparison.verdict.headline


def test_cut_off_answers_are_told_for_base_and_every_model() -> None:
    view = view_of(family(IMPROVED, UNDECIDED))
    grids: Any = next(s for s in view.sections if s.id == "budgets").blocks

    assert [str(row.cells[0]) for row in grids[0].rows] == ["base", "model-0", "model-1"]
    assert grids[0].columns == ("", "40", "64", "400")
    assert [str(row.cells[0]) for row in grids[1].rows] == ["model-0", "model-1"]


def test_without_budgets_the_page_says_why() -> None:
    comparisons = [built(t, budgets=())[0] for t in (IMPROVED, UNDECIDED)]

    view = view_of(family_of(comparisons))

    assert "does not record how answers ended" in render_html(view, is_drawn=False)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_is_found_again_in_the_results(lang: str) -> None:
    view = view_of(family(IMPROVED, UNDECIDED, REGRESSED), lang=lang)
    results = json.loads(view.results)

    found = re.findall(r'value="([^"]+)" data-key="([^"]+)">', render_html(view, is_drawn=False))

    assert len(found) > 40
    for value, key in found:
        place = results
        for step in key.split("."):
            place = place[int(step)] if isinstance(place, list) else place[step]
        assert json.loads(value) == place, key


def test_the_methods_name_every_model_and_its_adjusted_pvalue() -> None:
    page = render_html(view_of(family(IMPROVED, UNDECIDED)))

    assert "base and the trained models model-0, model-1 answered the same" in page
    assert re.search(r"Adjusted by Holm over all of them: model-0 p [^,]+, model-1 p ", page)


def test_the_command_that_does_it_again_names_every_run() -> None:
    page = render_html(view_of(family(IMPROVED, UNDECIDED)))

    assert "evalsuite compare run:r-1 run:r-1 run:r-1 --seeds 2" in page


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_output_shows_the_headline_the_table_and_each_verdict(lang: str) -> None:
    view = view_of(family(IMPROVED, UNDECIDED, names=("first", "second")), lang=lang)

    latex = words_of(render_latex(view))
    for text in (render_markdown(view), render_terminal(view, width=200), latex):
        assert view.headline[:20] in text
        assert text.index(view.headline[:10]) < text.index("first")
    terminal = render_terminal(view, width=400)
    first_row = terminal.index(str(view.subsets.rows[0].cells[4]))
    for member in view.members:
        assert terminal.index(member.headline[:40]) > first_row


def test_the_same_family_is_the_same_bytes() -> None:
    found = family(IMPROVED, UNDECIDED)

    assert render_html(view_of(found)) == render_html(view_of(found))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_names_stay_text(lang: str) -> None:
    comparisons = family(IMPROVED, UNDECIDED).comparisons
    named = Family(
        comparisons=tuple(
            replace(c, base=replace(c.base, name=HOSTILE[1]), trained=replace(c.trained, name=name))
            for c, name in zip(comparisons, (HOSTILE[0], " ".join(HOSTILE)), strict=True)
        )
    )

    view = view_of(named, lang=lang)
    tags = _Tags()
    tags.feed(render_html(view))

    assert sum(tag == "script" for tag, _ in tags.seen) == len(SCRIPTS) + 1
    assert not [tag for tag, _ in tags.seen if tag in ("img", "iframe", "object", "form")]
    assert not [a for _, attrs in tags.seen for a in attrs if a.startswith("on")]
    assert {a["href"] for tag, a in tags.seen if tag == "a" and "/" in str(a["href"])} == {
        "m0/report.html",
        "m1/report.html",
    }
    assert "\x1b" not in render_terminal(view)
    assert "<script" not in render_markdown(view).replace("\\<", "")


def test_one_comparison_is_no_family() -> None:
    with pytest.raises(InvalidInputError, match="two trained models or more"):
        report_view(Family(comparisons=(built()[0],)), folders=("m",))

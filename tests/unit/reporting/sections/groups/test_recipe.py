from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from latex_words import words_of
from recipe_builders import names_of, plan_of, recipe, recipes, training
from report_builders import HOSTILE

from evalsuite.asking.spec import CompareSpec
from evalsuite.reporting.blocks import Plot
from evalsuite.reporting.outputs.html import SCRIPTS, render_html
from evalsuite.reporting.outputs.latex import render_latex
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_terminal
from evalsuite.reporting.telling import headline_text
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import words
from evalsuite.verdict.judge import restated

if TYPE_CHECKING:
    from evalsuite.records.groups.recipe import RecipeComparison
    from evalsuite.reporting.view import ReportView

GOOD, BETTER, BEST = (40, 4, 40, 16), (40, 4, 44, 12), (42, 2, 46, 10)
FLAT = (30, 14, 14, 42)
UNPROVEN = ((40, 4, 56, 0), GOOD, (40, 4, 4, 52), (40, 4, 8, 48), (40, 4, 4, 52))


@pytest.fixture(scope="module")
def three() -> RecipeComparison:
    return recipe(GOOD, BETTER, BEST)


@pytest.fixture(scope="module")
def five() -> RecipeComparison:
    return recipe(GOOD, BETTER, BEST, GOOD, BETTER)


@pytest.fixture(scope="module")
def unproven() -> RecipeComparison:
    return recipe(*UNPROVEN)


@pytest.fixture(scope="module")
def pair() -> RecipeComparison:
    before = tuple(i % 3 == 0 for i in range(60))
    after = tuple(i % 3 == 0 or i % 7 == 0 for i in range(60))
    return recipes([(before, after), (before[::-1], after), (after, before)])


def view_of(found: RecipeComparison, *, lang: str = "en") -> ReportView:
    return report_view(
        found, folders=tuple(f"s{i}" for i in range(len(found.comparisons))), lang=lang
    )


def _block(view: ReportView, section: str, kind: type) -> Any:
    blocks = next(s for s in view.sections if s.id == section).blocks
    return next(block for block in blocks if isinstance(block, kind))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_seed_has_its_row_and_its_mark_in_order(three: RecipeComparison, lang: str) -> None:
    view = view_of(three, lang=lang)
    drawing: Any = _block(view, "recipe", Plot).drawing

    assert [row.at for row in drawing.rows[:3]] == [row.gain for row in three.recipe.seeds]
    assert [row.emphasis for row in drawing.rows] == [False] * 3 + [True] * 3
    firsts = [str(row.cells[0]) for row in view.subsets.rows]
    assert [re.findall(r"\d", first) for first in firsts[:3]] == [["0"], ["1"], ["2"]]
    assert len(firsts) == 6


def test_the_diamonds_are_these_runs_the_average_and_a_new_run(five: RecipeComparison) -> None:
    drawing: Any = _block(view_of(five), "recipe", Plot).drawing

    runs, average, new = drawing.rows[-3:]
    assert (runs.label, average.label) == ("mean of these 5 runs", "the recipe's average")
    assert new.label == "one new run of the recipe"
    assert runs.at == average.at == new.at == five.gain.estimate
    assert (average.low, average.high) == (five.gain.interval.low, five.gain.interval.high)
    widths = [row.high - row.low for row in (runs, average, new)]
    assert widths == sorted(widths)


def test_a_file_from_before_the_prediction_shows_none(five: RecipeComparison) -> None:
    scopes = replace(five.recipe.scopes, prediction=None)
    old = replace(five, recipe=replace(five.recipe, scopes=scopes, next_above_base=None))

    drawing: Any = _block(view_of(old), "recipe", Plot).drawing
    assert [row.label for row in drawing.rows[-2:]] == [
        "mean of these 5 runs",
        "the recipe's average",
    ]
    assert "one new run" not in [str(row.cells[0]) for row in view_of(old).subsets.rows]
    assert "predicted" not in render_markdown(view_of(old))


def test_few_seeds_show_the_interval_of_the_average_and_do_not_judge_it(
    three: RecipeComparison,
) -> None:
    runs, average, new = view_of(three).subsets.rows[-3:]

    assert (runs.role, str(runs.cells[-1])) == ("headline", "improved")
    assert (average.role, str(average.cells[-1])) == ("total", "needs 5 seeds")
    assert str(average.cells[5]).startswith("+40.0 (")
    assert (str(new.cells[0]), str(new.cells[6])) == ("one new run of the recipe", "–")
    assert str(new.cells[-1]).startswith("gain: ")


def test_five_seeds_put_the_verdict_on_the_recipe(five: RecipeComparison) -> None:
    runs, average, new = view_of(five).subsets.rows[-3:]

    assert (runs.role, average.role, new.role) == ("total", "headline", "total")
    assert str(average.cells[-1]) == "improved"


def test_the_claim_is_bounded_in_the_first_lines(
    three: RecipeComparison, five: RecipeComparison, unproven: RecipeComparison
) -> None:
    assert "runs_only" in dict(view_of(three).qualifiers)
    assert "at least 5" in str(dict(view_of(three).qualifiers)["runs_only"])
    assert not {"runs_only", "not_recipe"} & set(dict(view_of(five).qualifiers))
    assert "not shown for the recipe" in str(dict(view_of(unproven).qualifiers)["not_recipe"])


def test_a_recipe_says_which_comparison_on_these_questions_it_is(
    three: RecipeComparison,
) -> None:
    looked = replace(three, comparisons=tuple(replace(c, look=14) for c in three.comparisons))

    assert "comparison 14" in str(view_of(looked).tests).lower()
    assert "14" not in str(view_of(three).tests)


def test_colour_follows_how_far_the_claim_reaches(
    unproven: RecipeComparison, five: RecipeComparison
) -> None:
    clean = replace(five, verdict=replace(five.verdict, qualifiers=()))  # type: ignore[type-var]  # judged

    assert view_of(clean).tone == "good"
    assert view_of(unproven).tone == "qualified"
    assert view_of(recipe(FLAT, FLAT)).tone == "neutral"


def test_seeds_that_would_have_said_different_things_are_counted() -> None:
    """In files from before seeds were tested against each other."""
    found = recipe(GOOD, (40, 4, 5, 51), BETTER)
    assert found.verdict is not None
    old = replace(
        found,
        recipe=replace(found.recipe, differences=()),
        verdict=replace(found.verdict, remarks=()),
    )
    view = view_of(restated(old))

    told = str(dict(view.qualifiers)["training_seed_sensitive"])
    assert "was not tested" in told
    assert "2 improved, 1 can" in told or "2 improved, 1 inconclusive" in told


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_spread_always_stands_beside_its_number_of_seeds(
    three: RecipeComparison, lang: str
) -> None:
    view = view_of(three, lang=lang)
    page = render_html(view)

    assert 'data-key="recipe.spread.sd"' in page
    assert "4.0" in str(view.summary)
    assert re.search(r"3 training seeds|3 个训练种子", str(view.summary))
    for text in (render_terminal(view), render_markdown(view), render_latex(view)):
        assert "4.0" in text


def test_every_claim_has_its_row_with_the_reason_where_it_has_no_interval(
    three: RecipeComparison,
) -> None:
    from evalsuite.reporting.blocks import Grid

    grid = _block(view_of(three), "claims", Grid)

    assert len(grid.rows) == 5
    assert str(grid.rows[0].cells[1]) == "–"
    assert "greedy decoding has no noise" in str(grid.rows[0].cells[5])
    assert [row.role for row in grid.rows] == ["", "headline", "", "", ""]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", ["three", "five", "unproven", "pair"])
def test_every_number_is_found_again_in_the_results(
    name: str, lang: str, request: pytest.FixtureRequest
) -> None:
    view = view_of(request.getfixturevalue(name), lang=lang)
    results = json.loads(view.results)

    found = re.findall(r'value="([^"]+)" data-key="([^"]+)">', render_html(view, is_drawn=False))

    assert len(found) > 60
    for value, key in found:
        place = results
        for step in key.split("."):
            place = place[int(step)] if isinstance(place, list) else place[step]
        assert json.loads(value) == place, key


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_output_begins_with_the_headline_and_lists_every_seed(
    five: RecipeComparison, lang: str
) -> None:
    view = view_of(five, lang=lang)
    english = headline_text(five.verdict, words("en"))
    assert (view.headline == english) == (lang == "en")

    latex = words_of(render_latex(view))
    for text in (render_markdown(view), render_terminal(view, width=200), latex):
        assert view.headline[:12] in text
        for row in view.subsets.rows[:5]:
            assert str(row.cells[0]) in text


def test_two_recipes_stand_under_their_names(pair: RecipeComparison) -> None:
    view = view_of(pair)

    assert view.subsets.columns[1:3] == ("binary", "shaped")
    page = render_html(view)
    assert "binary: the accuracies of 3 training seeds" in re.sub(r"<[^>]+>", "", page)
    assert "In what the two recipes differ" in page
    assert "'binary@0,1,2' 'shaped@0,1,2'" in page.replace("&#39;", "'")


def test_the_command_that_does_it_again_names_the_seeds(three: RecipeComparison) -> None:
    page = render_html(view_of(three)).replace("&#39;", "'")

    assert "evalsuite compare base 'trained@0,1,2' --seeds 2" in page


def test_without_manifests_the_page_says_so() -> None:
    plan = plan_of(names_of(2), trainings=(None, None), settings={})

    assert "left no manifest" in render_html(
        view_of(recipe(GOOD, BETTER, plan=plan)), is_drawn=False
    )


def test_runs_that_cannot_be_cut_have_a_page_too() -> None:
    view = view_of(recipe(GOOD, BETTER, budgets=(), asked=CompareSpec()))

    assert view.budgets is None
    assert "does not record how answers ended" in render_html(view, is_drawn=False)


def test_never_significant_alone_and_never_a_best_seed(five: RecipeComparison) -> None:
    page = render_html(view_of(five))
    text = re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1])

    assert not re.search(r"significan|best seed|\bproves\b", text)


def test_the_same_recipe_is_the_same_bytes(three: RecipeComparison) -> None:
    assert render_html(view_of(three)) == render_html(view_of(three))


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_hostile_names_and_settings_stay_text(three: RecipeComparison, lang: str) -> None:
    everything = " ".join(HOSTILE)
    named = replace(
        three,
        recipe=replace(
            three.recipe, base=HOSTILE[1], trained=everything, settings={HOSTILE[2]: HOSTILE[0]}
        ),
        task=HOSTILE[3],
        provenance={"evalsuite": HOSTILE[0]},
    )

    view = view_of(named, lang=lang)
    page = render_html(view)

    assert page.count("<script") == len(SCRIPTS) + 1
    assert "<svg onload" not in page
    assert "<img" not in page
    assert "\x1b" not in render_terminal(view)
    assert "<script" not in render_markdown(view).replace("\\<", "")


def test_seeds_left_out_stand_among_the_first_doubts() -> None:
    own = tuple(training(f"trained@{i}", i) for i in range(2))
    plan = plan_of(names_of(2, left_out=("trained@2",)), trainings=own)

    view = view_of(recipe(GOOD, BETTER, plan=plan))

    assert any(doubt.startswith("EVS081") and "trained@2" in doubt for doubt in view.doubts)

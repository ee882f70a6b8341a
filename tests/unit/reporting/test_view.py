from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from report_builders import built, training_log

from evalsuite.records.codec import to_json
from evalsuite.records.comparison import FamilyRow, Interval, Truncation
from evalsuite.records.gains import GainDifference
from evalsuite.records.verdict import Check, Policy
from evalsuite.reporting.blocks import Explorer, Plot, Text
from evalsuite.reporting.drawing.figures import figure_svg
from evalsuite.reporting.telling import in_english
from evalsuite.reporting.view import report_view
from evalsuite.verdict.pair import with_verdict
from evalsuite.verdict.remarks import remarks_of

if TYPE_CHECKING:
    from evalsuite.reporting.view import ReportView

KINDS = {
    "improved": (40, 4, 40, 16),
    "regressed": (40, 40, 4, 16),
    "suggestive": (59, 6, 16, 80),
    "powerless": (1, 0, 1, 3),
    "inconclusive": (10, 9, 12, 20),
    "equivalent": (700, 10, 10, 600),
}


def _texts(view: ReportView, section: str) -> list[str]:
    found = next(s for s in view.sections if s.id == section)
    return [str(b.phrase) for b in found.blocks if isinstance(b, Text)]


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("decision", KINDS)
def test_every_decision_has_a_headline_in_every_language(decision: str, lang: str) -> None:
    comparison, rows = built(KINDS[decision])

    view = report_view(comparison, rows, lang=lang)

    assert comparison.verdict is not None
    assert comparison.verdict.decision == decision
    assert view.headline
    assert (view.headline == comparison.verdict.headline) == (lang == "en")


def test_an_invalid_comparison_shows_its_reason_and_the_tone_of_failure() -> None:
    check = Check(code="EVS002", level="blocking", title="Same prompt", detail="Other prompts.")
    comparison, rows = built(checks=(check,))

    view = report_view(comparison, rows)

    assert view.tone == "invalid"
    assert view.headline == "Not comparable: Other prompts."


def test_a_qualified_gain_is_amber_and_a_scope_alone_is_not() -> None:
    # some of the built answers lack their box: by both graders the gain would depend on the grader
    sure, _ = built((40, 0, 60, 16), budgets=(400,), headline_budget=400, graders={})
    doubtful, _ = built((40, 4, 40, 16))

    assert sure.verdict is not None
    assert sure.verdict.qualifiers == ("one_checkpoint",)
    assert report_view(sure).tone == "good"
    assert doubtful.verdict is not None
    assert len(doubtful.verdict.qualifiers) > 1
    assert report_view(doubtful).tone == "qualified"


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize(
    "name",
    [
        "small",
        "truncation_dominated",
        "mostly_truncation",
        "mostly_format",
        "budget_dependent",
        "grader_dependent",
        "seed_sensitive",
        "one_checkpoint",
    ],
)
@pytest.mark.parametrize("bare", [True, False])
def test_every_qualifier_is_told(name: Any, lang: str, *, bare: bool) -> None:
    comparison, _ = built()
    if bare:
        nothing = Truncation(base=None, trained=None, table=None, bounds=None)
        comparison = replace(
            comparison, attribution=None, made_of=None, truncation=nothing, budgets=(), graders={}
        )
    assert comparison.verdict is not None
    remarks = remarks_of(comparison, Policy(), (name,))
    for told in (remarks, ()):  # files from before remarks hold the code alone
        verdict = replace(comparison.verdict, qualifiers=(name,), remarks=told)
        view = report_view(replace(comparison, verdict=verdict), lang=lang)

        assert {code for code, _ in view.qualifiers} - {"larger_budget"} == {name}
        assert len(str(view.qualifiers[0][1])) > 10


def test_a_family_is_told_with_its_adjusted_pvalue() -> None:
    comparison, _ = built(policy=Policy(family=3, adjusted_pvalue=0.0125))

    told = dict(report_view(comparison).qualifiers)

    assert str(told["family"]) == (
        "One of 3 comparisons declared together; Holm-adjusted p = 0.0125."
    )


def test_a_family_is_tabulated_where_all_of_it_is_known() -> None:
    comparison, _ = built()
    other = FamilyRow(
        trained="other",
        decision="improved",
        gain=0.1,
        interval=Interval(low=0.05, high=0.15),
        exact=0.001,
        adjusted=0.002,
    )
    family = (other, replace(other, trained="trained"))

    view = report_view(replace(comparison, family=family))

    section = next(s for s in view.sections if s.id == "family")
    grid: Any = section.blocks[0]
    assert [str(cell) for cell in grid.rows[0].cells] == [
        "other",
        "improved",
        "+10.0 (5.0 to 15.0)",
        "0.0010",
        "0.0020",
    ]
    assert grid.rows[1].role == "headline"


def test_sections_without_data_say_what_is_missing_and_how_to_get_it() -> None:
    comparison, _ = built(budgets=(400,), headline_budget=400, subsets=0)
    nothing = Truncation(base=None, trained=None, table=None, bounds=None)
    comparison = replace(
        comparison,
        base=replace(comparison.base, truncated=None),
        attribution=None,
        made_of=None,
        truncation=nothing,
        checks=(),
        provenance={},
    )

    view = report_view(comparison)

    told = {
        s.id: [b for b in s.blocks if isinstance(b, Text) and b.role == "missing"]
        for s in view.sections
    }
    assert {name for name, blocks in told.items() if blocks} == {
        "kind",
        "budgets",
        "forest",
        "questions",
        "training",
        "prompt",
        "checks",
        "provenance",
    }
    assert "--train-log" in _texts(view, "training")[0]
    assert "--max-new-tokens" in _texts(view, "budgets")[0]
    assert "--subsets" in _texts(view, "forest")[0]


def test_every_section_of_the_report_is_there_in_order() -> None:
    comparison, rows = built(training=training_log())

    view = report_view(comparison, rows)

    assert [section.id for section in view.sections] == [
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
    ]


def test_every_figure_has_a_finding_alternative_text_and_its_numbers() -> None:
    comparison, rows = built(training=training_log())

    view = report_view(comparison, rows)

    plots = [b for s in view.sections for b in s.blocks if isinstance(b, Plot)]
    assert {plot.id for plot in plots} == {
        "estimate",
        "changed",
        "kind",
        "flow",
        "budgets",
        "forest",
        "power",
        "training",
    }
    for plot in plots:
        assert re.search(r"\d", str(plot.title)), plot.id
        assert len(plot.alt) > 20
        assert len(plot.grid.rows) > 0
        assert plot.how


def test_sampled_answers_are_called_answers_and_questions_are_counted_once() -> None:
    comparison, _ = built()
    unlike = GainDifference(
        gain=0.1, interval=Interval(low=0.05, high=0.15), exact=0.001, raised=9, lowered=1
    )
    seeds = replace(comparison.seeds, samples=2, differences=(unlike, unlike))
    gain = replace(comparison.gain, method="cluster-t")
    sampled = replace(comparison, seeds=seeds, gain=gain)
    assert comparison.verdict is not None
    sampled = in_english(with_verdict(sampled, Policy()))

    view = report_view(sampled)

    assert "30 questions" in str(view.summary)
    assert str(view.tests).startswith("Sign-flip test over 30 questions")
    assert "McNemar" not in " ".join(_texts(view, "changed"))
    assert "seed_sensitive" in dict(view.qualifiers)


def test_models_that_answer_alike_still_have_a_report() -> None:
    comparison, rows = built((10, 0, 0, 10))

    view = report_view(comparison, rows)

    assert "alike" in _texts(view, "power")[0]
    assert "Training fixed 0 questions and broke 0" in str(_plot(view, "changed").title)


def _plot(view: ReportView, name: str) -> Plot:
    return next(b for s in view.sections for b in s.blocks if isinstance(b, Plot) and b.id == name)


def test_the_page_carries_the_results_exactly() -> None:
    comparison, rows = built(training=training_log())

    view = report_view(comparison, rows)

    assert view.results == to_json(comparison)


def test_unlike_prompts_are_marked_row_by_row() -> None:
    comparison, _ = built()
    side = {**comparison.provenance["base"], "prompt": "other@2"}

    view = report_view(replace(comparison, provenance={**comparison.provenance, "trained": side}))

    section = next(s for s in view.sections if s.id == "prompt")
    grid: Any = section.blocks[-1]
    assert {str(row.cells[0]) for row in grid.rows if row.role == "headline"} == {"prompt"}
    assert "not asked in the same way" in _texts(view, "prompt")[1]


def test_without_rows_there_is_no_browser_and_no_link_into_it() -> None:
    comparison, _ = built()

    view = report_view(comparison, None)

    blocks = [b for s in view.sections for b in s.blocks]
    assert not any(isinstance(b, Explorer) for b in blocks)
    assert "#f=" not in json.dumps([repr(b) for b in blocks])


def test_a_report_without_verdict_says_so() -> None:
    comparison, _ = built()

    view = report_view(replace(comparison, verdict=None))

    assert view.headline == "No verdict was recorded with these results."
    assert view.qualifiers == ()


def test_a_tighter_budget_that_would_have_looked_better_is_told_at_the_top() -> None:
    """Three answers in four are cut at 40 characters: the gain seen there is no gain at all."""
    comparison, _ = built(headline_budget=400)
    untested = tuple(replace(row, difference=None) for row in comparison.budgets)
    comparison = with_verdict(replace(comparison, budgets=untested), Policy())

    told = dict(report_view(comparison).qualifiers)

    assert str(told["tight_budget"]) == (
        "At 40 tokens it would look like 0.0 (-6.0 to 6.0) points: there 76.7% of base's answers "
        "are cut off, and 86.7% of trained's."
    )


def test_budgets_that_agree_are_not_told_of() -> None:
    comparison, _ = built(budgets=(390, 400), headline_budget=400)

    assert "tight_budget" not in dict(report_view(comparison).qualifiers)


def test_sampled_answers_show_only_the_intervals_that_hold_for_them() -> None:
    comparison, rows = built()
    seeds = replace(comparison.seeds, samples=2)
    gain = replace(comparison.gain, method="cluster-t")
    sampled = replace(comparison, seeds=seeds, gain=gain)

    view = report_view(sampled, rows)

    forest = next(s for s in view.sections if s.id == "forest")
    grid: Any = forest.blocks[-1]
    assert [str(row.cells[0]) for row in grid.rows] == ["t (headline)", "bootstrap"]
    assert str(view.subsets.rows[-1].cells[1]) == "30"
    assert "Noise floor" not in " ".join(_texts(view, "seeds"))


@pytest.mark.parametrize(("limit", "seen"), [(60, True), (4000, False)])
def test_the_training_limit_is_told_and_marked_where_the_axis_reaches_it(
    limit: int, *, seen: bool
) -> None:
    log = replace(training_log(), max_completion_length=limit)

    view = report_view(built(training=log)[0])

    told = f"In training, answers were cut off at {limit:,} tokens"
    assert any(text.startswith(told) for text in _texts(view, "budgets"))
    plot = next(b for s in view.sections if s.id == "budgets" for b in s.blocks)
    assert isinstance(plot, Plot)
    assert (f"training: {limit:,}" in figure_svg(plot)) == seen


def test_an_unknown_training_limit_is_not_mentioned() -> None:
    log = replace(training_log(), max_completion_length=None)

    texts = _texts(report_view(built(training=log)[0]), "budgets")

    assert not [text for text in texts if text.startswith("In training")]


def test_results_without_a_power_curve_say_so_and_keep_the_rest() -> None:
    comparison, _ = built()
    power = replace(comparison.power, curve=(), expectations=())

    view = report_view(replace(comparison, power=power))

    section = next(s for s in view.sections if s.id == "power")
    assert [type(block) for block in section.blocks] == [Text, Text]
    assert _texts(view, "power")[0].startswith("These results were written before")
    assert "Noise floor" not in " ".join(_texts(view, "seeds"))


def test_a_curve_on_which_no_gain_would_show_is_not_drawn() -> None:
    comparison, _ = built()
    curve = tuple(replace(point, gain=None) for point in comparison.power.curve)

    view = report_view(replace(comparison, power=replace(comparison.power, curve=curve)))

    blocks = next(s for s in view.sections if s.id == "power").blocks
    assert not any(isinstance(block, Plot) for block in blocks)
    assert len(blocks) == 2


def test_budgets_that_were_not_tested_are_not_said_to_differ_or_not() -> None:
    comparison, _ = built()
    rows = tuple(replace(row, difference=None) for row in comparison.budgets)

    texts = _texts(report_view(replace(comparison, budgets=rows)), "budgets")

    assert not [text for text in texts if "differ" in text]
    assert len(texts) == len(_texts(report_view(comparison), "budgets")) - 1


@pytest.mark.parametrize("is_recorded", [False, True])
def test_a_bar_is_the_recorded_interval_or_nothing(*, is_recorded: bool) -> None:
    comparison, _ = built()
    interval = Interval(low=0.25, high=0.75) if is_recorded else None
    rows = tuple(
        replace(
            row,
            base=replace(row.base, interval=interval),
            trained=replace(row.trained, interval=interval),
        )
        for row in comparison.budgets
    )

    view = report_view(replace(comparison, budgets=rows))

    plot: Any = next(s for s in view.sections if s.id == "budgets").blocks[0]
    bars = {(0.25,) * len(rows)} if is_recorded else set()
    assert {line.low for line in plot.drawing.panels[1].lines if line.low} == bars

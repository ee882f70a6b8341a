"""Remarks: every qualifier as a statement with its numbers, told with their places."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from report_builders import built, family_of
from verdict_builders import TABLE, at, difference, made, of

from evalsuite.records.codec import from_json, to_json
from evalsuite.records.comparison import Comparison, Interval, Truncation
from evalsuite.records.verdict import Policy
from evalsuite.reporting.opening.qualifiers import told_remarks
from evalsuite.reporting.page import Page
from evalsuite.reporting.wording import LANGUAGES, Number, words
from evalsuite.verdict.judge import restated
from evalsuite.verdict.pair import with_verdict
from evalsuite.verdict.remarks import remarks_of

if TYPE_CHECKING:
    from evalsuite.reporting.wording import Phrase

POLICY = Policy()


def told(comparison: Comparison) -> dict[str, Phrase]:
    judged = with_verdict(comparison, POLICY)
    return dict(told_remarks(Page(judged, words("en")), judged.verdict))


def test_every_qualifier_has_its_remark_in_order() -> None:
    verdict = built((40, 4, 40, 16))[0].verdict
    assert verdict is not None

    codes = [remark.code for remark in verdict.remarks]

    assert tuple(codes[: len(verdict.qualifiers)]) == verdict.qualifiers


def test_remarks_come_back_from_results_json() -> None:
    comparison = built((40, 4, 40, 16))[0]

    again = from_json(Comparison, to_json(comparison))

    assert again.verdict == comparison.verdict


def test_every_number_of_a_remark_is_found_at_its_place() -> None:
    rows = (at(300, difference(0.046, 0.01)), at(1024))
    judged = with_verdict(of(*TABLE, headline_budget=1024, budgets=rows), POLICY)
    page = Page(judged, words("en"))

    numbers = [
        piece
        for _, phrase in told_remarks(page, judged.verdict)
        for piece in phrase.pieces
        if isinstance(piece, Number)
    ]

    assert len(numbers) >= 9
    for number in numbers:
        assert number.key is not None
        assert page.value(number.key) == number.value
        assert number.shown


def test_a_dependence_tells_the_difference_and_its_interval() -> None:
    rows = (at(300, difference(0.046, 0.01)), at(512, difference(0.0, 0.01, 1.0)), at(1024))

    sentence = str(told(of(*TABLE, headline_budget=1024, budgets=rows))["budget_dependent"])

    assert sentence.startswith("It depends on the token budget: at 300 tokens the gain is +7.6")
    assert "a difference of +4.6 (3.6 to 5.6)" in sentence


def test_a_headline_below_the_largest_budget_tells_what_the_largest_shows() -> None:
    alike = (at(300), at(1024, difference(0.0, 0.01, 1.0)))
    unlike = (at(300), at(1024, difference(-0.046, 0.01)))

    quiet = told(of(*TABLE, headline_budget=300, budgets=alike))
    assert str(quiet["larger_budget"]).startswith("At 1,024 tokens, the largest budget here")
    loud = told(of(*TABLE, headline_budget=300, budgets=unlike))
    assert "larger_budget" not in loud
    assert "at 1,024 tokens the gain is" in str(loud["budget_dependent"])


def test_a_dependence_on_a_smaller_budget_does_not_hide_the_largest() -> None:
    rows = (at(200, difference(0.1, 0.01)), at(300), at(1024, difference(0.0, 0.01, 1.0)))

    sentences = told(of(*TABLE, headline_budget=300, budgets=rows))

    assert "at 200 tokens" in str(sentences["budget_dependent"])
    assert "At 1,024 tokens" in str(sentences["larger_budget"])


def test_nothing_is_said_of_larger_budgets_at_the_largest() -> None:
    sentences = told(of(*TABLE, headline_budget=1024, budgets=(at(300), at(1024))))

    assert "larger_budget" not in sentences


@pytest.mark.parametrize(
    ("exact", "gain", "sentence"),
    [
        (0.3, 0.01, "not established"),
        (0.001, -0.05, "goes the other way"),
        (0.001, 0.05, "with each of them free"),
    ],
)
def test_cutting_that_could_decide_is_told_beside_the_largest_budget(
    exact: float, gain: float, sentence: str
) -> None:
    free = Truncation(base=9, trained=9, table=None, bounds=Interval(low=-0.1, high=0.4))
    rows = (at(300), at(1024, exact=exact, gain=gain))

    comparison = of(*TABLE, headline_budget=300, budgets=rows, truncation=free)

    assert sentence in str(told(comparison)["truncation_dominated"])
    assert "1,024 tokens" in str(told(comparison)["truncation_dominated"])


def test_a_part_is_told_with_its_interval_and_where_it_goes() -> None:
    sentence = str(told(of(*TABLE, made_of=made(finished=0.1, formatted=0.0)))["mostly_truncation"])

    assert sentence == (
        "At least half is cut-off answers: of the +17.4 points, +10.0 (9.0 to 11.0) are gone at "
        "1,024 tokens."
    )


def test_at_the_largest_budget_cutting_is_told_as_questions_not_as_a_part() -> None:
    comparison, _ = built((20, 0, 20, 20), budgets=(12,), headline_budget=12)
    verdict = comparison.verdict
    assert verdict is not None
    remark = remarks_of(comparison, POLICY, ("mostly_truncation",))[0]

    assert remark.statement.key == "qualifier.mostly_unfinished"
    assert remark.statement.values["tokens"] == 12


def test_without_a_known_limit_none_is_told() -> None:
    comparison = replace(built((20, 0, 20, 20), budgets=(12,), headline_budget=12)[0], budgets=())
    unknown = replace(comparison, headline_budget=None)
    remark = remarks_of(unknown, POLICY, ("mostly_truncation",))[0]

    assert remark.statement.key == "qualifier.mostly_unfinished_no_limit"
    assert "tokens" not in remark.statement.values


def test_form_is_told_with_its_interval() -> None:
    sentence = str(told(of(*TABLE, made_of=made(finished=0.0, formatted=0.1)))["mostly_format"])

    assert sentence.startswith("At least half is form: of the +17.4 points, +10.0 (9.0 to 11.0)")


def test_results_from_before_remarks_get_them_from_their_numbers() -> None:
    comparison = built((40, 4, 40, 16))[0]
    assert comparison.verdict is not None
    before = replace(comparison, verdict=replace(comparison.verdict, remarks=()))

    assert restated(before) == comparison


def test_a_dependence_that_was_never_tested_is_not_claimed_of_old_results() -> None:
    comparison = built((40, 4, 40, 16))[0]
    budgets = tuple(replace(row, difference=None) for row in comparison.budgets)

    remark = remarks_of(replace(comparison, budgets=budgets), POLICY, ("budget_dependent",))[0]

    for lang in LANGUAGES:
        sentence = words(lang).tell(remark.statement)
        assert "not tested" in sentence or "没有检验过" in sentence


def test_a_family_tells_how_many_verdicts_have_doubts() -> None:
    family = family_of([built((40, 4, 40, 16))[0], built((10, 9, 12, 20))[0]])
    assert family.verdict is not None

    remarks = {remark.code: remark.statement for remark in family.verdict.remarks}

    assert set(remarks) == set(family.verdict.qualifiers)
    assert remarks["between"].key == "models.between"
    assert all(statement.values["n"] == 2 for statement in remarks.values())

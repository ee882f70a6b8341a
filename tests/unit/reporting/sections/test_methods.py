from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from recipe_builders import recipe
from report_builders import built, family_of

from evalsuite.records.comparison import Interval
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.methods import methods
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.records.judged import Judged

GOOD, BETTER = (40, 4, 40, 16), (40, 4, 44, 12)


def paragraph(judged: Judged, lang: str = "en") -> str:
    code: Any = methods(Page(judged, words(lang))).blocks[1]
    assert code.prose
    return str(code.text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_paragraph_names_both_models_the_counts_and_the_level(lang: str) -> None:
    text = paragraph(built((20, 4, 12, 16), names=("small", "tuned"))[0], lang)

    assert all(piece in text for piece in ("small", "tuned", "24", "32", "+15.4", "95%", "0.05"))


def test_several_models_are_told_with_their_adjusted_pvalues() -> None:
    parts = [built(t, names=("base", n))[0] for t, n in ((GOOD, "one-a"), (BETTER, "two-b"))]
    group = family_of(parts)

    text = paragraph(group)

    assert text.count("one-a") >= 2
    assert text.count("two-b") >= 2
    assert all(part.verdict and part.verdict.policy.adjusted_pvalue for part in group.comparisons)


def test_a_recipe_is_told_by_its_mean_and_not_seed_by_seed() -> None:
    comparison = recipe(GOOD, BETTER, GOOD)

    text = paragraph(comparison)

    assert "3" in text
    assert comparison.comparisons[0].trained.name not in text


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.0, 0.0, "none would be gone with a larger budget"),
        (-0.1, 0.2, "anything from -10.0 to 20.0 could be gone with a larger budget"),
    ],
)
def test_what_a_larger_budget_would_change_is_told_as_far_as_it_is_known(
    low: float, high: float, said: str
) -> None:
    comparison, _ = built(budgets=(64,), headline_budget=64)
    made_of = comparison.made_of
    assert made_of is not None
    known = replace(made_of, finished_range=Interval(low=low, high=high))
    unknown = replace(made_of, finished_range=None)

    assert said in paragraph(replace(comparison, made_of=known))
    assert "is not known here" in paragraph(replace(comparison, made_of=unknown))


def test_comparisons_are_said_to_be_declared_together_where_there_are_several() -> None:
    alone, _ = built(GOOD)
    group = family_of([built(GOOD, names=("base", name))[0] for name in ("one", "two")])

    assert "declared together" not in paragraph(alone)
    assert "2 comparisons were declared together." in paragraph(group)


def test_one_question_is_one_question() -> None:
    assert "1 question was answered correctly by" in paragraph(built((20, 4, 1, 16))[0])
    assert "4 by" in paragraph(built((20, 4, 1, 16))[0])

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from recipe_builders import recipe
from report_builders import built

from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.groups.claims import claims
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.records.groups.recipe import RecipeComparison

GOOD, BETTER, BEST = (40, 4, 40, 16), (40, 4, 44, 12), (42, 2, 46, 10)


@pytest.fixture(scope="module")
def three() -> RecipeComparison:
    return recipe(GOOD, BETTER, BEST)


def grid_of(comparison: RecipeComparison) -> Any:
    section = claims(Page(comparison, words("en")))
    assert section is not None
    return section.blocks[1]


def with_temperature(comparison: RecipeComparison, temperature: float | None) -> RecipeComparison:
    side = {"decoding": {"temperature": temperature}}
    first, *others = comparison.comparisons
    first = replace(first, provenance={"base": side, "trained": side})
    return replace(comparison, comparisons=(first, *others))


def test_one_comparison_makes_no_claim_about_a_recipe() -> None:
    assert claims(Page(built()[0], words("en"))) is None


def test_the_interval_widens_with_the_claim(three: RecipeComparison) -> None:
    scopes = three.recipe.scopes
    widths = [
        scope.interval.high - scope.interval.low
        for scope in (scopes.new_questions, scopes.recipe, scopes.prediction)
        if scope is not None and scope.interval is not None
    ]

    assert widths == sorted(widths)
    assert [str(row.cells[0]) for row in grid_of(three).rows] == [
        "these runs, these questions",
        "these runs, new questions",
        "the recipe's average, these questions",
        "the recipe's average, new questions",
        "one new run, new questions",
    ]


@pytest.mark.parametrize(
    ("temperature", "reason"),
    [
        (0.0, "one answer a question: greedy decoding has no noise of its own"),
        (0.7, "one sampled answer a question: how far another one varies was not measured"),
        (None, "one answer a question: decoding not recorded"),
    ],
)
def test_the_first_claim_says_why_it_has_no_interval(
    three: RecipeComparison, temperature: float | None, reason: str
) -> None:
    row = grid_of(with_temperature(three, temperature)).rows[0]

    assert str(row.cells[5]) == reason

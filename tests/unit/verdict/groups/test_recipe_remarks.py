from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from recipe_builders import recipe

from evalsuite.records.verdict import Policy
from evalsuite.reporting.wording import words
from evalsuite.verdict.groups.recipe_remarks import remarks_of_recipe

if TYPE_CHECKING:
    from evalsuite.records.groups.recipe import RecipeComparison
    from evalsuite.records.verdict import Statement

GOOD, BETTER = (40, 4, 40, 16), (40, 4, 44, 12)


def stated(found: RecipeComparison) -> dict[str, Statement]:
    assert found.verdict is not None
    qualifiers = found.verdict.qualifiers
    return {r.code: r.statement for r in remarks_of_recipe(found, Policy(), qualifiers)}


@pytest.fixture(scope="module")
def two() -> RecipeComparison:
    return recipe(GOOD, BETTER)


def test_every_qualifier_has_a_statement_that_both_catalogues_tell(two: RecipeComparison) -> None:
    assert two.verdict is not None
    remarks = stated(two)

    assert set(two.verdict.qualifiers) <= set(remarks)
    for lang in ("en", "zh"):
        assert all(words(lang).knows(each) for each in remarks.values())
        assert all(words(lang).tell(each) for each in remarks.values())


def test_a_budget_is_named_with_the_difference_of_the_mean_gains() -> None:
    found = recipe((150, 8, 24, 118), (150, 8, 24, 118))
    remark = stated(found)["budget_dependent"]
    row = found.budgets[-1]
    assert row.difference is not None

    assert remark.key == "recipe.another_budget"
    assert remark.values["difference"] == row.difference.gain
    assert remark.values["difference"] == pytest.approx(row.gain - found.gain.estimate)
    assert remark.values["tokens"] == 400
    assert "larger_budget" not in stated(found)  # told once


def test_what_the_largest_budget_shows_is_said_where_no_difference_is(
    two: RecipeComparison,
) -> None:
    untested = replace(two, budgets=tuple(replace(row, difference=None) for row in two.budgets))

    assert stated(untested)["larger_budget"].values["gain"] == two.budgets[-1].gain


def test_too_few_seeds_and_a_failed_test_are_two_things(two: RecipeComparison) -> None:
    five = recipe((40, 4, 56, 0), GOOD, (40, 4, 4, 52), (40, 4, 8, 48), (40, 4, 4, 52))

    assert stated(two)["runs_only"].key == "recipe.runs_only"
    assert stated(five)["not_recipe"].key == "recipe.not_recipe"
    assert "runs_only" not in stated(five)


def test_a_qualifier_of_single_runs_says_in_how_many(two: RecipeComparison) -> None:
    [remark] = remarks_of_recipe(two, Policy(), ("mostly_format",))[:1]
    held = [c for c in two.parts if c.verdict and "mostly_format" in c.verdict.qualifiers]

    assert remark.statement.key == "recipe.in_runs"
    assert (remark.statement.values["k"], remark.statement.values["n"]) == (len(held), 2)

from __future__ import annotations

import pytest
from recipe_builders import recipe
from report_builders import built

from evalsuite.records.groups.family import Family
from evalsuite.reporting.page import Page
from evalsuite.reporting.wording import Link, words

IMPROVED, BETTER = (40, 4, 40, 16), (40, 4, 44, 12)
EN = words("en")


def family() -> Family:
    return Family(comparisons=tuple(built(t, names=("base", n))[0] for t, n in named()))


def named() -> list[tuple[tuple[int, int, int, int], str]]:
    return [(IMPROVED, "first"), (BETTER, "second")]


def test_one_comparison_is_its_own_part_without_a_place_of_its_own() -> None:
    comparison, _ = built()

    page = Page(comparison, EN)

    assert [(part.root, part.prefix) for part in page.parts] == [(comparison, "")]
    assert page.alone == page.first
    assert page.recipe is None


def test_parts_of_a_group_know_their_place_and_their_own_report() -> None:
    page = Page(family(), EN, folders=("a", "b"))

    assert page.alone is None
    assert [part.prefix for part in page.parts] == ["comparisons.0.", "comparisons.1."]
    assert [part.link.pieces for part in page.parts] == [
        (Link(text="first", href="a/report.html"),),
        (Link(text="second", href="b/report.html"),),
    ]


def test_parts_without_a_report_of_their_own_lead_nowhere() -> None:
    assert [part.link.pieces for part in Page(family(), EN).parts] == [("first",), ("second",)]


def test_fewer_folders_than_parts_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        _ = Page(family(), EN, folders=("a",)).parts


def test_a_recipe_has_numbers_over_its_seeds() -> None:
    page = Page(recipe(IMPROVED, BETTER), EN)

    assert page.recipe is not None
    assert str(page.recipe.seeds()) == "2"
    assert len(page.parts) == 2


def test_the_budget_is_found_where_the_record_keeps_it() -> None:
    keys = [
        budget.key
        for record in (built()[0], family(), recipe(IMPROVED, BETTER))
        if (budget := Page(record, EN).budget()) is not None
    ]

    assert keys == ["headline_budget", "comparisons.0.headline_budget", "headline_budget"]


def test_a_log_that_cannot_be_cut_has_no_budget() -> None:
    comparison, _ = built(budgets=())

    page = Page(comparison, EN)

    assert (page.budget() is None) == (comparison.headline_budget is None)

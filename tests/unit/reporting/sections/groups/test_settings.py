from __future__ import annotations

from dataclasses import replace
from typing import Any

from recipe_builders import SETTINGS, recipe, recipes
from report_builders import built

from evalsuite.reporting.blocks import Facts, Grid, Text
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.groups.settings import settings
from evalsuite.reporting.wording import words

GOOD = (40, 4, 40, 16)


def blocks_of(comparison: Any) -> tuple[Any, ...]:
    section = settings(Page(comparison, words("en")))
    assert section is not None
    return section.blocks


def test_the_settings_that_all_runs_share_are_listed() -> None:
    (facts,) = blocks_of(recipe(GOOD, GOOD))

    assert isinstance(facts, Facts)
    assert [name for name, _ in facts.pairs] == sorted(SETTINGS)


def test_two_recipes_show_in_what_they_differ() -> None:
    before = tuple(i % 3 == 0 for i in range(30))
    after = tuple(i % 2 == 0 for i in range(30))

    grid = blocks_of(recipes([(before, after), (before, after)]))[0]

    assert isinstance(grid, Grid)
    assert [[str(cell) for cell in row.cells] for row in grid.rows] == [
        ["rewards", "binary", "shaped"]
    ]


def test_runs_without_a_manifest_say_so() -> None:
    comparison = recipe(GOOD, GOOD)
    bare = replace(comparison, recipe=replace(comparison.recipe, settings={}))

    (text,) = blocks_of(bare)

    assert isinstance(text, Text)
    assert text.role == "missing"


def test_one_comparison_has_no_settings_of_a_recipe() -> None:
    assert settings(Page(built()[0], words("en"))) is None

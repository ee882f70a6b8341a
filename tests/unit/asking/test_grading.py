from __future__ import annotations

from dataclasses import replace

import pytest
from builders import run
from recipe_builders import planned

from evalsuite.asking.grading import table_of, with_table
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import NotComparableError


def test_a_table_is_made_once_and_passed_on() -> None:
    graded = with_table(planned(run([r"\boxed{7}"], budget=400)), CompareSpec())

    assert graded.table is not None
    assert table_of(graded, CompareSpec()) is graded.table
    assert set(graded.table.budgets) == set(graded.budgets)


def test_the_headline_budget_is_the_one_that_was_asked_for() -> None:
    one = planned(run([r"\boxed{7}"], budget=400))

    assert table_of(one, CompareSpec(headline_budget=one.budgets[0])).headline_budget == min(
        one.budgets
    )


def test_an_unfinished_run_is_refused() -> None:
    one = replace(planned(run([r"\boxed{7}"], budget=400)), run=None)

    with pytest.raises(NotComparableError, match="not finished"):
        table_of(one, CompareSpec())

from __future__ import annotations

from dataclasses import replace

import pytest
from suite_builders import suite_of_counts

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json, to_json
from evalsuite.records.groups.suite import SuiteComparison

RECORD = suite_of_counts(((5, 60, 300), (10, 10, 300)), base_only=("gsm8k",))


def test_a_suite_comes_back_as_it_was_written() -> None:
    again = from_json(SuiteComparison, to_json(RECORD))

    assert to_json(again) == to_json(RECORD)
    assert again.suite.base_only == ("gsm8k",)


def test_the_suite_has_a_budget_where_all_tasks_share_one() -> None:
    first, second = RECORD.comparisons
    other = replace(second, headline_budget=7)

    assert RECORD.headline_budget == first.headline_budget
    assert replace(RECORD, comparisons=(first, other)).headline_budget is None


def test_a_suite_of_one_task_or_of_equal_ones_is_refused() -> None:
    first, second = RECORD.comparisons

    with pytest.raises(InvalidInputError, match="two different tasks or more"):
        replace(RECORD, comparisons=(first,))
    with pytest.raises(InvalidInputError, match="two different tasks or more"):
        replace(RECORD, comparisons=(first, replace(second, task=first.task)))


def test_a_lowest_task_that_is_not_there_is_refused() -> None:
    lowest = replace(RECORD.suite.lowest, position=2)

    with pytest.raises(InvalidInputError, match="the lowest at 2"):
        replace(RECORD, suite=replace(RECORD.suite, lowest=lowest))

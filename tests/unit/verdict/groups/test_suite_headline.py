"""The first sentences on a suite, in both languages."""

from __future__ import annotations

import pytest
from suite_builders import suite_of_counts

from evalsuite.records.verdict import Policy
from evalsuite.reporting.telling import headline_text
from evalsuite.reporting.wording import words

UP, LEVEL = (5, 60, 300), (10, 10, 300)


def test_the_headline_counts_tasks_gives_the_mean_and_names_the_lowest() -> None:
    verdict = suite_of_counts((UP, LEVEL, UP)).verdict
    assert verdict is not None

    assert verdict.headline == (
        "Better on 2 of 3 tasks, worse on none shown; mean +12.2 points (95% CI 9.7 to 14.8). The "
        "rest: 1 undecided. Lowest: taking, 0.0 points (-4.0 to 4.0; 98.3% CI, allowing for its "
        "being the lowest of 3)."
    )
    assert headline_text(verdict, words("zh")).startswith(
        "3 个任务中有 2 个确有提升，没有一个证实下降；平均 +12.2 个百分点"
    )


def test_a_lowest_interval_that_the_test_does_not_confirm_says_so() -> None:
    # of these counts Tango's interval leaves out 0 and the exact test does not reject
    verdict = suite_of_counts(((6, 0, 8), (0, 0, 8)), Policy()).verdict
    assert verdict is not None

    lowest = verdict.statements[-1]

    assert lowest.key == "suite.lowest_unconfirmed"
    assert float(str(lowest.values["high"])) < 0


@pytest.mark.parametrize("level", [0.9, 0.99])
def test_another_level_than_the_deciding_one_is_told(level: float) -> None:
    verdict = suite_of_counts((UP, LEVEL), Policy(confidence_level=level)).verdict
    assert verdict is not None

    assert verdict.statements[-1].key == "suite.levels"

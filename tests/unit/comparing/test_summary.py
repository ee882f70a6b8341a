"""From four counts to the parts of a comparison: consistent, and None where undefined."""

import math

import pytest

from evalsuite.comparing.power import describe_clustered_power, describe_power
from evalsuite.comparing.summary import compare_table, describe_intervals
from evalsuite.records.comparison import Table
from evalsuite.stats import cluster_difference, difference_interval, mcnemar, power
from evalsuite.stats.several.widened import widened_gain


def table(both: int, losses: int, gains: int, neither: int) -> Table:
    return Table(both=both, losses=losses, gains=gains, neither=neither)


def test_every_part_equals_the_function_that_stands_for_it() -> None:
    cells = (222, 64, 293, 740)
    found = compare_table(table(*cells))

    assert found.gain.estimate == pytest.approx(229 / 1319)
    assert found.mcnemar.exact == mcnemar(64, 293).pvalue
    assert found.mcnemar.mid_p == mcnemar(64, 293, method="mid-p").pvalue
    for method in ("tango", "newcombe", "bonett-price", "fay-lumbard", "wald", "bootstrap"):
        expected = difference_interval(*cells, method=method)
        part = getattr(found.intervals, method.replace("-", "_"))
        assert (part.low, part.high) == (expected.low, expected.high)
    assert found.gain.interval == found.intervals.tango
    assert (found.base.correct, found.trained.correct, found.base.n) == (286, 515, 1319)


@pytest.mark.parametrize(
    ("cells", "is_shown"),
    [((20, 5, 5, 20), True), ((20, 5, 4, 21), False), ((20, 5, 5, 19), False)],
)
def test_bootstrap_needs_50_questions_and_10_discordant(
    cells: tuple[int, int, int, int], is_shown: bool
) -> None:
    assert (describe_intervals(table(*cells)).bootstrap is not None) is is_shown


@pytest.mark.parametrize("cells", [(3, 0, 0, 2), (0, 5, 0, 0), (0, 0, 60, 0)])
def test_wald_is_none_where_it_would_be_a_point(cells: tuple[int, int, int, int]) -> None:
    assert describe_intervals(table(*cells)).wald is None


def test_reach_uses_the_observed_discordance() -> None:
    found = describe_power(table(222, 64, 293, 740))
    rate, gain = 357 / 1319, found.smallest_detectable_gain
    assert gain is not None

    assert power(1319, (rate - gain) / 2, (rate + gain) / 2) == pytest.approx(0.8, abs=1e-6)
    assert found.required_questions == 73


@pytest.mark.parametrize("cells", [(3, 0, 0, 2), (5, 4, 4, 5)])
def test_a_tie_needs_no_number_of_questions(cells: tuple[int, int, int, int]) -> None:
    assert describe_power(table(*cells)).required_questions is None


def test_a_gain_beyond_a_million_questions_has_no_plan() -> None:
    assert describe_power(table(400, 201, 200, 518)).required_questions is None


def test_four_counts_know_nothing_of_truncation() -> None:
    found = compare_table(table(222, 64, 293, 740))

    assert found.truncation.bounds is None
    assert found.base.truncated is None
    assert found.attribution is None


def test_several_samples_plan_in_questions_not_in_rows() -> None:
    base = [[1, 0, 0, 1]] * 60
    trained = [[1, 1, 0, 1]] * 30 + [[0, 0, 1, 0]] * 20 + [[0, 1, 1, 0]] * 10
    found = cluster_difference(base, trained)
    reach = describe_clustered_power(found)
    z = 1.959963984540054 + 0.8416212335729143
    t = 1.9996235849949393 + 0.8476449687  # of 61 degrees of freedom
    smallest = reach.smallest_detectable_gain
    assert smallest is not None
    # one question in 1 / smallest moves all the way, and the others scatter as these do
    moved = widened_gain([*([1.0] * round(60 * smallest)), *([0.0] * (60 - round(60 * smallest)))])
    scatter = 60 * 59 * found.standard_error**2 / (61 * 62)

    assert smallest == pytest.approx(
        t * math.sqrt(moved.standard_error**2 + scatter) * 62 / 60, abs=1 / 60
    )
    assert reach.required_questions == math.ceil(
        (z * found.standard_error / found.estimate) ** 2 * found.n_questions
    )


def test_several_samples_without_spread_or_gain_have_no_plan() -> None:
    same = cluster_difference([[1, 0]] * 30, [[1, 0]] * 30)

    assert describe_clustered_power(same).smallest_detectable_gain is None
    assert describe_clustered_power(same).required_questions is None

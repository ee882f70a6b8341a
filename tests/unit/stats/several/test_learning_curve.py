from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.stats import holm, learning_curve, mcnemar

if TYPE_CHECKING:
    from evalsuite.stats.several.learning_curve import LearningCurve


def curve(gains: list[tuple[int, int]], steps: list[int], n: int = 400) -> LearningCurve:
    """Make a curve from losses and gains of each checkpoint."""
    rows = [[-1] * losses + [1] * won + [0] * (n - losses - won) for losses, won in gains]
    return learning_curve(rows, steps, rng=np.random.default_rng(0))


def test_points_stand_in_order_of_step_whatever_order_they_came_in() -> None:
    result = curve([(10, 60), (10, 12)], [200, 100])

    assert [point.step for point in result.points] == [100, 200]
    assert result.points[1].gain == pytest.approx(50 / 400)


def test_the_pvalues_are_mcnemars_adjusted_by_holm() -> None:
    result = curve([(10, 12), (10, 30), (10, 60)], [1, 2, 3])

    alone = [mcnemar(10, won).pvalue for won in (12, 30, 60)]
    assert [p.pvalue for p in result.points] == alone
    assert [p.adjusted for p in result.points] == list(holm(alone))


def test_the_first_established_step_is_the_first_that_holds_among_all() -> None:
    result = curve([(10, 14), (10, 60), (10, 70)], [10, 20, 30])

    assert result.first_established == 20
    assert result.best == 30


def test_a_loss_is_never_an_established_gain() -> None:
    result = curve([(70, 10), (80, 10)], [10, 20])

    assert result.first_established is None


def test_means_of_samples_are_tested_by_sign_flip() -> None:
    rows = np.full((1, 40), 0.25)

    assert learning_curve(rows, [5], rng=np.random.default_rng(0)).first_established == 5


@pytest.mark.parametrize("steps", [[1], [1, 1], [1, -2]])
def test_steps_that_are_not_one_each_are_refused(steps: list[int]) -> None:
    with pytest.raises(InvalidInputError, match="steps"):
        learning_curve([[0, 1], [1, 0]], steps, rng=np.random.default_rng(0))

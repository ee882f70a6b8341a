"""The drawn bootstrap against the exact law, its promises about draws, and its refusals."""

import numpy as np
import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.seeds import stream
from evalsuite.stats import bootstrap_questions
from evalsuite.stats.paired.bootstrap import percentile_interval

GAINS = np.repeat([-1.0, 0.0, 1.0], [6, 139, 16])


def mean(values: np.ndarray) -> np.ndarray:
    means: np.ndarray = values.mean(axis=1)
    return means


def test_drawn_interval_of_a_mean_agrees_with_the_exact_law() -> None:
    result = bootstrap_questions(GAINS, mean, rng=stream(0, "test"), n_resamples=20_000)
    exact = percentile_interval(6, 16, 161, 0.95)

    assert result.estimate == pytest.approx(10 / 161)
    assert (result.low, result.high) == pytest.approx((exact.low, exact.high), abs=1.01 / 161)


def test_columns_of_a_question_are_redrawn_together() -> None:
    """A ratio of two columns that are equal on every question has no spread."""
    lengths = np.arange(1.0, 51.0)
    result = bootstrap_questions(
        np.column_stack([lengths, lengths]),
        lambda drawn: drawn[:, :, 1].sum(axis=1) / drawn[:, :, 0].sum(axis=1),
        rng=stream(0, "test"),
        n_resamples=200,
    )

    assert (result.low, result.estimate, result.high) == pytest.approx((1, 1, 1))


def test_asked_for_1500_resamples_it_draws_1500() -> None:
    """Another tool rounds down to whole chunks of 1,000."""
    drawn = []

    def count(values: np.ndarray) -> np.ndarray:
        drawn.append(len(values))
        return mean(values)

    result = bootstrap_questions(GAINS, count, rng=stream(0, "test"), n_resamples=1500)

    assert sum(drawn) == 1 + 1500  # the data themselves, then the resamples
    assert result.n_resamples == 1500


def test_same_generator_same_interval_other_generator_other_draws() -> None:
    values = stream(1, "values").normal(size=40)
    one, again, other = (
        bootstrap_questions(values, mean, rng=stream(seed, "test"), n_resamples=500)
        for seed in (0, 0, 1)
    )

    assert one == again
    assert one != other


def test_batches_bound_memory_and_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = bootstrap_questions(GAINS, mean, rng=stream(0, "test"), n_resamples=300)
    monkeypatch.setattr("evalsuite.stats.several.resampling.BATCH_VALUES", 7 * len(GAINS))

    assert bootstrap_questions(GAINS, mean, rng=stream(0, "test"), n_resamples=300) == whole


@pytest.mark.parametrize(
    ("values", "statistic", "match"),
    [
        (np.array([1.0]), mean, "at least 2 questions"),
        (np.array([1.0, np.nan]), mean, "NaN or infinity"),
        (np.ones((2, 2, 2)), mean, "shape"),
        (GAINS, lambda values: values.mean(), "statistic gave shape"),
        (GAINS, lambda values: values.mean(axis=1) * np.nan, "not finite"),
    ],
)
def test_unusable_values_and_statistics_are_refused(
    values: np.ndarray, statistic: object, match: str
) -> None:
    with pytest.raises(InvalidInputError, match=match):
        bootstrap_questions(values, statistic, rng=stream(0, "test"))  # type: ignore[arg-type]

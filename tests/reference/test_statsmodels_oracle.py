"""statsmodels as an independent oracle, and its known wrong answers."""

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from evalsuite.stats import holm, mcnemar, proportion_interval

SMALL = [(b, c) for b in range(13) for c in range(13 - b) if b + c]
LARGE = [(64, 293), (293, 64), (97, 197), (132, 171), (500, 501), (0, 300)]


@pytest.mark.parametrize(
    ("method", "exact", "correction"),
    [("exact", True, False), ("asymptotic", False, False)],
)
def test_mcnemar_agrees(method: str, exact: bool, correction: bool) -> None:
    for losses, gains in SMALL + LARGE:
        expected = statsmodels_mcnemar(
            [[0, losses], [gains, 0]], exact=exact, correction=correction
        )
        result = mcnemar(losses, gains, method=method)  # type: ignore[arg-type]  # one of two

        assert result.pvalue == pytest.approx(float(expected.pvalue), rel=1e-9)


def test_corrected_mcnemar_agrees_where_the_models_differ_in_number() -> None:
    for losses, gains in SMALL + LARGE:
        if losses != gains:
            expected = statsmodels_mcnemar([[0, losses], [gains, 0]], exact=False).pvalue
            result = mcnemar(losses, gains, method="corrected").pvalue

            assert result == pytest.approx(float(expected), rel=1e-9)


@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_statsmodels_calls_no_difference_at_all_perfectly_significant() -> None:
    """Its default test gives statistic inf and p = 0 for two models that never differ."""
    theirs = statsmodels_mcnemar([[40, 0], [0, 10]], exact=False)

    assert theirs.pvalue == 0
    assert mcnemar(0, 0, method="corrected").pvalue == 1


@pytest.mark.parametrize(
    ("method", "theirs"),
    [("wilson", "wilson"), ("clopper-pearson", "beta"), ("jeffreys", "jeffreys")],
)
def test_proportion_intervals_agree(method: str, theirs: str) -> None:
    for n in (1, 5, 20, 161, 1319):
        for x in {0, 1, n // 3, n - 1, n}:
            low, high = proportion_confint(x, n, method=theirs)
            result = proportion_interval(x, n, method=method)  # type: ignore[arg-type]  # one of 3
            if method == "jeffreys":  # theirs does not pin the edges
                low, high = (0.0 if x == 0 else low), (1.0 if x == n else high)

            assert (result.low, result.high) == pytest.approx((low, high), abs=1e-9)


def test_holm_agrees() -> None:
    rng = np.random.default_rng(2)
    for size in (1, 2, 5, 20):
        pvalues = rng.random(size) ** 2

        assert holm(pvalues.tolist()) == pytest.approx(multipletests(pvalues, method="holm")[1])

import itertools
import math
import sys

import numpy as np
import pytest
from numpy.typing import ArrayLike

from evalsuite.errors import InvalidInputError
from evalsuite.stats.paired.mcnemar import mcnemar
from evalsuite.stats.several import signflip
from evalsuite.stats.several.signflip import sign_flip


def brute_force(differences: list[int]) -> float:
    patterns = itertools.product((-1, 1), repeat=len(differences))
    sums = [abs(sum(s * d for s, d in zip(signs, differences, strict=True))) for signs in patterns]
    return sum(total >= abs(sum(differences)) for total in sums) / len(sums)


def test_sign_flip_against_all_sign_patterns() -> None:
    rng = np.random.default_rng(5)
    for _ in range(60):
        differences = rng.integers(-7, 8, size=int(rng.integers(1, 11))).tolist()

        result = sign_flip(np.array(differences)).pvalue

        assert result == pytest.approx(brute_force(differences), abs=1e-13), differences


@pytest.mark.parametrize(("losses", "gains"), [(0, 5), (3, 9), (16, 6), (7, 7), (132, 171)])
def test_sign_flip_of_single_answers_is_exact_mcnemar(losses: int, gains: int) -> None:
    differences = np.repeat([-1, 0, 1], [losses, 20, gains])

    assert sign_flip(differences).pvalue == pytest.approx(mcnemar(losses, gains).pvalue, rel=1e-10)


def test_scale_of_the_differences_is_irrelevant() -> None:
    differences = np.array([3, -1, 4, 1, 5])

    assert sign_flip(differences * 12).pvalue == sign_flip(differences).pvalue


def test_no_changed_unit_has_pvalue_one() -> None:
    result = sign_flip(np.zeros(8, dtype=np.int64))

    assert (result.pvalue, result.n_changed, result.n_units) == (1.0, 0, 8)


def test_pvalue_is_never_zero() -> None:
    assert sign_flip(np.ones(3_000, dtype=np.int64)).pvalue == sys.float_info.min


def test_no_unit_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no unit"):
        sign_flip(np.array([], dtype=np.int64))


def test_sampled_pvalue_agrees_with_the_exact_one(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.array([3, -1, 4, 1, -5, 9, 2, 6])
    exact = sign_flip(differences)
    monkeypatch.setattr(signflip, "_EXACT_COST", 0)

    drawn = sign_flip(differences, seed=1, n_draws=40_000)

    assert (drawn.method, drawn.n_draws, drawn.seed) == ("sampled", 40_000, 1)
    assert drawn.pvalue == pytest.approx(exact.pvalue, abs=0.01)  # 4 standard errors
    assert drawn.pvalue == sign_flip(differences, seed=1, n_draws=40_000).pvalue
    assert drawn.pvalue != sign_flip(differences, seed=2, n_draws=40_000).pvalue


def equal_changes(rng: np.random.Generator) -> np.ndarray:
    """Draw changes of a few sizes, many units each."""
    sizes = rng.choice(np.arange(1, 9), size=int(rng.integers(1, 5)), replace=False)
    return np.concatenate([np.repeat([-size, size], rng.integers(1, 50, size=2)) for size in sizes])


def test_units_that_changed_equally_much_have_the_same_pvalue_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(8)
    every = [equal_changes(rng) for _ in range(60)]
    one_by_one = [sign_flip(differences) for differences in every]
    monkeypatch.setattr(signflip, "_tail_by_unit", None)  # would be a TypeError

    for differences, alone in zip(every, one_by_one, strict=True):
        cost = differences.size * int(np.abs(differences).sum())
        monkeypatch.setattr(signflip, "_EXACT_COST", cost // np.gcd.reduce(differences) - 1)
        together = sign_flip(differences)
        assert together.method == "exact"
        assert together.pvalue == pytest.approx(alone.pvalue, rel=1e-9)


def test_a_hundred_thousand_units_need_no_draws() -> None:
    differences = np.repeat([-2, -1, 0, 1, 2], [9_000, 20_000, 45_000, 20_300, 9_100])

    result = sign_flip(differences)

    assert result.method == "exact"
    # the sum's deviation is the root of its squares; 500 is 1.56 of them, corrected by half a step
    normal = math.erfc(499 / math.sqrt(2 * np.square(differences).sum()))
    assert result.pvalue == pytest.approx(normal, rel=1e-3)


def test_drawn_groups_and_drawn_units_agree_with_the_law(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.array([3, -1, 4, 1, -5, 9, 2, 6, 1, 1, 4, -4])
    exact = sign_flip(differences)
    monkeypatch.setattr(signflip, "_EXACT_COST", 0)

    drawn = sign_flip(differences, n_draws=40_000)

    assert drawn.method == "sampled"
    assert drawn.pvalue == pytest.approx(exact.pvalue, abs=0.01)  # 4 standard errors


def test_as_many_sign_patterns_as_asked_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signflip, "_EXACT_COST", 0)

    # every pattern of one unit reaches the observed sum, so p is 1 whatever is drawn
    assert sign_flip(np.array([1]), n_draws=1_500).pvalue == 1.0
    # none of 1,500 patterns of 40 equal units does
    assert sign_flip(np.ones(40, dtype=np.int64), n_draws=1_500).pvalue == 1 / 1_501


@pytest.mark.parametrize(
    ("differences", "words"),
    [
        ([], "no unit"),
        ([[1, 0]], "no unit"),
        ([0.5, -0.5], "whole numbers"),
        ([True, False], "whole numbers"),
        (["1"], "whole numbers"),
    ],
)
def test_sign_flip_refuses_what_is_no_list_of_whole_numbers(
    differences: ArrayLike, words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        sign_flip(differences)


def test_sign_flip_takes_a_plain_list_and_refuses_no_draws() -> None:
    assert sign_flip([1, 1, 1, 1, 1, 0]).pvalue == 0.0625
    with pytest.raises(InvalidInputError, match="n_draws"):
        sign_flip([1, 1], n_draws=0)

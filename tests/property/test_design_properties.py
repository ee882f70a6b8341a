"""What must hold for any data: swapped models, permuted questions, added concordant questions."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, strategies as st
from hypothesis.extra.numpy import arrays

from evalsuite.stats.planning.subsets import score_range, subset_chances
from evalsuite.stats.sequential.betting import confidence_sequence
from evalsuite.stats.sequential.looks import e_process, e_value, look
from evalsuite.stats.several.clusters import cluster_difference
from evalsuite.stats.several.samples import pass_at_k
from evalsuite.stats.several.training_seeds import recipe_difference
from evalsuite.stats.survival import completion_lengths

Answers = np.ndarray
outcomes = st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=80)


@st.composite
def sampled_pair(draw: st.DrawFn) -> tuple[Answers, Answers]:
    n = draw(st.integers(2, 30))
    bits = st.integers(0, 1)
    base = draw(arrays(np.int64, (n, draw(st.integers(1, 5))), elements=bits))
    return base, draw(arrays(np.int64, (n, draw(st.integers(1, 5))), elements=bits))


@given(sampled_pair())
def test_swapping_models_negates_the_cluster_gain(pair: tuple[Answers, Answers]) -> None:
    base, trained = pair
    there, back = cluster_difference(base, trained), cluster_difference(trained, base)

    assert there.estimate == -back.estimate
    assert there.pvalue == pytest.approx(back.pvalue, rel=1e-9)
    assert there.standard_error == pytest.approx(back.standard_error, abs=1e-15)
    assert there.interval.low == pytest.approx(-back.interval.high, abs=1e-12)
    assert there.widened.pvalue == pytest.approx(back.widened.pvalue, rel=1e-9)


@given(sampled_pair(), st.randoms())
def test_order_of_questions_and_samples_is_irrelevant(
    pair: tuple[Answers, Answers], random: Random
) -> None:
    base, trained = pair
    order = list(range(len(base)))
    random.shuffle(order)
    there = cluster_difference(base, trained)
    back = cluster_difference(base[order][:, ::-1], trained[order][:, ::-1])

    assert back.estimate == there.estimate
    assert back.pvalue == pytest.approx(there.pvalue, rel=1e-9)
    assert back.bootstrap == there.bootstrap


@given(sampled_pair())
def test_cluster_intervals_hold_the_estimate_and_are_never_points(
    pair: tuple[Answers, Answers],
) -> None:
    result = cluster_difference(*pair)
    wider = cluster_difference(*pair, confidence_level=0.99)

    assert 0 < result.pvalue <= 1
    assert result.interval.low <= result.estimate <= result.interval.high
    assert result.interval.low < result.interval.high
    assert wider.interval.low <= result.interval.low
    if result.variance is not None:
        parts = result.variance.questions + result.variance.sampling
        assert parts == pytest.approx(result.variance.total, abs=1e-12)


@given(sampled_pair())
def test_questions_that_do_not_change_never_move_the_sign_flip_pvalue(
    pair: tuple[Answers, Answers],
) -> None:
    base, trained = pair
    more_base = np.concatenate([base, np.ones((5, base.shape[1]), dtype=np.int64)])
    more_trained = np.concatenate([trained, np.ones((5, trained.shape[1]), dtype=np.int64)])

    assert cluster_difference(more_base, more_trained).pvalue == pytest.approx(
        cluster_difference(base, trained).pvalue, rel=1e-12
    )


@given(st.integers(1, 6), st.integers(2, 12), st.randoms(use_true_random=False))
def test_permuting_training_seeds_changes_nothing(
    n_seeds: int, n_questions: int, random: Random
) -> None:
    rng = np.random.default_rng(random.randrange(2**32))
    base = rng.integers(0, 2, n_questions)
    trained = rng.integers(0, 2, (n_seeds, n_questions))
    there, back = recipe_difference(base, trained), recipe_difference(base, trained[::-1])

    assert back.per_seed == there.per_seed[::-1]
    assert back.estimate == pytest.approx(there.estimate, abs=1e-15)
    assert back.sign_flip == there.sign_flip
    assert back.recipe.standard_error == pytest.approx(there.recipe.standard_error)


@given(outcomes)
def test_swapping_models_mirrors_every_look(steps: list[int]) -> None:
    there = look(steps, n_planned=100)
    back = look([-step for step in steps], n_planned=100)

    mirrored = {"improved": "regressed", "regressed": "improved"}
    assert back.reason == mirrored.get(there.reason, there.reason)
    assert back.pvalue == there.pvalue
    assert (back.interval.low, back.interval.high) == pytest.approx(
        (-there.interval.high, -there.interval.low), abs=2e-7
    )


@given(outcomes)
def test_decision_and_interval_never_contradict(steps: list[int]) -> None:
    result = look(steps, n_planned=100)

    excludes_zero = result.interval.low > 0 or result.interval.high < 0
    assert excludes_zero is (result.reason in {"improved", "regressed"})


@given(outcomes, st.floats(0.5, 0.99))
def test_confidence_sequence_holds_the_estimate(steps: list[int], level: float) -> None:
    result = confidence_sequence(steps, confidence_level=level)

    # a pinned end is found to 1e-7
    assert result.interval.low - 1e-6 <= result.estimate <= result.interval.high + 1e-6
    assert -1 <= result.interval.low < result.interval.high <= 1


@given(outcomes, st.integers(0, 40))
def test_without_replacement_holds_what_can_still_be(steps: list[int], unseen: int) -> None:
    n = len(steps) + unseen

    result = confidence_sequence(steps, population=n).interval

    assert result.low >= (sum(steps) - unseen) / n - 1e-9
    assert result.high <= (sum(steps) + unseen) / n + 1e-9
    assert result.low <= result.high


@given(outcomes)
def test_evidence_at_the_end_of_the_path_is_the_e_value(steps: list[int]) -> None:
    process = e_process(steps)

    assert process.log_e_values[-1] == pytest.approx(
        e_value(steps.count(-1), steps.count(1)).log_e_value, abs=1e-12
    )
    assert process.pvalue <= e_value(steps.count(-1), steps.count(1)).pvalue * (1 + 1e-12)
    assert (process.stopped_at is not None) is (process.pvalue <= 0.05 * (1 + 1e-12))


@given(st.integers(0, 200), st.integers(0, 200), st.integers(1, 200))
def test_score_range_is_possible_and_mirrors(wrong: int, correct: int, n: int) -> None:
    n_split = max(wrong + correct, n)
    result = score_range(correct, n_split, n, confidence_level=0.9)

    assert max(0, n - (n_split - correct)) <= result.low <= result.high <= min(n, correct)
    mean = correct * n / n_split
    assert math.floor(result.low) - 1 <= mean <= result.high + 1


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 60), st.integers(1, 60))
def test_swapping_models_mirrors_subset_chances(
    losses: int, gains: int, alike: int, n: int
) -> None:
    n_split = max(losses + gains + alike, n)
    there = subset_chances(losses, gains, n_split, n)
    back = subset_chances(gains, losses, n_split, n)

    assert there.shows_gain == pytest.approx(back.shows_loss, abs=1e-12)
    assert there.significant_gain == pytest.approx(back.significant_loss, abs=1e-12)


@given(st.integers(1, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_pass_at_k_grows_with_k(counts: tuple[int, int]) -> None:
    correct, n = counts
    chances = [pass_at_k(correct, n, k).estimate for k in range(1, n + 1)]

    assert chances == sorted(chances)
    assert chances[-1] == (1.0 if correct else 0.0)


@given(st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=60))
def test_share_still_running_falls_inside_its_interval(cases: list[tuple[int, bool]]) -> None:
    lengths, finished = [case[0] for case in cases], [int(case[1]) for case in cases]

    result = completion_lengths(lengths, finished)

    assert list(result.running) == sorted(result.running, reverse=True)
    for low, running, high in zip(result.low, result.running, result.high, strict=True):
        assert 0 <= low <= running <= high <= 1


@given(sampled_pair(), st.randoms())
def test_numbering_samples_otherwise_moves_no_class_and_no_expected_count(
    pair: tuple[Answers, Answers], random: Random
) -> None:
    base, trained = pair
    other = np.array([random.sample(list(row), len(row)) for row in trained])
    there, back = cluster_difference(base, trained), cluster_difference(base, other)

    assert (there.n_better, there.n_worse) == (back.n_better, back.n_worse)
    assert there.expected_gains == pytest.approx(back.expected_gains, abs=1e-12)
    assert there.expected_losses == pytest.approx(back.expected_losses, abs=1e-12)
    assert there.widened == back.widened
    assert there.pvalue == back.pvalue

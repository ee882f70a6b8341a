from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from builders import response, run
from recipe_builders import names_of, plan_of, planned, recipe, recipes, training
from report_builders import RIGHT, WRONG, texts
from scipy.stats import t as student, ttest_1samp

from evalsuite.asking.groups.recipe import compare_recipe, seed_pairs
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import NotComparableError
from evalsuite.records.codec import from_json, to_json
from evalsuite.records.groups.recipe import RecipeComparison
from evalsuite.records.run import Decoding, Run
from evalsuite.reporting.telling import headline_text
from evalsuite.reporting.wording import words
from evalsuite.tasks.grading import grade_response, numeric_task

GOOD, BETTER, BEST = (40, 4, 40, 16), (40, 4, 44, 12), (42, 2, 46, 10)
FLAT = (30, 14, 14, 42)


def test_the_mean_gain_and_each_seed_are_those_of_the_tables() -> None:
    comparison = recipe(GOOD, BETTER, BEST)

    assert [row.gain for row in comparison.recipe.seeds] == pytest.approx([0.36, 0.40, 0.44])
    assert comparison.gain.estimate == pytest.approx(0.40)
    assert [(row.losses, row.gains) for row in comparison.recipe.seeds] == [
        (4, 40),
        (4, 44),
        (2, 46),
    ]
    assert [row.trained for row in comparison.recipe.seeds] == [
        "trained@0",
        "trained@1",
        "trained@2",
    ]


def test_each_seed_has_the_numbers_of_its_own_comparison() -> None:
    comparison = recipe(GOOD, FLAT)

    for row, own in zip(comparison.recipe.seeds, comparison.comparisons, strict=True):
        assert own.verdict is not None
        assert (row.gain, row.interval, row.exact) == (
            own.gain.estimate,
            own.gain.interval,
            own.mcnemar.exact,
        )
        assert row.decision == own.verdict.decision
    assert [row.decision for row in comparison.recipe.seeds] == ["improved", "inconclusive"]


def test_the_interval_for_a_new_run_on_these_questions_is_that_of_a_t_test() -> None:
    comparison = recipe(GOOD, BETTER, BEST)
    oracle = ttest_1samp([row.gain for row in comparison.recipe.seeds], 0)
    low, high = oracle.confidence_interval(0.95)
    scope = comparison.recipe.scopes.recipe_same_questions

    assert scope.interval is not None
    assert (scope.interval.low, scope.interval.high) == pytest.approx((low, high))
    assert scope.pvalue == pytest.approx(oracle.pvalue)
    assert scope.degrees_of_freedom == 2


def test_the_interval_of_the_average_on_new_questions_is_the_two_way_one() -> None:
    """By hand: (MS_questions + MS_seeds - MS_rest) / (S Q), Student's t with S - 1.

    Of the widened questions: every seed loses one of two more, and gains the other.
    """
    tables = (GOOD, BETTER, BEST, GOOD, BETTER)
    comparison = recipe(*tables)
    base = np.array([1] * 44 + [0] * 56)
    trained = np.array([[1] * b + [0] * lo + [1] * g + [0] * n for b, lo, g, n in tables])
    d = np.concatenate([trained - base, [[-1, 1]] * 5], axis=1)
    residuals = d - d.mean(axis=1, keepdims=True) - d.mean(axis=0) + d.mean()
    squares = (
        5 * d.mean(axis=0).var(ddof=1),
        102 * d.mean(axis=1).var(ddof=1),
        (residuals**2).sum() / (4 * 101),
    )
    error = math.sqrt(max(squares[0] + squares[1] - squares[2], *squares[:2]) / 510)
    half = student.ppf(0.975, 4) * error

    assert comparison.verdict is not None
    assert comparison.verdict.scope == "recipe"
    assert comparison.gain.interval.low == pytest.approx(d.mean() - half)
    assert comparison.gain.interval.high == pytest.approx(d.mean() + half)


def test_the_spread_is_the_sample_deviation_over_seeds() -> None:
    comparison = recipe(GOOD, BETTER, BEST)

    assert comparison.recipe.spread.n_seeds == 3
    assert comparison.recipe.spread.sd == pytest.approx(np.std([0.80, 0.84, 0.88], ddof=1))
    assert (comparison.recipe.spread.low, comparison.recipe.spread.high) == pytest.approx(
        (0.80, 0.88)
    )
    assert comparison.recipe.base_spread is None


def test_every_budget_and_grader_has_its_row() -> None:
    comparison = recipe(GOOD, BETTER)

    assert [row.max_new_tokens for row in comparison.budgets] == [40, 64, 400]
    assert comparison.budgets[1].gain == comparison.gain.estimate
    assert set(comparison.graders) == {"strict", "flexible"}
    assert comparison.graders["strict"].gain == comparison.gain.estimate
    assert comparison.graders["flexible"].base > comparison.graders["strict"].base


def test_runs_that_cannot_be_cut_have_no_budget_rows() -> None:
    comparison = recipe(GOOD, BETTER, budgets=(), asked=CompareSpec())

    assert comparison.budgets == ()
    assert set(comparison.graders) == {"strict", "flexible"}
    assert comparison.gain.estimate == comparison.graders["strict"].gain


def test_cut_off_answers_are_shares_over_all_seeds() -> None:
    comparison = recipe(GOOD, BETTER)
    row, own = comparison.budgets[0], [c.budgets[0] for c in comparison.comparisons]

    assert row.trained_truncated == pytest.approx(sum(o.trained.truncated for o in own) / 200)
    assert row.base_truncated == pytest.approx(own[0].base.truncated / 100)


def test_two_recipes_are_compared_seed_by_seed() -> None:
    rng = np.random.default_rng(1)
    pairs = []
    for seed in range(5):
        before = rng.random(80) < 0.4 + 0.02 * seed
        pairs.append((tuple(before), tuple(before | (rng.random(80) < 0.25))))
    comparison = recipes(pairs)

    gains = [np.mean(after) - np.mean(before) for before, after in pairs]
    assert [row.gain for row in comparison.recipe.seeds] == pytest.approx(gains)
    assert [(row.base, row.trained) for row in comparison.recipe.seeds][1] == (
        "binary@1",
        "shaped@1",
    )
    assert comparison.recipe.base_spread is not None
    assert comparison.recipe.base_spread.sd == pytest.approx(
        np.std([np.mean(b) for b, _ in pairs], ddof=1)
    )
    assert comparison.verdict is not None
    assert (comparison.verdict.decision, comparison.verdict.scope) == ("improved", "recipe")
    assert comparison.verdict.headline.startswith("Yes, the recipe's average: shaped scores ")
    assert " higher than binary " in comparison.verdict.headline


def test_pairing_by_seed_takes_out_what_both_recipes_share() -> None:
    """Seeds differ widely, but shaped is 10 of 100 better in each: the pairs know, means do not."""
    pairs = []
    for seed in range(5):
        right = 20 + 10 * seed
        pairs.append((_first(right), _first(right + 9 + seed % 2)))
    comparison = recipes(pairs)

    assert comparison.recipe.spread.sd is not None
    assert comparison.recipe.gain_spread.sd is not None
    assert comparison.recipe.gain_spread.sd < comparison.recipe.spread.sd / 10
    assert comparison.verdict is not None
    assert comparison.verdict.decision == "improved"


def _first(right: int, n: int = 100) -> tuple[bool, ...]:
    return tuple(i < right for i in range(n))


def test_a_recipe_against_itself_finds_nothing_and_says_so() -> None:
    pairs = [(_first(40 + seed), _first(40 + seed)) for seed in range(5)]
    comparison = recipes(pairs, differing={})

    assert comparison.verdict is not None
    assert comparison.verdict.decision in ("equivalent", "powerless")
    assert comparison.verdict.headline.startswith("No question differs: in all 5 pairs of runs")
    assert comparison.gain.estimate == 0
    assert comparison.gain.interval.low < 0 < comparison.gain.interval.high
    (itself,) = [check for check in comparison.checks if check.code == "EVS087"]
    assert itself.level == "warning"
    assert "compares a recipe with itself" in itself.detail


def test_several_answers_a_question_are_one_question() -> None:
    base, *runs = (planned(_sampled(shift)) for shift in (0, 8, 10, 12))
    plan = plan_of(names_of(3))

    comparison = compare_recipe(plan, [base, *runs], CompareSpec(samples=2, temperature=0.7))

    assert (comparison.recipe.n_questions, comparison.recipe.samples) == (60, 2)
    assert comparison.recipe.scopes.same_questions.standard_error is not None


def _sampled(right: int) -> Run:
    decoding = Decoding(max_new_tokens=400, temperature=0.7, samples=2)
    plain = run([WRONG] * 60, budget=400, decoding=decoding)
    responses = tuple(
        response(i, RIGHT if (i + sample) % 7 < right % 7 or i < right else WRONG, sample=sample)
        for i in range(60)
        for sample in range(2)
    )
    questions = {q.id: q for q in plain.questions}
    grades = tuple(
        grade_response(r, questions[r.question_id], numeric_task("test")) for r in responses
    )
    return replace(plain, responses=responses, grades=grades)


def test_a_blocking_check_of_one_seed_makes_the_recipe_incomparable() -> None:
    base = run(texts(*GOOD)[0], name="base", budget=400)
    good = run(texts(*GOOD)[1], name="trained@0", budget=400)
    odd = run(texts(*GOOD)[1], name="trained@1", budget=400, prompt="other@1")

    comparison = compare_recipe(
        plan_of(names_of(2)), list(map(planned, (base, good, odd))), CompareSpec()
    )

    assert comparison.verdict is not None
    assert comparison.verdict.decision == "invalid"
    assert headline_text(comparison.verdict, words("en")).startswith(
        "Not comparable: base was asked with"
    )


def test_seeds_on_other_questions_are_refused() -> None:
    base = run(texts(*GOOD)[0], name="base", budget=400)
    short = run(texts(10, 1, 10, 4)[1], name="trained@1", budget=400)

    with pytest.raises(NotComparableError, match="different questions"):
        compare_recipe(plan_of(names_of(2)), list(map(planned, (base, base, short))), CompareSpec())


def test_a_recipe_comparison_survives_its_file() -> None:
    comparison = recipe(GOOD, BETTER, FLAT)

    assert from_json(RecipeComparison, to_json(comparison)) == comparison


def test_pairs_share_the_one_base_or_bring_their_own() -> None:
    runs = [planned(_sampled(right)) for right in (0, 1, 2, 3)]

    shared = seed_pairs(plan_of(names_of(3)), runs)
    own = seed_pairs(plan_of(names_of(2, paired_by_seed=True)), runs)

    assert shared == ((runs[0], runs[1]), (runs[0], runs[2]), (runs[0], runs[3]))
    assert own == ((runs[0], runs[2]), (runs[1], runs[3]))


def levels(comparison: RecipeComparison) -> dict[str, str]:
    return {check.code: check.level for check in comparison.checks}


def test_five_agreeing_seeds_pass_every_check() -> None:
    assert set(levels(recipe(GOOD, BETTER, BEST, GOOD, BETTER)).values()) == {"passed"}


def test_what_is_left_out_or_unfinished_is_named() -> None:
    names = names_of(2, left_out=("trained@7",))
    own = (training("trained@0", 0, unfinished=("seed-3",)), training("trained@1", 1))

    comparison = recipe(GOOD, BETTER, plan=plan_of(names, trainings=own))

    (check,) = [c for c in comparison.checks if c.code == "EVS081"]
    assert check.level == "warning"
    assert check.detail.startswith("trained@7, seed-3;")


def test_a_gap_in_the_seeds_is_named() -> None:
    comparison = recipe(GOOD, BETTER, names=names_of(2, seeds=(0, 2)))

    (check,) = [c for c in comparison.checks if c.code == "EVS081"]
    assert check.detail.startswith("no model of seed 1;")


@pytest.mark.parametrize(
    ("changes", "code", "detail"),
    [
        ({"trainings": (None, training("trained@1", 1))}, "EVS080", "1 of 2 trainings left no"),
        (
            {"trainings": tuple(training(f"t@{i}", i, start="other") for i in range(2))},
            "EVS082",
            "training did not start from base",
        ),
        (
            {"trainings": tuple(training(f"t@{i}", i, versions={"trl": str(i)}) for i in range(2))},
            "EVS083",
            "versions differ between the trainings: trl",
        ),
    ],
)
def test_what_the_manifests_do_not_vouch_for_is_a_warning(
    changes: dict[str, object], code: str, detail: str
) -> None:
    comparison = recipe(GOOD, BETTER, plan=plan_of(names_of(2), **changes))

    (check,) = [c for c in comparison.checks if c.code == code]
    assert check.level == "warning"
    assert detail in check.detail


def test_seeds_that_point_both_ways_are_a_warning() -> None:
    comparison = recipe(GOOD, (20, 24, 4, 52))

    (check,) = [c for c in comparison.checks if c.code == "EVS085"]
    assert (check.level, check.detail) == (
        "warning",
        "verdicts of the 2 seeds, each alone: 1 improved, 1 regressed",
    )


def test_few_changed_questions_are_a_warning() -> None:
    assert levels(recipe((40, 0, 9, 51), (40, 0, 8, 52)))["EVS086"] == "warning"

from __future__ import annotations

from dataclasses import replace
from string import Formatter
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from recipe_builders import recipe, recipes

from evalsuite.asking.spec import CompareSpec
from evalsuite.records.verdict import Policy
from evalsuite.reporting.telling import headline_text
from evalsuite.reporting.wording import words
from evalsuite.stats import recipe_contrast, recipe_difference
from evalsuite.stats.several.training_seeds import spread_of
from evalsuite.verdict.groups.recipe import decide_recipe
from evalsuite.verdict.judge import judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from evalsuite.records.groups.recipe import RecipeComparison

GOOD, BETTER = (40, 4, 40, 16), (40, 4, 44, 12)
BAD, WORSE = (40, 40, 4, 16), (40, 40, 6, 14)
FLAT = (30, 14, 14, 42)
SLIGHT, SLIGHTLY = (150, 8, 24, 118), (150, 6, 24, 120)
EVEN = (148, 1, 1, 150)


def differences(gains: list[float], n: int, *, churn: int = 0) -> tuple[Any, NDArray[np.int64]]:
    """Give each seed its gain in wrong-to-right questions, plus as many both ways."""
    base = np.array([0] * (n // 2) + [1] * (n - n // 2))
    trained = np.tile(base, (len(gains), 1))
    for row, gain in zip(trained, gains, strict=True):
        moved = round(gain * n)
        row[: churn + max(moved, 0)] = 1
        row[n - churn - max(-moved, 0) :] = 0
    return base, trained


def decided(gains: list[float], n: int = 1000, *, churn: int = 0) -> tuple[str, str]:
    claim = decide_recipe(recipe_difference(*differences(gains, n, churn=churn)), Policy())
    return claim.decision, claim.scope


@pytest.mark.parametrize(
    ("n_seeds", "scope"), [(1, "checkpoint"), (2, "checkpoints"), (4, "checkpoints"), (5, "recipe")]
)
def test_five_seeds_are_needed_to_speak_of_the_recipe(n_seeds: int, scope: str) -> None:
    assert decided([0.1] * n_seeds) == ("improved", scope)
    assert decided([-0.1] * n_seeds) == ("regressed", scope)


def test_a_recipe_of_logs_is_decided_by_the_grader_that_decides_there() -> None:
    built = recipe(GOOD, BETTER)
    logged = replace(
        built,
        graders={"exact_match": built.graders["strict"]},
        comparisons=tuple(replace(each, decides="exact_match") for each in built.comparisons),
    )

    assert judge(logged, Policy()).decision == judge(built, Policy()).decision == "improved"


def test_seeds_that_lie_far_apart_leave_a_claim_about_these_runs() -> None:
    """The mean of the five is far from chance; a sixth run could be anywhere."""
    assert decided([0.30, -0.05, 0.02, 0.01, -0.03]) == ("improved", "checkpoints")


def test_agreeing_seeds_with_no_gain_are_equivalent_for_the_recipe() -> None:
    assert decided([0.001, 0, 0.002, -0.001, 0], 2000, churn=20) == ("equivalent", "recipe")


def test_a_wide_interval_is_inconclusive_not_equivalent() -> None:
    assert decided([0.02, -0.02, 0.03, -0.03, 0.01], 200, churn=20) == ("inconclusive", "recipe")


def test_too_few_changed_questions_are_powerless() -> None:
    assert decided([0.02, 0.02], 100) == ("powerless", "checkpoints")


def test_only_one_of_the_two_tests_is_suggestive() -> None:
    """Six half questions one way: the sign-flip test rejects, the widened t does not."""
    found = recipe_difference(*differences([0.06, 0.0], 100))

    assert found.new_questions.pvalue is not None
    assert found.over_questions.pvalue <= 0.05 < found.new_questions.pvalue
    assert decide_recipe(found, Policy()).decision == "suggestive"


def test_an_established_gain_never_stands_beside_an_interval_with_zero() -> None:
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(300):
        n_seeds, n = int(rng.integers(2, 8)), int(rng.integers(20, 300))
        base = rng.random(n) < 0.4
        lift = rng.normal(0.05, 0.06, (n_seeds, 1))
        trained = rng.random((n_seeds, n)) < 0.4 + lift
        claim = decide_recipe(recipe_difference(base, trained), Policy())
        seen.add((claim.decision, claim.scope))
        interval = claim.gain.interval
        assert interval.low <= claim.gain.estimate <= interval.high
        if claim.decision in ("improved", "regressed"):
            assert interval.low > 0 or interval.high < 0
        if claim.decision == "inconclusive":
            assert interval.low <= 0 <= interval.high
    assert {("improved", "recipe"), ("improved", "checkpoints"), ("inconclusive", "recipe")} <= seen


def test_exchanging_two_recipes_turns_the_claim_around() -> None:
    rng = np.random.default_rng(6)
    one, other = rng.random((5, 200)) < 0.4, rng.random((5, 200)) < 0.5

    there, back = recipe_contrast(one, other), recipe_contrast(other, one)

    assert there.estimate == -back.estimate
    assert there.recipe.pvalue == pytest.approx(back.recipe.pvalue)
    assert there.recipe.interval is not None
    assert back.recipe.interval is not None
    assert there.recipe.interval.low == pytest.approx(-back.recipe.interval.high)


def test_one_base_for_all_seeds_is_the_contrast_with_its_copies() -> None:
    rng = np.random.default_rng(7)
    base, trained = rng.random(100) < 0.4, rng.random((4, 100)) < 0.5

    shared = recipe_difference(base, trained)
    copies = recipe_contrast(np.tile(base, (4, 1)), trained)

    assert shared == copies


def test_a_contrast_needs_equal_seeds() -> None:
    with pytest.raises(Exception, match="base has 1 seeds and trained 2"):
        recipe_contrast([[0, 1]], [[0, 1], [1, 1]])


@pytest.mark.parametrize(
    ("tables", "begins"),
    [
        (
            (GOOD, BETTER, GOOD, BETTER, GOOD),
            "Yes, the recipe's average: trained scores 37.6 points higher",
        ),
        (
            (GOOD, BETTER),
            "These 2 checkpoints of trained average +38.0 points against base (95% CI",
        ),
        ((BAD, WORSE), "These 2 checkpoints of trained average -35.0 points against base (95% CI"),
        (
            (BAD, WORSE, BAD, WORSE, BAD),
            "No, the recipe's average: trained scores 35.2 points lower",
        ),
        ((GOOD, FLAT), None),
        (
            (SLIGHT, SLIGHT),
            "Shown within 64 tokens only: +5.3 points on average over 2 runs (95% CI",
        ),
        ((SLIGHTLY,) * 5, "Yes, the recipe's average, though it may be small: trained scores 6.0"),
        ((FLAT, FLAT), "Can't tell: 0.0 points on average over these 2 runs fits anything from"),
        ((FLAT,) * 5, "Can't tell: 0.0 points for the recipe's average fits anything from"),
        ((EVEN, EVEN), "No difference beyond 2 points on average over these 2 runs: 0.0 points"),
        ((EVEN,) * 5, "No difference beyond 2 points, for the recipe's average: 0.0 points"),
        (((5, 0, 2, 20), (5, 0, 2, 20)), "Can't tell: averaged over 2 runs the models differ on"),
        (((50, 0, 0, 50), (50, 0, 0, 50)), "No question differs: in all 2 pairs of runs"),
    ],
)
def test_the_headline_says_whose_gain_it_is(
    tables: tuple[tuple[int, int, int, int], ...], begins: str | None
) -> None:
    headline = _headline(recipe(*tables))

    if begins is not None:
        assert headline.startswith(begins)
    first, _, next_run = headline.partition(" One new run: ")
    assert len(first.split()) <= 32
    assert len(next_run.split()) <= 4


def test_a_mean_that_the_largest_budget_does_not_confirm_is_shown_within_the_budget_only() -> None:
    found = recipe(SLIGHT, SLIGHT)
    largest = found.budgets[-1]
    assert found.verdict is not None
    assert largest.difference is not None

    assert found.verdict.decision == "budget_only"
    assert largest.difference.gain < 0
    assert largest.difference.adjusted is not None
    assert largest.difference.adjusted <= 0.05 < largest.exact
    assert "budget_dependent" in found.verdict.qualifiers
    untested = replace(
        found,
        budgets=tuple(replace(row, difference=None) for row in found.budgets),
        graders={name: replace(row, difference=None) for name, row in found.graders.items()},
    )
    again = judge(untested, Policy())
    assert again.decision == "improved"
    assert "budget_dependent" not in again.qualifiers


def test_words_that_differ_are_no_dependence_of_a_recipe() -> None:
    """Budgets and seeds are called other names here, and no difference of gains is shown."""
    found = recipe((40, 8, 21, 31), (40, 8, 19, 33), (40, 9, 18, 33))
    assert found.verdict is not None

    assert len({row.decision for row in found.recipe.seeds}) > 1
    assert "training_seed_sensitive" not in found.verdict.qualifiers
    assert all((d.adjusted or 0) > 0.05 for d in found.recipe.differences)


def test_a_seed_that_differs_is_named_with_its_difference() -> None:
    found = recipe(GOOD, (40, 4, 5, 51), BETTER)
    assert found.verdict is not None
    remark = {r.code: r.statement for r in found.verdict.remarks}["training_seed_sensitive"]

    gains = [row.gain for row in found.recipe.seeds]
    assert remark.values["seed"] == 1
    assert remark.values["difference"] == pytest.approx(gains[1] - (gains[0] + gains[2]) / 2)
    assert "the gain of seed 1 differs from the mean of the others by -37.0" in words("en").tell(
        remark
    )


def test_a_recipe_that_is_not_established_says_so_in_its_headline() -> None:
    found = recipe((40, 4, 56, 0), GOOD, (40, 4, 4, 52), (40, 4, 8, 48), (40, 4, 4, 52))

    assert found.verdict is not None
    assert [s.key for s in found.verdict.statements] == [
        "recipe_headline.improved_not_recipe",
        "recipe_headline.next_run",
    ]
    assert _headline(found).startswith("Not shown for the recipe: its average fits anything from")
    assert " One new run: -" in _headline(found)
    assert found.verdict is not None
    assert found.verdict.scope == "checkpoints"
    assert {"runs_only", "training_seed_sensitive"} <= set(found.verdict.qualifiers)


def _headline(found: RecipeComparison) -> str:
    return headline_text(found.verdict, words("en"))


@pytest.fixture(scope="module")
def values() -> Mapping[str, Any]:
    verdict = recipe(GOOD, BETTER).verdict
    assert verdict is not None
    return verdict.statements[0].values


SENTENCES = {k: v for k, v in words("en").sentences.items() if k.startswith("recipe_headline.")}


@pytest.mark.parametrize("key", SENTENCES)
def test_every_sentence_fills_from_known_values_and_names_its_number(
    key: str, values: Mapping[str, Any]
) -> None:
    names = {name for _, name, _, _ in Formatter().parse(SENTENCES[key]) if name}

    if key == "recipe_headline.next_run":  # a second sentence, beside the one that is counted
        assert names == {"new_low", "new_high"}
        return
    other = {"other", "other_low", "other_high", "tokens", "other_tokens"}
    is_narrowed = key in ("recipe_headline.form_only", "recipe_headline.budget_only")
    assert names <= set(values) | (other if is_narrowed else set())
    assert key == "recipe_headline.invalid" or {"n", "seeds"} <= names
    assert "significan" not in SENTENCES[key]


def test_one_seed_alone_is_a_checkpoint() -> None:
    found = recipe(GOOD)

    assert found.verdict is not None
    assert found.verdict.scope == "checkpoint"
    assert "one_checkpoint" in found.verdict.qualifiers
    assert found.recipe.scopes.recipe.interval is None


def test_an_exact_test_of_one_seed_is_the_one_of_its_own_comparison() -> None:
    found = recipe(GOOD)

    assert found.recipe.tests.questions == pytest.approx(found.comparisons[0].mcnemar.exact)


def test_what_half_of_the_runs_doubt_the_recipe_doubts() -> None:
    found = recipe(GOOD, BETTER)
    own = [c.verdict.qualifiers for c in found.comparisons if c.verdict]

    assert found.verdict is not None
    for code in ("mostly_truncation", "mostly_format", "truncation_dominated"):
        assert (code in found.verdict.qualifiers) == (sum(code in q for q in own) >= 1)


def test_a_budget_with_another_verdict_is_said() -> None:
    found = recipe(GOOD, BETTER, asked=CompareSpec(headline_budget=400))

    decisions = {row.decision for row in found.budgets}
    assert found.verdict is not None
    assert ("budget_dependent" in found.verdict.qualifiers) == (len(decisions) > 1)


def test_no_gain_is_rarely_called_one_whatever_the_seeds() -> None:
    """Null recipes: five seeds, none of which moves the truth, judged at alpha .05."""
    rng = np.random.default_rng(8)
    wrong = 0
    for _ in range(400):
        difficulty = rng.random(150)
        base = rng.random(150) < difficulty
        trained = rng.random((5, 150)) < difficulty
        claim = decide_recipe(recipe_difference(base, trained), Policy())
        wrong += claim.decision in ("improved", "regressed") and claim.scope == "recipe"

    assert wrong / 400 <= 0.05


def test_null_runs_are_rarely_called_a_gain() -> None:
    rng = np.random.default_rng(9)
    wrong = 0
    for _ in range(600):
        difficulty = rng.random(150)
        base = rng.random(150) < difficulty
        trained = rng.random((3, 150)) < difficulty
        found = recipe_difference(base, trained)
        wrong += decide_recipe(found, Policy()).decision in ("improved", "regressed")

    assert wrong / 600 <= 0.075  # 0.05 and three standard errors


def test_the_spread_of_seeds_has_the_interval_of_a_normal_sample() -> None:
    from scipy.stats import chi2

    values = [0.649, 0.638, 0.606]
    found = spread_of(values)

    sd = float(np.std(values, ddof=1))
    assert found.sd == pytest.approx(sd)
    assert found.interval is not None
    assert found.interval.low == pytest.approx(sd * np.sqrt(2 / chi2.ppf(0.975, 2)))
    assert found.interval.high == pytest.approx(sd * np.sqrt(2 / chi2.ppf(0.025, 2)))


def test_no_spread_has_no_interval() -> None:
    assert spread_of([0.5]).sd is None
    assert spread_of([0.5, 0.5]).sd == 0
    assert spread_of([0.5, 0.5]).interval is None


def test_seeds_of_two_recipes_that_differ_by_chance_alone_are_inconclusive() -> None:
    rng = np.random.default_rng(10)
    pairs = [
        (tuple(map(bool, rng.random(150) < 0.4)), tuple(map(bool, rng.random(150) < 0.4)))
        for _ in range(5)
    ]

    found = recipes(pairs)

    assert found.verdict is not None
    assert found.verdict.decision == "inconclusive"

"""Rules of a recipe: what several training seeds show, and about what.

Two questions are kept apart. *Is the mean gain of these runs real?* The sign-flip test over
questions and the widened Student t over them must both say so. *Does the recipe gain on average?*
That takes five training seeds, and the interval of the recipe's average, with S - 1 degrees of
freedom, must say the same. A claim that fails the second stays a claim about these runs. What one
new run would gain is told by its prediction interval and decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.comparison import Gain, Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import ESTABLISHED, Verdict
from evalsuite.stats.several.scopes import interval_at, margin_interval_at
from evalsuite.verdict.evidence import could_have_shown, is_small
from evalsuite.verdict.groups.recipe_remarks import remarks_of_recipe
from evalsuite.verdict.headline import recipe_headline
from evalsuite.verdict.qualifiers import is_established, narrowed_by_readings

if TYPE_CHECKING:
    from evalsuite.records.groups.recipe import RecipeComparison, Scope
    from evalsuite.records.verdict import Decision, Policy, Qualifier, VerdictScope
    from evalsuite.stats.several.training_seeds import RecipeDifference

__all__ = ["RecipeClaim", "decide_recipe", "rules_of_recipe"]

_CARRIED: tuple[Qualifier, ...] = (
    "truncation_dominated",
    "mostly_truncation",
    "mostly_format",
    "seed_sensitive",
)
"""Qualifiers of single seeds that hold for the recipe where half of the seeds have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeClaim:
    """What may be said, what it is about, and the gain with the interval of that claim."""

    decision: Decision
    scope: VerdictScope
    gain: Gain


def decide_recipe(difference: RecipeDifference, policy: Policy) -> RecipeClaim:
    """Decide from the numbers over all seeds; never ``invalid``.

    The seeds are replicates, so there is no family. With fewer than five the scope is these
    checkpoints.

    Examples
    --------
    >>> from evalsuite.records.verdict import Policy
    >>> from evalsuite.stats.several.training_seeds import recipe_difference
    >>> trained = [[1] * 30 + [0] * 70] * 3
    >>> claim = decide_recipe(recipe_difference([0] * 100, trained), Policy())
    >>> claim.decision, claim.scope
    ('improved', 'checkpoints')
    """
    runs = _decide_runs(difference, policy)
    if difference.n_seeds == 1:
        return _claim(difference, policy, runs, "checkpoint")
    is_recipe = difference.standing == "judged" and _holds_for_recipe(difference, policy, runs)
    return _claim(difference, policy, runs, "recipe" if is_recipe else "checkpoints")


def rules_of_recipe(comparison: RecipeComparison, policy: Policy) -> Verdict:
    """Decide what several training seeds show, and about what.

    The rows are decided already (`decide_recipe`); the headline is the deciding grader's row.
    """
    claim = comparison.graders[comparison.decides]
    decision: Decision = "invalid" if comparison.is_blocked else claim.decision
    decision = narrowed_by_readings(comparison, policy, decision)
    qualifiers = _qualifiers(comparison, policy, decision, claim.scope)
    return Verdict(
        decision=decision,
        qualifiers=qualifiers,
        remarks=remarks_of_recipe(comparison, policy, qualifiers),
        headline="",
        statements=recipe_headline(
            comparison, policy, decision, claim.scope, small="small" in qualifiers
        ),
        scope=claim.scope,
        policy=policy,
    )


def _decide_runs(difference: RecipeDifference, policy: Policy) -> Decision:
    """Decide about the mean of these checkpoints on new questions."""
    test, mean = difference.over_questions.pvalue, difference.new_questions.pvalue
    # both: the exact test knows these questions alone, t the spread of new ones by approximation
    significant = (test <= policy.alpha, mean is not None and mean <= policy.alpha)
    if all(significant):
        return "improved" if difference.estimate > 0 else "regressed"
    if any(significant):
        return "suggestive"
    if _is_inside(difference.new_questions, difference, policy):
        return "equivalent"
    changed = difference.over_questions.n_changed
    return "inconclusive" if could_have_shown(changed, policy.alpha) else "powerless"


def _holds_for_recipe(difference: RecipeDifference, policy: Policy, runs: Decision) -> bool:
    """Whether new training seeds are covered by what is said about these."""
    if runs in ESTABLISHED:
        return difference.recipe.pvalue is not None and difference.recipe.pvalue <= policy.alpha
    if runs == "equivalent":
        return _is_inside(difference.recipe, difference, policy)
    return runs != "suggestive"


def _is_inside(scope: Scope, difference: RecipeDifference, policy: Policy) -> bool:
    interval = margin_interval_at(scope, difference.estimate, 1 - 2 * policy.alpha)
    return interval is not None and interval.is_inside(policy.margin)


def _claim(
    difference: RecipeDifference, policy: Policy, decision: Decision, scope: VerdictScope
) -> RecipeClaim:
    target = difference.recipe if scope == "recipe" else difference.new_questions
    return RecipeClaim(
        decision=decision,
        scope=scope,
        gain=Gain(
            estimate=difference.estimate,
            interval=_interval(target, difference, policy.confidence_level),
            confidence_level=policy.confidence_level,
            method="recipe-t" if scope == "recipe" else "runs-t",
        ),
    )


def _interval(scope: Scope, difference: RecipeDifference, level: float) -> Interval:
    """Give a claim's interval at a level; all that is possible where it has no spread."""
    interval = interval_at(scope, difference.estimate, level)
    return interval or Interval(low=-1.0, high=1.0)


def _qualifiers(
    comparison: RecipeComparison, policy: Policy, decision: Decision, scope: VerdictScope
) -> tuple[Qualifier, ...]:
    if decision == "invalid":
        return ()
    own = [c.verdict.qualifiers for c in comparison.comparisons if c.verdict]
    budgets = [row.difference for row in comparison.budgets]
    graders = [row.difference for row in comparison.graders.values()]
    holds: dict[Qualifier, bool] = {
        "small": is_small(comparison.gain.interval, policy, decision),
        **{name: 2 * sum(name in q for q in own) >= len(own) > 0 for name in _CARRIED},
        "budget_dependent": any(is_established(each, policy) for each in budgets),
        "grader_dependent": any(is_established(each, policy) for each in graders),
        "one_checkpoint": scope == "checkpoint",
        "training_seed_sensitive": any(
            is_established(each, policy) for each in comparison.recipe.differences
        ),
        "runs_only": scope == "checkpoints",
    }
    return tuple(name for name, is_true in holds.items() if is_true)

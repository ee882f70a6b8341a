"""The headline: which sentences every output shows, as keys and exact values.

No language is known here; the catalogues have a sentence for every key. A key never leads to "no
difference" without a margin, nor to "significant" alone.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evalsuite.records.groups.recipe import SEEDS_TO_JUDGE
from evalsuite.records.verdict import ESTABLISHED, NARROWED, Statement
from evalsuite.stats.paired.tango import tango_interval
from evalsuite.verdict.evidence import (
    PARTIAL_SETS,
    blocking_reason,
    cluster_interval,
    could_have_shown,
    deciding_pvalue,
)
from evalsuite.verdict.qualifiers import compares_itself, other_reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.comparison import Comparison, Gain, Interval
    from evalsuite.records.groups.family import Family
    from evalsuite.records.groups.recipe import RecipeComparison
    from evalsuite.records.verdict import Decision, MarginClaims, Policy, Qualifier

__all__ = [
    "family_headline",
    "has_two_levels",
    "others_counted",
    "pair_headline",
    "recipe_headline",
]

_ROUNDING = 1e-9
"""Levels nearer than this are one level."""
_NO_DIFFERENCE = {
    "form_only": "models.rest_form_only",
    "budget_only": "models.rest_budget_only",
    "suggestive": "models.rest_suggestive",
    "equivalent": "models.rest_equivalent",
    "inconclusive": "models.rest_undecided",
    "powerless": "models.rest_undecided",
    "invalid": "models.rest_invalid",
    "none": "models.rest_none",
}
"""Decisions that are neither a gain nor a loss, and how each is counted, in order."""
_OF_PAIR: dict[Decision, str] = {
    "form_only": "headline.form_only",
    "budget_only": "headline.budget_only",
    "equivalent": "headline.equivalent",
    "invalid": "headline.invalid",
}
_OF_RECIPE: dict[Decision, str] = {
    "form_only": "recipe_headline.form_only",
    "budget_only": "recipe_headline.budget_only",
    "suggestive": "recipe_headline.suggestive",
    "invalid": "recipe_headline.invalid",
}
"""Decisions that are stated in one way."""
_UNPROVEN = ("recipe_headline.improved_not_recipe", "recipe_headline.regressed_not_recipe")
_BY_SCOPE: dict[Decision, tuple[str, str]] = {
    "improved": ("recipe_headline.improved_recipe", "recipe_headline.improved_runs"),
    "regressed": ("recipe_headline.regressed_recipe", "recipe_headline.regressed_runs"),
    "equivalent": ("recipe_headline.equivalent_recipe", "recipe_headline.equivalent_runs"),
    "inconclusive": ("recipe_headline.inconclusive_recipe", "recipe_headline.inconclusive_runs"),
}
_SMALL_BY_SCOPE: dict[Decision, tuple[str, str]] = {
    "improved": ("recipe_headline.improved_recipe_small", "recipe_headline.improved_runs_small"),
    "regressed": ("recipe_headline.regressed_recipe_small", "recipe_headline.regressed_runs_small"),
}
"""What is said of the recipe, and of these runs."""


def pair_headline(
    comparison: Comparison,
    policy: Policy,
    decision: Decision,
    qualifiers: Sequence[Qualifier],
    claims: MarginClaims,
) -> tuple[Statement, ...]:
    """State what one pair shows; then what else is true of it that the first sentence leaves out.

    That it is equivalent as well, that the decision is at another level than the interval shown,
    and that the questions are a part of the split.
    """
    values = _pair_values(comparison, policy, claims) | other_reading(comparison, decision)
    key = _pair_key(comparison, policy, decision, qualifiers, claims)
    keys = [key, *_further_keys(comparison, policy, decision, key, claims)]
    return tuple(Statement(key=name, values=values) for name in keys)


def _further_keys(
    comparison: Comparison, policy: Policy, decision: Decision, first: str, claims: MarginClaims
) -> Iterator[str]:
    if decision == "invalid":
        return
    is_difference = decision in (*ESTABLISHED, "suggestive") and not first.endswith("_small")
    if is_difference and claims.is_equivalent:
        yield "headline.also_equivalent"
    if first != "headline.itself" and has_two_levels(comparison.gain.confidence_level, policy):
        is_paired = comparison.gain.method == "tango"
        yield "headline.levels" if is_paired else "headline.levels_plain"
    if comparison.headline_set in PARTIAL_SETS:
        yield f"headline.of_{comparison.headline_set}"


def has_two_levels(confidence_level: float, policy: Policy) -> bool:
    """Whether the interval shown is of another level than the one that decides."""
    return abs(confidence_level - (1 - policy.alpha)) > _ROUNDING


def _pair_key(
    comparison: Comparison,
    policy: Policy,
    decision: Decision,
    qualifiers: Sequence[Qualifier],
    claims: MarginClaims,
) -> str:
    if decision != "invalid" and compares_itself(comparison):
        return "headline.itself"
    if decision in ESTABLISHED:
        return _established_key(comparison, policy, decision == "improved", qualifiers, claims)
    if decision == "suggestive":
        return _suggestive_key(comparison, policy)
    if decision == "powerless":
        is_any = could_have_shown(comparison.n_questions, policy.alpha)
        return "headline.powerless_discordant" if is_any else "headline.powerless"
    if decision == "inconclusive":
        return _inconclusive_key(comparison, policy, claims)
    return _OF_PAIR[decision]


def _established_key(
    comparison: Comparison,
    policy: Policy,
    is_gain: bool,
    qualifiers: Sequence[Qualifier],
    claims: MarginClaims,
) -> str:
    """Call it small where the interval shown lies inside the margin; else leave its size open."""
    if comparison.gain.interval.is_inside(policy.margin):
        return "headline.improved_small" if is_gain else "headline.regressed_small"
    if "small" in qualifiers and not claims.is_equivalent:
        return "headline.improved_open" if is_gain else "headline.regressed_open"
    return "headline.improved" if is_gain else "headline.regressed"


def _suggestive_key(comparison: Comparison, policy: Policy) -> str:
    """Say which of test and interval does not reject, and whether the test could have."""
    exact, clusters = comparison.mcnemar.exact, comparison.gain.clusters
    is_exact = exact <= policy.alpha
    if policy.family > 1 and deciding_pvalue(exact, clusters) <= policy.alpha:
        return "headline.suggestive_in_family"
    if clusters is not None:
        return "headline.suggestive_by_flips" if is_exact else "headline.suggestive_by_mean"
    if is_exact:
        return "headline.suggestive_by_test"
    is_paired = comparison.gain.method == "tango"
    few = is_paired and not could_have_shown(comparison.table.discordant, policy.alpha)
    return "headline.suggestive_few" if few else "headline.suggestive"


def _inconclusive_key(comparison: Comparison, policy: Policy, claims: MarginClaims) -> str:
    if policy.family > 1 and -policy.margin < claims.low and claims.high < policy.margin:
        return "headline.equivalent_not_in_family"
    if comparison.gain.estimate == 0:
        return "headline.inconclusive_tie"
    required = comparison.power.required_for_margin
    # a plan that this run has met already plans nothing
    if required is None or required <= comparison.n_questions:
        return "headline.inconclusive_unsettled"
    is_above = comparison.gain.estimate > 0
    return "headline.inconclusive" if is_above else "headline.inconclusive_loss"


def _pair_values(comparison: Comparison, policy: Policy, claims: MarginClaims) -> dict[str, Any]:
    power = comparison.power
    return (
        _gain_values(comparison.gain)
        | _deciding_values(comparison, policy)
        | {
            "n": comparison.n_questions,
            "discordant": comparison.n_changed,
            "margin": policy.margin,
            "margin_low": claims.low,
            "margin_high": claims.high,
            "margin_level": claims.confidence_level,
            "family": policy.family,
            "required": _about(power.required_questions),
            "margin_required": _about(power.required_for_margin),
            "power": power.power,
            "reason": blocking_reason(comparison.checks),
        }
    )


def _deciding_values(comparison: Comparison, policy: Policy) -> dict[str, Any]:
    """Give what the decision is taken by: alpha, p-value, and the interval of level 1 - alpha."""
    adjusted, level = policy.adjusted_pvalue, 1 - policy.alpha
    exact, clusters = comparison.mcnemar.exact, comparison.gain.clusters
    interval = _deciding_interval(comparison, level)
    return {
        "alpha": policy.alpha,
        "p": deciding_pvalue(exact, clusters) if adjusted is None else adjusted,
        "deciding_low": interval.low,
        "deciding_high": interval.high,
        "deciding_level": level,
    }


def _deciding_interval(comparison: Comparison, level: float) -> Interval:
    """Give the interval of the decision; at the level asked for it is the one that is shown."""
    table, gain = comparison.table, comparison.gain
    if gain.confidence_level == level:
        return gain.interval
    if gain.clusters is not None:
        return cluster_interval(gain.clusters, level)
    if gain.method == "tango":
        return tango_interval(table.losses, table.gains, table.n, level)
    return gain.interval


def _gain_values(gain: Gain) -> dict[str, Any]:
    """Give a gain, and its unsigned size with ends from the nearer to the farther."""
    low, high = gain.interval.low, gain.interval.high
    near, far = (low, high) if gain.estimate >= 0 else (-high, -low)
    return {
        "gain": gain.estimate,
        "low": low,
        "high": high,
        "size": abs(gain.estimate),
        "size_low": near,
        "size_high": far,
        "level": gain.confidence_level,
    }


def _about(count: int | None) -> int | None:
    """Round up to two significant digits: a plan, not a measurement."""
    if count is None:
        return None
    # up, because a smaller number of questions would not reach the power that is promised
    unit: int = 10 ** max(len(str(count)) - 2, 0)
    return -(-count // unit) * unit


def recipe_headline(
    comparison: RecipeComparison, policy: Policy, decision: Decision, scope: str, *, small: bool
) -> tuple[Statement, ...]:
    """State what the training seeds show, about these runs or the recipe; then one new run.

    A new run is told where the seeds are enough to judge the recipe by.
    """
    recipe = comparison.recipe
    average = recipe.scopes.recipe.interval
    values = (
        _gain_values(comparison.gain)
        | {
            "base": recipe.base,
            "trained": recipe.trained,
            "n": recipe.n_questions,
            "seeds": recipe.n_seeds,
            "changed": recipe.tests.changed,
            "margin": policy.margin,
            "recipe_low": None if average is None else average.low,
            "recipe_high": None if average is None else average.high,
            "reason": blocking_reason(comparison.checks),
        }
        | other_reading(comparison, decision)
    )
    key = _recipe_key(comparison, decision, scope, small=small)
    return (Statement(key=key, values=values), *_next_run(comparison, key))


def _next_run(comparison: RecipeComparison, key: str) -> tuple[Statement, ...]:
    """State the prediction interval beside a decision that is about more than the runs."""
    prediction = comparison.recipe.scopes.prediction
    is_none = key in ("recipe_headline.invalid", "recipe_headline.identical")
    if is_none or comparison.recipe.n_seeds < SEEDS_TO_JUDGE:
        return ()
    if prediction is None or prediction.interval is None:
        return ()
    values = {"new_low": prediction.interval.low, "new_high": prediction.interval.high}
    return (Statement(key="recipe_headline.next_run", values=values),)


def _recipe_key(
    comparison: RecipeComparison, decision: Decision, scope: str, *, small: bool
) -> str:
    is_shown = decision in (*ESTABLISHED, *NARROWED)
    if is_shown and _is_unproven(comparison, scope):
        higher, lower = _UNPROVEN
        return higher if comparison.gain.estimate > 0 else lower
    if decision in _OF_RECIPE:
        return _OF_RECIPE[decision]
    if all(row.losses == row.gains == 0 for row in comparison.recipe.seeds):
        return "recipe_headline.identical"
    if decision == "powerless":
        return "recipe_headline.powerless"
    if decision in ESTABLISHED and scope == "checkpoint":
        return "recipe_headline.one_seed"
    of_recipe, of_runs = (_SMALL_BY_SCOPE if small else _BY_SCOPE)[decision]
    return of_recipe if scope == "recipe" else of_runs


def _is_unproven(comparison: RecipeComparison, scope: str) -> bool:
    """Whether the seeds are enough to judge the recipe by, and it is not established."""
    recipe = comparison.recipe
    could_judge = recipe.n_seeds >= SEEDS_TO_JUDGE and recipe.scopes.recipe.interval is not None
    return scope != "recipe" and could_judge


def family_headline(family: Family, policy: Policy) -> tuple[Statement, ...]:
    """Count gains and losses, then all others, then name the largest gain with its warning."""
    n = len(family.comparisons)
    counts = Counter(c.verdict.decision if c.verdict else "none" for c in family.comparisons)
    higher, lower = counts["improved"], counts["regressed"]
    one_way = "models.higher" if higher else "models.lower" if lower else "models.neither"
    key = "models.both" if higher and lower else one_way
    values = {"higher": higher, "lower": lower, "n": n, "family": policy.family}
    statements = [Statement(key=key, values=values)]
    if higher + lower < n:
        statements.append(
            Statement(key="models.rest", values={"rest": others_counted(counts, policy)})
        )
    if higher:
        statements.append(_best(family))
    return tuple(statements)


def others_counted(counts: Counter[str], policy: Policy) -> tuple[Statement, ...]:
    """Count the decisions that are neither a gain nor a loss, in words."""
    keys: Counter[str] = Counter()
    for decision, key in _NO_DIFFERENCE.items():
        keys[key] += counts[decision]
    return tuple(
        Statement(key=key, values={"k": k, "margin": policy.margin}) for key, k in keys.items() if k
    )


def _best(family: Family) -> Statement:
    improved = (c for c in family.comparisons if c.verdict and c.verdict.decision == "improved")
    best = max(improved, key=lambda comparison: comparison.gain.estimate)
    values = _gain_values(best.gain) | {"name": best.trained.name, "n": len(family.comparisons)}
    return Statement(key="models.best", values=values)

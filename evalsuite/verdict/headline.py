"""The headline: which sentences every output shows, as keys and exact values.

No language is known here; the catalogues have a sentence for every key. A key never leads to "no
difference" without a margin, nor to "significant" alone.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evalsuite.records.recipe import SEEDS_TO_JUDGE
from evalsuite.records.statement import Statement
from evalsuite.verdict.evidence import ESTABLISHED, blocking_reason
from evalsuite.verdict.narrow import other_reading
from evalsuite.verdict.qualifiers import compares_itself

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison, Family, Gain
    from evalsuite.records.recipe import RecipeComparison
    from evalsuite.records.verdict import Decision, Policy, Qualifier

__all__ = ["family_headline", "pair_headline", "recipe_headline"]

_NO_DIFFERENCE = {
    "form_only": "form_only",
    "budget_only": "budget_only",
    "suggestive": "suggestive",
    "equivalent": "equivalent",
    "inconclusive": "undecided",
    "powerless": "undecided",
    "invalid": "invalid",
    "none": "none",
}
"""Decisions that are neither a gain nor a loss, and the word each is counted under, in order."""


def pair_headline(
    comparison: Comparison, policy: Policy, decision: Decision, qualifiers: Sequence[Qualifier]
) -> tuple[Statement, ...]:
    """State what one pair shows, and that the questions are a union of subsets where they are."""
    values = _pair_values(comparison, policy) | other_reading(comparison, decision)
    key = _pair_key(comparison, policy, decision, qualifiers)
    verdict = Statement(key=f"headline.{key}", values=values)
    if comparison.headline_set == "union" and decision != "invalid":
        return verdict, Statement(key="headline.of_union")
    return (verdict,)


def _pair_key(
    comparison: Comparison, policy: Policy, decision: Decision, qualifiers: Sequence[Qualifier]
) -> str:
    if decision != "invalid" and compares_itself(comparison):
        return "itself"
    if decision in ESTABLISHED:
        return decision + _size_variant(comparison, policy, qualifiers)
    if decision == "suggestive":
        is_exact = comparison.mcnemar.exact <= policy.alpha
        return "suggestive_in_family" if is_exact else "suggestive"
    if decision == "powerless":
        is_any = 2.0 ** (1 - _questions(comparison)) <= policy.alpha
        return "powerless_discordant" if is_any else "powerless"
    if decision == "inconclusive":
        return _inconclusive_variant(comparison)
    return decision


def _size_variant(comparison: Comparison, policy: Policy, qualifiers: Sequence[Qualifier]) -> str:
    if "small" not in qualifiers:
        return ""
    return "_small" if abs(comparison.gain.estimate) < policy.margin else "_perhaps_small"


def _inconclusive_variant(comparison: Comparison) -> str:
    if comparison.gain.estimate == 0:
        return "inconclusive_tie"
    if comparison.power.required_questions is None:
        return "inconclusive_unsettled"
    return "inconclusive" if comparison.gain.estimate > 0 else "inconclusive_loss"


def _pair_values(comparison: Comparison, policy: Policy) -> dict[str, Any]:
    required = comparison.power.required_questions
    return _gain_values(comparison.gain) | {
        "n": _questions(comparison),
        "discordant": comparison.table.discordant,
        "margin": policy.margin,
        "family": policy.family,
        "required": None if required is None else _about(required),
        "reason": blocking_reason(comparison.checks),
    }


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


def _questions(comparison: Comparison) -> int:
    return comparison.table.n // comparison.seeds.samples


def _about(count: int) -> int:
    """Round up to two significant digits: a plan, not a measurement."""
    # up, because a smaller number of questions would not reach the power that is promised
    unit: int = 10 ** max(len(str(count)) - 2, 0)
    return -(-count // unit) * unit


def recipe_headline(
    comparison: RecipeComparison, policy: Policy, decision: Decision, scope: str, *, small: bool
) -> tuple[Statement, ...]:
    """State what the training seeds show, and whether it is about these runs or the recipe."""
    recipe = comparison.recipe
    new_run = recipe.scopes.recipe.interval
    values = _gain_values(comparison.gain) | {
        "base": recipe.base,
        "trained": recipe.trained,
        "n": recipe.n_questions,
        "seeds": recipe.n_seeds,
        "changed": recipe.tests.changed,
        "margin": policy.margin,
        "recipe_low": None if new_run is None else new_run.low,
        "recipe_high": None if new_run is None else new_run.high,
        "reason": blocking_reason(comparison.checks),
    }
    key = _recipe_key(comparison, decision, scope, small=small)
    return (Statement(key=f"recipe_headline.{key}", values=values),)


def _recipe_key(
    comparison: RecipeComparison, decision: Decision, scope: str, *, small: bool
) -> str:
    is_recipe = scope == "recipe"
    if decision in ("invalid", "suggestive"):
        return decision
    if all(row.losses == row.gains == 0 for row in comparison.recipe.seeds):
        return "identical"
    if decision == "powerless":
        return decision
    if decision in ESTABLISHED and not is_recipe and _could_judge(comparison):
        return f"{decision}_not_recipe"
    return f"{decision}_{'recipe' if is_recipe else 'runs'}{'_small' if small else ''}"


def _could_judge(comparison: RecipeComparison) -> bool:
    recipe = comparison.recipe
    return recipe.n_seeds >= SEEDS_TO_JUDGE and recipe.scopes.recipe.interval is not None


def family_headline(family: Family, policy: Policy) -> tuple[Statement, ...]:
    """Count gains and losses, then all others, then name the largest gain with its warning."""
    n = len(family.comparisons)
    counts = Counter(c.verdict.decision if c.verdict else "none" for c in family.comparisons)
    higher, lower = counts["improved"], counts["regressed"]
    key = "both" if higher and lower else "higher" if higher else "lower" if lower else "neither"
    values = {"higher": higher, "lower": lower, "n": n, "family": max(policy.family, n)}
    statements = [Statement(key=f"models.{key}", values=values)]
    if higher + lower < n:
        statements.append(Statement(key="models.rest", values={"rest": _others(counts, policy)}))
    if higher:
        statements.append(_best(family))
    return tuple(statements)


def _others(counts: Counter[str], policy: Policy) -> tuple[Statement, ...]:
    words: Counter[str] = Counter()
    for decision, word in _NO_DIFFERENCE.items():
        words[word] += counts[decision]
    return tuple(
        Statement(key=f"models.rest_{word}", values={"k": k, "margin": policy.margin})
        for word, k in words.items()
        if k
    )


def _best(family: Family) -> Statement:
    improved = (c for c in family.comparisons if c.verdict and c.verdict.decision == "improved")
    best = max(improved, key=lambda comparison: comparison.gain.estimate)
    values = _gain_values(best.gain) | {"name": best.trained.name, "n": len(family.comparisons)}
    return Statement(key="models.best", values=values)

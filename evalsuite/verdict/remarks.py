"""Remarks of a pair or a recipe: each qualifier as a statement with its numbers, then what else.

Which qualifiers hold is not decided here. In files from before a number was recorded, the statement
is the plain one without it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evalsuite.records.recipe import SEEDS_TO_JUDGE
from evalsuite.records.verdict import Remark, Statement
from evalsuite.verdict.evidence import ESTABLISHED
from evalsuite.verdict.passes import passes_remark
from evalsuite.verdict.qualifiers import is_established, larger_budget, may_be_finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evalsuite.records.comparison import BudgetRow, Comparison, GainDifference, GainRow
    from evalsuite.records.recipe import RecipeComparison, RecipeRow
    from evalsuite.records.verdict import Policy, Qualifier

__all__ = ["remarks_of", "remarks_of_recipe"]


def remarks_of(
    comparison: Comparison, policy: Policy, qualifiers: Sequence[Qualifier]
) -> tuple[Remark, ...]:
    """State every qualifier, in order, then more tries, other budgets and the family declared."""
    stated = [
        Remark(code=code, statement=_STATEMENTS.get(code, _plain(code))(comparison, policy))
        for code in qualifiers
    ]
    is_invalid = any(check.level == "blocking" for check in comparison.checks)
    others = [] if is_invalid else _other_budgets(comparison, policy, qualifiers)
    tries = () if is_invalid else passes_remark(comparison, policy)
    return (*stated, *tries, *others, *_family(policy))


def _plain(code: str) -> Callable[[Comparison, Policy], Statement]:
    return lambda _, policy: Statement(key=f"qualifier.{code}", values={"margin": policy.margin})


def _truncation_dominated(comparison: Comparison, policy: Policy) -> Statement:
    largest, bounds = larger_budget(comparison), comparison.truncation.bounds
    if largest is not None and largest.exact > policy.alpha:
        return Statement(key="qualifier.gone_at_largest", values=_row_values(largest))
    if largest is not None and largest.gain * comparison.gain.estimate <= 0:
        return Statement(key="qualifier.turned_at_largest", values=_row_values(largest))
    if bounds is None:
        return Statement(key="qualifier.truncation_dominated")
    free = {"free_low": bounds.low, "free_high": bounds.high}
    if largest is None:
        return Statement(key="qualifier.bounds", values=free)
    return Statement(key="qualifier.bounds_beside_largest", values=free | _row_values(largest))


def _mostly_truncation(comparison: Comparison, policy: Policy) -> Statement:
    made_of, attribution = comparison.made_of, comparison.attribution
    gain = {"gain": comparison.gain.estimate}
    if made_of is not None and made_of.finished is not None:
        values = gain | _part_values(made_of.finished) | {"tokens": made_of.max_new_tokens}
        return Statement(key="qualifier.mostly_finished", values=values)
    if attribution is None or not may_be_finished(comparison):
        return _plain("mostly_truncation")(comparison, policy)
    values = gain | {"part": attribution.finished.gain, "tokens": comparison.headline_budget}
    return Statement(key="qualifier.mostly_unfinished", values=values)


def _mostly_format(comparison: Comparison, policy: Policy) -> Statement:
    made_of = comparison.made_of
    if made_of is None or made_of.formatted is None:
        return _plain("mostly_format")(comparison, policy)
    values = {"gain": comparison.gain.estimate} | _part_values(made_of.formatted)
    return Statement(key="qualifier.mostly_formatted", values=values)


def _budget_dependent(comparison: Comparison, policy: Policy) -> Statement:
    row = _dependent_budget(comparison, policy)
    if row is None or row.difference is None:
        return _plain("budget_dependent")(comparison, policy)
    return Statement(
        key="qualifier.another_budget",
        values=_row_values(row) | _difference_values(row.difference) | _cut_values(row),
    )


def _dependent_budget(comparison: Comparison, policy: Policy) -> BudgetRow | None:
    """Choose the budget to name: the largest stored, else the one nearest below the headline's."""
    differing = [row for row in comparison.budgets if is_established(row.difference, policy)]
    return max(differing, key=lambda row: row.max_new_tokens, default=None)


def _grader_dependent(comparison: Comparison, policy: Policy) -> Statement:
    for grader, row in sorted(comparison.graders.items()):
        if row.difference is not None and is_established(row.difference, policy):
            values = {"grader": grader} | _gain_values(row) | _difference_values(row.difference)
            return Statement(key="qualifier.another_grader", values=values)
    return _plain("grader_dependent")(comparison, policy)


def _seed_sensitive(comparison: Comparison, policy: Policy) -> Statement:
    for number, difference in enumerate(comparison.seeds.differences, start=1):
        if is_established(difference, policy):
            values = {"sample": number} | _difference_values(difference)
            return Statement(key="qualifier.another_sample", values=values)
    return _plain("seed_sensitive")(comparison, policy)


def _prompts_differ(comparison: Comparison, policy: Policy) -> Statement:
    del policy
    values = {
        "changed": comparison.changed_prompts,
        "n": comparison.table.n // comparison.seeds.samples,
    }
    return Statement(key="qualifier.prompts_differ", values=values)


_STATEMENTS: dict[str, Callable[[Comparison, Policy], Statement]] = {
    "truncation_dominated": _truncation_dominated,
    "mostly_truncation": _mostly_truncation,
    "mostly_format": _mostly_format,
    "budget_dependent": _budget_dependent,
    "grader_dependent": _grader_dependent,
    "prompts_differ": _prompts_differ,
    "seed_sensitive": _seed_sensitive,
}


def _other_budgets(
    comparison: Comparison, policy: Policy, qualifiers: Sequence[Qualifier]
) -> Iterator[Remark]:
    """Say what the largest budget shows, and how a smaller one would look where it wasn't tested.

    Nothing that ``budget_dependent`` says already.
    """
    largest = larger_budget(comparison)
    is_told = "budget_dependent" in qualifiers
    named = _dependent_budget(comparison, policy) if is_told else None
    if largest is not None and largest is not named:
        statement = Statement(key="qualifier.larger_budget", values=_row_values(largest))
        yield Remark(code="larger_budget", statement=statement)
    tight = None if is_told else _untested_budget(comparison)
    if tight is not None:
        values = _row_values(tight) | _cut_values(tight)
        statement = Statement(key="qualifier.tight_budget", values=values)
        yield Remark(code="tight_budget", statement=statement)


def _untested_budget(comparison: Comparison) -> BudgetRow | None:
    """Give the largest budget whose interval misses the headline's gain, if none was tested.

    A run that a look stopped has no valid test of it.
    """
    is_early = comparison.stopped_early is not None
    unlike = [
        row
        for row in comparison.budgets
        if row.max_new_tokens < (comparison.headline_budget or 0)
        and (row.difference is None or is_early)
        and not row.interval.low <= comparison.gain.estimate <= row.interval.high
    ]
    return max(unlike, key=lambda row: row.max_new_tokens, default=None)


def _family(policy: Policy) -> Iterator[Remark]:
    if policy.family > 1:
        key = "family" if policy.adjusted_pvalue is None else "family_holm"
        values = {"size": policy.family, "adjusted": policy.adjusted_pvalue}
        yield Remark(code="family", statement=Statement(key=f"qualifier.{key}", values=values))


def _gain_values(row: GainRow) -> dict[str, Any]:
    return {
        "gain": row.gain,
        "low": row.interval.low,
        "high": row.interval.high,
        "exact": row.exact,
    }


def _row_values(row: BudgetRow | RecipeRow) -> dict[str, Any]:
    return _gain_values(row) | {"tokens": row.max_new_tokens}


def _part_values(part: GainRow) -> dict[str, Any]:
    return {"part": part.gain, "part_low": part.interval.low, "part_high": part.interval.high}


def _difference_values(difference: GainDifference) -> dict[str, Any]:
    return {
        "difference": difference.gain,
        "difference_low": difference.interval.low,
        "difference_high": difference.interval.high,
        "adjusted": difference.adjusted,
    }


def _cut_values(row: BudgetRow) -> dict[str, Any]:
    return {"base_cut": row.base.truncated / row.n, "trained_cut": row.trained.truncated / row.n}


def remarks_of_recipe(
    comparison: RecipeComparison, policy: Policy, qualifiers: Sequence[Qualifier]
) -> tuple[Remark, ...]:
    """State every qualifier of a recipe, in order, then what the largest budget shows."""
    stated = [_of_recipe(comparison, policy, code) for code in qualifiers]
    largest = larger_budget(comparison)
    if largest is None or _is_blocked(comparison) or _dependent_row(comparison, policy) is largest:
        return tuple(stated)
    statement = Statement(key="qualifier.larger_budget", values=_row_values(largest))
    return (*stated, Remark(code="larger_budget", statement=statement))


def _is_blocked(comparison: RecipeComparison) -> bool:
    return any(check.level == "blocking" for check in comparison.checks)


def _of_recipe(comparison: RecipeComparison, policy: Policy, code: Qualifier) -> Remark:
    if code in ("runs_only", "one_checkpoint"):
        return _of_average(comparison, code)
    if code in _RECIPE_STATEMENTS:
        return Remark(code=code, statement=_RECIPE_STATEMENTS[code](comparison, policy))
    if code == "small":
        return Remark(
            code=code, statement=Statement(key="qualifier.small", values={"margin": policy.margin})
        )
    return Remark(code=code, statement=_in_runs(comparison, code))


def _in_runs(comparison: RecipeComparison, code: Qualifier) -> Statement:
    """State in how many runs a qualifier holds that half of them have."""
    held = [c.verdict is not None and code in c.verdict.qualifiers for c in comparison.parts]
    values: dict[str, Any] = {
        "k": held.count(True),
        "n": len(held),
        "name": Statement(key=f"qualifier_name.{code}"),
    }
    return Statement(key="recipe.in_runs", values=values)


def _of_average(comparison: RecipeComparison, code: Qualifier) -> Remark:
    """State what the recipe's average may be, and whether that is a failed test or too few seeds.

    A mean that is established for these runs, of seeds enough to judge the recipe, is a failed one.
    """
    recipe, average = comparison.recipe, comparison.recipe.scopes.recipe.interval
    values: dict[str, Any] = {"n": recipe.n_seeds}
    if average is None or code == "one_checkpoint":
        return Remark(code=code, statement=Statement(key="recipe.runs_only_plain", values=values))
    values |= {"low": average.low, "high": average.high}
    claim = comparison.graders.get("strict")
    is_established_here = claim is not None and claim.decision in ESTABLISHED
    if recipe.n_seeds >= SEEDS_TO_JUDGE and is_established_here:
        statement = Statement(key="recipe.not_recipe", values=values)
        return Remark(code="not_recipe", statement=statement)
    return Remark(code=code, statement=Statement(key="recipe.runs_only", values=values))


def _dependent_row(comparison: RecipeComparison, policy: Policy) -> RecipeRow | None:
    differing = [row for row in comparison.budgets if is_established(row.difference, policy)]
    return max(differing, key=lambda row: row.max_new_tokens or 0, default=None)


def _recipe_budget(comparison: RecipeComparison, policy: Policy) -> Statement:
    row = _dependent_row(comparison, policy)
    if row is None or row.difference is None:
        return Statement(key="qualifier.budget_dependent")
    cut = {"base_cut": row.base_truncated, "trained_cut": row.trained_truncated}
    values = _row_values(row) | _difference_values(row.difference) | cut
    return Statement(key="recipe.another_budget", values=values)


def _recipe_grader(comparison: RecipeComparison, policy: Policy) -> Statement:
    for grader, row in sorted(comparison.graders.items()):
        if row.difference is not None and is_established(row.difference, policy):
            values = {"grader": grader} | _gain_values(row) | _difference_values(row.difference)
            return Statement(key="qualifier.another_grader", values=values)
    return Statement(key="qualifier.grader_dependent")


def _recipe_seeds(comparison: RecipeComparison, policy: Policy) -> Statement:
    """Name the seed that differs the most; in files without tests, what each was called."""
    recipe = comparison.recipe
    differing = [
        (row, each)
        for row, each in zip(recipe.seeds, recipe.differences, strict=False)
        if is_established(each, policy)
    ]
    if differing:
        row, difference = max(differing, key=lambda found: abs(found[1].gain))
        values = {"seed": row.seed, "k": len(differing)} | _difference_values(difference)
        return Statement(key="recipe.another_seed", values=values | {"n": recipe.n_seeds})
    counted = Counter(row.decision for row in recipe.seeds)
    words = tuple(
        Statement(
            key="check_detail.EVS085_count",
            values={"k": k, "decision": Statement(key=f"decision.{decision}")},
        )
        for decision, k in counted.items()
    )
    return Statement(key="recipe.seed_sensitive", values={"told": words})


_RECIPE_STATEMENTS: dict[str, Callable[[RecipeComparison, Policy], Statement]] = {
    "budget_dependent": _recipe_budget,
    "grader_dependent": _recipe_grader,
    "training_seed_sensitive": _recipe_seeds,
}

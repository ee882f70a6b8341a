"""Remarks of a recipe: each qualifier of its mean as a statement, then the largest budget.

A dependence is a tested difference of mean gains; in files from before it was tested, the statement
says so.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evalsuite.records.groups.recipe import SEEDS_TO_JUDGE
from evalsuite.records.verdict import ESTABLISHED, Remark, Statement
from evalsuite.verdict.qualifiers import is_established, larger_budget
from evalsuite.verdict.remarks import difference_values, gain_values, row_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalsuite.records.groups.recipe import RecipeComparison, RecipeRow
    from evalsuite.records.verdict import Policy, Qualifier

__all__ = ["remarks_of_recipe"]


def remarks_of_recipe(
    comparison: RecipeComparison, policy: Policy, qualifiers: Sequence[Qualifier]
) -> tuple[Remark, ...]:
    """State every qualifier of a recipe, in order, then what the largest budget shows."""
    stated = [_of_recipe(comparison, policy, code) for code in qualifiers]
    largest = larger_budget(comparison)
    if largest is None or comparison.is_blocked or _dependent_row(comparison, policy) is largest:
        return tuple(stated)
    statement = Statement(key="qualifier.larger_budget", values=row_values(largest))
    return (*stated, Remark(code="larger_budget", statement=statement))


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
    claim = comparison.graders.get(comparison.decides)
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
    values = row_values(row) | difference_values(row.difference) | cut
    return Statement(key="recipe.another_budget", values=values)


def _recipe_grader(comparison: RecipeComparison, policy: Policy) -> Statement:
    for grader, row in sorted(comparison.graders.items()):
        if row.difference is not None and is_established(row.difference, policy):
            values = {"grader": grader} | gain_values(row) | difference_values(row.difference)
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
        values = {"seed": row.seed, "k": len(differing)} | difference_values(difference)
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

"""From the finished runs of several training seeds to one comparison of the recipe.

The seed is the replicate: the seeds' answers are analysed together, each seed's own comparison is
kept beside them, and none is picked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.asking.grading import table_of, with_table
from evalsuite.asking.session import compare_planned
from evalsuite.comparing.recipe import lay_out_seeds, mean, recipe_of
from evalsuite.records.recipe import RecipeComparison, RecipeRow
from evalsuite.training.log import find_training_log
from evalsuite.verdict.judge import judge
from evalsuite.verdict.recipe import decide_recipe
from evalsuite.verdict.recipe_checks import recipe_checks
from evalsuite.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.comparing.recipe import SeedTables
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.replicates import RecipePlan
    from evalsuite.records.verdict import Policy

__all__ = ["compare_recipe", "seed_pairs"]


def seed_pairs(
    plan: RecipePlan, planned: Sequence[PlannedRun]
) -> tuple[tuple[PlannedRun, PlannedRun], ...]:
    """Put the runs of each seed together: base and trained.

    Parameters
    ----------
    plan
        Its names are those the runs were planned under.
    planned
        Bases first, then the checkpoints.

    Returns
    -------
    tuple of pairs
        In order of seed.
    """
    n_bases = len(plan.names.bases)
    bases, trained = planned[:n_bases], planned[n_bases:]
    if n_bases == 1:
        return tuple((bases[0], one) for one in trained)
    return tuple(zip(bases, trained, strict=True))


def compare_recipe(
    plan: RecipePlan,
    planned: Sequence[PlannedRun],
    asked: CompareSpec,
    *,
    train_log: Path | None = None,
) -> RecipeComparison:
    """Compare a recipe with a base model, or with another recipe seed by seed.

    Parameters
    ----------
    plan
        Names, seeds and manifests.
    planned
        Finished runs in the order of ``plan.names.names``.
    asked
        Budgets, subsets and policy.
    train_log
        Log of a training run; sought beside each model where None.

    Returns
    -------
    RecipeComparison
        With verdict; each seed's own comparison is in ``comparisons``.

    Raises
    ------
    NotComparableError
        If the runs hold different questions.
    """
    pairs = seed_pairs(plan, [with_table(each, asked) for each in planned])
    comparisons = tuple(
        compare_planned(base, trained, asked, training=find_training_log(trained.model, train_log))
        for base, trained in pairs
    )
    first, policy = comparisons[0], asked.policy
    seeds = lay_out_seeds(
        [(table_of(base, asked), table_of(trained, asked)) for base, trained in pairs],
        is_paired=plan.names.paired_by_seed,
        confidence_level=policy.confidence_level,
    )
    headline = _headline(first)
    difference = seeds.difference(headline, seeds.decides)
    claim = decide_recipe(difference, policy)
    recipe = recipe_of(plan, difference, comparisons)
    base = planned[0].model
    start = None if plan.names.paired_by_seed else base.weights or base.revision
    compared = RecipeComparison(
        task=first.task,
        headline_budget=first.headline_budget,
        headline_set=first.headline_set,
        recipe=recipe,
        gain=claim.gain,
        budgets=tuple(
            _row(seeds, row.max_new_tokens, seeds.decides, policy) for row in first.budgets
        ),
        graders={grader: _row(seeds, headline, grader, policy) for grader in seeds.graders},
        checks=recipe_checks(recipe, plan, comparisons, start),
        provenance={"evalsuite": __version__, "trainings": _trainings(plan)},
        comparisons=comparisons,
    )
    return replace(compared, verdict=judge(compared, policy))


def _headline(comparison: Comparison) -> int | None:
    """Give the headline budget to cut at; None for logs that can't be cut."""
    return comparison.headline_budget if comparison.budgets else None


def _row(seeds: SeedTables, budget: int | None, grader: str, policy: Policy) -> RecipeRow:
    difference = seeds.difference(budget, grader)
    claim, cut_off = decide_recipe(difference, policy), seeds.cut_off(budget)
    return RecipeRow(
        max_new_tokens=budget,
        base=mean([seed.base_accuracy for seed in difference.per_seed]),
        trained=mean([seed.accuracy for seed in difference.per_seed]),
        base_truncated=cut_off["base"],
        trained_truncated=cut_off["trained"],
        gain=difference.estimate,
        interval=claim.gain.interval,
        exact=difference.over_questions.pvalue,
        recipe=difference.recipe.pvalue,
        decision=claim.decision,
        scope=claim.scope,
    )


def _trainings(plan: RecipePlan) -> dict[str, Any]:
    """List what differs between the runs of a recipe: seed, steps, time, weights."""
    return {
        training.name: {
            "seed": training.seed,
            "steps": training.steps,
            "seconds": training.seconds,
            "weights": list(training.weights),
            "start": training.start,
            "versions": training.versions,
        }
        for training in (*plan.base_trainings, *plan.trainings)
        if training is not None
    }

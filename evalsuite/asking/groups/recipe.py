"""Recipes: what is known of their trainings beforehand, and the comparison of their finished runs.

Seeds that are not replicates of one recipe are refused before hours of generation. The
seeds' answers are analysed together. Each seed's own comparison is kept as well; no seed is
picked as the best.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.asking.session import compare_planned
from evalsuite.comparing.groups.recipe import (
    budget_differences,
    grader_differences,
    lay_out_seeds,
    mean,
    recipe_of,
    seed_differences,
)
from evalsuite.errors import Clause, UnknownModelError
from evalsuite.models.names import read_aliases
from evalsuite.models.seed_names import expand_seeds
from evalsuite.records.groups.recipe import RecipeComparison, RecipeRow
from evalsuite.records.groups.replicates import RecipePlan
from evalsuite.training.recipe import differing_settings, read_training, shared_settings
from evalsuite.verdict.groups.recipe import decide_recipe
from evalsuite.verdict.groups.recipe_checks import recipe_checks
from evalsuite.verdict.judge import judge
from evalsuite.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.asking.plan import FinishedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.comparing.groups.recipe import SeedTables
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.groups.replicates import SeedNames, Training
    from evalsuite.records.verdict import Policy

__all__ = ["compare_recipe", "plan_recipe", "seed_pairs"]


def plan_recipe(names: tuple[str, ...], *, folder: Path = Path()) -> RecipePlan | None:
    """Find out whether names mean a recipe, and whether its seeds are one.

    Names are as typed, base first; ``folder`` holds the settings file. None where each name stands
    for a model of its own.

    Raises
    ------
    UnknownModelError
        If a seed asked for is not there.
    InvalidInputError
        If the names contradict each other.
    NotComparableError
        If the trainings differ in more than their seed.
    """
    seeds = expand_seeds(names, folder=folder)
    if seeds is None:
        return None
    aliases = read_aliases(folder)
    trainings = _trainings_of(seeds, seeds.trained, aliases, folder)
    settings = _settings(seeds.trained, trainings)
    if not seeds.paired_by_seed:
        return RecipePlan(
            names=seeds, trainings=trainings, base_trainings=(), settings=settings, differing={}
        )
    base_trainings = _trainings_of(seeds, seeds.base, aliases, folder)
    base_settings = _settings(seeds.base, base_trainings)
    both = base_settings and settings
    return RecipePlan(
        names=seeds,
        trainings=trainings,
        base_trainings=base_trainings,
        settings=settings,
        differing=differing_settings(base_settings, settings) if both else {},
    )


def seed_pairs(
    plan: RecipePlan, runs: Sequence[FinishedRun]
) -> tuple[tuple[FinishedRun, FinishedRun], ...]:
    """Put the runs of each seed together, base and trained, in the order of seeds.

    ``runs`` has bases first, then the checkpoints, as the plan names them.
    """
    n_bases = len(plan.names.bases)
    bases, trained = runs[:n_bases], runs[n_bases:]
    if n_bases == 1:
        return tuple((bases[0], checkpoint) for checkpoint in trained)
    return tuple(zip(bases, trained, strict=True))


def compare_recipe(
    plan: RecipePlan, runs: Sequence[FinishedRun], spec: CompareSpec
) -> RecipeComparison:
    """Compare a recipe with a base model, or with another recipe seed by seed, and judge.

    ``runs`` stand in the order of ``plan.names.names``.

    Raises
    ------
    NotComparableError
        If the runs hold different questions.
    """
    pairs = seed_pairs(plan, runs)
    comparisons = tuple(compare_planned(base, trained, spec) for base, trained in pairs)
    first, policy = comparisons[0], spec.policy
    seeds = lay_out_seeds(
        [(base.table, trained.table) for base, trained in pairs],
        is_paired=plan.names.paired_by_seed,
        confidence_level=policy.confidence_level,
    )
    headline = _headline(first)
    difference = seeds.difference(headline, seeds.decides)
    claim = decide_recipe(difference, policy)
    recipe = recipe_of(plan, difference, comparisons, seed_differences(seeds, headline))
    base = runs[0].model
    start = None if plan.names.paired_by_seed else base.identity
    compared = RecipeComparison(
        task=first.task,
        headline_budget=first.headline_budget,
        headline_set=first.headline_set,
        recipe=recipe,
        gain=claim.gain,
        budgets=_budget_rows(
            seeds, headline, [row.max_new_tokens for row in first.budgets], policy
        ),
        graders=_grader_rows(seeds, headline, policy),
        checks=recipe_checks(recipe, plan, comparisons, start),
        provenance={"evalsuite": __version__, "trainings": _trainings(plan)},
        comparisons=comparisons,
    )
    return replace(compared, verdict=judge(compared, policy))


def _headline(comparison: Comparison) -> int | None:
    """Give the headline budget to cut at; None for logs that can't be cut."""
    return comparison.headline_budget if comparison.budgets else None


def _budget_rows(
    seeds: SeedTables, headline: int | None, budgets: Sequence[int], policy: Policy
) -> tuple[RecipeRow, ...]:
    tested = budget_differences(seeds, headline, budgets)
    rows = (_row(seeds, budget, seeds.decides, policy) for budget in budgets)
    return tuple(replace(row, difference=tested.get(row.max_new_tokens)) for row in rows)


def _grader_rows(seeds: SeedTables, headline: int | None, policy: Policy) -> dict[str, RecipeRow]:
    tested = grader_differences(seeds, headline)
    return {
        grader: replace(_row(seeds, headline, grader, policy), difference=tested.get(grader))
        for grader in seeds.graders
    }


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


def _trainings_of(
    seeds: SeedNames, recipe: str, aliases: Mapping[str, str], folder: Path
) -> tuple[Training | None, ...]:
    sources = {seed: aliases[f"{recipe}@{seed}"] for seed in seeds.seeds}
    lost = [seed for seed, source in sources.items() if _leads_nowhere(source, folder)]
    if lost:
        there = ",".join(str(seed) for seed in sources if seed not in lost)
        others = (
            Clause(", or name the others: {recipe}@{there}", recipe=recipe, there=there)
            if there
            else ""
        )
        raise UnknownModelError(
            "{recipe}@{seed} leads to {path}, which does not exist; train that seed again "
            "(evalsuite train --seed {seed} --alias {recipe}){others}",
            recipe=recipe,
            seed=lost[0],
            path=sources[lost[0]].removeprefix("path:"),
            others=others,
        )
    return tuple(
        read_training(f"{recipe}@{seed}", source, folder=folder) for seed, source in sources.items()
    )


def _leads_nowhere(source: str, folder: Path) -> bool:
    return source.startswith("path:") and not (folder / source.removeprefix("path:")).exists()


def _settings(recipe: str, trainings: tuple[Training | None, ...]) -> dict[str, Any]:
    known = [training for training in trainings if training is not None]
    return shared_settings(recipe, known) if known else {}

"""From the finished runs of several training seeds to one comparison of the recipe.

The seed is the replicate: the seeds' answers are analysed together, each seed's own comparison is
kept beside them, and none is picked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from evalsuite.asking.session import compare_planned
from evalsuite.comparing.pairing import pair_runs
from evalsuite.errors import NotComparableError
from evalsuite.records.recipe import (
    Recipe,
    RecipeComparison,
    RecipeRow,
    RecipeTests,
    Scopes,
    SeedRow,
)
from evalsuite.stats.several.seed_spread import spread_of
from evalsuite.stats.several.training_seeds import recipe_contrast, recipe_difference
from evalsuite.tasks.grading import GRADER_VERSIONS
from evalsuite.training.log import find_training_log
from evalsuite.verdict.judge import judge
from evalsuite.verdict.recipe import decide_recipe
from evalsuite.verdict.recipe_checks import recipe_checks
from evalsuite.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.records.comparison import Comparison, Policy
    from evalsuite.records.paired import PairedOutcomes
    from evalsuite.records.replicates import RecipePlan
    from evalsuite.stats.several.training_seeds import RecipeDifference

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
    pairs = seed_pairs(plan, planned)
    comparisons = tuple(
        compare_planned(base, trained, asked, training=find_training_log(trained.model, train_log))
        for base, trained in pairs
    )
    first, policy = comparisons[0], asked.policy
    views = {
        budget: _outcomes(pairs, budget)
        for budget in {*(row.max_new_tokens for row in first.budgets), _headline(first)}
    }
    seen = _Seen(views=views, paired=plan.names.paired_by_seed, policy=policy)
    found = seen.difference(_headline(first), "strict")
    claim = decide_recipe(found, policy)
    recipe = _recipe(plan, found, comparisons)
    base = planned[0].model
    start = None if plan.names.paired_by_seed else base.weights or base.revision
    compared = RecipeComparison(
        task=first.task,
        headline_budget=first.headline_budget,
        headline_set=first.headline_set,
        recipe=recipe,
        gain=claim.gain,
        budgets=tuple(seen.row(row.max_new_tokens, "strict") for row in first.budgets),
        graders={grader: seen.row(_headline(first), grader) for grader in GRADER_VERSIONS},
        checks=recipe_checks(recipe, plan, comparisons, start),
        provenance={"evalsuite": __version__, "trainings": _trainings(plan)},
        comparisons=comparisons,
    )
    return replace(compared, verdict=judge(compared, policy))


def _headline(comparison: Comparison) -> int | None:
    """Give the headline budget to cut at; None for logs that can't be cut."""
    return comparison.headline_budget if comparison.budgets else None


def _outcomes(
    pairs: Sequence[tuple[PlannedRun, PlannedRun]], budget: int | None
) -> tuple[PairedOutcomes, ...]:
    found = []
    for base, trained in pairs:
        if base.run is None or trained.run is None:
            raise NotComparableError("a run is not finished; start the same command again")
        found.append(pair_runs(base.run, trained.run, budget))
    keys = {(outcomes.question_ids, outcomes.samples) for outcomes in found}
    if len(keys) > 1:
        raise NotComparableError(
            "the seeds answered different questions, or in another order; run all of them on the "
            "same questions"
        )
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """Every pair's outcomes by budget: where each row of the comparison comes from."""

    views: dict[int | None, tuple[PairedOutcomes, ...]]
    paired: bool
    policy: Policy

    def difference(self, budget: int | None, grader: str) -> RecipeDifference:
        outcomes = self.views[budget]
        samples = len(set(outcomes[0].samples))
        trained = np.array([_by_question(o.trained, grader, samples) for o in outcomes])
        base = np.array([_by_question(o.base, grader, samples) for o in outcomes])
        level = self.policy.confidence_level
        if self.paired:
            return recipe_contrast(base, trained, confidence_level=level)
        return recipe_difference(base[0], trained, confidence_level=level)

    def row(self, budget: int | None, grader: str) -> RecipeRow:
        found = self.difference(budget, grader)
        claim = decide_recipe(found, self.policy)
        outcomes = self.views[budget]
        return RecipeRow(
            max_new_tokens=budget,
            base=_mean([seed.base_accuracy for seed in found.per_seed]),
            trained=_mean([seed.accuracy for seed in found.per_seed]),
            base_truncated=_cut_off([o.base.truncated for o in outcomes]),
            trained_truncated=_cut_off([o.trained.truncated for o in outcomes]),
            gain=found.estimate,
            interval=claim.gain.interval,
            exact=found.over_questions.pvalue,
            recipe=found.recipe.pvalue,
            decision=claim.decision,
            scope=claim.scope,
        )


def _by_question(side: Any, grader: str, samples: int) -> NDArray[np.int64]:
    return np.array(getattr(side, grader), dtype=np.int64).reshape(-1, samples)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _cut_off(seeds: Sequence[tuple[bool | None, ...]]) -> float | None:
    flags = [flag for seed in seeds for flag in seed]
    return None if None in flags else flags.count(True) / len(flags)


def _recipe(plan: RecipePlan, found: RecipeDifference, comparisons: Sequence[Comparison]) -> Recipe:
    bases = [seed.base_accuracy for seed in found.per_seed]
    level = found.confidence_level
    return Recipe(
        base=plan.names.base,
        trained=plan.names.trained,
        paired_by_seed=plan.names.paired_by_seed,
        n_seeds=found.n_seeds,
        n_questions=found.n_questions,
        samples=found.trained_samples,
        base_accuracy=_mean(bases),
        trained_accuracy=_mean([seed.accuracy for seed in found.per_seed]),
        seeds=_seed_rows(plan, comparisons),
        scopes=Scopes(
            same_questions=found.same_questions,
            new_questions=found.new_questions,
            recipe_same_questions=found.recipe_same_questions,
            recipe=found.recipe,
        ),
        tests=RecipeTests(
            questions=found.over_questions.pvalue,
            changed=found.over_questions.n_changed,
            seeds=None if found.sign_flip is None else found.sign_flip.pvalue,
        ),
        components=found.components,
        spread=spread_of([seed.accuracy for seed in found.per_seed], confidence_level=level),
        base_spread=spread_of(bases, confidence_level=level) if plan.base_trainings else None,
        gain_spread=spread_of([seed.gain for seed in found.per_seed], confidence_level=level),
        settings=plan.settings,
        differing=plan.differing,
    )


def _seed_rows(plan: RecipePlan, comparisons: Sequence[Comparison]) -> tuple[SeedRow, ...]:
    """Tell each seed under its alias: a stored run may have had another name."""
    names = plan.names
    bases = names.bases if names.paired_by_seed else names.bases * len(names.seeds)
    return tuple(
        SeedRow(
            seed=seed,
            base=base,
            trained=trained,
            base_accuracy=found.base.accuracy,
            accuracy=found.trained.accuracy,
            truncated=found.trained.truncated,
            losses=found.table.losses,
            gains=found.table.gains,
            gain=found.gain.estimate,
            interval=found.gain.interval,
            exact=found.mcnemar.exact,
            decision=found.verdict.decision if found.verdict else "inconclusive",
        )
        for seed, base, trained, found in zip(
            names.seeds, bases, names.checkpoints, comparisons, strict=True
        )
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

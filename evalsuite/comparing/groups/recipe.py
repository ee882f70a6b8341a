"""Recipes in numbers, from the paired tables of their training seeds: the seed is the replicate.

The seeds' answers are analysed together, at every budget and by every grader. What may be said of
them, the verdict room decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalsuite.comparing.contrasts import differences_from, each_against_others, question_gains
from evalsuite.comparing.pairing import pair_tables
from evalsuite.errors import NotComparableError
from evalsuite.records.dataclass import dataclass
from evalsuite.records.groups.recipe import Recipe, RecipeTests, Scopes, SeedRow
from evalsuite.stats.several.training_seeds import recipe_contrast, recipe_difference, spread_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from evalsuite.comparing.contrasts import Gains
    from evalsuite.comparing.pairing import PairedTables
    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.comparison import Comparison, GainDifference
    from evalsuite.records.groups.replicates import RecipePlan
    from evalsuite.records.paired import Outcomes, PairedOutcomes
    from evalsuite.stats.several.training_seeds import RecipeDifference

__all__ = [
    "SeedTables",
    "budget_differences",
    "grader_differences",
    "lay_out_seeds",
    "mean",
    "recipe_of",
    "seed_differences",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedTables:
    """Base and trained of every training seed, in order of seed, on the same questions."""

    pairs: tuple[PairedTables, ...]
    is_paired: bool
    """Whether each seed brings a base of its own; otherwise all share the first's."""
    confidence_level: float

    @property
    def graders(self) -> tuple[str, ...]:
        """The graders that graded every answer of every seed, in the order of the task."""
        outcomes = self.at(self.pairs[0].base.headline_budget)
        sides = [side for pair in outcomes for side in (pair.base, pair.trained)]
        known = self.pairs[0].base.task.graders
        return tuple(grader for grader in known if all(s.is_graded(grader) for s in sides))

    @property
    def decides(self) -> str:
        """The grader the verdict rests on."""
        return self.pairs[0].base.task.decides

    def at(self, budget: int | None) -> tuple[PairedOutcomes, ...]:
        """Lay out every pair at one budget."""
        return tuple(pair.at(budget) for pair in self.pairs)

    def difference(self, budget: int | None, grader: str) -> RecipeDifference:
        """Estimate the recipe's gain at one budget by one grader."""
        outcomes = self.at(budget)
        samples = len(set(outcomes[0].samples))
        trained = np.array([_by_question(o.trained, grader, samples) for o in outcomes])
        base = np.array([_by_question(o.base, grader, samples) for o in outcomes])
        if self.is_paired:
            return recipe_contrast(base, trained, confidence_level=self.confidence_level)
        return recipe_difference(base[0], trained, confidence_level=self.confidence_level)

    def gains(self, budget: int | None, grader: str) -> tuple[Gains, ...]:
        """Give the gain on every question, one entry a seed."""
        return tuple(question_gains(outcomes, grader) for outcomes in self.at(budget))

    def mean_gains(self, budget: int | None, grader: str) -> Gains:
        """Give the same with all seeds beside each other: a question's mean is that over seeds."""
        rows = zip(*self.gains(budget, grader), strict=True)
        return [[gain for seed in row for gain in seed] for row in rows]

    def cut_off(self, budget: int | None) -> dict[str, float | None]:
        """Give the share of cut-off answers over all seeds of ``base`` and ``trained``."""
        outcomes = self.at(budget)
        return {
            "base": _share([o.base.truncated for o in outcomes]),
            "trained": _share([o.trained.truncated for o in outcomes]),
        }


def lay_out_seeds(
    tables: Sequence[tuple[GradedTable, GradedTable]], *, is_paired: bool, confidence_level: float
) -> SeedTables:
    """Pair the tables of every seed.

    Raises
    ------
    NotComparableError
        If the seeds hold different questions or samples, or hold them in another order.
    """
    pairs = tuple(pair_tables(base, trained) for base, trained in tables)
    if len({(pair.question_ids, pair.samples) for pair in pairs}) > 1:
        raise NotComparableError(
            "the seeds answered different questions, or in another order; run all of them on the "
            "same questions"
        )
    scored = [p for p in pairs for t in (p.base, p.trained) if _is_partial(t)]
    if scored:
        raise NotComparableError(
            "some answers have scores between right and wrong, which training seeds are not "
            "judged by; compare one trained model at a time"
        )
    return SeedTables(pairs=pairs, is_paired=is_paired, confidence_level=confidence_level)


def budget_differences(
    seeds: SeedTables, headline: int | None, budgets: Sequence[int | None]
) -> dict[int | None, GainDifference]:
    """Set the mean gain at every other budget against the headline's, question by question."""
    others = [budget for budget in budgets if budget != headline]
    gains = [seeds.mean_gains(budget, seeds.decides) for budget in others]
    here = seeds.mean_gains(headline, seeds.decides)
    differences = differences_from(here, gains, seeds.confidence_level)
    return dict(zip(others, differences, strict=True))


def grader_differences(seeds: SeedTables, headline: int | None) -> dict[str, GainDifference]:
    """Set the mean gain by every other grader against the deciding one's."""
    others = [grader for grader in seeds.graders if grader != seeds.decides]
    gains = [seeds.mean_gains(headline, grader) for grader in others]
    here = seeds.mean_gains(headline, seeds.decides)
    differences = differences_from(here, gains, seeds.confidence_level)
    return dict(zip(others, differences, strict=True))


def seed_differences(seeds: SeedTables, headline: int | None) -> tuple[GainDifference, ...]:
    """Set every seed's gain against the mean of the others'."""
    return each_against_others(seeds.gains(headline, seeds.decides), seeds.confidence_level)


def recipe_of(
    plan: RecipePlan,
    difference: RecipeDifference,
    comparisons: Sequence[Comparison],
    differences: tuple[GainDifference, ...] = (),
) -> Recipe:
    """Describe the recipe: its seeds, their spread, and the gain with its scopes and tests."""
    bases = [seed.base_accuracy for seed in difference.per_seed]
    level = difference.confidence_level
    return Recipe(
        base=plan.names.base,
        trained=plan.names.trained,
        paired_by_seed=plan.names.paired_by_seed,
        n_seeds=difference.n_seeds,
        n_questions=difference.n_questions,
        samples=difference.trained_samples,
        base_accuracy=mean(bases),
        trained_accuracy=mean([seed.accuracy for seed in difference.per_seed]),
        seeds=_seed_rows(plan, comparisons),
        scopes=Scopes(
            same_questions=difference.same_questions,
            new_questions=difference.new_questions,
            recipe_same_questions=difference.recipe_same_questions,
            recipe=difference.recipe,
            prediction=difference.prediction,
        ),
        tests=RecipeTests(
            questions=difference.over_questions.pvalue,
            changed=difference.over_questions.n_changed,
            seeds=None if difference.sign_flip is None else difference.sign_flip.pvalue,
        ),
        components=difference.components,
        spread=spread_of([seed.accuracy for seed in difference.per_seed], confidence_level=level),
        base_spread=spread_of(bases, confidence_level=level) if plan.base_trainings else None,
        gain_spread=spread_of([seed.gain for seed in difference.per_seed], confidence_level=level),
        next_above_base=difference.next_above_base,
        differences=differences,
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
            base_accuracy=comparison.base.accuracy,
            accuracy=comparison.trained.accuracy,
            truncated=comparison.trained.truncated,
            losses=comparison.table.losses,
            gains=comparison.table.gains,
            clusters=comparison.gain.clusters,
            gain=comparison.gain.estimate,
            interval=comparison.gain.interval,
            exact=comparison.mcnemar.exact,
            decision=comparison.verdict.decision if comparison.verdict else "inconclusive",
        )
        for seed, base, trained, comparison in zip(
            names.seeds, bases, names.checkpoints, comparisons, strict=True
        )
    )


def mean(values: Sequence[float]) -> float:
    """Average, summed in order."""
    return sum(values) / len(values)


def _by_question(side: Outcomes, grader: str, samples: int) -> NDArray[np.int64]:
    return np.array(side.right(grader), dtype=np.int64).reshape(-1, samples)


def _is_partial(table: GradedTable) -> bool:
    columns = table.at(table.headline_budget)
    return columns.is_scored(columns.decides) and not columns.is_graded(columns.decides)


def _share(seeds: Sequence[tuple[bool | None, ...]]) -> float | None:
    flags = [flag for seed in seeds for flag in seed]
    return None if None in flags else flags.count(True) / len(flags)

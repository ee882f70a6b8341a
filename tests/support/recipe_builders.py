"""Recipes to judge and report on: several built runs against one base, or seed by seed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from builders import run
from report_builders import BUDGETS, RIGHT, WRONG, texts

from evalsuite.asking.groups.recipe import compare_recipe
from evalsuite.asking.plan import FinishedRun, PlannedRun, Selection, finished
from evalsuite.asking.spec import CompareSpec
from evalsuite.records.groups.replicates import RecipePlan, SeedNames, Training
from evalsuite.reporting.telling import in_english

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.groups.recipe import RecipeComparison
    from evalsuite.records.run import Run

SETTINGS: dict[str, Any] = {"rewards": "binary", "grpo.learning_rate": 1e-4, "gate": "none"}


def training(name: str, seed: int, **changes: Any) -> Training:
    """Write what a manifest says."""
    fields: dict[str, Any] = {
        "name": name,
        "folder": Path("runs") / f"seed-{seed}",
        "seed": seed,
        "settings": SETTINGS,
        "start": "base",
        "weights": (f"{name}-{seed}",),
        "versions": {"trl": "1.16.0"},
        "steps": 60,
        "seconds": 55.0,
    }
    return Training(**fields | changes)


def planned(
    found: Run,
    *,
    budgets: tuple[int, ...] = BUDGETS,
    subsets: int = 0,
    headline_budget: int | None = None,
) -> FinishedRun:
    """Hold a finished run as a session does."""
    ids = [question.id for question in found.questions]
    selection = Selection(
        task="test",
        split="test",
        questions=found.questions,
        subsets=tuple((seed, tuple(ids[seed::2])) for seed in range(subsets)),
        headline_set="full",
    )
    plan = PlannedRun(
        model=found.spec.model,
        selection=selection,
        budgets=budgets,
        spec=found.spec,
        folder=Path("r-1"),
    )
    asked = CompareSpec(headline_budget=headline_budget)
    return finished(plan, found, asked)


def names_of(n_seeds: int, **changes: Any) -> SeedNames:
    """Name a recipe."""
    fields: dict[str, Any] = {
        "base": "base",
        "trained": "trained",
        "seeds": tuple(range(n_seeds)),
        "paired_by_seed": False,
    }
    return SeedNames(**fields | changes)


def plan_of(names: SeedNames, **changes: Any) -> RecipePlan:
    """Plan a recipe whose manifests agree."""
    own = tuple(training(f"{names.trained}@{seed}", seed) for seed in names.seeds)
    other = tuple(training(f"{names.base}@{seed}", seed) for seed in names.seeds)
    fields: dict[str, Any] = {
        "names": names,
        "trainings": own,
        "base_trainings": other if names.paired_by_seed else (),
        "settings": SETTINGS,
        "differing": {"rewards": ["binary", "shaped"]} if names.paired_by_seed else {},
    }
    return RecipePlan(**fields | changes)


def recipe(
    *tables: tuple[int, int, int, int],
    names: SeedNames | None = None,
    plan: RecipePlan | None = None,
    asked: CompareSpec | None = None,
    subsets: int = 2,
    budgets: tuple[int, ...] = BUDGETS,
) -> RecipeComparison:
    """Compare several trained runs with the one base the first table describes."""
    base_texts = texts(*tables[0])[0]
    base = run(base_texts, name="base", budget=max(budgets, default=400))
    runs = [
        run(_answers(table), name=f"trained@{seed}", budget=max(budgets, default=400))
        for seed, table in enumerate(tables)
    ]
    asked = asked or CompareSpec(headline_budget=64)
    kept: dict[str, Any] = {
        "budgets": budgets,
        "subsets": subsets,
        "headline_budget": asked.headline_budget,
    }
    comparison = compare_recipe(
        plan or plan_of(names or names_of(len(tables))),
        [planned(each, **kept) for each in (base, *runs)],
        asked,
    )
    return in_english(comparison)


def recipes(
    pairs: Sequence[tuple[tuple[bool, ...], tuple[bool, ...]]], **plan: Any
) -> RecipeComparison:
    """Compare two recipes seed by seed, each run given as its right and wrong answers."""
    names = names_of(len(pairs), base="binary", trained="shaped", paired_by_seed=True)
    sides = []
    for side, name in enumerate(("binary", "shaped")):
        for seed, pair in enumerate(pairs):
            answers = [RIGHT if right else WRONG for right in pair[side]]
            sides.append(run(answers, name=f"{name}@{seed}", budget=max(BUDGETS)))
    runs = [planned(one) for one in sides]
    return in_english(compare_recipe(plan_of(names, **plan), runs, CompareSpec()))


def _answers(table: tuple[int, int, int, int]) -> list[str]:
    both, losses, gains, neither = table
    return [RIGHT] * both + [WRONG] * losses + [RIGHT] * gains + [WRONG] * neither

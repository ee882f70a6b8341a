"""What must hold before several runs say something about their recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.comparison import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.comparison import CheckLevel, Comparison
    from evalsuite.records.recipe import Recipe
    from evalsuite.records.replicates import RecipePlan, Training

__all__ = ["recipe_checks"]

_SEEDS_TO_JUDGE = 5
_FEW_QUESTIONS = 50
_FEW_CHANGED = 20


def recipe_checks(
    recipe: Recipe, plan: RecipePlan, comparisons: Sequence[Comparison], start: str | None
) -> tuple[Check, ...]:
    """Check a recipe comparison.

    Parameters
    ----------
    recipe
        The numbers.
    plan
        What the manifests say.
    comparisons
        One a seed.
    start
        Hash or commit of the base model; None where base is a recipe.

    Returns
    -------
    tuple of Check
        Blocking checks of the single seeds first, then those about the recipe by code.
    """
    blocking = {
        (check.code, check.detail): check
        for comparison in comparisons
        for check in comparison.checks
        if check.level == "blocking"
    }
    return (
        *blocking.values(),
        _one_recipe(plan),
        _every_seed(plan),
        _same_start(plan, start),
        _same_versions(plan),
        _enough_seeds(recipe),
        _seeds_agree(recipe),
        _enough_changed(recipe),
        *_two_recipes(plan),
    )


def _check(code: str, title: str, *, holds: bool | None, detail: str) -> Check:
    level: CheckLevel = "not_applicable" if holds is None else "passed" if holds else "warning"
    return Check(code=code, level=level, title=title, detail=detail)


def _known(plan: RecipePlan) -> list[Training]:
    return [t for t in (*plan.base_trainings, *plan.trainings) if t is not None]


def _one_recipe(plan: RecipePlan) -> Check:
    n = len(plan.trainings) + len(plan.base_trainings)
    missing = n - len(_known(plan))
    return _check(
        "EVS080",
        "One recipe",
        holds=missing == 0,
        detail=f"all {n} manifests have equal settings, and only the seed differs"
        if missing == 0
        else f"{missing} of {n} trainings left no manifest: that they are one recipe rests on "
        "their names",
    )


def _every_seed(plan: RecipePlan) -> Check:
    unfinished = sorted({name for t in _known(plan) for name in t.unfinished})
    seeds = plan.names.seeds
    gaps = [str(seed) for seed in range(seeds[0], seeds[-1]) if seed not in seeds]
    left_out = ", ".join([*plan.names.left_out, *unfinished])
    if left_out:
        detail = f"left out: {left_out}; a seed left out for its result flatters the recipe"
    elif gaps:
        detail = f"no model of seed {', '.join(gaps)}; a failed seed belongs to the recipe"
    else:
        detail = f"all {len(seeds)} seeds that were started are here, none was picked"
    return _check("EVS081", "Every seed counted", holds=not (left_out or gaps), detail=detail)


def _same_start(plan: RecipePlan, start: str | None) -> Check:
    known = _known(plan)
    starts = {training.start for training in known}
    if start is None and not plan.names.paired_by_seed:
        holds, detail = None, "it is not known which weights base has"
    elif not known or None in starts:
        holds, detail = None, "the manifests do not say which weights training started from"
    else:
        others = starts if start is None else starts | {start}
        holds = len(others) == 1
        detail = (
            "training started from the same weights in every run, those of base"
            if holds and start is not None
            else "training started from the same weights in every run"
            if holds
            else "training did not start from base: the gain is not what training alone added"
            if start is not None
            else "the two recipes started from different weights"
        )
    return _check("EVS082", "Trained from base", holds=holds, detail=detail)


def _same_versions(plan: RecipePlan) -> Check:
    known = _known(plan)
    differing = sorted(
        {
            name
            for training in known
            for name, version in training.versions.items()
            if version != known[0].versions.get(name)
        }
    )
    return _check(
        "EVS083",
        "Same libraries in training",
        holds=None if len(known) < 2 else not differing,
        detail="fewer than two manifests to compare"
        if len(known) < 2
        else f"versions differ between the trainings: {', '.join(differing)}"
        if differing
        else "every training ran with the same versions",
    )


def _enough_seeds(recipe: Recipe) -> Check:
    return _check(
        "EVS084",
        "Five training seeds",
        holds=recipe.n_seeds >= _SEEDS_TO_JUDGE,
        detail=f"{recipe.n_seeds} training seeds; a claim about the recipe takes at least "
        f"{_SEEDS_TO_JUDGE}, fewer describe these runs",
    )


def _seeds_agree(recipe: Recipe) -> Check:
    counted = {row.decision: 0 for row in recipe.seeds}
    for row in recipe.seeds:
        counted[row.decision] += 1
    told = ", ".join(f"{n} {decision}" for decision, n in counted.items())
    signs = {row.gain > 0 for row in recipe.seeds if row.gain}
    return _check(
        "EVS085",
        "Seeds point one way",
        holds=len(signs) < 2,
        detail=f"verdicts of the {recipe.n_seeds} seeds, each alone: {told}",
    )


def _enough_changed(recipe: Recipe) -> Check:
    changed, n = recipe.tests.changed, recipe.n_questions
    return _check(
        "EVS086",
        "Enough questions changed",
        holds=n >= _FEW_QUESTIONS and changed >= _FEW_CHANGED,
        detail=f"{changed:,} of {n:,} questions differ on average over the seeds; below "
        f"{_FEW_CHANGED} of {_FEW_QUESTIONS} the t intervals are too narrow",
    )


def _two_recipes(plan: RecipePlan) -> Iterator[Check]:
    if not plan.names.paired_by_seed or len(_known(plan)) < 2:
        return
    differing = plan.differing
    listed = "; ".join(f"{key}: {one} and {two}" for key, (one, two) in differing.items())
    yield _check(
        "EVS087",
        "Recipes differ in one setting",
        holds=len(differing) == 1,
        detail=f"the recipes differ in {listed}"
        if differing
        else "the recipes have equal settings: this compares a recipe with itself",
    )

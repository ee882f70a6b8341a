"""Checks of a recipe: what must hold before several runs say something about their recipe."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from evalsuite.records.dataclass import dataclass
from evalsuite.records.groups.recipe import SEEDS_TO_JUDGE
from evalsuite.records.verdict import Statement
from evalsuite.verdict.checks import Finding, Rule, checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.groups.recipe import Recipe
    from evalsuite.records.groups.replicates import RecipePlan, Training
    from evalsuite.records.verdict import Check

__all__ = ["recipe_checks"]

# Student's t over questions takes their mean for normal: below 50 questions, or where fewer than 20
# have a difference that is not 0, the law of the mean is too lumpy for that.
_FEW_QUESTIONS = 50
_FEW_CHANGED = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a check of a recipe may look at."""

    recipe: Recipe
    plan: RecipePlan
    start: str | None
    """Hash or commit of the base model; None where base is a recipe, or not known."""

    @property
    def manifests(self) -> list[Training]:
        """Of the trainings that left one."""
        trainings = (*self.plan.base_trainings, *self.plan.trainings)
        return [training for training in trainings if training is not None]


def recipe_checks(
    recipe: Recipe, plan: RecipePlan, comparisons: Sequence[Comparison], start: str | None
) -> tuple[Check, ...]:
    """Return the blocking checks of single seeds first, then those about the recipe by code."""
    blocking = {
        (check.code, check.statement and str(check.statement)): check
        for comparison in comparisons
        for check in comparison.checks
        if check.level == "blocking"
    }
    facts = Facts(recipe=recipe, plan=plan, start=start)
    is_contrast = plan.names.paired_by_seed and len(facts.manifests) > 1
    table = (*RECIPE_CHECKS, *CONTRAST_CHECKS) if is_contrast else RECIPE_CHECKS
    return (*blocking.values(), *checked(table, facts))


def _one_recipe(facts: Facts) -> Finding:
    n = len(facts.plan.trainings) + len(facts.plan.base_trainings)
    missing = n - len(facts.manifests)
    return Finding(missing == 0, "missing" if missing else "same", {"n": n, "missing": missing})


def _every_seed(facts: Facts) -> Finding:
    names, seeds = facts.plan.names, facts.plan.names.seeds
    unfinished = sorted({name for t in facts.manifests for name in t.unfinished})
    left_out = [*names.left_out, *unfinished]
    if left_out:
        return Finding(False, "left", {"names": ", ".join(left_out)})
    gaps = [str(seed) for seed in range(seeds[0], seeds[-1]) if seed not in seeds]
    if gaps:
        return Finding(False, "gap", {"seeds": ", ".join(gaps)})
    return Finding(True, "all", {"n": len(seeds)})


def _same_start(facts: Facts) -> Finding:
    starts = {training.start for training in facts.manifests}
    if facts.start is None and not facts.plan.names.paired_by_seed:
        return Finding(None, "unknown")
    if not starts or None in starts:
        return Finding(None, "unsaid")
    if facts.start is None:
        return Finding(len(starts) == 1, "same" if len(starts) == 1 else "two")
    is_base = starts == {facts.start}
    return Finding(is_base, "base" if is_base else "other")


def _same_versions(facts: Facts) -> Finding:
    manifests = facts.manifests
    if len(manifests) < 2:
        return Finding(None, "few")
    first = manifests[0].versions
    differing = sorted(
        {
            name
            for training in manifests
            for name, version in training.versions.items()
            if version != first.get(name)
        }
    )
    return Finding(not differing, "other" if differing else "same", {"names": ", ".join(differing)})


def _enough_seeds(facts: Facts) -> Finding:
    n = facts.recipe.n_seeds
    return Finding(n >= SEEDS_TO_JUDGE, values={"n": n, "least": SEEDS_TO_JUDGE})


def _seeds_agree(facts: Facts) -> Finding:
    counts = Counter(row.decision for row in facts.recipe.seeds)
    signs = {row.gain > 0 for row in facts.recipe.seeds if row.gain}
    decisions = tuple(
        Statement(
            key="check_detail.EVS085_count",
            values={"k": k, "decision": Statement(key=f"decision.{decision}")},
        )
        for decision, k in counts.items()
    )
    return Finding(len(signs) < 2, values={"n": facts.recipe.n_seeds, "decisions": decisions})


def _enough_changed(facts: Facts) -> Finding:
    changed, n = facts.recipe.tests.changed, facts.recipe.n_questions
    values = {"changed": changed, "n": n, "few": _FEW_CHANGED, "least": _FEW_QUESTIONS}
    return Finding(n >= _FEW_QUESTIONS and changed >= _FEW_CHANGED, values=values)


def _one_setting(facts: Facts) -> Finding:
    differing = facts.plan.differing
    if not differing:
        return Finding(False, "same")
    settings = tuple(
        Statement(
            key="check_detail.EVS087_setting",
            values={"name": name, "base": str(base), "trained": str(trained)},
        )
        for name, (base, trained) in differing.items()
    )
    return Finding(len(differing) == 1, "other", {"settings": settings})


RECIPE_CHECKS = (
    Rule("EVS080", "warning", _one_recipe),
    Rule("EVS081", "warning", _every_seed),
    Rule("EVS082", "warning", _same_start),
    Rule("EVS083", "warning", _same_versions),
    Rule("EVS084", "warning", _enough_seeds),
    Rule("EVS085", "warning", _seeds_agree),
    Rule("EVS086", "warning", _enough_changed),
)
CONTRAST_CHECKS = (Rule("EVS087", "warning", _one_setting),)
"""Of two recipes with manifests."""

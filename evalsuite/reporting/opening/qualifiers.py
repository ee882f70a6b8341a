"""Qualifiers: what to doubt, a sentence for each, of one comparison, several models or seeds."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from evalsuite.records.verdict import SCOPE_ONLY
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.page import Page, RecipeSource
from evalsuite.reporting.sections.budgets import SIDES, UNDECIDED, changing_budgets, cut_off
from evalsuite.reporting.source import NONE, Source, count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evalsuite.records.comparison import BudgetRow
    from evalsuite.records.recipe import RecipeRow
    from evalsuite.records.verdict import Policy
    from evalsuite.reporting.wording import Phrase, Value

__all__ = ["page_qualifiers", "qualifier_sentences"]

_CARRIED = ("truncation_dominated", "mostly_truncation", "mostly_format", "seed_sensitive")
"""Qualifiers of single runs that a recipe's verdict carries on."""


def page_qualifiers(page: Page) -> Iterator[tuple[str, Phrase]]:
    """Tell code and sentence of every qualifier that a page's first lines carry."""
    if page.alone is not None:
        return iter(qualifier_sentences(page.alone))
    if page.recipe is not None:
        return _of_recipe(page.recipe)
    return _of_models(page)


def qualifier_sentences(source: Source) -> list[tuple[str, Phrase]]:
    """Tell every qualifier of the verdict, then how a tighter budget would have looked.

    In the verdict's order; the family it was declared in comes last.
    """
    verdict = source.comparison.verdict
    if verdict is None:
        return []
    family = [("family", _family(source, verdict.policy))] if verdict.policy.family > 1 else []
    sentences = [(name, _QUALIFIERS[name](source)) for name in verdict.qualifiers]
    tight = [] if "budget_dependent" in verdict.qualifiers else list(_tight_budget(source))
    return sentences + tight + family


def _tight_budget(source: Source | RecipeSource) -> Iterator[tuple[str, Phrase]]:
    """Tell of the largest budget under which the gain looks unlike the headline's."""
    comparison = source.comparison
    rows: Sequence[BudgetRow | RecipeRow] = comparison.budgets
    unlike = [
        i
        for i, row in enumerate(rows)
        if (row.max_new_tokens or 0) < (comparison.headline_budget or 0)
        and not row.interval.low <= comparison.gain.estimate <= row.interval.high
        and NONE not in (cut_off(source, i, side) for side in SIDES)
    ]
    if unlike:
        yield "tight_budget", _at_tight_budget(source, unlike[-1])


def _at_tight_budget(source: Source | RecipeSource, i: int) -> Phrase:
    sides: dict[str, Value] = {side: cut_off(source, i, side) for side in SIDES}
    key = "qualifier.tight_budget"
    if isinstance(source, RecipeSource):
        key = "recipe.tight_budget"
        sides = {f"{side}_cut": cut for side, cut in sides.items()}
        sides |= {side: source.name(side) for side in SIDES}
    return source.words.say(
        key,
        tokens=source.count(f"budgets.{i}.max_new_tokens"),
        gain=source.gain(f"budgets.{i}"),
        **sides,
    )


def _of_models(page: Page) -> Iterator[tuple[str, Phrase]]:
    """Warn of picking the best, count the verdicts with doubts, and say what is not compared."""
    verdict = page.judged.verdict
    verdicts = [part.comparison.verdict for part in page.parts]
    doubtful = sum(bool(set(v.qualifiers) - SCOPE_ONLY) for v in verdicts if v)
    for code in verdict.qualifiers if verdict else ():
        values = {"k": count(doubtful), "n": count(len(verdicts))} if code == "doubtful" else {}
        yield code, page.words.say(f"models.{code}", **values)


def _of_recipe(source: RecipeSource) -> Iterator[tuple[str, Phrase]]:
    verdict = source.comparison.verdict
    if verdict is None:
        return
    for code in verdict.qualifiers:
        if code == "runs_only" and source.is_unproven:
            yield "not_recipe", _of_new_run(source, "recipe.not_recipe")
        else:
            yield code, _recipe_qualifier(source, code)
    if "budget_dependent" not in verdict.qualifiers:
        yield from _tight_budget(source)


def _recipe_qualifier(source: RecipeSource, code: str) -> Phrase:
    if code == "small":
        return _small(source)
    if code == "training_seed_sensitive":
        return source.words.say("recipe.seed_sensitive", told=_decisions(source))
    if code == "budget_dependent":
        return _at_budget(source, _unlike_budgets(source)[-1])
    if code == "grader_dependent":
        return _by_grader(source)
    if code in _CARRIED:
        return _carried(source, code)
    return _runs_only(source)


def _carried(source: RecipeSource, code: str) -> Phrase:
    parts = source.comparison.parts
    has = [c.verdict is not None and code in c.verdict.qualifiers for c in parts]
    return source.words.say(
        "recipe.in_runs",
        k=count(sum(has)),
        n=source.seeds(),
        name=source.words.text(f"qualifier_name.{code}"),
    )


def _decisions(source: RecipeSource) -> str:
    counted = Counter(row.decision for row in source.comparison.recipe.seeds)
    text = source.words.text
    return text("and").join(f"{n} {text(f'decision.{name}')}" for name, n in counted.items())


def _unlike_budgets(source: RecipeSource) -> list[int]:
    verdict = source.comparison.verdict
    return [
        i
        for i, row in enumerate(source.comparison.budgets)
        if verdict is not None and row.decision != verdict.decision
    ]


def _runs_only(source: RecipeSource) -> Phrase:
    if source.comparison.recipe.scopes.recipe.interval is None:
        return source.words.say("recipe.runs_only_plain", n=source.seeds())
    return _of_new_run(source, "recipe.runs_only")


def _of_new_run(source: RecipeSource, sentence: str) -> Phrase:
    """Say what the recipe's average may be."""
    key = "recipe.scopes.recipe.interval"
    return source.words.say(
        sentence,
        n=source.seeds(),
        low=source.points(f"{key}.low"),
        high=source.points(f"{key}.high"),
    )


def _family(source: Source, policy: Policy) -> Phrase:
    size = source.count("verdict.policy.family")
    if policy.adjusted_pvalue is None:
        return source.words.say("qualifier.family", size=size)
    return source.words.say(
        "qualifier.family_holm", size=size, adjusted=source.pvalue("verdict.policy.adjusted_pvalue")
    )


def _small(source: Source | RecipeSource) -> Phrase:
    return source.words.say("qualifier.small", margin=source.points("verdict.policy.margin"))


def _truncation_dominated(source: Source) -> Phrase:
    comparison, say = source.comparison, source.words.say
    attribution = comparison.attribution
    alpha = source.policy.alpha
    if (
        attribution is not None
        and attribution.without_finished is not None
        and attribution.without_finished_exact is not None
        and attribution.without_finished_exact > alpha
    ):
        return say(
            "qualifier.without_finished",
            without=source.gain("attribution.without_finished"),
            exact=source.pvalue("attribution.without_finished_exact"),
        )
    if comparison.truncation.bounds is None:
        return say("qualifier.truncation_dominated")
    return say(
        "qualifier.bounds",
        low=source.signed("truncation.bounds.low"),
        high=source.signed("truncation.bounds.high"),
    )


def _mostly(part: str) -> Callable[[Source], Phrase]:
    def tell(source: Source) -> Phrase:
        comparison = source.comparison
        if comparison.attribution is None:
            return source.words.say(f"qualifier.mostly_{part}_plain")
        loser = "base" if comparison.gain.estimate > 0 else "trained"
        return source.words.say(
            f"qualifier.mostly_{part}",
            part=source.signed(f"attribution.{part}.gain"),
            gain=source.signed("gain.estimate"),
            loser=source.words.text(loser),
        )

    return tell


def _budget_dependent(source: Source) -> Phrase:
    others = changing_budgets(source)
    if not others:
        return source.words.say("qualifier.budget_dependent")
    return _at_budget(source, others[-1])


def _at_budget(source: Source | RecipeSource, i: int) -> Phrase:
    return source.words.say(
        "qualifier.at_budget",
        tokens=source.count(f"budgets.{i}.max_new_tokens"),
        gain=source.gain(f"budgets.{i}"),
        exact=source.pvalue(f"budgets.{i}.exact"),
    )


def _grader_dependent(source: Source) -> Phrase:
    if source.comparison.decides != "strict":
        return _by_other_graders(source)
    if not {"strict", "flexible"} <= set(source.comparison.graders):
        return source.words.say("qualifier.grader_dependent")
    return _by_grader(source)


def _by_other_graders(source: Source) -> Phrase:
    """Name the graders of a log by which the verdict is another."""
    comparison = source.comparison
    names = [
        name
        for name, row in comparison.graders.items()
        if row.base + row.trained > 0
        and row.decision != source.decision
        and not {row.decision, source.decision} <= UNDECIDED
    ]
    return source.words.say(
        "qualifier.by_other_graders",
        grader=one_line(comparison.decides, longest=60),
        names=one_line(", ".join(names), longest=200),
    )


def _by_grader(source: Source | RecipeSource) -> Phrase:
    graders = {name: source.gain(f"graders.{name}") for name in ("strict", "flexible")}
    return source.words.say("qualifier.by_grader", **graders)


def _prompts_differ(source: Source) -> Phrase:
    changed = source.count("changed_prompts")
    return source.words.say("qualifier.prompts_differ", changed=changed, n=source.questions())


def _seed_sensitive(source: Source) -> Phrase:
    comparison = source.comparison
    decisions = comparison.seeds.decisions_by_sample
    decided = comparison.verdict.decision if comparison.verdict else ""
    other = sum(decision != decided for decision in decisions)
    return source.words.say(
        "qualifier.seed_sensitive", other=count(other), samples=count(len(decisions))
    )


def _one_checkpoint(source: Source) -> Phrase:
    return source.words.say("qualifier.one_checkpoint")


_QUALIFIERS: dict[str, Callable[[Source], Phrase]] = {
    "small": _small,
    "truncation_dominated": _truncation_dominated,
    "mostly_truncation": _mostly("finished"),
    "mostly_format": _mostly("formatted"),
    "budget_dependent": _budget_dependent,
    "grader_dependent": _grader_dependent,
    "prompts_differ": _prompts_differ,
    "seed_sensitive": _seed_sensitive,
    "one_checkpoint": _one_checkpoint,
}

"""Qualifiers: what to doubt, a sentence for each, of one comparison, several models or seeds.

One comparison and several models tell the remarks of their verdict; a recipe's stand here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from evalsuite.reporting.sections.budgets import SIDES, cut_off
from evalsuite.reporting.source import NONE, count, points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.verdict import Verdict
    from evalsuite.reporting.page import Page, RecipeSource
    from evalsuite.reporting.source import Numbers
    from evalsuite.reporting.wording import Phrase, Value

__all__ = ["page_qualifiers", "told_remarks"]

_CARRIED = ("truncation_dominated", "mostly_truncation", "mostly_format", "seed_sensitive")
"""Qualifiers of single runs that a recipe's verdict carries on."""


def page_qualifiers(page: Page) -> Iterator[tuple[str, Phrase]]:
    """Tell code and sentence of everything that a page's first lines carry beside the decision."""
    if page.recipe is not None:
        return _of_recipe(page.recipe)
    return iter(told_remarks(page, page.judged.verdict))


def told_remarks(numbers: Numbers, verdict: Verdict | None) -> list[tuple[str, Phrase]]:
    """Tell a verdict's remarks, every number with its place; ``numbers`` holds the record."""
    if verdict is None:
        return []
    path = f"{numbers.prefix}verdict.remarks"
    if verdict.remarks:
        return [
            (remark.code, numbers.words.phrase(remark.statement, f"{path}.{i}.statement"))
            for i, remark in enumerate(verdict.remarks)
        ]
    margin = points(verdict.policy.margin)  # files from before remarks hold codes alone
    return [
        (code, numbers.words.say(f"qualifier.{code}", margin=margin))
        for code in verdict.qualifiers
        if f"qualifier.{code}" in numbers.words.sentences
    ]


def _tight_budget(source: RecipeSource) -> Iterator[tuple[str, Phrase]]:
    """Tell of the largest budget under which the gain looks unlike the headline's."""
    comparison = source.comparison
    rows = comparison.budgets
    unlike = [
        i
        for i, row in enumerate(rows)
        if (row.max_new_tokens or 0) < (comparison.headline_budget or 0)
        and not row.interval.low <= comparison.gain.estimate <= row.interval.high
        and NONE not in (cut_off(source, i, side) for side in SIDES)
    ]
    if unlike:
        yield "tight_budget", _at_tight_budget(source, unlike[-1])


def _at_tight_budget(source: RecipeSource, i: int) -> Phrase:
    sides: dict[str, Value] = {f"{side}_cut": cut_off(source, i, side) for side in SIDES}
    sides |= {side: source.name(side) for side in SIDES}
    return source.words.say(
        "recipe.tight_budget",
        tokens=source.count(f"budgets.{i}.max_new_tokens"),
        gain=source.gain(f"budgets.{i}"),
        **sides,
    )


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


def _small(source: RecipeSource) -> Phrase:
    return source.words.say("qualifier.small", margin=source.points("verdict.policy.margin"))


def _at_budget(source: RecipeSource, i: int) -> Phrase:
    return source.words.say(
        "qualifier.at_budget",
        tokens=source.count(f"budgets.{i}.max_new_tokens"),
        gain=source.gain(f"budgets.{i}"),
        exact=source.pvalue(f"budgets.{i}.exact"),
    )


def _by_grader(source: RecipeSource) -> Phrase:
    graders = {name: source.gain(f"graders.{name}") for name in ("strict", "flexible")}
    return source.words.say("qualifier.by_grader", **graders)

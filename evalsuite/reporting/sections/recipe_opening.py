"""The first lines of a report on a recipe: headline, tone, summary, what to doubt, the tests."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evalsuite.records.recipe import SEEDS_TO_JUDGE
from evalsuite.reporting.sections.opening import decoding, task_name
from evalsuite.reporting.source import Source, count
from evalsuite.reporting.telling import headline_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.recipe_source import RecipeSource
    from evalsuite.reporting.sections.opening import Tone
    from evalsuite.reporting.wording import Phrase

__all__ = [
    "recipe_chips",
    "recipe_qualifiers",
    "recipe_summary",
    "recipe_tests",
    "recipe_title",
    "recipe_tone",
    "told_decision",
    "told_headline",
]

_CARRIED = ("truncation_dominated", "mostly_truncation", "mostly_format", "seed_sensitive")


def recipe_title(source: RecipeSource, first: Source) -> str:
    """Name the document: base, recipe, seeds and task."""
    return str(
        source.words.say(
            "recipe.title",
            base=source.name("base"),
            trained=source.name("trained"),
            n=source.seeds(),
            task=task_name(first),
        )
    )


def told_headline(source: RecipeSource) -> str:
    """Tell the headline in the reader's language."""
    return headline_text(source.found.verdict, source.words)


def told_decision(source: RecipeSource) -> str:
    """Say the decision in a word or two."""
    verdict = source.found.verdict
    return source.words.text(f"decision.{verdict.decision}" if verdict else "decision.none")


def _is_unproven(source: RecipeSource) -> bool:
    """Whether there are seeds enough to judge the recipe, and they do not establish it."""
    verdict = source.found.verdict
    is_judged = source.found.recipe.n_seeds >= SEEDS_TO_JUDGE and source.scope == "checkpoints"
    return is_judged and verdict is not None and verdict.decision in ("improved", "regressed")


def recipe_tone(source: RecipeSource) -> Tone:
    """Say how the headline is to be taken: amber where the claim is narrower than it sounds."""
    verdict = source.found.verdict
    if verdict is None or verdict.decision == "invalid":
        return "invalid"
    is_doubtful = bool(set(verdict.qualifiers) - {"runs_only"}) or _is_unproven(source)
    if verdict.decision in ("improved", "regressed"):
        sure: Tone = "good" if verdict.decision == "improved" else "bad"
        return "qualified" if is_doubtful else sure
    return "qualified" if verdict.decision == "suggestive" else "neutral"


def recipe_summary(source: RecipeSource, first: Source) -> Phrase:
    """Write the line under the headline: accuracies, their spread over seeds, what was asked."""
    spread = source.found.recipe.spread
    values: dict[str, Any] = {
        "base": source.name("base"),
        "trained": source.name("trained"),
        "base_rate": source.percent("recipe.base_accuracy"),
        "trained_rate": source.percent("recipe.trained_accuracy"),
        "n": source.seeds(),
        "low": source.percent("recipe.spread.low"),
        "high": source.percent("recipe.spread.high"),
        "sd": "–" if spread.sd is None else source.points("recipe.spread.sd"),
        "questions": source.count("recipe.n_questions"),
        "task": task_name(first),
        "decoding": decoding(first),
    }
    if source.found.headline_budget is None:
        return source.words.say("recipe.summary_no_budget", **values)
    return source.words.say("recipe.summary", tokens=source.count("headline_budget"), **values)


def recipe_qualifiers(source: RecipeSource) -> Iterator[tuple[str, Phrase]]:
    """Tell every qualifier of the verdict, then how a tighter budget would have looked."""
    verdict = source.found.verdict
    if verdict is None:
        return
    for code in verdict.qualifiers:
        if code == "runs_only" and _is_unproven(source):
            yield "not_recipe", _of_new_run(source, "recipe.not_recipe")
        else:
            yield code, _qualifier(source, code)
    if "budget_dependent" not in verdict.qualifiers:
        yield from _tight_budget(source)


def _qualifier(source: RecipeSource, code: str) -> Phrase:
    say = source.words.say
    if code == "small":
        return say("qualifier.small", margin=source.points("verdict.policy.margin"))
    if code == "training_seed_sensitive":
        return say("recipe.seed_sensitive", told=_decisions(source))
    if code == "budget_dependent":
        return _by_budget(source)
    if code == "grader_dependent":
        graders = {name: source.gain(f"graders.{name}") for name in ("strict", "flexible")}
        return say("qualifier.by_grader", **graders)
    if code in _CARRIED:
        return _carried(source, code)
    return _runs_only(source)


def _carried(source: RecipeSource, code: str) -> Phrase:
    has = [c.verdict is not None and code in c.verdict.qualifiers for c in source.found.comparisons]
    return source.words.say(
        "recipe.in_runs",
        k=count(sum(has)),
        n=source.seeds(),
        name=source.words.text(f"qualifier_name.{code}"),
    )


def _decisions(source: RecipeSource) -> str:
    counted = Counter(row.decision for row in source.found.recipe.seeds)
    text = source.words.text
    return text("and").join(f"{n} {text(f'decision.{name}')}" for name, n in counted.items())


def _by_budget(source: RecipeSource) -> Phrase:
    verdict = source.found.verdict
    unlike = [
        i
        for i, row in enumerate(source.found.budgets)
        if verdict is not None and row.decision != verdict.decision
    ]
    key = f"budgets.{unlike[-1]}"
    return source.words.say(
        "qualifier.at_budget",
        tokens=source.count(f"{key}.max_new_tokens"),
        gain=source.gain(key),
        exact=source.pvalue(f"{key}.exact"),
    )


def _runs_only(source: RecipeSource) -> Phrase:
    if source.found.recipe.scopes.recipe.interval is None:
        return source.words.say("recipe.runs_only_plain", n=source.seeds())
    return _of_new_run(source, "recipe.runs_only")


def _of_new_run(source: RecipeSource, sentence: str) -> Phrase:
    """Say what a new run may bring."""
    key = "recipe.scopes.recipe.interval"
    return source.words.say(
        sentence,
        n=source.seeds(),
        low=source.points(f"{key}.low"),
        high=source.points(f"{key}.high"),
    )


def _tight_budget(source: RecipeSource) -> Iterator[tuple[str, Phrase]]:
    """Tell of the largest budget under which the mean gain looks unlike the headline's."""
    found = source.found
    unlike = [
        i
        for i, row in enumerate(found.budgets)
        if (row.max_new_tokens or 0) < (found.headline_budget or 0)
        and not row.interval.low <= found.gain.estimate <= row.interval.high
        and None not in (row.base_truncated, row.trained_truncated)
    ]
    if unlike:
        key = f"budgets.{unlike[-1]}"
        sentence = source.words.say(
            "recipe.tight_budget",
            tokens=source.count(f"{key}.max_new_tokens"),
            gain=source.gain(key),
            base=source.name("base"),
            base_cut=source.percent(f"{key}.base_truncated"),
            trained=source.name("trained"),
            trained_cut=source.percent(f"{key}.trained_truncated"),
        )
        yield "tight_budget", sentence


def recipe_chips(source: RecipeSource) -> Iterator[tuple[str, Phrase]]:
    """Count the checks of the recipe by level."""
    for level in ("blocking", "warning", "passed"):
        n = sum(check.level == level for check in source.found.checks)
        yield level, source.words.say(f"chips.{level}", n=count(n))


def recipe_tests(source: RecipeSource) -> Phrase:
    """Write the line on the tests: about these runs, and about a new one."""
    recipe = source.found.recipe
    exact = source.pvalue("recipe.tests.questions")
    if recipe.scopes.recipe.pvalue is None:
        return source.words.say("recipe.tests_runs", exact=exact, n=source.seeds())
    return source.words.say(
        "recipe.tests",
        exact=exact,
        recipe=source.pvalue("recipe.scopes.recipe.pvalue"),
        freedom=source.count("recipe.scopes.recipe.degrees_of_freedom"),
        n=source.seeds(),
    )

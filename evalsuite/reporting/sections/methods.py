"""Methods and results in words, ready to paste into a paper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Code, Section, Text
from evalsuite.reporting.opening.first_lines import task_name
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import ADJUSTED, Source, count, points

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.reporting.page import Page, RecipeSource
    from evalsuite.reporting.wording import Phrase

__all__ = ["methods"]


def methods(page: Page) -> Section:
    """Write the methods and results paragraphs."""
    words = page.words
    return Section(
        id="methods",
        title=words.text("methods.section"),
        blocks=(
            Text(phrase=words.say("methods.intro")),
            Code(
                id="methods-text",
                label=words.text("methods.label"),
                text=page.words.gap.join(map(str, _sentences(page))),
                prose=True,
            ),
        ),
    )


def _sentences(page: Page) -> Iterator[Phrase]:
    if page.suite is not None:
        yield from _of_tasks(page)
        return
    yield _design(page)
    budget = page.budget()
    if budget is not None:
        yield page.words.say("methods.budget", tokens=budget)
    if page.recipe is not None:
        yield from _recipe_results(page.recipe)
    else:
        yield from _results(page.parts)
    if page.curve is not None:
        yield page.words.say(
            "curve.methods", n=count(len(page.parts)), level=page.level("curve.confidence_level")
        )
    if page.alone is not None:
        yield from _parts_of_gain(page.alone)
    if page.recipe is not None or page.first.comparison.verdict is not None:
        by_question = page.recipe is None and page.first.comparison.gain.clusters is not None
        yield page.words.say(
            "methods.policy_questions" if by_question else "methods.policy",
            alpha=str(page.policy.alpha),
            margin=points(page.policy.margin),
        )
        if page.first.policy.family > 1:
            yield page.words.say("methods.declared", family=count(page.first.policy.family))


def _of_tasks(page: Page) -> Iterator[Phrase]:
    """Tell design, every task's result after its name, the mean, and the policy."""
    say, first, family = page.words.say, page.first.comparison, count(page.policy.family)
    tasks = page.words.text("and").join(part.label for part in page.parts)
    yield say(
        "suite.design",
        base=one_line(first.base.name),
        trained=one_line(first.trained.name),
        n=page.count("suite.n_questions"),
        k=count(len(page.parts)),
        tasks=tasks,
    )
    for part in page.parts:
        yield say("models.member", name=part.label, headline=str(_result(part)))
    yield say(
        "suite.methods",
        n=count(len(page.parts)),
        gain=page.signed("suite.mean.gain"),
        level=page.level("suite.confidence_level"),
        interval=page.span("suite.mean.interval"),
        exact=page.pvalue("suite.mean.exact"),
        adjusted=page.pvalue("suite.mean.adjusted"),
        p=page.pvalue("suite.heterogeneity.pvalue"),
    )
    margin, alpha = points(page.policy.margin), str(page.policy.alpha)
    yield say("suite.policy", alpha=alpha, margin=margin, family=family)


def _design(page: Page) -> Phrase:
    task = task_name(page)
    if page.recipe is not None:
        is_paired = page.recipe.comparison.recipe.paired_by_seed
        return page.words.say(
            "recipe.design_paired" if is_paired else "recipe.design",
            base=page.recipe.name("base"),
            trained=page.recipe.name("trained"),
            n=page.recipe.seeds(),
            questions=page.recipe.count("recipe.n_questions"),
            task=task,
        )
    return page.words.say(
        "methods.design" if page.alone is not None else "methods.design_family",
        base=one_line(page.first.comparison.base.name),
        trained=page.words.text("and").join(map(_name, page.parts)),
        n=page.first.questions(),
        task=task,
    )


def _name(source: Source) -> str:
    return one_line(source.comparison.trained.name)


def _results(parts: Sequence[Source]) -> Iterator[Phrase]:
    """Tell every result, then the adjusted p-values where several were judged together."""
    yield from map(_result, parts)
    adjusted = [
        part.words.say("methods.adjusted_one", trained=_name(part), p=part.pvalue(ADJUSTED))
        for part in parts
        if part.policy.adjusted_pvalue is not None
    ]
    if len(parts) > 1 and adjusted:
        words = parts[0].words
        yield words.say("methods.adjusted", values=words.text("and").join(map(str, adjusted)))


def _result(source: Source) -> Phrase:
    by_question = source.comparison.gain.clusters is not None
    gains, losses = source.moved("gain.clusters", "table")
    return source.words.say(
        source.worded(
            "methods.result_questions" if by_question else "methods.result",
            "methods.result_questions_scored",
        ),
        base=one_line(source.comparison.base.name),
        trained=_name(source),
        base_correct=source.count("base.correct"),
        trained_correct=source.count("trained.correct"),
        base_rate=source.percent("base.accuracy"),
        trained_rate=source.percent("trained.accuracy"),
        gain=source.signed("gain.estimate"),
        interval=source.span("gain.interval"),
        level=source.level("gain.confidence_level"),
        gains=gains,
        losses=losses,
        exact=source.pvalue("mcnemar.exact"),
        method=source.method(),
        test=source.test(),
    )


def _parts_of_gain(source: Source) -> Iterator[Phrase]:
    made_of = source.comparison.made_of
    if made_of is None or made_of.formatted is None or made_of.max_new_tokens is None:
        return
    values = {
        "tokens": source.count("made_of.max_new_tokens"),
        "formatted": source.signed("made_of.formatted.gain"),
        "rest": source.signed("made_of.rest.gain"),
    }
    if made_of.finished is not None:
        finished = source.signed("made_of.finished.gain")
        yield source.words.say("methods.kinds", finished=finished, **values)
    elif made_of.finished_range is None:
        yield source.words.say("methods.kinds_largest", **values)
    else:
        reach = made_of.finished_range
        key = "uncut" if reach.low == reach.high == 0 else "cut"
        low, high = (source.points(f"made_of.finished_range.{end}") for end in ("low", "high"))
        yield source.words.say(f"methods.kinds_{key}", low=low, high=high, **values)


def _recipe_results(source: RecipeSource) -> Iterator[Phrase]:
    """Tell the mean with its claims, then one new run where it was predicted."""
    yield source.words.say(
        "recipe.result",
        gain=source.signed("gain.estimate"),
        level=source.level("gain.confidence_level"),
        runs=source.mean_gain("new_questions"),
        recipe=source.mean_gain("recipe"),
        freedom=count(source.comparison.recipe.n_seeds - 1),
        exact=source.pvalue("recipe.tests.questions"),
        n=source.seeds(),
    )
    prediction = source.comparison.recipe.scopes.prediction
    if prediction is not None and prediction.interval is not None:
        yield source.words.say(
            "recipe.result_next",
            prediction=source.span("recipe.scopes.prediction.interval"),
            level=source.level("gain.confidence_level"),
        )

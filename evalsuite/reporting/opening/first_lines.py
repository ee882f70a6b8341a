"""First lines of every output: title, decision, tone, summary, checks counted, and the tests.

What one comparison, several models and several training seeds need said differently stands here
side by side; the headline itself is told by `telling`, what to doubt of it in `qualifiers`.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

from evalsuite.records.comparison import SIDES
from evalsuite.records.verdict import ESTABLISHED, LEVELS, NARROWED, SCOPE_ONLY
from evalsuite.reporting.looks import way_of_looking
from evalsuite.reporting.naming import SPLITS, task_label
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import LONGEST_NAME, Source, count, share
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.verdict import Verdict
    from evalsuite.reporting.page import Page, RecipeSource
    from evalsuite.reporting.wording import Words

__all__ = [
    "Tone",
    "chips",
    "decision_word",
    "names",
    "page_tone",
    "stamp",
    "summary",
    "task_and_split",
    "task_name",
    "tests",
    "title",
]

Tone = Literal["good", "bad", "qualified", "neutral", "invalid"]


def title(page: Page) -> str:
    """Name the document: the models or how many there are, and the task."""
    base, trained = names(page)
    task, n = task_name(page), count(len(page.parts))
    if page.alone is not None:
        text = page.words.say("title", base=base, trained=trained, task=task)
    elif page.recipe is not None:
        text = page.words.say("recipe.title", base=base, trained=trained, n=n, task=task)
    elif page.curve is not None:
        text = page.words.say("curve.title", base=base, n=n, task=task)
    elif page.suite is not None:
        text = page.words.say("suite.title", base=base, trained=trained, n=n)
    else:
        text = page.words.say("models.title", base=base, n=n, task=task)
    return str(text)


def names(page: Page) -> tuple[str, str]:
    """Name both sides; several trained models by their number."""
    base, trained = page.judged.base_name, page.judged.trained_name or str(count(len(page.parts)))
    return one_line(base, longest=LONGEST_NAME), one_line(trained, longest=LONGEST_NAME)


def task_name(page: Page) -> str:
    """Name the task and its split, as people do; several by their number."""
    if page.suite is not None:
        return str(page.words.say("suite.task", n=count(len(page.parts))))
    return task_and_split(page.judged.task, page.words)


def task_and_split(task: str, words: Words) -> str:
    """Name one task and its split, as people do."""
    label = task_label(task)
    name, _, split = label.rpartition(" ")
    if not name or split not in SPLITS:
        return one_line(words.sentences.get(f"task.{label}", label), longest=LONGEST_NAME)
    known = words.sentences.get(f"task.{name}", name)
    shown = words.say("task_split", task=known, split=split)
    return one_line(str(shown), longest=LONGEST_NAME)


def decision_word(verdict: Verdict | None, words: Words) -> str:
    """Say a decision in a word or two."""
    return words.text(f"decision.{verdict.decision}" if verdict else "decision.none")


def page_tone(page: Page) -> Tone:
    """Say how the headline is to be taken; a mix of verdicts is to be read with care."""
    verdict = page.judged.verdict
    if verdict is None or verdict.decision != "mixed":
        is_unproven = page.recipe is not None and page.recipe.is_unproven
        return _tone(verdict, is_unproven=is_unproven)
    if page.suite is not None:
        return "qualified"
    tones = {_tone(part.comparison.verdict) for part in page.parts}
    return tones.pop() if len(tones) == 1 else "qualified"


def _tone(verdict: Verdict | None, *, is_unproven: bool = False) -> Tone:
    """Turn amber as soon as a qualifier casts doubt, or the claim is narrower than it sounds."""
    if verdict is None or verdict.decision == "invalid":
        return "invalid"
    if verdict.decision in ESTABLISHED:
        # Picking the best casts doubt on how much it gains, not on whether it does.
        if set(verdict.qualifiers) - SCOPE_ONLY - {"picked"} or is_unproven:
            return "qualified"
        return "good" if verdict.decision == "improved" else "bad"
    is_half = verdict.decision in ("suggestive", *NARROWED)
    return "qualified" if is_half else "neutral"


def summary(page: Page) -> Phrase:
    """Write the line under the headline: accuracies and what was asked."""
    if page.suite is not None:
        return _summary_of_tasks(page)
    values: dict[str, Any] = {"task": task_name(page), "decoding": _decoding(page.first)}
    budget = page.budget()
    if budget is not None:
        values["tokens"] = budget
    is_known = budget is not None
    if page.recipe is not None:
        key = "recipe.summary" if is_known else "recipe.summary_no_budget"
        return page.words.say(key, **values, **_rates_over_seeds(page.recipe))
    if page.alone is not None:
        key = "summary" if is_known else "summary_no_budget"
        return page.words.say(key, **values, **_rates(page.alone))
    if page.curve is not None:
        key = "curve.summary" if is_known else "curve.summary_no_budget"
        return page.words.say(key, **values, **_rates_of_each(page))
    key = "models.summary" if is_known else "models.summary_no_budget"
    return page.words.say(key, **values, **_rates_of_each(page))


def _summary_of_tasks(page: Page) -> Phrase:
    """Give the tasks' mean accuracies; how they were decoded only where all tasks share it."""
    decodings = {str(_decoding(part)) for part in page.parts}
    n, budget = len(page.parts), page.budget()
    rates = {
        f"{side}_rate": share(sum(part.value(f"{side}.accuracy") for part in page.parts) / n)
        for side in SIDES
    }
    values: dict[str, Any] = rates | {"n": count(n), "questions": page.count("suite.n_questions")}
    if len(decodings) > 1:
        return page.words.say("suite.summary_apart", **values)
    values["decoding"] = _decoding(page.first)
    if budget is None:
        return page.words.say("suite.summary_no_budget", **values)
    return page.words.say("suite.summary", tokens=budget, **values)


def _rates(source: Source) -> dict[str, Any]:
    return {
        "base_rate": source.percent("base.accuracy"),
        "base_interval": source.rates("base.interval"),
        "trained_rate": source.percent("trained.accuracy"),
        "trained_interval": source.rates("trained.interval"),
        "n": source.questions(),
    }


def _rates_of_each(page: Page) -> dict[str, Any]:
    ranked = sorted(page.parts, key=lambda part: part.comparison.trained.accuracy)
    return _rates(page.first) | {
        "low": ranked[0].percent("trained.accuracy"),
        "high": ranked[-1].percent("trained.accuracy"),
    }


def _rates_over_seeds(source: RecipeSource) -> dict[str, Any]:
    spread = source.comparison.recipe.spread
    return {
        "base": source.name("base"),
        "trained": source.name("trained"),
        "base_rate": source.percent("recipe.base_accuracy"),
        "trained_rate": source.percent("recipe.trained_accuracy"),
        "n": source.seeds(),
        "low": source.percent("recipe.spread.low"),
        "high": source.percent("recipe.spread.high"),
        "sd": "–" if spread.sd is None else source.points("recipe.spread.sd"),
        "questions": source.count("recipe.n_questions"),
    }


def _decoding(source: Source) -> Phrase:
    """Say how answers were decoded, and that a low precision is for quick looks."""
    decoding = source.words.say(_decoding_key(source), samples=source.count("seeds.samples"))
    if source.penalty is not None:
        decoding = source.words.say("penalised", decoding=decoding, penalty=str(source.penalty))
    dtype = source.dtype
    if dtype is None:
        return source.words.say("precision_unrecorded", decoding=decoding)
    if dtype == "float32":
        return decoding
    return source.words.say("quick_look", decoding=decoding, dtype=one_line(dtype, longest=20))


def _decoding_key(source: Source) -> str:
    """Choose the sentence: a log may tell how many answers there are, and not how they came."""
    temperature = source.temperature
    if source.is_sampled:
        return "sampled" if temperature is not None else "sampled_unrecorded"
    if temperature is None:
        return "unrecorded"
    return "sampled_once" if temperature > 0 else "greedy"


def chips(page: Page) -> Iterator[tuple[str, Phrase]]:
    """Count the checks by level; a group without checks of its own counts those of its parts."""
    each = chain.from_iterable(part.comparison.checks for part in page.parts)
    checks = page.judged.checks or tuple(each)
    for level in LEVELS:
        n = sum(check.level == level for check in checks)
        if n or level != "not_applicable":
            yield level, page.words.say(f"chips.{level}", n=count(n))


def stamp(page: Page) -> Phrase:
    """Say what made the results, and when."""
    known = page.first.comparison.provenance
    if page.recipe is not None:
        known = page.recipe.comparison.provenance
    shown = [
        one_line(f"{name} {known[name]}", longest=80)
        for name in ("evalsuite", "fingerprint", "date")
        if isinstance(known.get(name), str)
    ]
    return just(" · ".join(shown)) if shown else page.words.say("stamp")


def tests(page: Page) -> Phrase:
    """Write the line on the tests, and on what this many questions can show."""
    if page.recipe is not None:
        return _counted(page.first, _tests_of_recipe(page.recipe))
    if page.alone is not None:
        return _counted(page.first, _tests(page.alone))
    if page.suite is not None:
        equal = page.pvalue("suite.heterogeneity.pvalue")
        return page.words.say("suite.tests", family=count(page.policy.family), p=equal)
    several = page.words.say(
        "models.tests" if page.curve is None else "curve.tests",
        test=page.first.test(),
        family=count(page.policy.family),
    )
    return _counted(page.first, several)


def _counted(source: Source, tests: Phrase) -> Phrase:
    """Say which comparison on these questions it is; the first has none to be compared with."""
    look = source.comparison.look
    if look is None or look < 2:
        return tests
    return source.words.say("look_number", tests=tests, look=source.count("look"))


def _tests(source: Source) -> Phrase:
    comparison, say = source.comparison, source.words.say
    exact, n = source.pvalue("mcnemar.exact"), source.questions()
    if source.has_means:
        return _tests_of_samples(source)
    if source.is_early:
        return _tests_after_looks(source)
    if comparison.power.smallest_detectable_gain is None:
        return say("tests_blind", exact=exact, n=n)
    smallest = source.points("power.smallest_detectable_gain")
    return say("tests", exact=exact, n=n, smallest=smallest)


def _tests_of_samples(source: Source) -> Phrase:
    exact, n = source.pvalue("mcnemar.exact"), source.questions()
    if source.comparison.gain.clusters is None:
        return source.words.say("tests_sampled_plain", exact=exact, n=n)
    mean = source.pvalue("gain.clusters.pvalue")
    return source.words.say(
        source.worded("tests_sampled", "tests_sampled_scored"), exact=exact, mean=mean, n=n
    )


def _tests_after_looks(source: Source) -> Phrase:
    """Say how it was looked at, and that a gain which stopped a run is overstated."""
    words, stopped = source.words, source.comparison.stopped_early
    if stopped is None:
        return Phrase()
    tests = words.say(
        f"tests_{way_of_looking(stopped)}",
        exact=source.pvalue("mcnemar.exact"),
        n=source.count("stopped_early.n"),
        planned=source.count("stopped_early.n_planned"),
        look=count(len(stopped.looks)),
    )
    if stopped.n == stopped.n_planned or stopped.reason not in ESTABLISHED:
        return tests
    if stopped.adjusted is None:
        return words.say("overstated", tests=tests)
    return words.say(
        "overstated_adjusted",
        tests=tests,
        gain=source.signed("stopped_early.adjusted.estimate"),
        interval=source.span("stopped_early.adjusted.interval"),
    )


def _tests_of_recipe(source: RecipeSource) -> Phrase:
    """Name the test about these runs, and where it exists the one about its average."""
    exact = source.pvalue("recipe.tests.questions")
    if source.comparison.recipe.scopes.recipe.pvalue is None:
        return source.words.say("recipe.tests_runs", exact=exact, n=source.seeds())
    return source.words.say(
        "recipe.tests",
        exact=exact,
        recipe=source.pvalue("recipe.scopes.recipe.pvalue"),
        freedom=source.count("recipe.scopes.recipe.degrees_of_freedom"),
        n=source.seeds(),
    )

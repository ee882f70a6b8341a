"""The first lines of every output: headline, tone, summary, checks counted, and the test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

from evalsuite.records.comparison import SCOPE_ONLY
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import Source, count
from evalsuite.reporting.telling import headline_text
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison

__all__ = [
    "Tone",
    "chips",
    "decision_word",
    "decoding",
    "headline",
    "stamp",
    "summary",
    "task_name",
    "tests",
    "tone_of",
]

Tone = Literal["good", "bad", "qualified", "neutral", "invalid"]


def task_name(source: Source) -> str:
    """Name the task and its split, as people do."""
    name, _, split = source.comparison.task.partition(" ")
    key = f"task.{name}"
    known = source.words.sentences.get(key, name)
    if not split:
        return one_line(known, longest=60)
    return one_line(str(source.words.say("task_split", task=known, split=split)), longest=60)


def headline(source: Source) -> str:
    """Tell the headline in the reader's language."""
    return headline_text(source.comparison.verdict, source.words)


def decision_word(source: Source) -> str:
    """Say the decision in a word or two."""
    verdict = source.comparison.verdict
    return source.words.text(f"decision.{verdict.decision}" if verdict else "decision.none")


def tone_of(comparison: Comparison) -> Tone:
    """Say how the headline is to be taken: amber as soon as a qualifier casts doubt."""
    if comparison.verdict is None or comparison.verdict.decision == "invalid":
        return "invalid"
    doubts = set(comparison.verdict.qualifiers) - SCOPE_ONLY
    decision = comparison.verdict.decision
    if decision in ("improved", "regressed"):
        return "qualified" if doubts else ("good" if decision == "improved" else "bad")
    return "qualified" if decision == "suggestive" else "neutral"


def summary(source: Source) -> Phrase:
    """Write the line under the headline: both accuracies and what was asked."""
    found, say = source.comparison, source.words.say
    values: dict[str, Any] = {
        "base_rate": source.percent("base.accuracy"),
        "base_interval": source.rates("base.interval"),
        "trained_rate": source.percent("trained.accuracy"),
        "trained_interval": source.rates("trained.interval"),
        "n": source.questions(),
        "task": task_name(source),
        "decoding": decoding(source),
    }
    if found.headline_budget is None:
        return say("summary_no_budget", **values)
    return say("summary", tokens=source.count("headline_budget"), **values)


def decoding(source: Source) -> Phrase:
    """Say how answers were decoded, and that a low precision is for quick looks."""
    found = source.comparison
    said = (
        source.words.say("greedy")
        if found.seeds.samples == 1
        else source.words.say("sampled", samples=source.count("seeds.samples"))
    )
    side = found.provenance.get("base")
    dtype = str(side.get("dtype", "unknown")) if isinstance(side, Mapping) else "unknown"
    if dtype in ("float32", "unknown"):
        return said
    return source.words.say("quick_look", decoding=said, dtype=one_line(dtype, longest=20))


def chips(source: Source) -> list[tuple[str, Phrase]]:
    """Count the checks by level."""
    found = source.comparison.checks
    chips = []
    for level in ("blocking", "warning", "passed"):
        n = sum(check.level == level for check in found)
        chips.append((level, source.words.say(f"chips.{level}", n=count(n))))
    return chips


def stamp(source: Source) -> Phrase:
    """Say what made the results, and when."""
    known = source.comparison.provenance
    shown = [
        one_line(f"{name} {known[name]}", longest=80)
        for name in ("evalsuite", "fingerprint", "date")
        if isinstance(known.get(name), str)
    ]
    return just(" · ".join(shown)) if shown else source.words.say("stamp")


def tests(source: Source) -> Phrase:
    """Write the line on the test and on what this many questions can show."""
    found, say = source.comparison, source.words.say
    exact = source.pvalue("mcnemar.exact")
    if source.is_sampled:
        return say("tests_sampled", exact=exact, n=source.questions())
    if source.is_early:
        planned = source.count("stopped_early.n_planned")
        return say("tests_early", exact=exact, n=source.questions(), planned=planned)
    if found.power.smallest_detectable_gain is None:
        return say("tests_blind", exact=exact, n=source.questions())
    return say(
        "tests",
        exact=exact,
        n=source.questions(),
        smallest=source.points("power.smallest_detectable_gain"),
    )

"""From a Comparison to a ReportView: everything a reader sees, finished, in one language.

The view is where numbers become text and findings become titles. The outputs that follow
(HTML, Markdown, terminal, LaTeX) only lay it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from evalsuite.records.codec import to_json
from evalsuite.reporting.background import checks, methods, prompt
from evalsuite.reporting.blocks import Explorer, Grid, Section
from evalsuite.reporting.budgets import budget_grid, budgets
from evalsuite.reporting.explorer import questions
from evalsuite.reporting.family import family
from evalsuite.reporting.findings import changed, estimate
from evalsuite.reporting.forest import forest, subset_grid
from evalsuite.reporting.inert import one_line, visible
from evalsuite.reporting.kinds import kind
from evalsuite.reporting.power import power, seeds
from evalsuite.reporting.provenance import provenance
from evalsuite.reporting.qualifiers import qualifier_sentences
from evalsuite.reporting.source import Source, count
from evalsuite.reporting.training import training
from evalsuite.reporting.wording import Phrase, Words, just, words
from evalsuite.stats.headline import headline_keys, headline_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.paired import PairedRow

__all__ = ["SCOPE_ONLY", "ReportView", "Tone", "report_view"]

Tone = Literal["good", "bad", "qualified", "neutral", "invalid"]
SCOPE_ONLY = {"one_checkpoint", "tight_budget", "family"}
"""Qualifiers that bound what is claimed and cast no doubt on the claim."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """A finished report in one language, before it has a shape."""

    words: Words
    title: str
    """Of the document: both models and the task."""
    names: tuple[str, str]
    task: str
    headline: str
    decision: str
    tone: Tone
    summary: Phrase
    qualifiers: tuple[tuple[str, Phrase], ...]
    """Code and sentence of each."""
    chips: tuple[tuple[str, Phrase], ...]
    """Level and count of the checks."""
    doubts: tuple[str, ...]
    """Every check that does not hold: code, title and detail, blocking ones first."""
    stamp: Phrase
    tests: Phrase
    subsets: Grid
    budgets: Grid | None
    sections: tuple[Section, ...]
    results: str
    """The whole comparison as JSON: the report carries its own data."""

    @property
    def lang(self) -> str:
        """Language of every sentence."""
        return self.words.lang


def report_view(
    comparison: Comparison,
    rows: Sequence[PairedRow] | None = None,
    *,
    lang: str = "en",
    complete: int | None = None,
) -> ReportView:
    """Turn a comparison into a finished report.

    Parameters
    ----------
    comparison
        What was found.
    rows
        Questions with both responses for the question browser; None where they are not at hand.
    lang
        ``en`` or ``zh``.
    complete
        How many questions there are in all when ``rows`` is a selection of them.

    Returns
    -------
    ReportView
        The same for the same input.

    Raises
    ------
    InvalidInputError
        For an unknown language.
    """
    source = Source(comparison, words(lang))
    browser = questions(source, rows, complete=complete)
    names = (
        one_line(comparison.base.name, longest=60),
        one_line(comparison.trained.name, longest=60),
    )
    return ReportView(
        words=source.words,
        title=str(source.words.say("title", base=names[0], trained=names[1], task=_task(source))),
        names=names,
        task=_task(source),
        headline=_headline(source),
        decision=_decision(source),
        tone=_tone(comparison),
        summary=_summary(source),
        qualifiers=tuple(qualifier_sentences(source)),
        chips=tuple(_chips(source)),
        doubts=tuple(_doubts(source)),
        stamp=_stamp(source),
        tests=_tests(source),
        subsets=subset_grid(source),
        budgets=budget_grid(source) if comparison.budgets else None,
        sections=(
            estimate(source),
            *filter(None, (family(source),)),
            changed(source, linked=any(isinstance(b, Explorer) for b in browser.blocks)),
            kind(source),
            budgets(source),
            forest(source),
            power(source),
            seeds(source),
            browser,
            training(source),
            prompt(source),
            checks(source),
            methods(source),
            provenance(source),
        ),
        results=to_json(comparison),
    )


def _task(source: Source) -> str:
    name, _, split = source.comparison.task.partition(" ")
    key = f"task.{name}"
    known = source.words.sentences.get(key, name)
    if not split:
        return one_line(known, longest=60)
    return one_line(str(source.words.say("task_split", task=known, split=split)), longest=60)


def _headline(source: Source) -> str:
    found = source.comparison
    if found.verdict is None:
        return source.words.text("no_verdict")
    if source.words.lang == "en":
        return visible(found.verdict.headline)
    values = headline_values(found)
    sentences = (source.words.say(f"headline.{key}", **values) for key in headline_keys(found))
    return visible("".join(map(str, sentences)))


def _decision(source: Source) -> str:
    verdict = source.comparison.verdict
    return source.words.text(f"decision.{verdict.decision}" if verdict else "decision.none")


def _tone(comparison: Comparison) -> Tone:
    if comparison.verdict is None or comparison.verdict.decision == "invalid":
        return "invalid"
    doubts = set(comparison.verdict.qualifiers) - SCOPE_ONLY
    decision = comparison.verdict.decision
    if decision in ("improved", "regressed"):
        return "qualified" if doubts else ("good" if decision == "improved" else "bad")
    return "qualified" if decision == "suggestive" else "neutral"


def _summary(source: Source) -> Phrase:
    found, say = source.comparison, source.words.say
    values: dict[str, Any] = {
        "base_rate": source.percent("base.accuracy"),
        "base_interval": source.rates("base.interval"),
        "trained_rate": source.percent("trained.accuracy"),
        "trained_interval": source.rates("trained.interval"),
        "n": source.questions(),
        "task": _task(source),
        "decoding": _decoding(source),
    }
    if found.headline_budget is None:
        return say("summary_no_budget", **values)
    return say("summary", tokens=source.count("headline_budget"), **values)


def _decoding(source: Source) -> Phrase:
    if source.comparison.seeds.samples == 1:
        return source.words.say("greedy")
    return source.words.say("sampled", samples=source.count("seeds.samples"))


def _chips(source: Source) -> list[tuple[str, Phrase]]:
    found = source.comparison.checks
    chips = []
    for level in ("blocking", "warning", "passed"):
        n = sum(check.level == level for check in found)
        chips.append((level, source.words.say(f"chips.{level}", n=count(n))))
    return chips


def _doubts(source: Source) -> Iterator[str]:
    for level in ("blocking", "warning"):
        for check in source.comparison.checks:
            if check.level == level:
                yield one_line(f"{check.code} {check.title}: {check.detail}", longest=400)


def _stamp(source: Source) -> Phrase:
    known = source.comparison.provenance
    shown = [
        one_line(f"{name} {known[name]}", longest=80)
        for name in ("evalsuite", "fingerprint", "date")
        if isinstance(known.get(name), str)
    ]
    return just(" · ".join(shown)) if shown else source.words.say("stamp")


def _tests(source: Source) -> Phrase:
    found, say = source.comparison, source.words.say
    exact = source.pvalue("mcnemar.exact")
    if source.is_sampled:
        return say("tests_sampled", exact=exact, n=source.questions())
    if source.is_early:
        planned = source.count("diagnostics.stopped_early.n_planned")
        return say("tests_early", exact=exact, n=source.questions(), planned=planned)
    if found.power.smallest_detectable_gain is None:
        return say("tests_blind", exact=exact, n=source.questions())
    return say(
        "tests",
        exact=exact,
        n=source.questions(),
        smallest=source.points("power.smallest_detectable_gain"),
    )

"""From a Comparison to a ReportView: everything a reader sees, finished, in one language.

The view is where numbers become text and findings become titles. The outputs that follow
(HTML, Markdown, terminal, LaTeX) only lay it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from evalsuite.records.codec import to_json
from evalsuite.records.comparison import Policy
from evalsuite.reporting import background, explorer, findings, stability
from evalsuite.reporting.blocks import Explorer, Grid, Section
from evalsuite.reporting.budgets import budget_grid, budgets, changing_budgets
from evalsuite.reporting.inert import one_line, visible
from evalsuite.reporting.source import Source, count
from evalsuite.reporting.wording import Phrase, Words, words
from evalsuite.stats.headline import headline_key, headline_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.paired import PairedRow

__all__ = ["ReportView", "Tone", "report_view"]

Tone = Literal["good", "bad", "qualified", "neutral", "invalid"]

SCOPE_ONLY = {"one_checkpoint"}
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
    browser = explorer.questions(source, rows, complete=complete)
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
        qualifiers=tuple(_qualifiers(source)),
        chips=tuple(_chips(source)),
        stamp=_stamp(source),
        tests=_tests(source),
        subsets=stability.subset_grid(source),
        budgets=budget_grid(source) if comparison.budgets else None,
        sections=(
            findings.estimate(source),
            findings.changed(source, linked=any(isinstance(b, Explorer) for b in browser.blocks)),
            findings.kind(source),
            budgets(source),
            stability.forest(source),
            stability.power(source),
            stability.seeds(source),
            browser,
            background.training(source),
            background.prompt(source),
            background.checks(source),
            background.methods(source),
            background.provenance(source),
        ),
        results=to_json(comparison),
    )


def _task(source: Source) -> str:
    name, _, split = source.comparison.task.partition(" ")
    key = f"task.{name}"
    known = source.words.sentences.get(key, name)
    return one_line(f"{known} {split}".strip(), longest=60)


def _headline(source: Source) -> str:
    found = source.comparison
    if found.verdict is None:
        return source.words.text("no_verdict")
    if source.words.lang == "en":
        return visible(found.verdict.headline)
    verdict = found.verdict
    key = headline_key(found, verdict.policy, verdict.decision)
    sentence = source.words.say(f"headline.{key}", **headline_values(found, verdict.policy))
    union = found.headline_set == "union" and verdict.decision != "invalid"
    return f"{sentence}{source.words.text('headline.of_union')}" if union else str(sentence)


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
        "n": source.count("base.n"),
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


def _stamp(source: Source) -> Phrase:
    known = source.comparison.provenance
    shown = [
        one_line(f"{name} {known[name]}", longest=80)
        for name in ("evalsuite", "fingerprint", "date")
        if isinstance(known.get(name), str)
    ]
    return Phrase((" · ".join(shown),)) if shown else source.words.say("stamp")


def _tests(source: Source) -> Phrase:
    found, say = source.comparison, source.words.say
    smallest = found.power.smallest_detectable_gain
    exact = source.pvalue("mcnemar.exact")
    if smallest is None:
        return say("tests_blind", exact=exact, n=source.count("base.n"))
    return say(
        "tests",
        exact=exact,
        n=source.count("base.n"),
        smallest=source.points("power.smallest_detectable_gain"),
    )


def _qualifiers(source: Source) -> list[tuple[str, Phrase]]:
    verdict = source.comparison.verdict
    if verdict is None:
        return []
    family = [("family", _family(source, verdict.policy))] if verdict.policy.family > 1 else []
    told = [(name, _QUALIFIERS[name](source)) for name in verdict.qualifiers]
    return told + family


def _family(source: Source, policy: Policy) -> Phrase:
    size = source.count("verdict.policy.family")
    if policy.adjusted_pvalue is None:
        return source.words.say("qualifier.family", size=size)
    return source.words.say(
        "qualifier.family_holm", size=size, adjusted=source.pvalue("verdict.policy.adjusted_pvalue")
    )


def _small(source: Source) -> Phrase:
    return source.words.say("qualifier.small", margin=source.points("verdict.policy.margin"))


def _truncation_dominated(source: Source) -> Phrase:
    found, say = source.comparison, source.words.say
    attribution = found.attribution
    alpha = found.verdict.policy.alpha if found.verdict else Policy().alpha
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
    if found.truncation.bounds is None:
        return say("qualifier.truncation_dominated")
    return say(
        "qualifier.bounds",
        low=source.signed("truncation.bounds.low"),
        high=source.signed("truncation.bounds.high"),
    )


def _mostly(part: str) -> Callable[[Source], Phrase]:
    def tell(source: Source) -> Phrase:
        found = source.comparison
        if found.attribution is None:
            return source.words.say(f"qualifier.mostly_{part}_plain")
        loser = "base" if found.gain.estimate > 0 else "trained"
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
    return source.words.say(
        "qualifier.at_budget",
        tokens=source.count(f"budgets.{others[-1]}.max_new_tokens"),
        gain=source.gain(f"budgets.{others[-1]}"),
        exact=source.pvalue(f"budgets.{others[-1]}.exact"),
    )


def _grader_dependent(source: Source) -> Phrase:
    if not {"strict", "flexible"} <= set(source.comparison.graders):
        return source.words.say("qualifier.grader_dependent")
    return source.words.say(
        "qualifier.by_grader",
        strict=source.gain("graders.strict"),
        flexible=source.gain("graders.flexible"),
    )


def _seed_sensitive(source: Source) -> Phrase:
    found = source.comparison
    decisions = found.seeds.decisions_by_sample
    decided = found.verdict.decision if found.verdict else ""
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
    "seed_sensitive": _seed_sensitive,
    "one_checkpoint": _one_checkpoint,
}

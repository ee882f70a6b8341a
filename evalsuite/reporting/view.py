"""From a Comparison to a ReportView: everything a reader sees, finished, in one language.

The view is where numbers become text and findings become titles. The outputs that follow
(HTML, Markdown, terminal, LaTeX) only lay it out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalsuite.records.codec import to_json
from evalsuite.reporting.blocks import Explorer, Grid, Section
from evalsuite.reporting.family import family
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.sections.background import checks, methods, prompt
from evalsuite.reporting.sections.budgets import budget_grid, budgets
from evalsuite.reporting.sections.explorer import questions
from evalsuite.reporting.sections.findings import changed, estimate
from evalsuite.reporting.sections.forest import forest, subset_grid
from evalsuite.reporting.sections.kinds import kind
from evalsuite.reporting.sections.noise_floor import noise_grid
from evalsuite.reporting.sections.opening import (
    chips,
    decision_word,
    headline,
    stamp,
    summary,
    task_name,
    tests,
    tone_of,
)
from evalsuite.reporting.sections.power import power, seeds
from evalsuite.reporting.sections.provenance import provenance
from evalsuite.reporting.sections.qualifiers import qualifier_sentences
from evalsuite.reporting.sections.training import training
from evalsuite.reporting.source import Source
from evalsuite.reporting.telling import doubts
from evalsuite.reporting.wording import Phrase, Words, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.paired import PairedRow
    from evalsuite.reporting.sections.opening import Tone

__all__ = ["Member", "ReportView", "report_view"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One model of a report on several."""

    name: Phrase
    """Leads to its own report."""
    headline: str
    qualifiers: tuple[tuple[str, Phrase], ...]
    """Code and sentence of each."""


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
    """The first table of every short output: subsets, or the models of a family."""
    budgets: Grid | None
    noise: Grid | None = None
    """Base against itself; its note is the sentence on it."""
    sections: tuple[Section, ...]
    members: tuple[Member, ...] = ()
    """Each model, where the report is on several."""
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
        title=str(
            source.words.say("title", base=names[0], trained=names[1], task=task_name(source))
        ),
        names=names,
        task=task_name(source),
        headline=headline(source),
        decision=decision_word(source),
        tone=tone_of(comparison),
        summary=summary(source),
        qualifiers=tuple(qualifier_sentences(source)),
        chips=tuple(chips(source)),
        doubts=tuple(doubts(comparison.checks, source.words)),
        stamp=stamp(source),
        tests=tests(source),
        subsets=subset_grid(source),
        budgets=budget_grid(source) if comparison.budgets else None,
        noise=noise_grid(source),
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

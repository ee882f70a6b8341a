"""View: from a judged record to everything a reader sees, finished, in one language.

The view is where numbers become text and findings become titles. The outputs that follow
(HTML, Markdown, terminal, LaTeX) only lay it out. A report is made of sections, and each says by
itself whether it applies: to one comparison, to several models, to the seeds of a recipe, or to
any 1..k of them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import to_json
from evalsuite.records.dataclass import dataclass
from evalsuite.records.groups.family import Family
from evalsuite.reporting.blocks import Composition, Grid, Section
from evalsuite.reporting.looks import with_note_on_looks
from evalsuite.reporting.naming import names_of
from evalsuite.reporting.opening.every_budget import spark
from evalsuite.reporting.opening.first_lines import (
    chips,
    decision_word,
    names,
    page_tone,
    stamp,
    summary,
    task_name,
    tests,
    title,
)
from evalsuite.reporting.opening.history import history, history_of_parts, last_time
from evalsuite.reporting.opening.made_of import composition
from evalsuite.reporting.opening.noise_floor import noise_grid
from evalsuite.reporting.opening.qualifiers import told_remarks
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.budgets import budget_grid, budgets
from evalsuite.reporting.sections.changed import changed
from evalsuite.reporting.sections.checks import checks
from evalsuite.reporting.sections.decodings import decodings
from evalsuite.reporting.sections.estimate import estimate
from evalsuite.reporting.sections.forest import forest, subset_grid
from evalsuite.reporting.sections.groups.claims import claims
from evalsuite.reporting.sections.groups.curve import curve, curve_grid
from evalsuite.reporting.sections.groups.each import Member, each, members
from evalsuite.reporting.sections.groups.family import family
from evalsuite.reporting.sections.groups.models import models, models_grid
from evalsuite.reporting.sections.groups.recipe import recipe, seed_grid
from evalsuite.reporting.sections.groups.settings import settings
from evalsuite.reporting.sections.groups.suite import suite, suite_grid
from evalsuite.reporting.sections.kind import kind
from evalsuite.reporting.sections.methods import methods
from evalsuite.reporting.sections.passes import passes
from evalsuite.reporting.sections.power import power
from evalsuite.reporting.sections.prompt import prompt
from evalsuite.reporting.sections.provenance import provenance
from evalsuite.reporting.sections.questions import questions
from evalsuite.reporting.sections.seeds import seeds
from evalsuite.reporting.sections.training import training
from evalsuite.reporting.sections.twins import twins
from evalsuite.reporting.sections.whole_base import whole_base
from evalsuite.reporting.telling import doubts, headline_text
from evalsuite.reporting.wording import Phrase, Words, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.judged import Judged
    from evalsuite.records.paired import PairedRow
    from evalsuite.reporting.browser.sliders import Spark
    from evalsuite.reporting.opening.first_lines import Tone

__all__ = ["SECTIONS", "Member", "ReportView", "SectionOfPage", "report_view"]

SectionOfPage = Callable[[Page], Section | None]
"""Makes a section of a page; None where it does not apply."""

SECTIONS: tuple[SectionOfPage, ...] = (
    models,
    suite,
    curve,
    recipe,
    claims,
    estimate,
    whole_base,
    family,
    changed,
    passes,
    kind,
    each,
    budgets,
    decodings,
    twins,
    settings,
    forest,
    power,
    seeds,
    questions,
    training,
    prompt,
    checks,
    methods,
    provenance,
)
"""Every section in the order of the page: the answer, what it is made of, where it came from."""


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
    """Every check that does not hold and is not the headline's reason, blocking ones first."""
    stamp: Phrase
    tests: Phrase
    subsets: Grid
    """The first table of every short output: subsets, or the models of a family."""
    budgets: Grid | None
    history: Phrase | None = None
    """What the last report of the same pair said, beside what this one says."""
    last_time: Phrase | None = None
    """The earlier gain alone, in a few words."""
    made_of: Composition | None = None
    """What the gain is made of; None for groups, whose members have their own, and where the
    comparison is not to be taken."""
    spark: Spark | None = None
    """The gain at every budget; None for groups, and where only some budgets were counted."""
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
    judged: Judged,
    rows: Sequence[PairedRow] | None = None,
    *,
    folders: Sequence[str] = (),
    lang: str = "en",
    complete: int | None = None,
) -> ReportView:
    """Turn a judged record into a finished report, the same for the same input.

    ``rows`` are the questions with both responses for the question browser of one comparison, and
    ``complete`` says how many there are in all when they are a selection. ``folders`` name the
    subfolder of each part's own report, plain file names in the order of the parts; without them
    the parts are named and lead nowhere.

    Raises `InvalidInputError` for an unknown language, and for a family of one.
    """
    if isinstance(judged, Family) and len(judged.parts) < 2:
        raise InvalidInputError(
            "a family of {n_parts} comparisons has nothing to set side by side; name two trained "
            "models or more, or the folder of the one report",
            n_parts=len(judged.parts),
        )
    catalogue = words(lang).calling(names_of(judged))
    page = Page(judged, catalogue, folders=tuple(folders), rows=rows, complete=complete)
    return ReportView(
        words=page.words,
        title=title(page),
        names=names(page),
        task=task_name(page),
        headline=headline_text(judged.verdict, page.words),
        decision=decision_word(judged.verdict, page.words),
        tone=page_tone(page),
        summary=summary(page),
        qualifiers=tuple(told_remarks(page, judged.verdict)),
        chips=tuple(chips(page)),
        doubts=tuple(doubts(judged.checks, judged.verdict, page.words)),
        stamp=stamp(page),
        tests=tests(page),
        subsets=_first_table(page),
        budgets=budget_grid(page),
        history=history(page.alone) if page.alone is not None else history_of_parts(page),
        last_time=last_time(page.alone) if page.alone is not None else None,
        made_of=composition(page.alone) if page.alone is not None else None,
        spark=spark(page.alone) if page.alone is not None else None,
        noise=noise_grid(page),
        sections=tuple(
            filter(None, (with_note_on_looks(section(page), page) for section in SECTIONS))
        ),
        # The short outputs of a recipe have every seed's verdict in the first table.
        members=members(page) if page.recipe is None else (),
        results=to_json(judged),
    )


def _first_table(page: Page) -> Grid:
    if page.alone is not None:
        return subset_grid(page.alone)
    if page.curve is not None:
        return curve_grid(page)
    if page.suite is not None:
        return suite_grid(page)
    return models_grid(page) if page.recipe is None else seed_grid(page.recipe)

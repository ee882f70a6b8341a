"""View: from a judged record to everything a reader sees, finished, in one language.

The view is where numbers become text and findings become titles. The outputs that follow
(HTML, Markdown, terminal, LaTeX) only lay it out. A report is made of sections, and each says by
itself whether it applies: to one comparison, to several models, to the seeds of a recipe, or to
any 1..k of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import TYPE_CHECKING

from evalsuite.records.codec import to_json
from evalsuite.records.dataclass import dataclass
from evalsuite.reporting.blocks import Grid, Section
from evalsuite.reporting.looks import with_note_on_looks
from evalsuite.reporting.opening.every_budget import spark
from evalsuite.reporting.opening.first_lines import (
    decision_word,
    names,
    stamp,
    summary,
    task_name,
    tests,
    title,
)
from evalsuite.reporting.opening.history import history, history_of_parts
from evalsuite.reporting.opening.opening import Opening, opening_of
from evalsuite.reporting.page import Page, page_of
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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.judged import Judged
    from evalsuite.records.paired import PairedRow
    from evalsuite.reporting.browser.sliders import Spark
    from evalsuite.reporting.wording import Phrase

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
class ReportView(Opening):
    """A finished report in one language, before it has a shape."""

    title: str
    """Of the document: both models and the task."""
    names: tuple[str, str]
    task: str
    decision: str
    summary: Phrase
    stamp: Phrase
    tests: Phrase
    subsets: Grid
    """The first table of every short output: subsets, or the models of a family."""
    budgets: Grid | None
    history: Phrase | None = None
    """What the last report of the same pair said, beside what this one says."""
    spark: Spark | None = None
    """The gain at every budget; None for groups, and where only some budgets were counted."""
    sections: tuple[Section, ...]
    members: tuple[Member, ...] = ()
    """Each model, where the report is on several."""
    results: str
    """The whole comparison as JSON: the report carries its own data."""


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
    page = page_of(judged, lang=lang, folders=folders, rows=rows, complete=complete)
    opening = opening_of(page)
    return ReportView(
        **{field.name: getattr(opening, field.name) for field in fields(opening)},
        title=title(page),
        names=names(page),
        task=task_name(page),
        decision=decision_word(judged.verdict, page.words),
        summary=summary(page),
        stamp=stamp(page),
        tests=tests(page),
        subsets=_first_table(page),
        budgets=budget_grid(page),
        history=history(page.alone) if page.alone is not None else history_of_parts(page),
        spark=spark(page.alone) if page.alone is not None else None,
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

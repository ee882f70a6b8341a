"""What a report on several models shows: their gains side by side, and each one's cut-off answers.

Rows stand in the order in which the models were named, never in order of success.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import (
    Band,
    Block,
    Dot,
    Doubts,
    ForestDrawing,
    Grid,
    Plot,
    Row,
    Section,
    Text,
)
from evalsuite.reporting.outputs.inert import columns, one_line
from evalsuite.reporting.sections.budgets import cut_off
from evalsuite.reporting.sections.opening import decision_word
from evalsuite.reporting.source import Source, count, points
from evalsuite.reporting.wording import Phrase, Words, just

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.reporting.view import Member

__all__ = ["ModelsSection", "each", "family_budgets", "family_checks", "models"]

ADJUSTED = "verdict.policy.adjusted_pvalue"
ROOM = 24
"""Columns of a name beside the figure."""
UNKNOWN = "–"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelsSection:
    """The first section, and its table by itself for the short outputs."""

    section: Section
    grid: Grid


def models(sources: Sequence[Source], members: Sequence[Member]) -> ModelsSection:
    """Draw every model's gain over base, with the table behind it.

    Parameters
    ----------
    sources
        The comparisons, with one base.
    members
        Each model's name and verdict.

    Returns
    -------
    ModelsSection
    """
    first, say = sources[0], sources[0].words.say
    grid = _models_grid(sources, members)
    ranked = sorted(sources, key=lambda source: source.comparison.gain.estimate)
    low, high = (source.signed("gain.estimate") for source in (ranked[0], ranked[-1]))
    title = say("models.found", low=low, high=high)
    level = first.level("gain.confidence_level")
    plot = Plot(
        id="models",
        title=title,
        alt=str(say("models.alt", title=title, level=level)),
        drawing=_drawing(sources),
        aid=say("models.aid", margin=points(first.policy.margin)),
        how=first.words.text("models.how"),
        grid=grid,
        open_grid=True,
    )
    section = Section(id="models", title=first.words.text("models.section"), blocks=(plot,))
    return ModelsSection(section=section, grid=grid)


def _drawing(sources: Sequence[Source]) -> ForestDrawing:
    text, margin = sources[0].words.text, sources[0].policy.margin
    return ForestDrawing(
        rows=tuple(_dot(source) for source in sources),
        headings=sources[0].words.texts("models.headings"),
        axis=text("axis.gain"),
        band=Band(low=-margin, high=margin, label=text("margin_band")),
    )


def _dot(source: Source) -> Dot:
    gain = source.comparison.gain
    return Dot(
        label=_fitted(source.comparison.trained.name),
        at=gain.estimate,
        low=gain.interval.low,
        high=gain.interval.high,
        shown=str(source.headline_gain()),
        role="trained",
        aside=("", str(_adjusted(source))),
    )


def _fitted(name: str) -> str:
    """Shorten a name in its middle: runs of one recipe differ at the end."""
    shown = one_line(name, longest=200)
    kept = len(shown)
    fitted = shown
    while columns(fitted) > ROOM:
        kept -= 1
        fitted = f"{shown[: kept - kept // 2]}…{shown[-(kept // 2) :]}"
    return fitted


def _adjusted(source: Source) -> Phrase:
    return just(UNKNOWN) if source.policy.adjusted_pvalue is None else source.pcell(ADJUSTED)


def _models_grid(sources: Sequence[Source], members: Sequence[Member]) -> Grid:
    first = sources[0]
    return Grid(
        id="models-data",
        caption=first.words.say("models.caption"),
        columns=first.words.texts("models.columns"),
        rows=tuple(_models_row(*pair) for pair in zip(sources, members, strict=True)),
        textual=(7, 8),
        dispensable=(8, 5, 1, 3, 2),
        note=first.words.say(
            "models.note",
            base=first.percent("base.accuracy"),
            interval=first.rates("base.interval"),
            family=count(first.policy.family),
        ),
    )


def _models_row(source: Source, member: Member) -> Row:
    return Row(
        cells=(
            member.name,
            just(source.percent("trained.accuracy")),
            just(source.count("table.losses")),
            just(source.count("table.gains")),
            source.headline_gain(),
            source.pcell("mcnemar.exact"),
            _adjusted(source),
            just(decision_word(source)),
            _doubts(source),
        )
    )


def _doubts(source: Source) -> Phrase:
    verdict, text = source.comparison.verdict, source.words.text
    names = [text(f"qualifier_name.{code}") for code in (verdict.qualifiers if verdict else ())]
    return just(text("and").join(names) or text("models.no_doubt"))


def each(words: Words, members: Sequence[Member]) -> Section:
    """Say every model's own headline, with what to doubt and the way to its page.

    Parameters
    ----------
    words
        The language.
    members
        Each model's name and verdict.

    Returns
    -------
    Section
    """
    blocks: list[Block] = []
    for member in members:
        told = words.say("models.member", name=member.name, headline=member.headline)
        blocks.append(Text(phrase=told))
        if member.qualifiers:
            blocks.append(Doubts(items=member.qualifiers))
    return Section(id="each", title=words.text("models.each"), blocks=tuple(blocks))


def family_budgets(sources: Sequence[Source], members: Sequence[Member]) -> Section:
    """Tabulate every model's cut-off answers and gain by token budget.

    Parameters
    ----------
    sources
        The comparisons, with one base and the same budgets.
    members
        Each model's name and verdict.

    Returns
    -------
    Section
    """
    first = sources[0]
    title = first.words.text("budgets.section")
    if not first.comparison.budgets:
        missing = Text(phrase=first.words.say("budgets.no_record"), role="missing")
        return Section(id="budgets", title=title, blocks=(missing,))
    headings = ("", *(str(count(row.max_new_tokens)) for row in first.comparison.budgets))
    named = list(zip(sources, members, strict=True))
    base = _budget_row(first, first.words.say("base"), "base")
    cut = Grid(
        id="cut-data",
        caption=first.words.say("models.cut_caption"),
        columns=headings,
        rows=(base, *(_budget_row(source, member.name, "trained") for source, member in named)),
    )
    gains = Grid(
        id="gains-data",
        caption=first.words.say("models.gain_caption"),
        columns=headings,
        rows=tuple(_gains_row(source, member.name) for source, member in named),
        note=first.words.say("models.budget_note", tokens=first.count("headline_budget")),
    )
    return Section(id="budgets", title=title, blocks=(cut, gains))


def _budget_row(source: Source, name: Phrase, side: str) -> Row:
    cells = (cut_off(source, i, side) for i in range(len(source.comparison.budgets)))
    return Row(cells=(name, *cells))


def _gains_row(source: Source, name: Phrase) -> Row:
    rows = range(len(source.comparison.budgets))
    return Row(cells=(name, *(just(source.signed(f"budgets.{i}.gain")) for i in rows)))


def family_checks(sources: Sequence[Source], members: Sequence[Member]) -> Section:
    """Count every model's checks, and name those that do not hold.

    Parameters
    ----------
    sources
        The comparisons, with one base.
    members
        Each model's name and verdict.

    Returns
    -------
    Section
    """
    words = sources[0].words
    grid = Grid(
        id="checks-data",
        caption=words.say("models.checks"),
        columns=words.texts("models.check_columns"),
        rows=tuple(_checks_row(*pair) for pair in zip(sources, members, strict=True)),
        textual=(4,),
        note=words.say("models.check_note"),
    )
    return Section(id="checks", title=words.text("checks.section"), blocks=(grid,))


def _checks_row(source: Source, member: Member) -> Row:
    checks = source.comparison.checks
    counted = (
        just(count(sum(check.level == level for check in checks)))
        for level in ("blocking", "warning", "passed")
    )
    failed = [one_line(c.code) for c in checks if c.level in ("blocking", "warning")]
    named = ", ".join(failed) or source.words.text("models.no_doubt")
    return Row(cells=(member.name, *counted, just(named)))

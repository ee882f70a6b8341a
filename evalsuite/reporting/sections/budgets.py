"""The token budget: how often answers are cut off, and what that does to the gain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import (
    Block,
    Grid,
    Line,
    Mark,
    Panel,
    PanelsDrawing,
    Plot,
    Row,
    Section,
    Text,
)
from evalsuite.reporting.source import Source, count, share, signed
from evalsuite.reporting.wording import Number, Phrase, just
from evalsuite.stats.proportion import proportion_interval
from evalsuite.verdict.evidence import decide_table, differ

if TYPE_CHECKING:
    from evalsuite.records.comparison import BudgetRow, Policy

__all__ = ["budget_grid", "budgets", "changing_budgets", "cut_off"]

SIDES = ("base", "trained")


def budgets(source: Source) -> Section:
    """Show cut-off answers, accuracy and gain at every token budget.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    found = source.comparison
    blocks: list[Block] = []
    if len(found.budgets) > 1:
        blocks += [_plot(source), Text(phrase=_turning_point(source), role="note")]
    else:
        blocks.append(Text(phrase=source.words.say("budgets.missing"), role="missing"))
        if found.budgets:
            blocks.append(budget_grid(source))
    blocks += [*_training_limit(source), *_lengths(source), *_bounds(source)]
    return Section(id="budgets", title=source.words.text("budgets.section"), blocks=tuple(blocks))


def changing_budgets(source: Source) -> tuple[int, ...]:
    """Find the budgets at which the answer differs from the headline budget's.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    tuple of int
        Positions in ``budgets``.
    """
    found = source.comparison
    decided = [_decision(row, source.policy, found.seeds.samples) for row in found.budgets]
    here = [i for i, r in enumerate(found.budgets) if r.max_new_tokens == found.headline_budget]
    return tuple(i for i in range(len(decided)) if here and differ(decided[i], decided[here[0]]))


def budget_grid(source: Source) -> Grid:
    """Tabulate every budget.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Grid
    """
    say = source.words.say
    found = source.comparison
    rows = tuple(
        Row(
            cells=(
                just(source.count(f"budgets.{i}.max_new_tokens")),
                *(cut_off(source, i, side) for side in SIDES),
                _right_although(source, i),
                *(just(source.percent(f"budgets.{i}.{side}.accuracy")) for side in SIDES),
                just(source.count(f"budgets.{i}.gains")),
                just(source.count(f"budgets.{i}.losses")),
                source.gain(f"budgets.{i}"),
                source.pcell(f"budgets.{i}.exact"),
            ),
            role="headline" if row.max_new_tokens == found.headline_budget else "",
        )
        for i, row in enumerate(found.budgets)
    )
    return Grid(
        id="budgets-data",
        caption=say("budgets.caption"),
        columns=source.words.texts("budgets.columns"),
        rows=rows,
        dispensable=(3, 9, 6, 7, 4, 5),
        note=say("budgets.note"),
    )


def cut_off(source: Source, i: int, side: str) -> Phrase:
    """Give the share of a side's answers that a budget cuts off.

    Parameters
    ----------
    source
        The comparison.
    i
        Position in ``budgets``.
    side
        ``base`` or ``trained``.

    Returns
    -------
    Phrase
    """
    part = source.value(f"budgets.{i}.{side}.truncated") / source.value(f"budgets.{i}.n")
    return just(share(part))


def _decision(row: BudgetRow, policy: Policy, samples: int) -> str:
    if samples == 1:
        return decide_table(row.losses, row.gains, row.n, policy)
    if row.exact > policy.alpha:
        return "inconclusive"
    return "improved" if row.gain > 0 else "regressed"


def _right_although(source: Source, i: int) -> Phrase:
    return source.words.say(
        "budgets.right_although",
        **{side: source.count(f"budgets.{i}.{side}.right_although_truncated") for side in SIDES},
    )


def _plot(source: Source) -> Plot:
    say, rows = source.words.say, source.comparison.budgets
    first, last = 0, len(rows) - 1
    title = say(
        "budgets.title",
        first=source.signed(f"budgets.{first}.gain"),
        at_first=source.count(f"budgets.{first}.max_new_tokens"),
        last=source.signed(f"budgets.{last}.gain"),
        at_last=source.count(f"budgets.{last}.max_new_tokens"),
    )
    alt = say(
        "budgets.alt",
        title=title,
        first=cut_off(source, first, "base"),
        last=cut_off(source, last, "base"),
        at_first=source.count(f"budgets.{first}.max_new_tokens"),
        at_last=source.count(f"budgets.{last}.max_new_tokens"),
    )
    return Plot(
        id="budgets",
        title=title,
        alt=str(alt),
        drawing=_drawing(source),
        aid=say("budgets.aid"),
        how=source.words.text("budgets.how"),
        grid=budget_grid(source),
        open_grid=True,
    )


def _drawing(source: Source) -> PanelsDrawing:
    text, rows = source.words.text, source.comparison.budgets
    x = tuple(float(row.max_new_tokens) for row in rows)
    marks = _marks(source)
    panels = (
        Panel(
            title=text("budgets.cut_off"),
            lines=tuple(_cut_line(source, side, x) for side in SIDES),
            percent=True,
            floor=0,
            marks=marks,
        ),
        Panel(
            title=text("budgets.accuracy"),
            lines=tuple(_accuracy_line(source, side, x) for side in SIDES),
            percent=True,
            floor=0,
            marks=marks,
        ),
        Panel(title=text("axis.gain"), lines=(_gain_line(source, x),), floor=0, marks=marks),
    )
    return PanelsDrawing(
        panels=panels, columns=3, axis=text("axis.tokens"), logarithmic=True, ticks=x, legend=True
    )


def _marks(source: Source) -> tuple[Mark, ...]:
    found = source.comparison
    limit = found.training.max_completion_length if found.training else None
    if limit is None:
        return ()
    return (
        Mark(at=limit, label=str(source.words.say("budgets.training_mark", tokens=count(limit)))),
    )


def _cut_line(source: Source, side: str, x: tuple[float, ...]) -> Line:
    rows = source.comparison.budgets
    return Line(
        label=source.words.text(side),
        x=x,
        y=tuple(getattr(row, side).truncated / row.n for row in rows),
        role="base" if side == "base" else "trained",
    )


def _accuracy_line(source: Source, side: str, x: tuple[float, ...]) -> Line:
    rows = source.comparison.budgets
    values = tuple(getattr(row, side).accuracy for row in rows)
    bands = [
        proportion_interval(round(value * row.n), row.n)
        for value, row in zip(values, rows, strict=True)
    ]
    return Line(
        label=source.words.text(side),
        x=x,
        y=values,
        role="base" if side == "base" else "trained",
        low=tuple(band.low for band in bands),
        high=tuple(band.high for band in bands),
    )


def _gain_line(source: Source, x: tuple[float, ...]) -> Line:
    rows = source.comparison.budgets
    return Line(
        label=source.words.text("gain"),
        x=x,
        y=tuple(row.gain for row in rows),
        role="text",
        low=tuple(row.interval.low for row in rows),
        high=tuple(row.interval.high for row in rows),
    )


def _turning_point(source: Source) -> Phrase:
    found, say = source.comparison, source.words.say
    others = changing_budgets(source)
    if not others:
        return say("budgets.same_everywhere")
    nearest = max(others) if max(others) < len(found.budgets) - 1 else min(others)
    return say(
        "budgets.changes",
        tokens=source.count(f"budgets.{nearest}.max_new_tokens"),
        gain=source.gain(f"budgets.{nearest}"),
        exact=source.pvalue(f"budgets.{nearest}.exact"),
        headline=count(found.headline_budget or 0, key="headline_budget"),
    )


def _training_limit(source: Source) -> tuple[Text, ...]:
    log = source.comparison.training
    if log is None or log.max_completion_length is None:
        return ()
    tokens = source.count("training.max_completion_length")
    return (Text(phrase=source.words.say("budgets.training_limit", tokens=tokens), role="note"),)


def _lengths(source: Source) -> tuple[Text, ...]:
    known = source.comparison.diagnostics.get("lengths")
    if not isinstance(known, Mapping) or not all(known.get(side) for side in SIDES):
        return ()
    values = {
        f"{side}_{short}": _length(source, f"diagnostics.lengths.{side}.{name}")
        for side in SIDES
        for short, name in (("median", "median"), ("most", "tokens_for_95_percent"))
    }
    return (Text(phrase=source.words.say("budgets.lengths", **values), role="note"),)


def _length(source: Source, key: str) -> Number | str:
    if source.value(key) is None:
        return source.words.text("budgets.not_reached")
    return source.count(key)


def _bounds(source: Source) -> tuple[Text, ...]:
    bounds = source.comparison.truncation.bounds
    if bounds is None:
        return (Text(phrase=source.words.say("budgets.no_record"), role="missing"),)
    if not source.value("truncation.base") and not source.value("truncation.trained"):
        return (Text(phrase=source.words.say("budgets.none_cut"), role="note"),)
    phrase = source.words.say(
        "budgets.bounds",
        low=signed(bounds.low, key="truncation.bounds.low"),
        high=signed(bounds.high, key="truncation.bounds.high"),
        base=source.count("truncation.base"),
        trained=source.count("truncation.trained"),
    )
    return (Text(phrase=phrase, role="note"),)

"""Passes: the gain over the number of tries, and the questions that only one model ever solves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import (
    Block,
    Grid,
    Line,
    Panel,
    PanelsDrawing,
    Plot,
    Row,
    Section,
    Text,
)
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import chance_number, count
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.gains import Interval
    from evalsuite.records.passes import Passes, TriesRow
    from evalsuite.reporting.blocks import Role
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source

__all__ = ["passes"]

_WORDS = ("sharpened", "widened", "narrowed")
_CEILING = 1.35
"""Air above 100%, where the names of the lines stand: curves of tries end high on the right."""
_LISTED = 20
"""Questions of each kind in the table; results.json has all of them."""


def passes(page: Page) -> Section | None:
    """Show what more tries do to the gain; nothing with one sample, or after looks."""
    source = page.alone
    if source is None or source.is_early or source.comparison.passes is None:
        return None
    record = source.comparison.passes
    blocks: list[Block] = [_plot(source, record)]
    if record.crossing is not None:
        low, high = (source.count(f"passes.crossing.{i}") for i in (0, 1))
        crossing = source.words.say("passes.crossing", low=low, high=high)
        blocks.append(Text(phrase=crossing, role="note"))
    blocks.append(Text(phrase=_solved(source, record), role="note"))
    if record.only_base or record.only_trained:
        blocks.append(_questions(source, record))
    return Section(id="passes", title=source.words.text("passes.section"), blocks=tuple(blocks))


def _plot(source: Source, record: Passes) -> Plot:
    say = source.words.say
    return Plot(
        id="passes",
        title=_finding(source),
        alt=str(say("passes.alt", first=_gain(source, 0), most=_gain(source, -1), k=_most(source))),
        drawing=_drawing(source, record),
        aid=say("passes.aid"),
        how=source.words.text("passes.how"),
        grid=_grid(source, record),
        open_grid=True,
    )


def _finding(source: Source) -> Phrase:
    """Tell the verdict's word on more tries, or both gains and that no word is established."""
    verdict = source.comparison.verdict
    for i, remark in enumerate(verdict.remarks if verdict else ()):
        if remark.code in _WORDS:
            path = f"{source.prefix}verdict.remarks.{i}.statement"
            return source.words.phrase(remark.statement, path)
    return source.words.say(
        "passes.open",
        first=_gain(source, 0),
        most=_gain(source, -1),
        k=_most(source),
        difference=source.gain("passes.contrast"),
        exact=source.pvalue("passes.contrast.exact"),
    )


def _gain(source: Source, place: int) -> Phrase:
    return source.gain(f"passes.tries.{_place(source, place)}")


def _most(source: Source) -> Phrase:
    return just(source.count(f"passes.tries.{_place(source, -1)}.k"))


def _place(source: Source, place: int) -> int:
    return place % len(source.value("passes.tries"))


def _drawing(source: Source, record: Passes) -> PanelsDrawing:
    text = source.words.text
    panels = [_sides(source, text("passes.tries_panel"), record.tries)]
    if record.votes:
        panels.append(_sides(source, text("passes.votes_panel"), record.votes))
    panels.append(
        Panel(title=text("passes.gain_panel"), lines=(_gain_line(source, record.tries),), floor=0)
    )
    ticks = tuple(float(row.k) for row in record.tries)
    return PanelsDrawing(
        panels=tuple(panels),
        columns=len(panels),
        axis=text("passes.axis"),
        logarithmic=True,
        ticks=ticks,
        legend=True,
    )


def _sides(source: Source, title: str, rows: Sequence[TriesRow]) -> Panel:
    base = [(row.base, row.base_interval) for row in rows]
    trained = [(row.trained, row.trained_interval) for row in rows]
    x = tuple(float(row.k) for row in rows)
    sides: tuple[tuple[Role, list[tuple[float, Interval]]], ...]
    sides = (("base", base), ("trained", trained))
    lines = tuple(
        Line(
            label=source.words.model(role),
            x=x,
            y=tuple(rate for rate, _ in side),
            role=role,
            low=tuple(interval.low for _, interval in side),
            high=tuple(interval.high for _, interval in side),
        )
        for role, side in sides
    )
    return Panel(title=title, lines=lines, percent=True, floor=0, ceiling=_CEILING)


def _gain_line(source: Source, rows: Sequence[TriesRow]) -> Line:
    return Line(
        label=source.words.text("gain"),
        x=tuple(float(row.k) for row in rows),
        y=tuple(row.gain for row in rows),
        role="text",
        low=tuple(row.interval.low for row in rows),
        high=tuple(row.interval.high for row in rows),
    )


def _grid(source: Source, record: Passes) -> Grid:
    kinds = ("tries", "votes") if record.votes else ("tries",)
    rows = [_row(source, f"passes.{kind}.{i}", kind) for kind in kinds for i in _places(source)]
    return Grid(
        id="passes-data",
        caption=source.words.say("passes.caption", n=source.questions(), samples=_samples(source)),
        columns=source.words.texts("passes.columns"),
        rows=tuple(rows),
        note=source.words.say("passes.note", level=source.level("passes.confidence_level")),
    )


def _places(source: Source) -> range:
    return range(len(source.value("passes.tries")))


def _samples(source: Source) -> Phrase:
    return just(source.count("passes.n_samples"))


def _row(source: Source, key: str, kind: str) -> Row:
    return Row(
        cells=(
            source.words.say(f"passes.{kind}_row", k=source.count(f"{key}.k")),
            just(source.percent(f"{key}.base")),
            just(source.percent(f"{key}.trained")),
            source.gain(key),
            source.pcell(f"{key}.exact"),
        )
    )


def _solved(source: Source, record: Passes) -> Phrase:
    return source.words.say(
        "passes.solved",
        base=count(len(record.only_base)),
        trained=count(len(record.only_trained)),
        samples=_samples(source),
    )


def _questions(source: Source, record: Passes) -> Grid:
    """List the questions that one model alone solves, those solved most often first."""
    trained = sorted(record.only_trained, key=lambda i: -record.questions[i].trained)[:_LISTED]
    base = sorted(record.only_base, key=lambda i: -record.questions[i].base)[:_LISTED]
    rows = [_question(source, i, "fixed") for i in trained]
    rows += [_question(source, i, "broken") for i in base]
    return Grid(
        id="solved-by-one",
        caption=source.words.say("passes.solved_caption", most=count(_LISTED)),
        columns=source.words.texts("passes.solved_columns"),
        rows=tuple(rows),
        note=source.words.say("passes.solved_note"),
    )


def _question(source: Source, place: int, change: str) -> Row:
    key = f"passes.questions.{place}"
    name = one_line(source.value(f"{key}.id"), longest=60)
    chance = chance_number(source.value(f"{key}.{change}"), key=f"{source.prefix}{key}.{change}")
    return Row(
        cells=(
            just(name),
            just(source.count(f"{key}.base")),
            just(source.count(f"{key}.trained")),
            source.words.say(f"passes.really_{change}", chance=chance),
        )
    )

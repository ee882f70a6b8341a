"""Questions one by one: the data block of the browser, and a seeded sample for plain pages."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from evalsuite.records.comparison import SIDES
from evalsuite.records.paired import RowsOnDemand
from evalsuite.reporting.blocks import Block, Example, Examples, Explorer, Section, Text
from evalsuite.reporting.browser.controls import (
    filters,
    heads,
    is_unread,
    keys,
    orders,
    rules,
)
from evalsuite.reporting.browser.packed_pairs import as_json, pack, packed_side
from evalsuite.reporting.browser.selection import places_of, places_of_few, row_index
from evalsuite.reporting.opening.every_budget import budget_slider
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.source import Source, count
from evalsuite.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from evalsuite.records.paired import PairedRow, PairedText
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.wording import Phrase

__all__ = ["LARGEST_PAYLOAD", "questions"]

LARGEST_PAYLOAD = 5_000_000
"""Characters of the data block; above it a report carries flips and a sample only."""
MANY = 8192
"""Rows from which on some of them tell first whether all fit: each try costs as much as a page."""
_BLOCKS, _BLOCK = 128, 16
"""Of neighbours, spread over the rows: together they pack nearly as well as all do."""
_CLEARLY = 1.05
"""How far above the largest payload an estimate is taken for it."""
SHOWN_PLAIN = 10
LONGEST_PLAIN = 4000


def questions(page: Page) -> Section | None:
    """Lay out the question browser and the sample that plain pages show."""
    source = page.alone
    if source is None:
        return None
    words = source.words
    title = words.text("questions.section")
    if source.is_scored:
        return Section(
            id="questions",
            title=title,
            blocks=(Text(phrase=words.say("questions.scored"), role="missing"),),
        )
    if not page.rows:
        missing = Text(phrase=words.say("questions.missing"), role="missing")
        return Section(id="questions", title=title, blocks=(missing,))
    payload, carried = _fitting(source, page.rows)
    blocks: tuple[Block, ...] = (
        Explorer(
            payload=payload,
            filters=filters(source, carried),
            slider=budget_slider(source) if _has_steps(carried) else None,
            note=_note(source, len(carried), page.complete or len(page.rows)),
            heads=heads(source),
            orders=orders(source),
            keys=keys(source),
        ),
        _examples(source, carried),
    )
    return Section(id="questions", title=title, blocks=blocks)


def _has_steps(rows: Sequence[PairedRow]) -> bool:
    return all(None not in (row.base.steps, row.trained.steps) for row in rows)


def _fitting(source: Source, rows: Sequence[PairedRow]) -> tuple[str, list[PairedRow]]:
    if not _overflows(source, range(len(rows)), rows.__getitem__):
        payload = pack(_document(source, rows), at_most=LARGEST_PAYLOAD)
        if payload is not None:
            return payload, list(rows)
    # from here on the cut is shown at stored budgets alone
    bare = partial(_without_widths, rows)
    index, seed = row_index(rows), source.comparison.seeds.root
    sample = places_of(index, "sample", seed=seed)
    flips = places_of(index, "flips", seed=seed)
    few = places_of_few(index, seed=seed)
    for places in (range(len(rows)), sample, flips, few):
        if _overflows(source, places, bare):
            continue
        carried: list[PairedRow] = []
        payload = pack(
            _document(source, _kept(map(bare, places), carried)), at_most=LARGEST_PAYLOAD
        )
        if payload is not None:
            return payload, carried
    shortened = [_shortened(bare(i)) for i in few]
    return pack(_document(source, shortened)), shortened


def _overflows(source: Source, places: Sequence[int], row: Callable[[int], PairedRow]) -> bool:
    """Tell of many rows, by some of them, that they need not be tried."""
    if len(places) < MANY:
        return False
    starts = [n * len(places) // _BLOCKS for n in range(_BLOCKS)]
    some = [places[i] for start in starts for i in range(start, start + _BLOCK)]
    size = len(pack(_packed_rows(source, map(row, some))))
    return size * len(places) > _CLEARLY * LARGEST_PAYLOAD * len(some)


def _kept(rows: Iterable[PairedRow], carried: list[PairedRow]) -> Iterator[PairedRow]:
    for row in rows:
        carried.append(row)
        yield row


def _without_widths(rows: Sequence[PairedRow], place: int) -> PairedRow:
    if isinstance(rows, RowsOnDemand):
        return rows.without_widths(place)
    row = rows[place]
    base, trained = (replace(side, widths=None) for side in (row.base, row.trained))
    return replace(row, base=base, trained=trained)


def _shortened(row: PairedRow) -> PairedRow:
    base, trained = (
        replace(
            side,
            text=(side.text or "")[:LONGEST_PLAIN],
            span=None,
            cuts=(),
            steps=side.steps and tuple(replace(step, span=None) for step in side.steps),
        )
        for side in (row.base, row.trained)
    )
    return replace(row, base=base, trained=trained)


def _document(source: Source, rows: Iterable[PairedRow]) -> Iterator[str]:
    """Write the document the browser reads, in pieces; its rows come last."""
    yield as_json(_head(source) | {"rows": []}).removesuffix("]}")
    yield from _packed_rows(source, rows)
    yield "]}"


def _packed_rows(source: Source, rows: Iterable[PairedRow]) -> Iterator[str]:
    passes = source.comparison.passes
    chances = {q.id: (q.fixed, q.broken) for q in passes.questions} if passes else {}
    for comma, row in zip(chain([""], repeat(",")), rows, strict=False):
        sides = map(packed_side, (row.base, row.trained))
        cells = [row.question_id, row.sample, row.question, row.gold, *sides]
        yield comma + as_json([*cells, *chances.get(row.question_id, ())])


def _head(source: Source) -> dict[str, Any]:
    comparison = source.comparison
    budgets = [row.max_new_tokens for row in comparison.budgets]
    headline = (
        budgets.index(comparison.headline_budget) if comparison.headline_budget in budgets else -1
    )
    return {
        "budgets": budgets,
        "headline": headline,
        "names": list(map(source.words.model, SIDES)),
        "seed": comparison.seeds.root,
        "unread": int(is_unread(source)),
        "words": _browser_words(source),
    }


def _browser_words(source: Source) -> dict[str, str]:
    words = {
        key.removeprefix("browser."): source.words.text(key)
        for key in source.words.sentences
        if key.startswith("browser.")
    }
    del words["unread"]
    unread = source.words.text("browser.unread")
    return words | {"no_answer": unread} if is_unread(source) else words


def _note(source: Source, carried: int, complete: int) -> Phrase:
    """Say which questions are here, and with one answer each how little a single flip shows."""
    if carried == complete:
        key = "questions.all_sampled" if source.is_sampled else "questions.all"
        note = source.words.say(key, n=count(carried))
    else:
        key = "questions.some_sampled" if source.is_sampled else "questions.some"
        note = source.words.say(key, carried=count(carried), n=count(complete))
    if source.is_sampled or not source.comparison.table.discordant:
        return note
    return source.words.say("questions.once", note=note)


def _examples(source: Source, rows: Sequence[PairedRow]) -> Examples:
    chosen = []
    shown_by = rules(source)
    for name in ("broken", "fixed"):
        pool = [row for row in rows if shown_by[name]([row])]
        order = stream(source.comparison.seeds.root, "report", name).permutation(len(pool))
        chosen += [(name, pool[i]) for i in sorted(order[:SHOWN_PLAIN])]
    return Examples(
        intro=source.words.say(
            "questions.sample_pairs" if source.is_sampled else "questions.sample",
            n=count(len(chosen)),
        ),
        items=tuple(_example(source, name, row) for name, row in chosen),
    )


def _example(source: Source, name: str, row: PairedRow) -> Example:
    say = source.words.say
    return Example(
        title=say(
            "questions.example_sample" if source.is_sampled else "questions.example",
            sample=count(row.sample + 1),
            kind=source.words.text(f"filters.{name}"),
            id=one_line(row.question_id, longest=60),
            gold=one_line(row.gold or "?", longest=60),
        ),
        question=None if row.question is None else _bounded(row.question),
        base=_bounded(row.base.text or ""),
        trained=_bounded(row.trained.text or ""),
        base_label=_label(source, "base", row.base),
        trained_label=_label(source, "trained", row.trained),
    )


def _label(source: Source, role: str, side: PairedText) -> Phrase:
    answer = side.answer or side.flexible_answer
    return source.words.say(
        f"questions.{'answer' if answer else 'unread' if is_unread(source) else 'no_answer'}",
        name=source.words.model(role),
        mark="✓" if side.strict else "✗",
        answer=one_line(answer or "", longest=60),
    )


def _bounded(text: str) -> str:
    shown = visible(text[:LONGEST_PLAIN])
    return shown if len(text) <= LONGEST_PLAIN else shown + " …"

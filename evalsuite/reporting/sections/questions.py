"""Questions one by one: the data block of the browser, and a seeded sample for plain pages."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from evalsuite.errors import InvalidInputError
from evalsuite.reporting.blocks import Block, Example, Examples, Explorer, Section, Text
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.source import Source, count
from evalsuite.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from evalsuite.records.paired import PairedRow, PairedText
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.wording import Phrase

__all__ = ["LARGEST_PAYLOAD", "Which", "pack", "questions", "select_rows"]

Which = Literal["all", "flips", "sample", "none"]
LARGEST_PAYLOAD = 5_000_000
"""Characters of the data block; above it a report carries flips and a sample only."""
LEVEL = 5
"""Of gzip: 6 takes twice as long to save a few percent."""
SAMPLED = 200
SHOWN_PLAIN = 10
LONGEST_PLAIN = 4000


def select_rows(rows: Sequence[PairedRow], which: Which, *, seed: int = 0) -> list[PairedRow]:
    """Choose the questions a report carries, in their own order.

    ``all``; ``flips``, where the models differ; ``sample``, flips and up to 200 others drawn by
    the root seed; or ``none``. Raises `InvalidInputError` for another choice.
    """
    if which not in get_args(Which):
        raise InvalidInputError(
            f"--responses is {which!r}; choose one of {', '.join(get_args(Which))}"
        )
    if which == "all":
        return list(rows)
    if which == "none":
        return []
    same = [i for i, row in enumerate(rows) if not _differs(row)]
    positions = set(range(len(rows))) - set(same)
    if which == "sample" and same:
        order = stream(seed, "report", "sample").permutation(len(same))
        positions.update(same[i] for i in order[:SAMPLED])
    return [rows[i] for i in sorted(positions)]


def _differs(row: PairedRow) -> bool:
    return row.base.strict != row.trained.strict


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
    payload, carried = _fitting(source, list(page.rows))
    blocks: tuple[Block, ...] = (
        Explorer(
            payload=payload,
            filters=tuple(
                (name, words.text(f"filters.{name}"), count(sum(map(rule, carried))))
                for name, rule in _rules(source).items()
            ),
            note=_note(source, len(carried), page.complete or len(page.rows)),
            has_chances=source.comparison.passes is not None,
        ),
        _examples(source, carried),
    )
    return Section(id="questions", title=title, blocks=blocks)


def _fitting(source: Source, rows: list[PairedRow]) -> tuple[str, list[PairedRow]]:
    payload = pack(_document(source, rows))
    if len(payload) <= LARGEST_PAYLOAD:
        return payload, rows
    seed = source.comparison.seeds.root
    for fewer in (
        select_rows(rows, "sample", seed=seed),
        select_rows(rows, "flips"),
        _drawn(rows, seed),
    ):
        payload = pack(_document(source, fewer))
        if len(payload) <= LARGEST_PAYLOAD:
            return payload, fewer
    shortened = [_shortened(row) for row in _drawn(rows, seed)]
    return pack(_document(source, shortened)), shortened


def _drawn(rows: list[PairedRow], seed: int) -> list[PairedRow]:
    order = stream(seed, "report", "few").permutation(len(rows))
    return [rows[i] for i in sorted(order[:SAMPLED])]


def _shortened(row: PairedRow) -> PairedRow:
    base, trained = (
        replace(side, text=(side.text or "")[:LONGEST_PLAIN], span=None, cuts=())
        for side in (row.base, row.trained)
    )
    return replace(row, base=base, trained=trained)


def pack(document: Any) -> str:
    """Compress a JSON document into text that is safe inside any element: base64 of gzip."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(gzip.compress(text.encode("ascii"), LEVEL, mtime=0)).decode("ascii")


def _document(source: Source, rows: Sequence[PairedRow]) -> dict[str, Any]:
    comparison = source.comparison
    budgets = [row.max_new_tokens for row in comparison.budgets]
    headline = (
        budgets.index(comparison.headline_budget) if comparison.headline_budget in budgets else -1
    )
    passes = comparison.passes
    chances = {q.id: (q.fixed, q.broken) for q in passes.questions} if passes else {}
    return {
        "budgets": budgets,
        "headline": headline,
        "names": [
            one_line(comparison.base.name, longest=60),
            one_line(comparison.trained.name, longest=60),
        ],
        "words": _browser_words(source),
        "rows": [
            [
                row.question_id,
                row.sample,
                row.question,
                row.gold,
                *map(_side, (row.base, row.trained)),
                *chances.get(row.question_id, ()),
            ]
            for row in rows
        ],
    }


def _browser_words(source: Source) -> dict[str, str]:
    words = {
        key.removeprefix("browser."): text
        for key, text in source.words.sentences.items()
        if key.startswith("browser.")
    }
    del words["unread"]
    del words["shown_pairs"]
    if source.is_sampled:
        words["shown"] = source.words.text("browser.shown_pairs")
    else:
        del words["sample"]
    unread = source.words.text("browser.unread")
    return words | {"no_answer": unread} if _is_unread(source) else words


def _side(side: PairedText) -> list[Any]:
    text = side.text or ""
    span = [_utf16(text, at) for at in side.span] if side.span else None
    cuts = [None if at is None else _utf16(text, at) for at in side.cuts]
    return [
        text,
        int(side.strict),
        int(side.flexible),
        side.answer,
        side.flexible_answer,
        span,
        int(side.finish == "length"),
        side.n_tokens,
        cuts,
    ]


def _utf16(text: str, at: int) -> int:
    """Count characters as JavaScript does."""
    return at if text.isascii() else len(text[:at].encode("utf-16-le", "surrogatepass")) // 2


def _rules(source: Source) -> dict[str, Callable[[PairedRow], bool]]:
    comparison, is_unread = source.comparison, _is_unread(source)
    budgets = [row.max_new_tokens for row in comparison.budgets]
    at = budgets.index(comparison.headline_budget) if comparison.headline_budget in budgets else -1

    def cut(side: PairedText) -> bool:
        inside = 0 <= at < len(side.cuts) and side.cuts[at] is not None
        return side.finish == "length" or inside

    return {
        "broken": lambda row: row.base.strict and not row.trained.strict,
        "fixed": lambda row: row.trained.strict and not row.base.strict,
        "both-wrong": lambda row: not row.base.strict and not row.trained.strict,
        "both-right": lambda row: row.base.strict and row.trained.strict,
        "cut": lambda row: cut(row.base) or cut(row.trained),
        "no-answer": lambda row: (
            not is_unread and (row.base.answer is None or row.trained.answer is None)
        ),
    }


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
    for name in ("broken", "fixed"):
        pool = [row for row in rows if _rules(source)[name](row)]
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
    comparison = source.comparison
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
        base_label=_label(source, comparison.base.name, row.base),
        trained_label=_label(source, comparison.trained.name, row.trained),
    )


def _is_unread(source: Source) -> bool:
    """Whether nothing says what the deciding grader read in some answer of either side."""
    comparison = source.comparison
    return None in (comparison.base.no_answer, comparison.trained.no_answer)


def _label(source: Source, name: str, side: PairedText) -> Phrase:
    answer = side.answer or side.flexible_answer
    return source.words.say(
        f"questions.{'answer' if answer else 'unread' if _is_unread(source) else 'no_answer'}",
        name=one_line(name, longest=40),
        mark="✓" if side.strict else "✗",
        answer=one_line(answer or "", longest=60),
    )


def _bounded(text: str) -> str:
    shown = visible(text[:LONGEST_PLAIN])
    return shown if len(text) <= LONGEST_PLAIN else shown + " …"

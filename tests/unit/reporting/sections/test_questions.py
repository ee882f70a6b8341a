from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from passes_builders import sharpened
from report_builders import built

from evalsuite.reporting.blocks import Examples, Explorer
from evalsuite.reporting.browser import selection
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections import questions
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    import pytest


def _section(comparison: Any, rows: Any, complete: int | None = None) -> tuple[Explorer, Examples]:
    section = questions.questions(Page(comparison, words("en"), rows=rows, complete=complete))
    assert section is not None
    first, second = section.blocks
    assert isinstance(first, Explorer)
    assert isinstance(second, Examples)
    return first, second


def _unpacked(payload: str) -> Any:
    return json.loads(gzip.decompress(base64.b64decode(payload)))


def test_filters_count_what_the_table_counts() -> None:
    comparison, rows = built((20, 4, 20, 16))

    found, _ = _section(comparison, rows)

    counts = {name: int(number.value) for name, _, number in found.filters}
    assert counts["broken"] == comparison.table.losses
    assert counts["fixed"] == comparison.table.gains
    assert counts["both-right"] == comparison.table.both
    assert counts["both-wrong"] == comparison.table.neither
    assert comparison.base.truncated is not None
    assert counts["cut"] == comparison.base.truncated
    assert next(iter(counts)) == "broken"


def test_places_are_counted_as_javascript_counts() -> None:
    comparison, rows = built()
    text = "🧮🧮 so \\boxed{7} 数"
    side = replace(rows[0].base, text=text, span=(13, 14), cuts=(2, 13, None))
    rows[0] = replace(rows[0], base=side)

    found, _ = _section(comparison, rows)

    packed = _unpacked(found.payload)["rows"][0][4]
    utf16 = packed[0].encode("utf-16-le")
    start, end = packed[5]
    assert utf16[2 * start : 2 * end].decode("utf-16-le") == text[13:14]
    assert packed[8] == [4, 15, None]


def test_the_data_block_holds_every_text_exactly_even_broken_unicode() -> None:
    comparison, rows = built()
    rows[0] = replace(rows[0], base=replace(rows[0].base, text="a\ud800b\x00", span=None))

    found, _ = _section(comparison, rows)

    assert _unpacked(found.payload)["rows"][0][4][0] == "a\ud800b\x00"


def test_the_plain_sample_is_seeded_and_holds_both_kinds_of_flip() -> None:
    comparison, rows = built((5, 30, 30, 5))

    first, second = (_section(comparison, rows)[1] for _ in range(2))

    assert first == second
    titles = [str(item.title) for item in first.items]
    assert len(titles) == 20
    assert sum(title.startswith("broken") for title in titles) == 10


def test_too_many_characters_leave_flips_and_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison, rows = built((100, 5, 5, 100))
    bare = [
        replace(r, base=replace(r.base, widths=None), trained=replace(r.trained, widths=None))
        for r in rows
    ]
    everything = len(_section(comparison, bare)[0].payload)
    monkeypatch.setattr(questions, "LARGEST_PAYLOAD", everything - 1)
    monkeypatch.setattr(selection, "SAMPLED", 3)

    found, _ = _section(comparison, rows)

    kept = _unpacked(found.payload)["rows"]
    assert len(kept) == 13
    assert str(found.note).startswith("13 of 210 questions")


def test_where_the_file_grows_too_large_the_cuts_at_every_token_go_before_any_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    comparison, rows = built((20, 5, 5, 20))
    everything = len(_section(comparison, rows)[0].payload)
    monkeypatch.setattr(questions, "LARGEST_PAYLOAD", everything - 1)

    found, _ = _section(comparison, rows)

    kept = _unpacked(found.payload)["rows"]
    assert len(kept) == 50
    assert {side[10] for row in kept for side in row[4:6]} == {None}
    assert found.slider is not None


def test_of_many_rows_what_clearly_does_not_fit_is_not_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    comparison, rows = built((100, 5, 5, 100))
    drawn = np.random.Generator(np.random.PCG64(0)).integers(32, 127, (len(rows), 1000))
    texts = ["".join(map(chr, letters)) for letters in drawn]
    rows = [
        replace(r, base=replace(r.base, text=t, span=None, cuts=()))
        for r, t in zip(rows, texts, strict=True)
    ]
    size = len(_section(comparison, rows)[0].payload)
    tried = []
    document = questions._document

    def noted(source: Any, given: Any) -> Any:
        tried.append(True)
        return document(source, given)

    monkeypatch.setattr(questions, "_document", noted)
    monkeypatch.setattr(selection, "SAMPLED", 3)

    def n_tried(largest: int, many: int) -> tuple[int, int]:
        tried.clear()
        monkeypatch.setattr(questions, "LARGEST_PAYLOAD", largest)
        monkeypatch.setattr(questions, "MANY", many)
        monkeypatch.setattr(questions, "_BLOCKS", 8)
        carried = len(_unpacked(_section(comparison, rows)[0].payload)["rows"])
        return len(tried), carried

    assert n_tried(size // 3, many=1000) == (3, 13)
    assert n_tried(size // 3, many=100) == (1, 13)
    assert n_tried(size + 1000, many=100) == (1, 210)


def test_one_huge_answer_does_not_make_the_file_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    comparison, rows = built((2, 1, 1, 2))
    drawn = np.random.Generator(np.random.PCG64(0)).integers(32, 127, 100_000)
    noise = "".join(map(chr, drawn))
    rows = [replace(r, base=replace(r.base, text=noise, span=(1, 2), cuts=(5, 6, 7))) for r in rows]
    monkeypatch.setattr(questions, "LARGEST_PAYLOAD", 60_000)

    found, _ = _section(comparison, rows)

    assert len(found.payload) < 60_000
    assert len(_unpacked(found.payload)["rows"][0][4][0]) == questions.LONGEST_PLAIN


def test_with_one_answer_the_browser_says_that_flips_need_not_repeat() -> None:
    found, _ = _section(*built((20, 4, 20, 16)))

    assert "37.9%" in str(found.note)
    assert "real" not in dict(found.orders)


def test_with_several_samples_every_row_ends_in_its_chances_and_no_flip_is_doubted() -> None:
    comparison = sharpened()
    assert comparison.passes is not None
    _, rows = built((20, 4, 20, 16))
    known = [
        replace(row, question_id=q.id)
        for row, q in zip(rows, comparison.passes.questions, strict=False)
    ]

    found, _ = _section(comparison, known)

    assert next(iter(dict(found.orders))) == "real"
    assert "37.9%" not in str(found.note)
    first = comparison.passes.questions[0]
    assert _unpacked(found.payload)["rows"][0][6:] == [first.fixed, first.broken]

from __future__ import annotations

import base64
import gzip
import json
from itertools import accumulate

import numpy as np
from report_builders import built

from evalsuite.records.paired import PairedText, ReadingStep
from evalsuite.reporting.browser.packed_pairs import LEVEL, as_json, pack, packed_side


def _side(text: str, **changes: object) -> PairedText:
    fields: dict[str, object] = {
        "text": text,
        "strict": False,
        "flexible": False,
        "answer": None,
        "flexible_answer": None,
        "span": None,
        "finish": "stop",
        "n_tokens": 3,
    }
    return PairedText(**(fields | changes))  # type: ignore[arg-type]


def test_a_block_is_base64_of_gzip_of_json_and_the_same_bytes_each_time() -> None:
    packed = pack([as_json({"a": ["\ud800", 1]})])

    assert json.loads(gzip.decompress(base64.b64decode(packed))) == {"a": ["\ud800", 1]}
    assert packed == pack([as_json({"a": ["\ud800", 1]})])


def test_a_step_is_laid_out_as_its_side_with_places_as_javascript_counts() -> None:
    step = ReadingStep(
        max_new_tokens=3, right=True, flexible=True, answer="7", flexible_answer="7", span=(1, 2)
    )

    packed = packed_side(_side("🧮7", steps=(step,)))

    assert packed[9] == [[3, 1, 1, "7", "7", [2, 3]]]
    assert packed_side(_side("7"))[9] is None


def test_widths_end_where_the_tokens_end_in_javascript() -> None:
    text = "ab🧮数" + "x" * 100
    widths = "2" + "2" + "~" + chr(ord("0") + 22)

    packed = packed_side(_side(text, widths=widths))[10]

    ends, wide = [], 0
    for sign in packed:
        wide += ord(sign) - 48
        if sign != "~":
            ends.append(wide)
            wide = 0
    units = [len(text[:end].encode("utf-16-le")) // 2 for end in (2, 4, 104)]
    assert list(accumulate(ends)) == units


def test_the_last_step_is_what_the_side_itself_says_at_the_largest_budget() -> None:
    _, rows = built(headline_budget=400)

    for row in rows:
        for side in map(packed_side, (row.base, row.trained)):
            last = side[9][-1] if side[9] else [0, 0, 0, None, None, None]
            assert last[1:] == side[1:6]


def test_a_document_in_pieces_is_packed_into_the_bytes_of_the_whole() -> None:
    pieces = [json.dumps([i, "so \\boxed{7} " * (i % 90)]) for i in range(3_000)]

    whole = gzip.compress("".join(pieces).encode(), LEVEL, mtime=0)

    assert gzip.decompress(base64.b64decode(pack(pieces))) == "".join(pieces).encode()
    assert len(base64.b64decode(pack(pieces))) == len(whole)


def test_packing_stops_where_the_document_is_too_large() -> None:
    noise = np.random.Generator(np.random.PCG64(0)).integers(33, 127, size=(40, 40_000))
    pieces = ["".join(map(chr, letters)) for letters in noise]
    size = len(pack(pieces))
    unread = iter(pieces)

    assert pack(pieces, at_most=size) == pack(pieces)
    assert pack(pieces, at_most=size - 1) is None
    assert pack(unread, at_most=size // 4) is None
    assert 20 < len(list(unread)) < 32

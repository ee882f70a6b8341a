from __future__ import annotations

import base64
import gzip
import json

import numpy as np

from evalsuite.reporting.sections.packed_pairs import LEVEL, pack


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

from __future__ import annotations

from itertools import accumulate

import pytest

from evalsuite.records.token_ends import TokenEnds


@pytest.mark.parametrize("ends", [(), (4,), (0, 0, 3), (2, 257, 258), (1, 400, 70_000, 5_000_000)])
def test_token_ends_are_the_numbers_they_were_made_of(ends: tuple[int, ...]) -> None:
    held = TokenEnds(ends)

    assert (tuple(held), len(held), hash(held)) == (ends, len(ends), hash(ends))
    assert held == ends
    assert held == TokenEnds(list(ends))
    assert held != (*ends, 9)
    assert [held[i] for i in range(-len(ends), len(ends))] == [*ends, *ends]
    assert (held[1:], held[:-1], held[::2]) == (ends[1:], ends[:-1], ends[::2])
    assert isinstance(held[:2], TokenEnds)
    assert [*accumulate(held.lengths)] == list(ends)
    with pytest.raises(IndexError):
        held[len(ends)]


def test_token_ends_with_short_and_long_tokens_differ_where_their_numbers_do() -> None:
    assert TokenEnds((1, 2, 300)) != TokenEnds((1, 2, 3))
    assert TokenEnds((1, 2, 300)) == TokenEnds((1, 2, 300))

"""What llama.cpp leaves out is put back exactly, or said to be unknown."""

from __future__ import annotations

import codecs
from itertools import accumulate, pairwise, product

import pytest
from hypothesis import assume, given, strategies as st

from evalsuite.generation.held_back import with_held_back

ROBOT = "🤖".encode()


def is_whole(content: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    decoder.decode(content)
    return decoder.getstate()[0] == b""


def listed(tokens: list[bytes]) -> tuple[list[bytes], str]:
    """List tokens as llama.cpp's server does, and write their text as its JSON does."""
    pieces, waiting = [], b""
    for token in tokens:
        waiting += token
        if is_whole(waiting):
            pieces.append(waiting)
            waiting = b""
    return pieces, b"".join(tokens).decode("utf-8", "replace")


def ends(tokens: list[bytes]) -> list[int]:
    """Count complete characters after each token, one decoding for each."""
    return [len(content.decode("utf-8", "ignore")) for content in accumulate(tokens)]


def placed(tokens: list[bytes]) -> list[bytes] | None:
    pieces, text = listed(tokens)
    assert len(pieces) < len(tokens)
    return with_held_back(pieces, text, len(tokens) - len(pieces))


@given(
    st.text(alphabet="ab é中🤖", max_size=7),
    st.lists(st.integers(0, 20), max_size=12),
    st.integers(0, 3),
)
def test_whatever_is_placed_ends_where_the_tokens_of_the_model_ended(
    text: str, cuts: list[int], n_left_out: int
) -> None:
    content = text.encode()
    content = content[: max(len(content) - n_left_out, 0)]
    places = sorted({min(cut, len(content)) for cut in cuts} | {0, len(content)})
    tokens = [content[a:b] for a, b in pairwise(places)]
    assume(len(listed(tokens)[0]) < len(tokens))

    found = placed(tokens)

    if found is not None:
        assert len(found) == len(tokens)
        assert ends(found) == ends(tokens)


@pytest.mark.parametrize("letter", ["é", "中", "🤖"])
def test_one_character_that_is_no_ascii_is_always_placed(letter: str) -> None:
    """However its bytes are cut, and whatever stands around it in the same tokens."""
    size = len(letter.encode())
    for before, after in product(("", "So ", "x"), ("", "! ", "y")):
        content = f"{before}{letter}{after}".encode()
        inner = range(len(before) + 1, len(before) + size)
        for chosen in product((False, True), repeat=size - 1):
            if not any(chosen):
                continue
            cuts = [place for place, cut in zip(inner, chosen, strict=True) if cut]
            tokens = [content[a:b] for a, b in pairwise([0, *cuts, len(content)])]
            found = placed([b"1", *tokens, b"2"])

            assert found is not None
            assert ends(found) == ends([b"1", *tokens, b"2"])


def test_an_end_within_a_character_is_placed_beside_whole_ones() -> None:
    tokens = ["é".encode(), "中 🤖".encode(), b"a ", "é ".encode() + ROBOT[:3]]

    found = placed(tokens)

    assert found is not None
    assert ends(found) == ends(tokens) == [1, 4, 6, 8]


@pytest.mark.parametrize(
    "tokens",
    [
        [ROBOT[:2], ROBOT[2:], "é".encode()],  # either may be the one of two tokens
        [ROBOT[:2], ROBOT[2:], ROBOT[:1]],  # two are held back, in two places or at the end
        ["é".encode()[:1], "é".encode()[1:] + ROBOT[:1], ROBOT[1:]],  # over two characters
        ["é".encode()[:1], "é".encode()[1:] + ROBOT[:1]],  # whole at the start, within at the end
    ],
)
def test_where_two_places_are_possible_none_is_taken(tokens: list[bytes]) -> None:
    assert placed(tokens) is None


@pytest.mark.parametrize(
    ("pieces", "text", "n_held_back"),
    [
        ([b"a", b"b"], "ab", 1),  # a token without a trace
        (["é".encode()], "é", 2),  # more tokens than the character has bytes
        ([b"a"], "a\ufffd", 4),
        ([b"a", b"\x80"], "a\ufffd", 1),  # bytes of no character
        (["é".encode()], "éx", 1),  # a text that goes on
        ([b"a", "é".encode()], "b", 1),
    ],
)
def test_a_number_that_the_characters_do_not_explain_stays_unknown(
    pieces: list[bytes], text: str, n_held_back: int
) -> None:
    assert with_held_back(pieces, text, n_held_back) is None

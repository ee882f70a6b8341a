from __future__ import annotations

from timeit import repeat
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, strategies as st

from evalsuite.records.columns import Block
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

DIGEST = "0123456789abcdef" * 4
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(st.characters(codec=None), max_size=5),
    st.just(DIGEST),
)
VALUES = st.one_of(
    LEAVES,
    st.lists(LEAVES, max_size=3).map(tuple),
    st.dictionaries(st.sampled_from("abc"), LEAVES),
    st.lists(st.builds(Tally, n=st.integers(0, 9)), max_size=3).map(tuple),
)
KINDS: dict[str, list[Any]] = {
    "one value": ["stop"] * 5,
    "few values": ["stop", "length"] * 40,
    "texts": [f"answer {i}" for i in range(9)],
    "texts with the first signs of all": ["\0", "", "a\0b", "\x01\x02", "\x03"],
    "texts beyond ASCII": ["七", "", "\ud800", "so", "−5"],
    "texts and None": ["a", None, "b", None, None],
    "digests": [DIGEST, DIGEST[::-1]],
    "digests in capitals": [DIGEST.upper(), DIGEST],
    "texts of 64 other signs": ["g" * 64, "0" * 63 + "\n", DIGEST],
    "whole numbers": [300, -7, 2**63 - 1],
    "numbers beyond eight bytes": [2**63, 1, -(2**63)],
    "numbers": [0.1, -0.0, 1e300],
    "numbers of both kinds": [1, 1.0, True],
    "numbers and None": [None, 400, 500],
    "dictionaries": [{"a": 1.0}, {"a": 0.5}, {}, {"b": "x", "a": None}],
    "dictionaries in another order": [{"a": 1, "b": 2}, {"b": 2, "a": 1}],
    "tuples": [("a", 1), ("b", 2)],
    "tuples of two lengths": [("a",), ("b", 2), ()],
    "no more than empty": [(), {}, (), {}],
    "records": [(Tally(n=1), Tally(n=2)), (), (Tally(n=3, means={"x": 0.5}),)],
    "records and others": [(Tally(n=1), 7), ("x",)],
}


def block_of(values: Sequence[Any]) -> Block:
    return Block(Tally, {"means": tuple(values)})


@pytest.mark.parametrize("values", KINDS.values(), ids=KINDS)
def test_values_come_back_as_they_were(values: list[Any]) -> None:
    column = block_of(values).column("means")

    assert written(list(column)) == written(values)
    assert written([column[row] for row in range(len(column))]) == written(values)


@given(st.lists(VALUES, min_size=1, max_size=8))
def test_whatever_a_field_holds_comes_back(values: list[Any]) -> None:
    block = block_of(values)

    assert written([record.means for record in block]) == written(values)
    assert written([block[row].means for row in range(len(block))]) == written(values)
    assert block == block_of(values)


def written(values: list[Any]) -> str:
    """Tell True from 1 and -0.0 from 0.0, which equality does not."""
    return ascii(values)


def test_blocks_of_other_values_or_fields_differ() -> None:
    base = block_of(["a", "b"])

    assert base != block_of(["a", "c"])
    assert base != block_of(["a", "b", "b"])
    assert base != Block(Tally, {"n": ("a", "b")})


@pytest.mark.parametrize("values", [v for k, v in KINDS.items() if "text" in k])
def test_a_text_is_had_alone_as_all_are(values: Sequence[str]) -> None:
    column = block_of(values).column("means")

    assert [column[row] for row in range(len(column))] == list(column) == list(values)


def test_a_text_alone_costs_a_small_part_of_all() -> None:
    column = block_of([f"text {i}" for i in range(1024)]).column("means")

    one, all_of_them = (
        min(repeat(call, number=1)) for call in (lambda: column[700], lambda: [*column])
    )

    assert one < all_of_them / 4


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="unpack"):
        Block(Tally, {"n": (3, 4), "means": ({},)})


def test_a_field_that_is_not_given_has_its_default() -> None:
    assert list(Block(Tally, {"n": (3, 4)})) == [Tally(n=3), Tally(n=4)]


def test_a_column_in_the_place_of_another_leaves_the_rest() -> None:
    block = Block(Tally, {"n": (3, 4)})

    changed = block.with_columns({"means": iter([{"x": 1.0}, {}])})

    assert list(changed) == [Tally(n=3, means={"x": 1.0}), Tally(n=4)]
    assert list(block) == [Tally(n=3), Tally(n=4)]


@pytest.mark.parametrize("values", [KINDS["records"], [(), ()]])
def test_a_field_of_records_in_tuples_is_laid_end_to_end(values: list[Any]) -> None:
    expected = [record.n for group in values for record in group]

    assert list(block_of(values).inner("means", "n")) == expected

from __future__ import annotations

import weakref
from dataclasses import replace

import pytest

from evalsuite.records.log_notes import Tally
from evalsuite.records.packed import (
    Packed,
    Packing,
    column,
    inner_column,
    packed,
    rearranged,
    released,
    with_columns,
)
from evalsuite.records.run import Response

N = 2500
"""More than two blocks hold, and fewer than three."""


def tallies(n: int = N) -> list[Tally]:
    return [Tally(n=i, means={"x": i / N}) for i in range(n)]


@pytest.fixture
def records() -> Packed[Tally]:
    return packed(Tally, tallies())


@pytest.mark.parametrize("n", [0, 1, 1023, 1024, 1025, 2047, 2048, 2049, N])
def test_records_come_back_in_order(n: int) -> None:
    made = packed(Tally, tallies(n))

    assert len(made) == n
    assert list(made) == tallies(n)
    assert made == tuple(tallies(n))
    assert tuple(tallies(n)) == made


def test_a_record_a_part_and_what_lies_beyond(records: Packed[Tally]) -> None:
    assert [records[0], records[1024], records[-1]] == [tallies()[i] for i in (0, 1024, -1)]
    assert records[1020:1030:3] == tuple(tallies()[1020:1030:3])
    assert records[::-1] == tuple(tallies()[::-1])
    assert [records[i] for i in (7, 1030, 8, 9, 1031, 7)] == [
        tallies()[i] for i in (7, 1030, 8, 9, 1031, 7)
    ]
    with pytest.raises(IndexError):
        records[N]


def test_sequences_of_other_records_differ(records: Packed[Tally]) -> None:
    other = [*tallies()[:-1], Tally(n=7)]

    assert records != packed(Tally, other)
    assert records != tuple(other)
    assert records != packed(Tally, tallies(N - 1))
    assert records != tallies()  # a list is no tuple either


def test_one_field_is_had_of_packed_and_other_records(records: Packed[Tally]) -> None:
    assert list(column(records, "n")) == list(column(tallies(), "n")) == list(range(N))


def test_a_field_of_records_in_records_is_laid_end_to_end() -> None:
    groups = [Tally(means=(Tally(n=i), Tally(n=-i))) for i in range(3)]  # type: ignore[arg-type]  # any field

    ours = inner_column(packed(Tally, groups), "means", "n")

    assert list(ours) == list(inner_column(groups, "means", "n")) == [0, 0, 1, -1, 2, -2]


def test_what_is_alike_is_held_once_and_all_alike_is_the_same(records: Packed[Tally]) -> None:
    again, other = Packing(Tally, like=records), Packing(Tally, like=records)
    again.extend(tallies())
    other.extend([*tallies()[:-1], Tally(n=7)])

    assert again.packed() is records
    shared = [one is two for one, two in zip(other.packed().blocks, records.blocks, strict=True)]
    assert shared == [True, True, False]


def test_values_are_added_by_the_names_that_were_given() -> None:
    packing = Packing(Response, "sample", "question_id", "text", "token_ends", "finish")
    packing.add(0, "q", None, None, "stop")

    (response,) = packing.packed()

    assert response == Response(
        question_id="q", sample=0, text=None, token_ends=None, finish="stop"
    )
    assert replace(response, text="x").text == "x"


@pytest.mark.parametrize("n", [3, 1500])
def test_few_records_are_held_as_they_came_and_read_as_many_are(n: int) -> None:
    few = packed(Tally, tallies(n))
    again = Packing(Tally, like=few)
    again.extend(tallies(n))

    assert again.packed() is few
    assert all(isinstance(block.column("means"), tuple) for block in few.blocks)
    assert list(with_columns(few, n=range(n))) == tallies(n)
    assert few[n - 1] == tallies(n)[-1]


@pytest.mark.parametrize("is_packed", [True, False])
def test_columns_take_the_place_of_others(records: Packed[Tally], is_packed: bool) -> None:
    changed = with_columns(records if is_packed else tallies(), n=range(N, 2 * N))

    assert list(changed) == [replace(each, n=N + i) for i, each in enumerate(tallies())]


@pytest.mark.parametrize("n", [0, 3, N])
def test_records_are_laid_into_another_order(n: int) -> None:
    places = [*reversed(range(n))]

    for records in (packed(Tally, tallies(n)), tallies(n)):
        assert list(rearranged(records, places)) == tallies(n)[::-1]


def test_blocks_are_let_go_behind_the_last_record_that_was_given() -> None:
    class Text(str):
        __slots__ = ("__weakref__",)

    texts = [Text("a"), *map(str, range(2000))]
    left = weakref.ref(texts[0])
    given = released(packed(Tally, [Tally(n=text) for text in texts]))  # type: ignore[arg-type]  # any field
    del texts

    first = [next(given) for _ in range(3)]
    assert left() is not None
    del first
    rest = list(given)

    assert left() is None
    assert len(rest) == 1998

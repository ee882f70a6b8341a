from __future__ import annotations

import weakref
from dataclasses import dataclass, replace

import pytest

from evalsuite.records.log_notes import Tally
from evalsuite.records.packed import (
    Packed,
    Packing,
    column,
    inner_column,
    of_columns,
    packed,
    rearranged,
    released,
    with_columns,
)
from evalsuite.records.run import Response


@dataclass(frozen=True, slots=True)
class Pair:
    answers: tuple[Tally, ...]


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


@pytest.mark.parametrize("n", [0, 1, 2047, 2048, N])
def test_a_column_of_other_records_is_held_and_not_copied(n: int) -> None:
    records = packed(Tally, tallies(n))

    made = of_columns(Tally, n=column(records, "n"), means=({"y": float(i)} for i in range(n)))

    assert list(made) == [Tally(n=i, means={"y": float(i)}) for i in range(n)]
    for ours, theirs in zip(made.blocks, records.blocks, strict=True):
        assert ours.column("n") is theirs.column("n")


@pytest.mark.parametrize("n", [3, N])
def test_several_records_of_each_are_found_by_their_place(n: int) -> None:
    pairs = packed(Pair, (Pair(answers=(Tally(n=i), Tally(n=-i))) for i in range(n)))

    made = of_columns(Tally, n=inner_column(pairs, "answers", "n"))

    assert list(made) == [Tally(n=i * sign) for i in range(n) for sign in (1, -1)]
    assert [made[i].n for i in range(2 * n)] == [tally.n for tally in made]
    assert made[-1] == Tally(n=1 - n)


@pytest.mark.parametrize("n", [3, N])
def test_columns_that_make_known_records_again_are_those(n: int) -> None:
    records = packed(Tally, tallies(n))
    other = packed(Tally, tallies(n))

    again = of_columns(Tally, like=records, n=column(other, "n"), means=column(other, "means"))
    changed = of_columns(Tally, like=records, n=column(other, "n"), means=({} for _ in other))

    assert again is records
    assert changed is not records


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

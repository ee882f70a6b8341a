"""Which questions a report carries where it can't carry all: flips, and some drawn by the seed.

Rows may be made when they are asked for. They are looked at once, and chosen by their places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from evalsuite.errors import InvalidInputError
from evalsuite.records.paired import RowsOnDemand
from evalsuite.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.paired import PairedRow

__all__ = ["RowIndex", "Which", "places_of", "places_of_few", "row_index", "select_rows"]

Which = Literal["all", "flips", "sample", "none"]
SAMPLED = 200


class RowIndex(NamedTuple):
    """Where the rows of every question are, and at which questions the models differ."""

    places: dict[str, list[int]]
    flips: set[str]


def row_index(rows: Sequence[PairedRow]) -> RowIndex:
    """Look at every row once, keeping none."""
    places: dict[str, list[int]] = {}
    flips = set()
    known = (
        rows.flips()
        if isinstance(rows, RowsOnDemand)
        else ((row.question_id, row.base.strict != row.trained.strict) for row in rows)
    )
    for i, (question_id, is_flip) in enumerate(known):
        places.setdefault(question_id, []).append(i)
        if is_flip:
            flips.add(question_id)
    return RowIndex(places, flips)


def select_rows(rows: Sequence[PairedRow], which: Which, *, seed: int = 0) -> list[PairedRow]:
    """Choose the questions a report carries, in their own order.

    ``all``; ``flips``, where the models differ; ``sample``, flips and up to 200 others drawn by
    the root seed; or ``none``. Raises `InvalidInputError` for another choice.
    """
    if which not in get_args(Which):
        raise InvalidInputError(
            "--responses is {which!r}; choose one of {choices}",
            which=which,
            choices=", ".join(get_args(Which)),
        )
    if which == "all":
        return list(rows)
    if which == "none":
        return []
    return [rows[i] for i in places_of(row_index(rows), which, seed=seed)]


def places_of(index: RowIndex, which: Literal["flips", "sample"], *, seed: int) -> list[int]:
    """Place the flips, with a draw of the other questions where a sample is asked for."""
    chosen = set(index.flips)
    same = [question for question in index.places if question not in chosen]
    if which == "sample" and same:
        order = stream(seed, "report", "sample").permutation(len(same))
        chosen.update(same[i] for i in order[:SAMPLED])
    return [i for question, rows in index.places.items() if question in chosen for i in rows]


def places_of_few(index: RowIndex, *, seed: int) -> list[int]:
    """Place a draw of all questions, flips or not."""
    of_questions = list(index.places.values())
    order = stream(seed, "report", "few").permutation(len(of_questions))
    return [i for question in sorted(order[:SAMPLED]) for i in of_questions[question]]

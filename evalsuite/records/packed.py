"""Packed records: a sequence of records of one kind, held as columns.

A log has a million answers, and an object is several times as large as the text that it holds. Here
a record is made when it is asked for; whoever goes over all of them has a thousand at a time.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, replace
from itertools import accumulate, chain, islice
from operator import attrgetter, eq, is_
from typing import Any, Generic, TypeVar, overload

from evalsuite.records.columns import Block

__all__ = [
    "Column",
    "Packed",
    "Packing",
    "column",
    "inner_column",
    "of_columns",
    "packed",
    "rearranged",
    "released",
    "with_columns",
]

T = TypeVar("T")

_BLOCK = 1024
"""Records whose columns stand together: enough that the columns weigh nothing themselves."""
_FEW = 2 * _BLOCK
"""Records up to which their values are held as they came: a few megabytes, and no time."""


class Packed(Sequence[T]):
    """Records of one kind as columns; what is asked for twice may be made twice.

    Parameters
    ----------
    blocks
        Of one record each or more.
    """

    __hash__ = None  # type: ignore[assignment]  # there may be dictionaries in the records
    __slots__ = ("_open", "_starts", "blocks")

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self._open: tuple[int, Sequence[Any]] = (-1, ())
        self._starts = [*accumulate(map(len, blocks), initial=0)]

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        rows = range(len(self))[index]
        if isinstance(rows, range):
            return tuple(self[row] for row in rows)
        number = bisect_right(self._starts, rows) - 1
        return self._record(number, rows - self._starts[number])

    def _record(self, number: int, row: int) -> T:
        """Make one, or all of its block where another of it was made just before."""
        before, records = self._open
        if before != number:
            records = self.blocks[number]
        elif isinstance(records, Block):
            records = [*records]
        self._open = number, records
        record: T = records[row]
        return record

    def __iter__(self) -> Iterator[T]:
        return chain.from_iterable(self.blocks)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (Packed, tuple)):
            return NotImplemented
        if isinstance(other, Packed) and self.blocks == other.blocks:
            return True
        return len(self) == len(other) and all(map(eq, self, other))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self)})"


class Packing(Generic[T]):
    """Packs records of one class, or what they would hold, one after the other.

    Parameters
    ----------
    kind
        The class.
    names
        Fields in the order in which `add` takes their values: all unless they are named, and those
        that are not named have their defaults.
    like
        Packed records that may be the same in the same places: what is alike is held once.
    """

    __slots__ = ("_blocks", "_kind", "_like", "_names", "_waiting")

    def __init__(self, kind: type[T], *names: str, like: Sequence[T] = ()) -> None:
        self._kind, self._names = kind, names or _names_of(kind)
        self._like = like if isinstance(like, Packed) else Packed[T](())
        self._blocks: list[Block] = []
        self._waiting: list[Sequence[Any]] = []

    def add(self, *values: Any) -> None:
        """Add a record by its values, which are neither checked nor changed: none is made."""
        self._waiting.append(values)
        if len(self._waiting) == (_BLOCK if self._blocks else _FEW):
            self._pack(is_small=True)

    def extend(self, records: Iterable[T]) -> None:
        """Add some records."""
        values = map(attrgetter(*self._names), records)
        for row in values if len(self._names) > 1 else zip(values, strict=True):
            self.add(*row)

    def packed(self) -> Packed[T]:
        """Give all that were added: ``like`` itself where they are the same."""
        if self._waiting:
            self._pack(is_small=bool(self._blocks))
        return _together(self._blocks, self._like)

    def _pack(self, *, is_small: bool) -> None:
        for start in range(0, len(self._waiting), _BLOCK):
            values = zip(*self._waiting[start : start + _BLOCK], strict=True)
            columns = dict(zip(self._names, values, strict=True))
            block = Block(self._kind, columns, is_small=is_small)
            self._blocks.append(_known(block, len(self._blocks), self._like))
        self._waiting = []


def _known(block: Block, place: int, like: Packed[Any]) -> Block:
    """Give the block that stands in a place already, where it is the same."""
    same = like.blocks[place : place + 1]
    return same[0] if same and same[0] == block else block


def _together(blocks: Sequence[Block], like: Packed[T]) -> Packed[T]:
    made = Packed[T](tuple(blocks))
    return like if len(like) == len(made) and all(map(is_, like.blocks, made.blocks)) else made


def _names_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def packed(kind: type[T], records: Iterable[T]) -> Packed[T]:
    """Pack records of one class.

    Examples
    --------
    >>> from evalsuite.records.log_notes import Tally
    >>> tallies = packed(Tally, (Tally(n=n) for n in (3, 4)))
    >>> tallies[1], list(column(tallies, "n"))
    (Tally(n=4, means={}), [3, 4])
    """
    packing = Packing(kind)
    packing.extend(records)
    return packing.packed()


class Column(Iterable[Any]):
    """One field of packed records, in order: none is made for it.

    Parameters
    ----------
    parts
        Its values, block by block.
    is_small
        Whether they are held small.
    """

    __slots__ = ("is_small", "parts")

    def __init__(self, parts: Iterable[Sequence[Any]], *, is_small: bool) -> None:
        self.parts, self.is_small = tuple(parts), is_small

    def __iter__(self) -> Iterator[Any]:
        return chain.from_iterable(self.parts)


def column(records: Sequence[Any], name: str) -> Iterable[Any]:
    """Give one field of every record, in order: a `Column` of packed ones."""
    if isinstance(records, Packed):
        parts = (block.column(name) for block in records.blocks)
        return Column(parts, is_small=_are_small(records))
    return map(attrgetter(name), records)


def inner_column(records: Sequence[Any], name: str, inner: str) -> Iterable[Any]:
    """Give one field of every record in the tuples that a field holds, end to end."""
    if isinstance(records, Packed):
        parts = (block.inner(name, inner) for block in records.blocks)
        return Column(parts, is_small=_are_small(records))
    return map(attrgetter(inner), chain.from_iterable(map(attrgetter(name), records)))


def _are_small(records: Packed[Any]) -> bool:
    return all(block.is_small for block in records.blocks)


def of_columns(kind: type[T], *, like: Sequence[T] = (), **columns: Iterable[Any]) -> Packed[T]:
    """Lay columns together as records: by name, one a field; the other fields have their defaults.

    A `Column` is held as it is, and at least one is. Of other values as many are read as a block of
    it has. ``like``: as of `Packing`.

    Examples
    --------
    >>> from evalsuite.records.log_notes import Tally
    >>> tallies = packed(Tally, (Tally(n=n) for n in (3, 4)))
    >>> of_columns(Tally, n=column(tallies, "n"), means=iter([{"a": 0.5}, {}]))
    Packed([Tally(n=3, means={'a': 0.5}), Tally(n=4, means={})])
    """
    held = {name: each for name, each in columns.items() if isinstance(each, Column)}
    read = {name: iter(each) for name, each in columns.items() if name not in held}
    first = next(iter(held.values()))
    known = like if isinstance(like, Packed) else Packed[T](())
    blocks: list[Block] = []
    for place, part in enumerate(first.parts):
        values: dict[str, Sequence[Any]] = {n: each.parts[place] for n, each in held.items()}
        values |= {name: tuple(islice(each, len(part))) for name, each in read.items()}
        blocks.append(_known(Block(kind, values, is_small=first.is_small), place, known))
    return _together(blocks, known)


def with_columns(records: Sequence[T], **columns: Iterable[Any]) -> Sequence[T]:
    """Put other values in the place of some fields: by name, those of every record in order."""
    if not isinstance(records, Packed):
        rows = zip(*columns.values(), strict=True)
        values = (dict(zip(columns, row, strict=True)) for row in rows)
        return tuple(replace(r, **v) for r, v in zip(records, values, strict=True))  # type: ignore[type-var]  # records are dataclasses
    left = {name: iter(values) for name, values in columns.items()}
    return Packed(
        tuple(
            block.with_columns({name: islice(each, len(block)) for name, each in left.items()})
            for block in records.blocks
        )
    )


def rearranged(records: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """Lay records into another order: ``places`` says where each one stood, and names every one.

    Examples
    --------
    >>> from evalsuite.records.log_notes import Tally
    >>> [tally.n for tally in rearranged([Tally(n=n) for n in (5, 6, 7)], [2, 0, 1])]
    [7, 5, 6]
    """
    if not isinstance(records, Packed):
        return tuple([records[place] for place in places])
    for name in records.blocks[0].names if places else ():  # one column in the open at a time
        values = [*column(records, name)]
        records = with_columns(records, **{name: map(values.__getitem__, places)})
    return records


def released(records: Sequence[T]) -> Iterator[T]:
    """Give every record, and let go of packed ones behind the last one that was given.

    It helps where nobody else holds ``records``.
    """
    if not isinstance(records, Packed):
        yield from records
        return
    blocks = deque(records.blocks)
    del records
    while blocks:
        yield from blocks.popleft()

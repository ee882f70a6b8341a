"""Packed records: a sequence of records of one kind, held as columns.

A log has a million answers, and an object is several times as large as the text that it holds. Here
a record is made when it is asked for; whoever goes over all of them has a thousand at a time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import fields, replace
from itertools import chain, islice
from operator import attrgetter, eq, is_
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from evalsuite.records.columns import Block

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = [
    "Packed",
    "Packing",
    "column",
    "inner_column",
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
        Each but the last one of as many records as `Packing` lays together.
    """

    __hash__ = None  # type: ignore[assignment]  # there may be dictionaries in the records
    __slots__ = ("_length", "_open", "blocks")

    def __init__(self, blocks: Sequence[Block]) -> None:
        self.blocks = blocks
        self._open: tuple[int, Sequence[Any]] = (-1, ())
        self._length = sum(map(len, blocks))

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[T, ...]: ...
    def __getitem__(self, index: int | slice) -> T | tuple[T, ...]:
        rows = range(self._length)[index]
        if isinstance(rows, range):
            return tuple(self[row] for row in rows)
        return self._record(*divmod(rows, _BLOCK))

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
        values = attrgetter(*self._names)
        for record in records:
            self.add(*values(record))

    def packed(self) -> Packed[T]:
        """Give all that were added: ``like`` itself where they are the same."""
        if self._waiting:
            self._pack(is_small=bool(self._blocks))
        made, like = Packed[T](tuple(self._blocks)), self._like
        return like if len(like) == len(made) and all(map(is_, like.blocks, made.blocks)) else made

    def _pack(self, *, is_small: bool) -> None:
        for start in range(0, len(self._waiting), _BLOCK):
            rows, place = self._waiting[start : start + _BLOCK], len(self._blocks)
            block = Block(self._kind, self._names, rows, is_small=is_small)
            same = self._like.blocks[place : place + 1]
            self._blocks.append(same[0] if same and same[0] == block else block)
        self._waiting = []


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


def column(records: Sequence[Any], name: str) -> Iterable[Any]:
    """Give one field of every record, in order; of packed ones, none is made for it."""
    if isinstance(records, Packed):
        return chain.from_iterable(block.column(name) for block in records.blocks)
    return map(attrgetter(name), records)


def inner_column(records: Sequence[Any], name: str, inner: str) -> Iterable[Any]:
    """Give one field of every record in the tuples that a field holds, end to end."""
    if isinstance(records, Packed):
        return chain.from_iterable(block.inner(name, inner) for block in records.blocks)
    return map(attrgetter(inner), chain.from_iterable(map(attrgetter(name), records)))


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

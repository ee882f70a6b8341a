"""Columns: the values of a field in many records, each kind held as small as it can be.

A block is some records of one class, a column a field. What is read back is equal to what was
given, and another object. What the records are about, this module does not know.
"""

from __future__ import annotations

import dataclasses
from array import array
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import accumulate, chain, count, pairwise, repeat
from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Block", "block_of"]

_FIRST = 64
"""Values that are looked at to see whether rows share objects."""
_IN_COMMON = 4
"""Values to an object, on average, from which on the object is held and not what it says."""
_MOST_KINDS = 16
"""Of dictionaries, by their keys, that are held by what they say."""
_DIGITS = 64
"""Hexadecimal, of a SHA-256."""
_LARGEST = 2**63 - 1
"""Of the whole numbers that eight bytes hold."""
_EIGHT_BYTES = {int: "q", float: "d"}
"""Kind of number to its sign in an array."""


class _Column(Sequence[Any]):
    """Values that compare as what holds them does."""

    __hash__ = None  # type: ignore[assignment]  # there are dictionaries among the values
    __slots__: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )


class Block(_Column):
    """Some records of one class: a column a field.

    Parameters
    ----------
    kind
        The class.
    columns
        By field, at least one, of as many values each: tuples, or columns of another block, which
        stay as they are; ValueError where lengths differ. The other fields have their defaults.
    is_small
        Whether each value is held small: to find out how takes as long as to read it.
    """

    __slots__ = ("_columns", "_kind", "_length", "is_small")

    def __init__(
        self, kind: type[Any], columns: Mapping[str, Sequence[Any]], *, is_small: bool = True
    ) -> None:
        self._kind, self.is_small = kind, is_small
        given = {name: self._held(values) for name, values in columns.items()}
        (self._length,) = set(map(len, given.values()))  # all of one length, or ValueError
        self._columns = {
            field.name: given[field.name] if field.name in given else self._defaults(field)
            for field in dataclasses.fields(kind)
        }

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, row: Any) -> Any:
        return self._made([(column[row],) for column in self._columns.values()], 1)[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._made(self._columns.values(), self._length))

    @property
    def names(self) -> tuple[str, ...]:
        """Of the fields."""
        return tuple(self._columns)

    def column(self, name: str) -> Sequence[Any]:
        """Give one field of every record."""
        values: Sequence[Any] = self._columns[name]
        return values

    def inner(self, name: str, inner: str) -> Sequence[Any]:
        """Give one field of every record of the tuples in a field."""
        groups = self._columns[name]
        if isinstance(groups, _Groups):
            return groups.column(inner)
        return tuple(map(attrgetter(inner), chain.from_iterable(groups)))

    def with_columns(self, columns: Mapping[str, Iterable[Any]]) -> Block:
        """Put as many other values in the place of some fields."""
        block = object.__new__(Block)
        block._kind, block._length, block.is_small = self._kind, self._length, self.is_small
        held = {name: self._held(tuple(values)) for name, values in columns.items()}
        block._columns = self._columns | held
        return block

    def _held(self, values: Sequence[Any]) -> Sequence[Any]:
        return _column(values) if self.is_small and isinstance(values, tuple) else values

    def _defaults(self, field: dataclasses.Field[Any]) -> Sequence[Any]:
        factory: Any = field.default_factory
        value = field.default if factory is dataclasses.MISSING else factory()
        return _Same(value, self._length)

    def _made(self, columns: Iterable[Iterable[Any]], n: int) -> list[Any]:
        """Make records whose fields were those of others: nothing is left to be checked."""
        records: list[Any] = [*map(object.__new__, repeat(self._kind, n))]
        for name, values in zip(self._columns, columns, strict=True):
            # Column by column in C: to call a frozen record's __init__ takes three times as long.
            deque(map(getattr(self._kind, name).__set__, records, values), maxlen=0)
        return records


def _column(values: tuple[Any, ...]) -> Sequence[Any]:
    """Hold values by what they are; objects that many rows share are held themselves."""
    first = values[:_FIRST]
    n_objects = len(set(map(id, first)))
    if n_objects == 1 and all(map(is_, values, repeat(values[0]))):
        return _Same(values[0], len(values))
    if n_objects * _IN_COMMON < len(first):
        return values
    kinds = set(map(type, values))
    if len(kinds) > 1:
        return _Optional(values) if len(kinds - {type(None)}) == 1 else values
    holders = _HOLDERS.get(kinds.pop(), ())
    return next((holder(values) for holder in holders if holder.holds(values)), values)


def block_of(records: Sequence[Any]) -> Block:
    """Lay out some records of one class."""
    kind = type(records[0])
    names = [field.name for field in dataclasses.fields(kind)]
    return Block(kind, {name: tuple(map(attrgetter(name), records)) for name in names})


class _Same(_Column):
    """One value in every row."""

    __slots__ = ("_length", "_value")

    def __init__(self, value: object, length: int) -> None:
        self._value, self._length = value, length

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, row: Any) -> Any:
        return self._value

    def __iter__(self) -> Iterator[Any]:
        return repeat(self._value, self._length)


class _Optional(_Column):
    """Values of one kind, and None in some rows."""

    __slots__ = ("_is_there", "_values")

    def __init__(self, values: Sequence[Any]) -> None:
        self._is_there = bytes(value is not None for value in values)
        self._values = _column(tuple(value for value in values if value is not None))

    def __len__(self) -> int:
        return len(self._is_there)

    def __getitem__(self, row: Any) -> Any:
        return self._values[self._is_there[:row].count(1)] if self._is_there[row] else None

    def __iter__(self) -> Iterator[Any]:
        values = iter(self._values)
        return (next(values) if is_there else None for is_there in self._is_there)


class _Digests(_Column):
    """Texts of 64 hexadecimal digits, as SHA-256 writes them: half as many bytes."""

    __slots__ = ("_bytes",)

    def __init__(self, digests: Sequence[str]) -> None:
        self._bytes = bytes.fromhex("".join(digests))

    @staticmethod
    def holds(values: Sequence[Any]) -> bool:
        return set(map(len, values)) == {_DIGITS} and _are_digits("".join(values))

    def __len__(self) -> int:
        return 2 * len(self._bytes) // _DIGITS

    def __getitem__(self, row: Any) -> Any:
        half = _DIGITS // 2
        return self._bytes[row * half : (row + 1) * half].hex()

    def __iter__(self) -> Iterator[str]:
        return iter(self._bytes.hex(" ", _DIGITS // 2).split(" "))


class _Texts(_Column):
    """Texts, as the bytes of all of them; a model may write half of a pair of surrogates."""

    __slots__ = ("_bytes", "_ends", "_sign")

    def __init__(self, texts: Sequence[str]) -> None:
        # Parted by the first sign that none of them has: so they are parted again in one call.
        joined = ((sign, sign.join(texts)) for sign in map(chr, count()))
        self._sign, text = next(
            (sign, text) for sign, text in joined if text.count(sign) == len(texts) - 1
        )
        self._bytes = _utf8(text)
        # Without the signs. One text is had by them: who asks here and there would part them all.
        self._ends = _ends(texts if text.isascii() else [*map(_utf8, texts)])

    @staticmethod
    def holds(values: Sequence[Any]) -> bool:  # noqa: ARG004  the one shape
        return True

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, row: Any) -> Any:
        signs = row * len(_utf8(self._sign))
        written = self._bytes[signs + self._ends[row] : signs + self._ends[row + 1]]
        return written.decode("utf-8", "surrogatepass")

    def __iter__(self) -> Iterator[str]:
        return iter(self._bytes.decode("utf-8", "surrogatepass").split(self._sign))


class _Numbers(_Column):
    """Numbers, all whole or none."""

    __slots__ = ("_numbers",)

    def __init__(self, numbers: Sequence[float]) -> None:
        self._numbers: array[Any] = array(_EIGHT_BYTES[type(numbers[0])], numbers)

    @staticmethod
    def holds(values: Sequence[Any]) -> bool:
        return type(values[0]) is float or max(map(abs, values)) <= _LARGEST

    def __len__(self) -> int:
        return len(self._numbers)

    def __getitem__(self, row: Any) -> Any:
        return self._numbers[row]

    def __iter__(self) -> Iterator[float]:
        return iter(self._numbers)


class _Tuples(_Column):
    """Tuples of one length, which is not 0: a column a place."""

    __slots__ = ("_columns",)

    def __init__(self, tuples: Iterable[Iterable[Any]]) -> None:
        self._columns = tuple(map(_column, zip(*tuples, strict=True)))

    @staticmethod
    def holds(values: Sequence[Any]) -> bool:
        return bool(values[0]) and len(set(map(len, values))) == 1

    def __len__(self) -> int:
        return len(self._columns[0])

    def __getitem__(self, row: Any) -> Any:
        return tuple(column[row] for column in self._columns)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return zip(*self._columns, strict=True)


class _Mappings(_Column):
    """Dictionaries: those with the same keys, in one order, together."""

    __slots__ = ("_keys", "_values", "_which")

    def __init__(self, mappings: Sequence[dict[Any, Any]]) -> None:
        keys = [*map(tuple, mappings)]
        rows = [*map(tuple, map(dict.values, mappings))]
        together: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {each: [] for each in keys}
        if len(together) == 1:
            together[keys[0]] = rows
        else:
            for each, row in zip(keys, rows, strict=True):
                together[each].append(row)
        self._keys = tuple(together)
        self._values = tuple(_column(tuple(values)) for values in together.values())
        places = {key: place for place, key in enumerate(together)}
        self._which = array("H", map(places.__getitem__, keys))

    @staticmethod
    def holds(values: Sequence[Any]) -> bool:
        return len(set(map(tuple, values))) <= _MOST_KINDS

    def __len__(self) -> int:
        return len(self._which)

    def __getitem__(self, row: Any) -> Any:
        kind = self._which[row]
        place = self._which[:row].count(kind)
        return dict(zip(self._keys[kind], self._values[kind][place], strict=True))

    def __iter__(self) -> Iterator[dict[Any, Any]]:
        rows = [
            map(dict, map(zip, repeat(k), v)) for k, v in zip(self._keys, self._values, strict=True)
        ]
        return map(next, map(rows.__getitem__, self._which))


class _Groups(_Column):
    """Tuples of records of one class, such as the answers to each question: a block of them all."""

    __slots__ = ("_ends", "_records")

    def __init__(self, groups: Sequence[tuple[Any, ...]]) -> None:
        self._records, self._ends = block_of([*chain.from_iterable(groups)]), _ends(groups)

    @staticmethod
    def holds(values: Sequence[Any]) -> bool:
        kinds = set(map(type, chain.from_iterable(values)))
        return len(kinds) == 1 and all(map(dataclasses.is_dataclass, kinds))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, row: Any) -> Any:
        return tuple(self._records[i] for i in range(self._ends[row], self._ends[row + 1]))

    def column(self, name: str) -> Sequence[Any]:
        """Give one field of every record of every tuple."""
        return self._records.column(name)

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        records = [*self._records]
        return (tuple(records[start:end]) for start, end in pairwise(self._ends))


_HOLDERS: Mapping[type[Any], Sequence[Any]] = {
    str: (_Digests, _Texts),
    int: (_Numbers,),
    float: (_Numbers,),
    dict: (_Mappings,),
    tuple: (_Groups, _Tuples),
}
"""By the kind of values; the first one that holds them."""


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _are_digits(text: str) -> bool:
    """Tell hexadecimal digits; to look at each one takes five times as long as to read them all."""
    try:
        return bytes.fromhex(text).hex() == text
    except ValueError:
        return False


def _ends(parts: Iterable[Sequence[Any]]) -> array[int]:
    """Say where each part begins, and where the last one ends."""
    ends = [*accumulate(map(len, parts), initial=0)]
    return array("H" if ends[-1] < 2**16 else "I" if ends[-1] < 2**32 else "Q", ends)

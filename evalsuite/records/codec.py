"""JSON in and out for every record: the one place that validates foreign data.

Written JSON has sorted keys, no NaN and only ASCII, so the same record is the same bytes and a
lone surrogate in a model's answer survives the trip. Reading checks types and the schema number.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from fractions import Fraction
from functools import cache
from math import isfinite
from operator import attrgetter
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar, cast

from evalsuite.errors import Clause, InvalidInputError
from evalsuite.records.schema_1 import as_written_today
from evalsuite.records.token_ends import TokenEnds

if TYPE_CHECKING:
    from pydantic import TypeAdapter

__all__ = [
    "from_json",
    "from_lines",
    "from_plain",
    "json_schema",
    "plain",
    "read_setting",
    "sha256_of",
    "sha256_of_list",
    "to_json",
    "to_line",
]

T = TypeVar("T")

SCHEMA = 2
"""1: first published form of spec.json, responses.jsonl and results.json (2026-11). 2: results.json
adds statements, decisions of rows and ``family`` and ``stopped_early`` as keys of their own."""


def plain(value: Any) -> Any:
    """Turn a record into JSON types: dicts, lists, strings, numbers, booleans, None.

    Parameters
    ----------
    value
        A record, or anything records are made of.

    Returns
    -------
    object
        Fractions become strings (``"7/2"``), tuples become lists. A field that is
        ``left_out_at_default`` is, so that a younger field leaves older files as they were.
    """
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if kind is tuple:
        return _as_list(value)
    # Records first: there are millions, and asking an abstract class costs as much as all of this.
    fields = _fields_of(kind)  # type: ignore[arg-type]  # a class is hashable
    if fields is not None:
        written = dict(zip(fields.names, fields.values(value), strict=True))
        for name, default in fields.left_out:
            if written[name] == default:
                del written[name]
        for name, item in written.items():
            if type(item) not in _AS_THEY_ARE:
                written[name] = plain(item)
        return written
    if isinstance(value, (list, tuple)) or kind is TokenEnds:
        return _as_list(value)
    if kind is dict or isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    return str(value) if isinstance(value, Fraction) else value


def _as_list(value: Sequence[Any]) -> list[Any]:
    # A number a token: a look at the types in C is a tenth of a call for each.
    are_plain = type(value) is TokenEnds or _AS_THEY_ARE.issuperset(map(type, value))
    return list(value) if are_plain else [*map(plain, value)]


_AS_THEY_ARE = frozenset({str, int, float, bool, type(None)})


class _Fields(NamedTuple):
    """A record's fields."""

    names: tuple[str, ...]
    values: Callable[[Any], Iterable[Any]]
    left_out: tuple[tuple[str, object], ...]
    """Those with a value at which they are left out, which for the others is none."""


@cache
def _fields_of(kind: type) -> _Fields | None:
    """Look a record's fields up once; None for what is no record."""
    if not dataclasses.is_dataclass(kind):
        return None
    fields = dataclasses.fields(kind)
    names = tuple(field.name for field in fields)
    optional = [field for field in fields if field.metadata.get("left_out_at_default")]
    return _Fields(
        names,
        # of a single name, and of none, it would give no tuple
        attrgetter(*names) if len(names) > 1 else lambda value: [getattr(value, n) for n in names],
        tuple((field.name, field.default) for field in optional),
    )


def to_json(record: Any) -> str:
    """Write a record as indented JSON, keys sorted, ending in a newline.

    Parameters
    ----------
    record
        A record or a mapping of records.

    Returns
    -------
    str

    Raises
    ------
    ValueError
        For NaN or infinity, which JSON does not have.
    """
    return json.dumps(plain(record), sort_keys=True, allow_nan=False, indent=2) + "\n"


def to_line(record: Any) -> str:
    """Write a record as one JSON line.

    Parameters
    ----------
    record
        A record or a mapping of records.

    Returns
    -------
    str
        Ends in a newline, which no JSON string can hold unescaped.
    """
    return _LINE.encode(plain(record)) + "\n"


def sha256_of(record: Any) -> str:
    """Hash a record by its one-line JSON.

    Parameters
    ----------
    record
        A record or a mapping of records.

    Returns
    -------
    str
        64 hexadecimal digits.
    """
    return hashlib.sha256(to_line(record).encode()).hexdigest()


def sha256_of_list(items: Iterable[Any]) -> str:
    """Hash a list of records as `sha256_of` does, without ever holding its JSON.

    Parameters
    ----------
    items
        Records, or anything records are made of.

    Returns
    -------
    str
        64 hexadecimal digits.

    Examples
    --------
    >>> sha256_of_list(iter([1, "two"])) == sha256_of([1, "two"])
    True
    """
    digest, separator = hashlib.sha256(b"["), ""
    for item in items:
        digest.update(f"{separator}{_LINE.encode(plain(item))}".encode())
        separator = ","
    digest.update(b"]\n")
    return digest.hexdigest()


def from_json(kind: type[T], text: str | bytes, *, origin: str = "this text") -> T:
    """Read one record back.

    Parameters
    ----------
    kind
        The record's class.
    text
        JSON as written by `to_json`.
    origin
        Where the text comes from, for the message.

    Returns
    -------
    kind

    Raises
    ------
    InvalidInputError
        If the text is no JSON, of another schema, or does not have the record's fields.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text), "surrogatepass")
        value = _JSON.decode(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInputError(
            "{origin} is not readable JSON ({error}); write it again", origin=origin, error=error
        ) from error
    if isinstance(value, dict) and value.get("schema", SCHEMA) not in range(1, SCHEMA + 1):
        raise InvalidInputError(
            "{origin} has schema {schema}, this evalsuite reads schemas 1 to {newest}; use the "
            "evalsuite version that wrote it",
            origin=origin,
            schema=repr(value["schema"])[:40],
            newest=SCHEMA,
        )
    return from_plain(kind, as_written_today(kind, value), origin=origin)


def from_lines(kind: type[T], lines: Iterable[str], *, origin: str) -> Iterator[T]:
    """Read a record a line, each as `from_json` reads it; ``origin`` is what the lines are of."""
    from pydantic import ValidationError

    read = _validator(kind).validate_json  # type: ignore[arg-type]  # a class is hashable
    is_checked = not _holds_anything(_adapter(kind).core_schema)  # type: ignore[arg-type]
    for number, line in enumerate(lines, start=1):
        # One pass for parsing and checking. Old lines, and what only Python's parser takes, fall
        # through; so does what is wrong, which is then said as everywhere.
        if '"schema"' not in line and (is_checked or not _LOOKED_AT.search(line)):
            try:
                record = read(line)
            except ValidationError:
                pass
            else:
                yield record
                continue
        yield from_json(kind, line, origin=f"{origin}:{number}")


def from_plain(kind: type[T], value: Any, *, origin: str) -> T:
    """Make a record of JSON types, the inverse of `plain`.

    Raises InvalidInputError where they are not those of the record's fields.
    """
    from pydantic import ValidationError

    try:
        return cast("T", _validator(kind).validate_python(value))  # type: ignore[arg-type]  # a class is hashable
    except (ValidationError, RecursionError) as error:
        position: str = Clause("the top level")
        reason = str(error)
        if isinstance(error, ValidationError):
            first = error.errors()[0]
            position, reason = ".".join(map(str, first["loc"])) or position, first["msg"]
        raise InvalidInputError(
            "{origin} is not a {kind}: {position}: {reason}; check that it is the right file",
            origin=origin,
            kind=kind.__name__,
            position=position,
            reason=reason,
        ) from error


def read_setting(kind: Any, value: Any, *, name: str) -> Any:
    """Read one value of a settings file as strictly as JSON has it: no text is a number there.

    Raises InvalidInputError, with what ``name`` calls it, where it is none of a kind.
    """
    from pydantic import ValidationError

    try:
        return _validator(kind).validate_json(json.dumps(value, default=str), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        own = first.get("ctx", {}).get("error")
        if isinstance(own, InvalidInputError):
            raise own from None
        place = ".".join([name, *map(str, first["loc"])])
        if first["type"] == "missing":
            raise InvalidInputError("{place} is missing; add it", place=place) from error
        wanted = first["msg"].removeprefix("Input ")
        raise InvalidInputError(
            "{place} is {input}; it {wanted}",
            place=place,
            input=repr(first["input"])[:60],
            wanted=wanted,
        ) from error


def _finite(written: str) -> float:
    """Read a number; NaN, Infinity and 1e999 are none, and would compare with nothing."""
    value = float(written)
    if not isfinite(value):
        raise ValueError(f"{written[:40]} is no number")
    return value


_LINE = json.JSONEncoder(
    sort_keys=True, allow_nan=False, separators=(",", ":"), check_circular=False
)
"""One for all lines. What refers to itself never gets here: it has no end to be made plain."""
_LOOKED_AT = re.compile(r'NaN|Infinity|[eE]\+?[0-9]{3}|[0-9]{300}|"text"\s*:\s*""')
"""In every line that may hold a number no float can hold, or an old question; in few others."""
_JSON = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def json_schema(kind: type[Any]) -> str:
    """Write the JSON Schema of a record's file.

    Parameters
    ----------
    kind
        The record's class.

    Returns
    -------
    str
        Indented JSON, keys sorted, ending in a newline.
    """
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return to_json(schema | _adapter(kind).json_schema())  # type: ignore[arg-type]  # a class is hashable


@cache
def _validator(kind: Any) -> Any:
    """Make what reads a record; where numbers are, the texts "nan" and "inf" are none either."""
    adapter = _adapter(kind)
    schema = deepcopy(adapter.core_schema)
    _allow_finite_alone(schema)
    compiled: Any = type(adapter.validator)
    return compiled(schema)


def _holds_anything(schema: Any) -> bool:
    """Tell whether a field takes whatever stands there, a number that is none among it."""
    if isinstance(schema, dict):
        return schema.get("type") == "any" or _holds_anything([*schema.values()])
    return isinstance(schema, (list, tuple)) and any(map(_holds_anything, schema))


def _allow_finite_alone(schema: Any) -> None:
    """Change every number of a schema, in place."""
    if isinstance(schema, dict):
        if schema.get("type") == "float":
            schema["allow_inf_nan"] = False
        schema = [*schema.values()]
    if isinstance(schema, (list, tuple)):
        for part in schema:
            _allow_finite_alone(part)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)

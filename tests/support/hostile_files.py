"""Hostile files by seed: good files with one to four things spoilt, by what the files are.

``spoilt(rng, name, content)`` knows JSON, lines of JSON, CSV, TOML, parquet and zip by the file's
name, and spoils any other file, and often these too, as bytes. It does not know who reads them.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
import zlib
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import zstandard
from log_builders import packed

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

__all__ = ["spoilt"]

Way = "Callable[[random.Random, bytes], bytes]"

_RAW = (
    *("1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1" + "0" * 400, "9" * 5000, "-0", "-0.0"),
    *("01", "0x10", "1_000", "+1", ".5", "1.", "[" * 3000 + "]" * 3000, "[" * 100_000, "{}{}", ""),
    *(
        '{"a":' * 2000 + "1" + "}" * 2000,
        '"\\ud800"',
        '"\\u0000"',
        '"\\x"',
        '"tab\tin"',
        "nul",
        "'a'",
    ),
)
"""What no `json.dumps` would write."""
_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        2,
        7,
        0.5,
        -0.5,
        1.5,
        1e300,
        5e-324,
        2**31,
        2**63,
        2**64,
        -(10**30),
    ),
    *("", " ", "x", "1", "0", "1.0", "nan", "null", "[]", "stop", "length", "C", "a" * 9, "é" * 99),
    *(
        "\0",
        "a\0b",
        "\ud800",
        "\udcff\ud83d",
        "\u202eabc",
        "\x1b]0;owned\x07",
        "\n",
        "\u2028",
        "../../x",
    ),
    *(
        "😀" * 50,
        "a/b/c",
        "/etc/passwd",
        "<script>alert(1)</script>",
        "{{ 7 * 7 }}",
        "%s%n",
        "\\boxed{",
        "٣",
    ),
    *(
        [],
        {},
        [[]],
        [None],
        [0, 1],
        ["x"],
        [[["x"]]],
        {"": ""},
        {"x": {"y": [1]}},
        {"value": 1},
        {"0": 1},
    ),
    *(
        ["\ud800"],
        [True, "x", 0.5, None],
        {"role": 7, "content": [{"type": "text", "text": 7}]},
        "9" * 400,
    ),
)
_CELLS = (
    *(
        "",
        "x",
        "nan",
        "inf",
        "-1",
        "1e999",
        "0.5",
        "1",
        "\0",
        '"',
        '""',
        "'",
        ",",
        ";",
        "\n",
        "\r",
        "\r\n",
    ),
    *(
        "a" * 70_000,
        "\ud800",
        "\u202e",
        "=1+1",
        "é",
        "9" * 5000,
        "true",
        "-0",
        "01",
        "1,000",
        "😀",
        "\ufeff",
    ),
)
_TOML = (
    *(
        "nan",
        "inf",
        "9" * 400,
        "-1",
        "[]",
        "{}",
        "true",
        '""',
        '"\\u0000"',
        '"""',
        "'''x",
        "1979-05-27",
        "0x",
    ),
    *(
        "[" * 5000,
        '"😀"',
        '"\\ud800"',
        "[1, 'a']",
        "{a={b={}}}",
        "1e999",
        '"alias:a"',
        '"a"',
        '"../.."',
        "0.5",
    ),
)
_TOML_LINES = (
    *(
        "[models]",
        "[[models]]",
        "models = 3",
        "a.b.c = 1",
        "[compare]",
        "[a.b.c]",
        "[]",
        "[",
        "= 1",
        "a =",
        "\0",
    ),
    *(
        'a = "b"',
        'b = "a"',
        "[models.a]",
        'source = "path:x"',
        "[run]",
        "[gate]",
        "[tasks.x]",
        "\ufeff",
        "x" * 9999,
    ),
    *(
        "a = " + "{a = " * 2000 + "1" + "}" * 2000,
        "[" + "a." * 3000 + "a]",
        "subsets = 9" + "9" * 300,
        "# \ud800",
    ),
)
_JUNK = (
    *(
        b"",
        b"\n",
        b"\0",
        b"\0" * 4096,
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"x"',
        b"{}\n{}\n",
        b"\xff\xfe\0",
        b"PK\x03\x04",
    ),
    *(
        b"\xef\xbb\xbf",
        b"PAR1",
        b"\x1f\x8b\x08",
        b"(\xb5/\xfd",
        b"\x80\x04.",
        b"[" * 200_000,
        b'{"a":' * 50_000,
    ),
    *(
        b"\r\n",
        b"\r",
        b'{"a": 1e999}\n',
        b"9" * 100_000,
        b"x" * 300_000,
        b"<html>",
        b"id,score\n",
        b"\x1b]0;x\x07",
    ),
)
_LONGEST = 10_000
"""Characters that are repeated: of a text that was made long before, it would fill the memory."""
_MOST = 64
"""Of members of a zip that are spoilt as text."""


def spoilt(rng: random.Random, name: str, content: bytes) -> bytes:
    """Spoil a file in one to four ways; raises nothing, whatever it holds."""
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 4))):
        ways = _ways_of(name)
        try:
            way = rng.choice(ways) if ways and rng.random() < 0.75 else rng.choice(_BYTES)
            content = way(rng, content)
        except Exception:  # noqa: BLE001  it was spoilt beyond what this way can read
            content = _insert(rng, content)
    return content


def _ways_of(name: str) -> tuple[Any, ...]:
    suffix = name.rpartition(".")[2]
    if suffix == "jsonl":
        return (_lines, _lines, _lines, _rows)
    return _WAYS.get(suffix, ())


def _flip(rng: random.Random, content: bytes) -> bytes:
    spoilt_bytes = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 9, 99))):
        spoilt_bytes[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
    return bytes(spoilt_bytes)


def _truncate(rng: random.Random, content: bytes) -> bytes:
    return content[: rng.randrange(len(content) + 1)]


def _insert(rng: random.Random, content: bytes) -> bytes:
    at = rng.choice((0, len(content), rng.randrange(len(content) + 1)))
    return content[:at] + rng.choice(_JUNK) + content[at:]


def _replace(rng: random.Random, _content: bytes) -> bytes:
    return rng.choice(_JUNK)


def _cut_out(rng: random.Random, content: bytes) -> bytes:
    """Lose a piece, double it, or fill it with NUL, as a file system may after a power cut."""
    start = rng.randrange(len(content) + 1)
    end = min(len(content), start + rng.choice((1, 16, 512, 4096)))
    piece = rng.choice((b"", content[start:end] * 2, b"\0" * (end - start)))
    return content[:start] + piece + content[end:]


def _recode(rng: random.Random, content: bytes) -> bytes:
    text = content.decode("utf-8", "surrogateescape")
    ways: tuple[Callable[[], bytes], ...] = (
        lambda: text.encode("utf-16", "surrogatepass"),
        lambda: text.encode("utf-32", "surrogatepass"),
        lambda: text.encode("latin-1", "replace"),
        lambda: b"\xef\xbb\xbf" + content,
        lambda: content.replace(b"\n", b"\r\n"),
        lambda: content.replace(b"\n", b"\r"),
        lambda: content.replace(b"\n", "\u2028".encode()),
        lambda: content * 3,
        content.upper,
    )
    return rng.choice(ways)()


def _document(rng: random.Random, content: bytes) -> bytes:
    """Set anything anywhere in a JSON value to anything."""
    value = json.loads(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        value = _changed(rng, value)
    return _written(rng, value)


def _lines(rng: random.Random, content: bytes) -> bytes:
    """Change one line, or the same field of all."""
    lines = content.splitlines()
    if rng.random() < 0.3:
        rows = [json.loads(line) for line in lines]
        key = rng.choice(sorted({str(key) for row in rows for key in row}))
        value = _value(rng)
        every = [row | {key: value} if rng.random() < 0.9 else row for row in rows]
        return b"".join(_written(rng, row) + b"\n" for row in every)
    at = rng.randrange(len(lines))
    lines[at] = _document(rng, lines[at])
    return b"\n".join(lines) + b"\n"


def _rows(rng: random.Random, content: bytes) -> bytes:
    """Lose, double, move or join lines."""
    lines = content.splitlines(keepends=True)
    at, to = rng.randrange(len(lines)), rng.randrange(len(lines))
    way = rng.randrange(5)
    if way == 0:
        del lines[at]
    elif way == 1:
        lines.insert(to, lines[at])
    elif way == 2:
        lines[at], lines[to] = lines[to], lines[at]
    elif way == 3:
        lines[at] = lines[at].rstrip(b"\n") + lines[to]
    else:
        lines[at] = rng.choice(_JUNK)
    return b"".join(lines)


def _changed(rng: random.Random, value: Any) -> Any:
    """Change one place of a JSON value, which may be itself."""
    if not isinstance(value, (dict, list)) or not value or rng.random() < 0.08:
        return _hostile(rng, value)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key: Any = rng.choice(keys)
    is_deeper = isinstance(value[key], (dict, list)) and rng.random() < 0.75
    if is_deeper:
        value[key] = _changed(rng, value[key])
        return value
    way = rng.random()
    if way < 0.15:
        del value[key]
    elif way < 0.25 and isinstance(value, dict):
        value[rng.choice((f"{key}.", "", "\0", "\ud800", "x" * 5000, key.upper()))] = value.pop(key)
    elif way < 0.35:
        other: Any = rng.choice(keys)
        value[key], value[other] = value[other], value[key]
    else:
        value[key] = _hostile(rng, value[key])
    return value


def _hostile(rng: random.Random, value: Any) -> Any:
    """Give a value of another type, or an extreme one of its own."""
    way = rng.random()
    if way < 0.2:
        return f"@raw{rng.randrange(len(_RAW))}@"
    if way < 0.3:
        return [value]
    if way < 0.36:
        return {"value": value, "text": value}
    if way < 0.42 and isinstance(value, str):
        return value[:_LONGEST] * rng.choice((0, 2, 3000))
    if way < 0.48 and isinstance(value, (int, float)):
        return rng.choice((-value, value + 0.5, value * 10.0**18, str(value), bool(value)))
    return _value(rng)


def _value(rng: random.Random) -> Any:
    """Draw a value of one's own: what is changed in it later is changed for this file alone."""
    return deepcopy(rng.choice(_VALUES))


def _written(rng: random.Random, value: Any) -> bytes:
    """Write JSON, with raw pieces, and a key twice now and then."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.6)
    text = re.sub(r'"@raw(\d+)@"', lambda match: _RAW[int(match[1])], text)
    if rng.random() < 0.1:
        keys = re.findall(r'"[^"\\]{1,40}": ', text)
        if keys:
            key = rng.choice(keys)
            text = text.replace(key, f"{key}{json.dumps(rng.choice(_VALUES))}, {key}", 1)
    return text.encode("utf-8", "surrogatepass")


def _cells(rng: random.Random, content: bytes) -> bytes:
    rows = list(csv.reader(io.StringIO(content.decode())))
    for _ in range(rng.choice((1, 1, 3, 20))):
        row = rng.choice(rows)
        row[rng.randrange(len(row))] = rng.choice((*_CELLS, *rows[0]))
    if rng.random() < 0.2:
        rng.choice(rows).extend(["more"] * rng.choice((1, 1000)))
    target = io.StringIO()
    dialect = rng.choice(("excel", "unix"))  # as few quotes as may be, or all
    csv.writer(target, dialect).writerows(rows)
    return target.getvalue().encode("utf-8", "surrogatepass")


def _settings(rng: random.Random, content: bytes) -> bytes:
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    at = rng.randrange(len(lines))
    if "=" in lines[at] and rng.random() < 0.6:
        lines[at] = f"{lines[at].partition('=')[0]}= {rng.choice(_TOML)}"
    elif rng.random() < 0.3:
        lines.insert(at, lines[rng.randrange(len(lines))])
    else:
        lines.insert(at, rng.choice(_TOML_LINES))
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def _table(rng: random.Random, content: bytes) -> bytes:
    """Change rows of a parquet file, or make a column of another type; then write it again."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = parquet.read_table(io.BytesIO(content)).to_pylist()
    if rng.random() < 0.5:
        key, value = rng.choice(list(rows[0])), _value(rng)
        rows = [row | {key: value} for row in rows]
    else:
        at = rng.randrange(len(rows))
        rows[at] = _changed(rng, rows[at])
    rows = rows[: rng.choice((0, 1, len(rows), len(rows)))]
    target = io.BytesIO()
    packing = rng.choice(("snappy", "zstd", "none", "gzip"))
    table = pa.Table.from_pylist(rows)
    if "struct<>" in str(table.schema):
        raise ValueError("the writer itself crashes on a record without fields")
    parquet.write_table(table, target, compression=packing)
    return target.getvalue()


def _archive(rng: random.Random, content: bytes) -> bytes:
    """Spoil a member, or what the directory says of it; pack it again in some way."""
    members = _members(content)
    name = rng.choice(sorted(members))
    way = rng.randrange(6)
    if way < 3:
        members[name] = _document(rng, members[name])
    elif way == 3:
        members[rng.choice(_MEMBERS)] = members.pop(name)
    elif way == 4:
        members[name] = b" " * rng.choice((2**20, 2**24)) + members[name]
    else:
        del members[name]
    claims = rng.choice((None, None, None, 0, 1, 2**31, 2**32 - 1))
    method = rng.choice((0, 8, 93, 93, 12, 99))
    return packed(members, method, claims=claims)


_MEMBERS = (
    "../x.json",
    "/x.json",
    "samples/../x.json",
    "c:/x.json",
    "samples/\0.json",
    "samples/.json",
)


def _members(content: bytes) -> dict[str, bytes]:
    """Unpack a zip that `packed` wrote."""
    found = {}
    for info in zipfile.ZipFile(io.BytesIO(content)).infolist()[:_MOST]:
        start = info.header_offset + 30 + len(info.filename.encode())
        body = content[start : start + info.compress_size]
        if info.compress_type == 93:
            body = zstandard.ZstdDecompressor().decompress(body, max_output_size=2**25)
        elif info.compress_type == 8:
            body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(body, 2**25)
        found[info.filename] = body
    return found


_BYTES = (_flip, _flip, _truncate, _truncate, _insert, _replace, _cut_out, _recode)
_WAYS: dict[str, tuple[Any, ...]] = {
    "json": (_document,),
    "csv": (_cells,),
    "toml": (_settings,),
    "parquet": (_table,),
    "eval": (_archive,),
}

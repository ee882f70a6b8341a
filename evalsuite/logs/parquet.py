"""Rows of a parquet file as plain objects, a batch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["parquet_columns", "parquet_rows", "require_columns"]

_MOST_BYTES = 4 * 2**30
"""Unpacked, as the file's own directory says."""
_BATCH = 1024


def parquet_columns(path: Path) -> frozenset[str]:
    """Name the top columns of a file."""
    return frozenset(_open(path).schema_arrow.names)


def require_columns(path: Path, columns: frozenset[str], tool: str) -> None:
    """Refuse a table that was called one of a tool's and is none."""
    missing = sorted(columns - parquet_columns(path))
    if missing:
        raise InvalidInputError(
            "{path} has no column {missing!r}, so it is no table of {tool}'s; leave --log-format "
            "out, or name its columns with --log-format rows",
            path=path,
            missing=missing[0],
            tool=tool,
        )


def parquet_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield position, from 1, and values of every row."""
    import pyarrow as pa

    position = 0
    try:
        for batch in _open(path).iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                position += 1
                yield position, row
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidInputError(
            "{path} is torn ({error}); copy it again", path=path, error=error
        ) from error


def _open(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        file = parquet.ParquetFile(path)
        groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
        size = sum(group.total_byte_size for group in groups)
        _refuse_impossible(file.metadata, [group.num_rows for group in groups])
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InvalidInputError(
            "{path} is no whole parquet file ({error}); copy it again", path=path, error=error
        ) from error
    if size > _MOST_BYTES:
        raise InvalidInputError(
            "{path} unpacks to {size:,} bytes; the limit is {limit:,}",
            path=path,
            size=size,
            limit=_MOST_BYTES,
        )
    return file


def _refuse_impossible(metadata: Any, rows: list[int]) -> None:
    """Refuse a directory that contradicts itself: the library would end the process over it."""
    if metadata.num_columns == 0 or min(rows, default=0) < 0 or sum(rows) != metadata.num_rows:
        raise ValueError("its directory names no columns, or rows that it does not hold")

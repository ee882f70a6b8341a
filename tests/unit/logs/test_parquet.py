from __future__ import annotations

import base64
import subprocess
import sys
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest
from pyarrow import parquet

from evalsuite.errors import InvalidInputError
from evalsuite.logs import parquet as reader

if TYPE_CHECKING:
    from pathlib import Path


def test_rows_come_back_with_their_positions(tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    parquet.write_table(pa.Table.from_pylist([{"id": "a"}, {"id": "b"}]), path)

    assert list(reader.parquet_rows(path)) == [(1, {"id": "a"}), (2, {"id": "b"})]
    assert reader.parquet_columns(path) == {"id"}


@pytest.mark.parametrize("written", [b"", b"PAR1", b"PAR1" + b"\0" * 40 + b"PAR1"])
def test_what_is_no_parquet_file_is_a_domain_error(tmp_path: Path, written: bytes) -> None:
    path = tmp_path / "log.parquet"
    path.write_bytes(written)

    with pytest.raises(InvalidInputError, match="no whole parquet"):
        reader.parquet_columns(path)


def test_a_directory_with_rows_that_it_does_not_hold_is_a_domain_error(tmp_path: Path) -> None:
    """The library ends the whole process over it, so it is tried in one of its own."""
    path = tmp_path / "log.parquet"
    path.write_bytes(base64.b64decode(_MINUS_ONE_ROW))
    code = "import sys; from evalsuite.cli.main import main; main(sys.argv[1:])"

    done = subprocess.run(
        [sys.executable, "-c", code, "logs", str(path)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2, done.stderr
    assert "no whole parquet file (its directory names no columns" in done.stderr


_MINUS_ONE_ROW = (
    "UEFSMRUEGRw1ABgGc2NoZW1hFQAAFgAZHBkMFgAW//8AFgAAGRwYDEFSUk9XOnNjaGVtYRhMLy8vLy96QUFBQUFRQUFB"
    "QUFBQUtBQXdBQmdBRkFBZ0FDZ0FBQUFBQkJBQU1BQUFBQ0FBSUFBQUFCQUFJQUFBQUJBQUFBQUFBQUFBPQAYIHBhcnF1"
    "ZXQtY3BwLWFycm93IHZlcnNpb24gMjYuMC4xGQwApAAAAFBBUjE="
)

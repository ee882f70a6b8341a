from __future__ import annotations

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

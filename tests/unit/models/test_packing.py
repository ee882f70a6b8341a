"""What can't be packed is refused before anything is loaded."""

from __future__ import annotations

import json
import shutil
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.models.names import embedded_folder, resolve
from evalsuite.models.packing import check_packing
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import Packing

if TYPE_CHECKING:
    from pathlib import Path


def test_a_gguf_file_is_packed_already() -> None:
    model = ModelSpec(name="g", source="gguf", location="g.gguf")
    with pytest.raises(InvalidInputError, match=r"g\.gguf is a GGUF .* leave load_in_8bit out"):
        check_packing(model, Packing(bits=8))


@pytest.mark.parametrize(
    ("settings", "method"), [({"quant_method": "gptq"}, "gptq"), ({}, "quantization_config")]
)
def test_a_folder_of_packed_weights_says_who_packed_them(
    tmp_path: Path, settings: dict[str, str], method: str
) -> None:
    folder = shutil.copytree(embedded_folder() / "base", tmp_path / "packed")
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"quantization_config": settings}))
    with pytest.raises(InvalidInputError, match=f"weights that {method} has packed already; name"):
        check_packing(resolve(f"path:{folder}"), Packing(bits=4))


@pytest.mark.skipif(find_spec("bitsandbytes") is not None, reason="bitsandbytes is installed")
def test_without_bitsandbytes_one_line_brings_it() -> None:
    with pytest.raises(InvalidInputError, match=r"run: pip install 'evalsuite\[quantised\]'"):
        check_packing(resolve("base"), Packing(bits=4))


@pytest.mark.skipif(find_spec("bitsandbytes") is None, reason="needs evalsuite[quantised]")
def test_whole_weights_can_be_packed() -> None:
    check_packing(resolve("base"), Packing(bits=4))

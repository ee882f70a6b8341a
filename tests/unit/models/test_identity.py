"""Every file a loader may read is part of a model's identity; logs beside it are not."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.models.identity import is_small_file, sha256_of_folder, sha256_of_gguf
from evalsuite.models.names import embedded_folder

if TYPE_CHECKING:
    from pathlib import Path

READ = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "chat_template.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "added_tokens.json",
    "special_tokens_map.json",
    "tokenizer.model",
    "tokenizer.4.0.0.json",
    "model.safetensors.index.json",
    "additional_chat_templates/tool_use.jinja",
)
BEFORE = "41e203aed8cc6448a40ae1b81d5cd72de89a4669a6563776ce27c6f4b9299d37"
"""The hash of the shipped base before identity covered more files."""
INERT = ("README.md", "manifest.json", "train_log.jsonl", "trainer_state.json", "optimizer.pt")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "additional_chat_templates").mkdir()
    for name in ("model.safetensors", *READ, *INERT):
        (tmp_path / name).write_text(name, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("name", READ)
def test_a_file_the_loader_may_read_changes_the_identity(folder: Path, name: str) -> None:
    before = sha256_of_folder(folder)
    (folder / name).write_text("changed", encoding="utf-8")
    changed = sha256_of_folder(folder)
    (folder / name).unlink()

    assert len({before, changed, sha256_of_folder(folder)}) == 3
    assert is_small_file(name)


@pytest.mark.parametrize("name", INERT)
def test_a_file_no_loader_reads_changes_nothing(folder: Path, name: str) -> None:
    before = sha256_of_folder(folder)
    (folder / name).write_text("changed", encoding="utf-8")

    assert sha256_of_folder(folder) == before


def test_a_tokenizer_beside_a_gguf_file_is_part_of_its_identity(folder: Path) -> None:
    (folder / "m.gguf").write_bytes(b"x")
    before = sha256_of_gguf(folder / "m.gguf")
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")

    assert sha256_of_gguf(folder / "m.gguf") != before


def test_stored_runs_of_the_embedded_base_are_found_again() -> None:
    """The hash of the shipped base before identity covered more files."""
    assert (
        sha256_of_folder(embedded_folder() / "base")
        == "41e203aed8cc6448a40ae1b81d5cd72de89a4669a6563776ce27c6f4b9299d37"
    )


def test_a_pipe_among_the_files_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    shutil.copytree(embedded_folder() / "base", tmp_path / "mine")
    (tmp_path / "mine" / "tokenizer_config.json").unlink()
    os.mkfifo(tmp_path / "mine" / "tokenizer_config.json")

    with pytest.raises(InvalidInputError, match="pipe or a device"):
        sha256_of_folder(tmp_path / "mine")


@pytest.mark.parametrize("target", ["nowhere", "model.safetensors", "/proc/self/mem", "."])
def test_weights_that_lead_elsewhere_are_one_error_with_a_way_out(
    tmp_path: Path, target: str
) -> None:
    (tmp_path / "model.safetensors").symlink_to(target)

    with pytest.raises(RunFailedError, match=r"can't read .* of the model .*; copy or download"):
        sha256_of_folder(tmp_path)

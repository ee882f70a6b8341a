"""``evalsuite doctor``: every line says what is there, and the way to what is missing."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from evalsuite.cli.starting.doctor import command
from evalsuite.generation.slots.compiler import compiler_path
from evalsuite.generation.slots.kernels import begin_kernels, compiled_kernels

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def told() -> dict[str, str]:
    done = CliRunner().invoke(command)
    assert done.exit_code == 0, done.output
    return {line[:14].strip(): line[15:] for line in done.output.splitlines()}


def test_every_part_of_the_machine_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")

    found = told()

    assert {"python", "torch", "trl", "kernels", "cuda", "hub", "disk", "embedded"} <= set(found)
    assert found["embedded"].startswith("base, trained")
    assert "--data FILE" in found["hub"]


def test_the_way_to_faster_answers_is_told_where_there_is_no_compiler(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("PATH", "/nowhere")
    begin_kernels.cache_clear()
    compiled_kernels.cache_clear()

    assert "apt-get install gcc" in told()["kernels"]


@pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
def test_a_compiler_is_used_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    begin_kernels.cache_clear()
    compiled_kernels.cache_clear()

    compiled = "compiles the engine's kernels for this processor"
    assert told()["kernels"] == f"{shutil.which('gcc')} {compiled}"


def test_a_compiler_in_a_relative_folder_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trap = tmp_path / "bin" / "gcc"
    trap.parent.mkdir()
    trap.write_text("#!/bin/sh\n", encoding="utf-8")
    trap.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "bin:/nowhere")

    with pytest.raises(OSError, match="no gcc"):
        compiler_path()

    monkeypatch.setenv("PATH", f"bin:{trap.parent}")
    assert compiler_path() == trap


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    yield
    begin_kernels.cache_clear()
    compiled_kernels.cache_clear()

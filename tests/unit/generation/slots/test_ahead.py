"""gcc works while a model is loaded, on what the model will ask for and only once."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.generation.slots.ahead import compile_ahead
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve

if TYPE_CHECKING:
    from pathlib import Path

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def _run(script: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@needs_gcc
def test_a_model_and_the_one_after_it_are_served_by_one_compilation(tmp_path: Path) -> None:
    gcc, calls = tmp_path / "gcc", tmp_path / "calls"
    gcc.write_text(f'#!/bin/sh\necho called >> {calls}\nexec {shutil.which("gcc")} "$@"\n', "ascii")
    gcc.chmod(0o755)
    script = """
        import sys
        from evalsuite.generation.slots.ahead import compile_ahead
        from evalsuite.models.names import resolve
        for name in ("base", "trained"):
            spec = resolve(name)
            compile_ahead(spec)
            # What takes as long as gcc comes after it has begun.
            assert name == "trained" or "transformers.modeling_utils" not in sys.modules
            from evalsuite.generation.slots.engine import SlotEngine
            from evalsuite.models.load import load_model
            print(SlotEngine(load_model(spec)).describe()["attention"])
    """

    told = _run(script, PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    assert told.splitlines() == ["compiled", "compiled"]
    assert calls.read_text("ascii").splitlines() == ["called"]


@needs_gcc
def test_another_openmp_runtime_that_comes_meanwhile_is_not_mixed_with_ours(
    tmp_path: Path,
) -> None:
    late = tmp_path / "libomp.so"
    compiler = str(shutil.which("gcc"))
    subprocess.run([compiler, "-shared", "-x", "c", "/dev/null", "-o", str(late)], check=True)
    script = f"""
        import ctypes
        import torch
        from evalsuite.generation.slots.kernels import begin_kernels, compiled_kernels
        begin_kernels(torch.float32, "cpu", 64).result()
        ctypes.CDLL({str(late)!r})
        kernels, reason = compiled_kernels(torch.float32, "cpu", 64)
        print(kernels, reason)
    """

    told = _run(script)

    assert told.startswith("None needs GNU's OpenMP runtime and no other in the process; found: ")
    assert told.endswith(", libomp.so")


def test_what_is_wrong_with_a_device_or_a_model_is_told_by_who_loads_it() -> None:
    """A run that is finished from shards loads none, whatever device it was planned for."""
    spec = resolve("base")

    compile_ahead(spec, device="tpu")
    compile_ahead(replace(spec, source="folder", location="/nowhere"))
    with pytest.raises(InvalidInputError, match="'tpu' is unknown"):
        load_model(spec, device="tpu")

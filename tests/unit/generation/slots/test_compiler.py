"""The kernels are compiled for this very machine, in one OpenMP runtime, or torch serves."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
import torch

from evalsuite.generation.slots import compiler as module
from evalsuite.generation.slots.compiler import compile_kernels

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
CPU = Path("/proc/cpuinfo")


@needs_gcc
@pytest.mark.skipif(not CPU.is_file(), reason="no /proc/cpuinfo here")
def test_vectors_are_as_wide_as_the_machines_registers() -> None:
    flags = set(CPU.read_text("utf-8").split())
    widest = 16 if "avx512f" in flags else 8 if "avx2" in flags else 4

    library, lanes, _ = compile_kernels(torch.float32, "cpu", 64)

    assert library is not None
    assert lanes <= widest
    if {"avx2", "fma"} <= flags:
        assert lanes >= 8


def test_without_a_compiler_torch_serves_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    library, _, reason = compile_kernels(torch.float32, "cpu", 64)

    assert (library, reason) == (
        None,
        "no gcc, with which answers come faster (Debian: apt-get install gcc)",
    )


def test_a_compiler_that_fails_is_reported_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "gcc"
    broken.write_text("#!/bin/sh\necho 'no headers here' >&2\nexit 1\n", encoding="ascii")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    library, _, reason = compile_kernels(torch.float32, "cpu", 64)

    assert library is None
    assert reason == "gcc: no headers here"


@needs_gcc
def test_a_compiler_that_leaves_a_function_out_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    empty = tmp_path / "gcc"
    empty.write_text(
        '#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\n'
        f'exec {shutil.which("gcc")} -shared -x c /dev/null -o "$2"\n',
        encoding="ascii",
    )
    empty.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)

    library, _, reason = compile_kernels(torch.float32, "cpu", 64)

    assert library is None
    assert "undefined symbol: attend" in reason


def test_kernels_may_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALSUITE_KERNELS", "0")

    library, _, reason = compile_kernels(torch.float32, "cpu", 64)

    assert (library, reason) == (None, "switched off by EVALSUITE_KERNELS=0")


@pytest.mark.parametrize(
    ("dtype", "device"), [(torch.float32, "cuda"), (torch.float16, "cpu"), (torch.float64, "cpu")]
)
def test_what_the_kernels_do_not_serve_is_left_to_torch(dtype: torch.dtype, device: str) -> None:
    library, _, reason = compile_kernels(dtype, device, 64)

    assert (library, reason) == (None, "")


def knows_tiles() -> bool:
    """Only gcc 11 and newer do, and of x86 alone."""
    asked = ["gcc", *TILES, "-E", "-x", "c", "/dev/null"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


TILES = ("-DBFLOAT16", "-DTILES", "-march=sapphirerapids")


@needs_gcc
@pytest.mark.parametrize(
    ("lanes", "macros", "width"),
    [
        *[(4, (), 12), (8, (), 12), (16, (), 64)],
        *[(4, ("-DBFLOAT16",), 64), (16, ("-DBFLOAT16",), 7), (16, TILES, 64)],
    ],
)
def test_every_machines_kernels_compile_without_a_warning(
    lanes: int, macros: tuple[str, ...], width: int, tmp_path: Path
) -> None:
    """For another machine than this one, too: its own flags are left out."""
    if macros is TILES and not knows_tiles():
        pytest.skip("this gcc knows no tiles")
    done = subprocess.run(
        [
            *("gcc", "-O1", "-fopenmp", "-shared", "-fPIC", "-Wall", "-Wextra", "-Wno-psabi"),
            *(f"-DVEC={lanes}", f"-DWIDTH={width}", *macros, *module._SOURCES),
            *("-o", str(tmp_path / "kernels.so")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("mapped", "names"),
    [
        ("", "none"),
        ("7f00-7f01 r-xp 0 08:01 7  /torch/lib/libomp.so\n", "libomp.so"),
        (
            "7f00-7f01 r-xp 0 08:01 7  /t/libgomp-a34b3233.so.1\n7f02 8  /mkl/libiomp5.so\n",
            "libgomp-a34b3233.so.1, libiomp5.so",
        ),
    ],
)
def test_another_openmp_runtime_is_not_mixed_with_ours(mapped: str, names: str) -> None:
    with pytest.raises(OSError, match=f"found: {names}$"):
        module._openmp_runtime(mapped)


def test_the_openmp_runtime_is_found_once_however_often_it_is_mapped() -> None:
    line = "7f00-7f01 r-xp 0 08:01 7  /torch/lib/libgomp.so.1\n"

    assert module._openmp_runtime(line * 3) == "/torch/lib/libgomp.so.1"


@needs_gcc
def test_one_openmp_runtime_is_in_the_process_and_nothing_is_left_on_disk(tmp_path: Path) -> None:
    script = """
        import re, torch
        from pathlib import Path
        from evalsuite.generation.slots.kernels import compiled_kernels
        kernels, reason = compiled_kernels(torch.float32, "cpu", 64)
        assert kernels is not None, reason
        maps = Path("/proc/self/maps").read_text()
        print(len(set(re.findall(r"/\\S*/lib(?:gomp|iomp5|omp)[-.][^/\\s]*", maps))))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )

    assert done.stdout.strip() == "1"
    assert list(tmp_path.iterdir()) == []


@needs_gcc
@pytest.mark.parametrize("capability", ["avx2", "default"])
def test_a_torch_that_is_held_to_narrow_registers_gets_kernels_for_them(capability: str) -> None:
    """The compiler still knows the whole processor, with instructions for wider ones."""
    script = """
        import torch
        from evalsuite.generation.slots.kernels import compiled_kernels
        for dtype in (torch.float32, torch.bfloat16):
            kernels, reason = compiled_kernels(dtype, "cpu", 64)
            assert kernels is not None, reason
            x, weight = torch.randn(9, 64).to(dtype), torch.randn(70, 64).to(dtype)
            found = kernels.product(x, kernels.packed([weight], [None]))
            expected = x.double() @ weight.double().T
            assert (found.double() - expected).abs().max() < expected.abs().max() / 100
    """
    subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        check=True,
        env={**os.environ, "ATEN_CPU_CAPABILITY": capability},
    )


@needs_gcc
@pytest.mark.parametrize("may", [True, False])
def test_tiles_are_used_where_the_system_lets_a_process(
    monkeypatch: pytest.MonkeyPatch, *, may: bool
) -> None:
    machine_may = torch.cpu._init_amx()
    monkeypatch.setattr(torch.cpu, "_init_amx", lambda: may and machine_may)

    library, lanes, _ = compile_kernels(torch.bfloat16, "cpu", 64)

    assert library is not None
    has_tiles = ctypes.c_int.in_dll(library, "has_tiles").value
    assert has_tiles == (may and machine_may and lanes == 16 and knows_tiles())

"""Compilation of the C files beside this one, for the very machine, while a model is loaded.

Where the machine has gcc, that takes it less than a second; nothing is kept on disk. Elsewhere
torch's own operations serve. Both give the same answers in float32.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from evalsuite.errors import Clause

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_runtime", "compile_kernels", "compiler_path"]

_SOURCES = tuple(
    str(Path(__file__).with_name(name)) for name in ("heads.c", "products.c", "step.c", "choice.c")
)
_FUNCTIONS = ("attend", "turn", "multiply", "normalize", "step", "rank")
_FLAGS = ("-O2", "-march=native", "-fopenmp", "-shared", "-fPIC")
_MACROS = {torch.bfloat16: ("-DBFLOAT16",), torch.float32: ()}
_SECONDS = 60
"""For a compiler that takes half of one; a hanging one must not hold the run."""
_LANES = {"AVX512": 16, "AVX2": 8}
"""Numbers in a register, by what torch calls the machine; of any other 4. Wider vectors than
registers are compiled too, and take 2 to 15 times as long (docs/lab-log.md, 2026-12-01)."""
_OFF = "EVALSUITE_KERNELS"


def compile_kernels(
    dtype: torch.dtype, device: str, width: int
) -> tuple[ctypes.CDLL | None, int, str]:
    """Compile for this machine, a type of numbers and a width of a head of attention.

    Returns the library, how many numbers a register holds there, and a reason. The library is None
    where it can't be had, and the reason says why; it is empty where nothing is meant for the
    machine: another device, another type, another system than Linux.
    """
    lanes = _LANES.get(torch.backends.cpu.get_cpu_capability(), 4)
    if device != "cpu" or dtype not in _MACROS or sys.platform != "linux":
        return None, lanes, ""
    if os.environ.get(_OFF, "1") == "0":
        return None, lanes, Clause("switched off by {variable}=0", variable=_OFF)
    try:
        macros = (*_MACROS[dtype], *_tiles(), f"-DVEC={lanes}", f"-DWIDTH={width}")
        library = _compile(compiler_path(), macros, _openmp_runtime(_mapped()))
        for function in _FUNCTIONS:
            getattr(library, function)  # what calls itself gcc may leave one out
    except (OSError, AttributeError, subprocess.SubprocessError) as error:
        return None, lanes, _first_line(error)
    return library, lanes, ""


def _tiles() -> tuple[str, ...]:
    """Say whether the system lets this process use the processor's tiles (AMX)."""
    # To ask is to be let: without it the first tile would end the process.
    return ("-DTILES",) if torch.cpu._init_amx() else ()  # noqa: SLF001  as inductor asks


def check_runtime() -> str:
    """Say why a library that was compiled before more was loaded can't be used now, if so."""
    try:
        _openmp_runtime(_mapped())
    except OSError as error:
        return _first_line(error)
    return ""


def compiler_path() -> Path:
    """Find gcc, and no other: its OpenMP calls are those that torch's runtime has.

    By its absolute path, so that what ``evalsuite doctor`` tells is what runs.
    """
    # A relative entry of PATH would trust whatever folder one happens to stand in.
    entries = os.environ.get("PATH", os.defpath).split(os.pathsep)
    folders = os.pathsep.join(entry for entry in entries if Path(entry).is_absolute())
    compiler = shutil.which("gcc", path=folders)
    if compiler is None:
        raise OSError(
            Clause("no gcc, with which answers come faster (Debian: apt-get install gcc)")
        )
    return Path(compiler)  # a link stays one: ccache goes by the name it is called


def _compile(compiler: Path, macros: Sequence[str], runtime: str) -> ctypes.CDLL:
    """Compile into a folder that is gone when the library is loaded."""
    with tempfile.TemporaryDirectory(prefix="evalsuite-") as folder:
        library = Path(folder) / "kernels.so"
        # Linked to the runtime that torch has loaded: two OpenMP runtimes in one process would
        # spin against each other.
        command = [str(compiler), *_FLAGS, *macros, *_SOURCES, "-o", str(library), runtime]
        subprocess.run(  # noqa: S603  the compiler that is on the path, on our own source
            [*command, "-Wl,--as-needed"],
            check=True,
            capture_output=True,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        return ctypes.CDLL(str(library))


def _mapped() -> str:
    """Read which files are in the process."""
    return Path("/proc/self/maps").read_text("utf-8", errors="replace")


def _openmp_runtime(mapped: str) -> str:
    """Find the one OpenMP runtime among a process's files; another than GNU's can't be used."""
    runtimes: set[str] = set(re.findall(r"/\S*/lib(?:gomp|iomp5|omp)[-.][^/\s]*", mapped))
    if len(runtimes) != 1 or "/libgomp" not in min(runtimes):
        names = ", ".join(sorted(Path(path).name for path in runtimes)) or "none"
        raise OSError(
            Clause(
                "needs GNU's OpenMP runtime and no other in the process; found: {names}",
                names=names,
            )
        )
    return runtimes.pop()


def _first_line(error: Exception) -> str:
    """Say what went wrong; a compiler's own words where there are any."""
    if error.args and isinstance(error.args[0], Clause):
        return error.args[0]
    words = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
    return f"gcc: {words.splitlines()[0][:160]}" if words else str(error).splitlines()[0][:160]

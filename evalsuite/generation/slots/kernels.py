"""Compiled kernels: what a decoding step does besides its matrix products (``kernels.c``).

Attention over the arena is bound by reading memory, and torch's batched products read it at a
third of what the machine can. Where the machine has a C compiler, the kernels are compiled for it
when a model is loaded, which takes less than a second; nothing is kept on disk. Elsewhere torch's
own operations serve. Both give the same answers in float32.
"""

from __future__ import annotations

import ctypes
import functools
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

__all__ = ["Kernels", "compiled_kernels", "compiler_path", "cpu_kernels"]

_SOURCE = Path(__file__).with_name("kernels.c")
_FLAGS = ("-O2", "-march=native", "-fopenmp", "-shared", "-fPIC")
_MACROS = {torch.bfloat16: ("-DBFLOAT16",), torch.float32: ()}
_SECONDS = 60
"""For a compiler that takes half of one; a hanging one must not hold the run."""
_LANES = {"AVX512": (16, 8, 4), "AVX2": (8, 4)}
"""Numbers in a register, best first, by what torch calls the machine; of any other 4. The width of
a head must be a multiple. Wider vectors than registers are compiled too, and take 2 to 15 times
as long (docs/lab-log.md, 2026-12-01)."""
_OFF = "EVALSUITE_KERNELS"


class Kernels:
    """The compiled functions for one type of numbers, over tensors on CPU.

    ``lanes`` are the numbers in a register; widths are multiples of it. The C functions check
    nothing: `takes`, `normalizes` and `turns` say beforehand whether tensors are as they must be.
    """

    def __init__(self, library: ctypes.CDLL, dtype: torch.dtype, lanes: int) -> None:
        self.dtype = dtype
        self.lanes = lanes
        self._heads_at_once = _heads_at_once()
        number, stride, pointer, real = (
            ctypes.c_int,
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_float,
        )
        # In the order of the parameters in kernels.c: without argtypes ctypes would pass every
        # number as a C int, and a stride or a pointer would lose its upper half.
        self._attend = library.attend
        self._attend.argtypes = [
            *(pointer, stride, stride) * 3,
            *[pointer] * 3,
            *[number] * 5,
            *(real, pointer, pointer, number),
        ]
        self._normalize = library.normalize
        self._normalize.argtypes = [pointer, pointer, number, number, real, pointer, number]
        self._turn = library.turn
        self._turn.argtypes = [*[pointer] * 3, *[number] * 5]
        for function in (self._attend, self._normalize, self._turn):
            function.restype = None

    def takes(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> bool:
        """Return whether `attend` can: vectors of one width that fills registers, dense."""
        width = query.shape[-1]
        return width % self.lanes == 0 and all(
            t.shape[-1] == width and t.stride(-1) == 1 and t.dtype == self.dtype
            for t in (query, key, value)
        )

    def attend(
        self,
        query: torch.Tensor,
        key: torch.Tensor,
        value: torch.Tensor,
        block: tuple[torch.Tensor, torch.Tensor],
        *,
        at: torch.Tensor,
        scale: float,
        out: torch.Tensor,
    ) -> None:
        """Store one key and one value a row, and attend over all that the row holds.

        The query has shape (rows, heads, width), key and value (rows, key heads, width), all dense
        in their last axis. The block holds keys, shape (rows or more, key heads, width, room), and
        values, shape (rows or more, key heads, room, width), both dense, room a multiple of 64;
        written at ``at``, the int64 count of tokens each row held before, less than room. ``out``,
        shape (rows, heads, width) and dense, takes the result.
        """
        rows, heads, width = query.shape
        keys, values = block
        room = keys.shape[3]
        threads = torch.get_num_threads()
        scratch = torch.empty(threads * self._heads_at_once * (width + room))
        self._attend(
            *(part for t in (query, key, value) for part in (t.data_ptr(), *t.stride()[:2])),
            *(t.data_ptr() for t in (keys, values, at)),
            *(rows, heads, key.shape[1], width, room),
            scale,
            *(out.data_ptr(), scratch.data_ptr(), threads),
        )

    def normalizes(self, x: torch.Tensor, weight: torch.Tensor) -> bool:
        """Return whether `normalized` can."""
        is_known = x.dtype == weight.dtype == self.dtype
        return is_known and x.is_contiguous() and x.shape[-1] % self.lanes == 0

    def normalized(self, x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
        """Divide every row by its root mean square and multiply by the weight.

        x is dense, its last axis a multiple of ``lanes``.
        """
        out = torch.empty_like(x)
        width = x.shape[-1]
        self._normalize(
            *(x.data_ptr(), weight.data_ptr(), x.numel() // width, width),
            *(eps, out.data_ptr(), torch.get_num_threads()),
        )
        return out

    def turns(self, mixed: torch.Tensor) -> bool:
        """Return whether `turn` can."""
        return mixed.is_contiguous() and mixed.shape[-1] % (2 * self.lanes) == 0

    def turn(
        self, mixed: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor, heads: int
    ) -> None:
        """Rotate the first ``heads`` of each token in place.

        ``mixed`` has shape (rows, tokens, all heads, width) and is dense; width is a multiple of
        twice ``lanes``. Cosine and sine have shape (rows, tokens, 1, width) and are dense; the
        sine is negative in its first half.
        """
        rows, tokens, every, width = mixed.shape
        self._turn(
            *(t.data_ptr() for t in (mixed, cosine, sine)),
            *(rows * tokens, every, heads, width, torch.get_num_threads()),
        )


@functools.cache
def compiled_kernels(dtype: torch.dtype, device: str, width: int) -> tuple[Kernels | None, str]:
    """Compile the kernels for this machine, once a process, type and width of a head.

    ``device`` is its kind. Kernels are None where they can't be had, and the reason says why; it
    is empty where they are not meant for the machine: another device, another system than Linux.
    """
    if device != "cpu" or dtype not in _MACROS or sys.platform != "linux":
        return None, ""
    if os.environ.get(_OFF, "1") == "0":
        return None, Clause("switched off by {variable}=0", variable=_OFF)
    known = _LANES.get(torch.backends.cpu.get_cpu_capability(), (4,))
    lanes = next((n for n in known if width % n == 0), None)
    if lanes is None:
        return None, Clause("heads of {width} numbers fill no register", width=width)
    try:
        runtime = _openmp_runtime(Path("/proc/self/maps").read_text("utf-8", errors="replace"))
        library = _compile(compiler_path(), (*_MACROS[dtype], f"-DVEC={lanes}"), runtime)
        return Kernels(library, dtype, lanes), ""
    except (OSError, AttributeError, subprocess.SubprocessError) as error:
        return None, _first_line(error)


def cpu_kernels() -> tuple[bool, str]:
    """Return whether this machine has kernels for float32 on CPU, and if not, why."""
    kernels, reason = compiled_kernels(torch.float32, "cpu", 64)
    return kernels is not None, reason


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


def _heads_at_once() -> int:
    """Read ``MOST`` from the source: the kernel writes as many rows of scratch a thread.

    Only one side may choose the number: too little scratch would be written past its end.
    """
    most = re.search(r"^#define MOST +(\d+)", _SOURCE.read_text(encoding="utf-8"), re.MULTILINE)
    if most is None:
        raise OSError(f"{_SOURCE.name} defines no MOST")
    return int(most[1])


def _compile(compiler: Path, macros: Sequence[str], runtime: str) -> ctypes.CDLL:
    """Compile into a folder that is gone when the library is loaded."""
    with tempfile.TemporaryDirectory(prefix="evalsuite-") as folder:
        library = Path(folder) / "kernels.so"
        # Linked to the runtime that torch has loaded: two OpenMP runtimes in one process would
        # spin against each other.
        command = [str(compiler), *_FLAGS, *macros, str(_SOURCE), "-o", str(library), runtime]
        subprocess.run(  # noqa: S603  the compiler that is on the path, on our own source
            [*command, "-Wl,--as-needed"],
            check=True,
            capture_output=True,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        return ctypes.CDLL(str(library))


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

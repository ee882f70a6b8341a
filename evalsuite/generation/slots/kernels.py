"""Compile and call what a decoding step does besides its matrix products (``kernels.c``).

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

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Kernels", "compiled_kernels", "cpu_kernels"]

_SOURCE = Path(__file__).with_name("kernels.c")
_FLAGS = ("-O2", "-march=native", "-fopenmp", "-shared", "-fPIC")
_MACROS = {torch.bfloat16: ("-DBFLOAT16",), torch.float32: ()}
_SECONDS = 60
_HEADS_AT_ONCE = 4
"""``MOST`` in the source."""
_LANES = (16, 8, 4)
"""Numbers in a register, best first: the width of a head must be a multiple."""
_OFF = "EVALSUITE_KERNELS"


class Kernels:
    """The compiled functions for one type of numbers, over tensors on CPU.

    Parameters
    ----------
    library
        As loaded.
    dtype
        Of all tensors.
    lanes
        Numbers in a register; widths are multiples of it.
    """

    def __init__(self, library: ctypes.CDLL, dtype: torch.dtype, lanes: int) -> None:
        self.dtype = dtype
        self.lanes = lanes
        number, places, pointer, real = (
            ctypes.c_int,
            ctypes.c_int64,
            ctypes.c_void_p,
            ctypes.c_float,
        )
        self._attend = library.attend
        self._attend.argtypes = [
            *(pointer, places, places) * 3,
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
        """Tell whether `attend` can: vectors of one width that fills registers, dense."""
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

        Parameters
        ----------
        query
            Shape (rows, heads, width), like all others dense in its last axis.
        key, value
            Shape (rows, key heads, width).
        block
            Keys, shape (rows or more, key heads, width, room), and values, shape (rows or more,
            key heads, room, width), both dense; written at ``at``. Room is a multiple of 64.
        at
            Tokens each row held before, int64; less than room.
        scale
            Of the scores.
        out
            Shape (rows, heads, width), dense; written.
        """
        rows, heads, width = query.shape
        keys, values = block
        room = keys.shape[3]
        threads = torch.get_num_threads()
        scratch = torch.empty(threads * _HEADS_AT_ONCE * (width + room))
        self._attend(
            *(part for t in (query, key, value) for part in (t.data_ptr(), *t.stride()[:2])),
            *(t.data_ptr() for t in (keys, values, at)),
            *(rows, heads, key.shape[1], width, room),
            scale,
            *(out.data_ptr(), scratch.data_ptr(), threads),
        )

    def normalizes(self, x: torch.Tensor, weight: torch.Tensor) -> bool:
        """Tell whether `normalized` can."""
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
        """Tell whether `turn` can."""
        return mixed.is_contiguous() and mixed.shape[-1] % (2 * self.lanes) == 0

    def turn(
        self, mixed: torch.Tensor, cosine: torch.Tensor, sine: torch.Tensor, heads: int
    ) -> None:
        """Rotate the first heads of each token in place.

        Parameters
        ----------
        mixed
            Shape (rows, tokens, all heads, width), dense; width is a multiple of twice
            ``lanes``.
        cosine, sine
            Shape (rows, tokens, 1, width), dense; the sine is negative in its first half.
        heads
            How many are turned.
        """
        rows, tokens, every, width = mixed.shape
        self._turn(
            *(t.data_ptr() for t in (mixed, cosine, sine)),
            *(rows * tokens, every, heads, width, torch.get_num_threads()),
        )


@functools.cache
def compiled_kernels(dtype: torch.dtype, device: str, width: int) -> tuple[Kernels | None, str]:
    """Compile the kernels for this machine, once a process and width.

    Parameters
    ----------
    dtype
        float32 or bfloat16.
    device
        Of the model: its kind.
    width
        Of an attention head.

    Returns
    -------
    kernels, reason
        None where they can't be had, and why; the reason is empty where they are not meant for
        the machine: another device, another system than Linux.
    """
    if device != "cpu" or dtype not in _MACROS or sys.platform != "linux":
        return None, ""
    if os.environ.get(_OFF, "1") == "0":
        return None, f"switched off by {_OFF}=0"
    lanes = next((n for n in _LANES if width % n == 0), None)
    if lanes is None:
        return None, f"heads of {width} numbers fill no register"
    try:
        runtime = _openmp_runtime(Path("/proc/self/maps").read_text("utf-8", errors="replace"))
        library = _compile(_compiler(), (*_MACROS[dtype], f"-DVEC={lanes}"), runtime)
        return Kernels(library, dtype, lanes), ""
    except (OSError, AttributeError, subprocess.SubprocessError) as error:
        return None, _first_line(error)


def cpu_kernels() -> tuple[bool, str]:
    """Tell whether this machine has kernels for float32 on CPU, and if not, why."""
    kernels, reason = compiled_kernels(torch.float32, "cpu", 64)
    return kernels is not None, reason


def _compiler() -> str:
    """Find gcc, and no other: its OpenMP calls are those that torch's runtime has."""
    found = shutil.which("gcc")
    if found is None:
        raise OSError("no gcc, with which answers come faster (Debian: apt-get install gcc)")
    return found


def _compile(compiler: str, macros: Sequence[str], runtime: str) -> ctypes.CDLL:
    """Compile into a folder that is gone when the library is loaded.

    Two OpenMP runtimes in one process would spin against each other, so the library is linked
    to the one that torch has loaded.
    """
    with tempfile.TemporaryDirectory(prefix="evalsuite-") as folder:
        made = Path(folder) / "kernels.so"
        command = [compiler, *_FLAGS, *macros, str(_SOURCE), "-o", str(made), runtime]
        subprocess.run(  # noqa: S603  the compiler that is on the path, on our own source
            [*command, "-Wl,--as-needed"],
            check=True,
            capture_output=True,
            timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        return ctypes.CDLL(str(made))


def _openmp_runtime(mapped: str) -> str:
    """Find the one OpenMP runtime among a process's files; another than GNU's can't be used."""
    found: set[str] = set(re.findall(r"/\S*/lib(?:gomp|iomp5|omp)[-.][^/\s]*", mapped))
    if len(found) != 1 or "/libgomp" not in min(found):
        names = ", ".join(sorted(Path(path).name for path in found)) or "none"
        raise OSError(f"needs GNU's OpenMP runtime and no other in the process; found: {names}")
    return found.pop()


def _first_line(error: Exception) -> str:
    """Say what went wrong; a compiler's own words where there are any."""
    said = (getattr(error, "stderr", None) or b"").decode(errors="replace").strip()
    return f"gcc: {said.splitlines()[0][:160]}" if said else str(error).splitlines()[0][:160]

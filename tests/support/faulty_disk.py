"""A disk that fails at its n-th operation: with an error, or by killing the process there.

Every open, read, write, sync, rename, folder, removal and listing below one folder counts, through
the layer that Python's files stand on. A write that fails has written half.
"""

from __future__ import annotations

import builtins
import io
import os
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["KILL", "FaultyDisk"]

KILL = 0
"""In the place of an error's number."""
_BY_PATH = ("mkdir", "unlink", "remove", "rename", "replace", "scandir", "listdir", "rmdir")
_BY_DESCRIPTOR = ("fsync", "ftruncate")


class FaultyDisk:
    """Counts the operations below ``root`` and fails at number ``at``, from 1; 0 only counts.

    ``is_lasting``: every later operation that takes space fails as well, as on a full disk.
    """

    def __init__(self, root: Path, *, at: int, fault: int, is_lasting: bool = False) -> None:
        self.count = 0
        self._root = os.path.realpath(root)
        self._at, self._fault, self._is_lasting = at, fault, is_lasting
        self._is_full = False

    def install(self) -> None:
        """Stand between Python and the disk, for the rest of this process."""
        open_file, open_descriptor = io.open, os.open
        builtins.open = io.open = self._opener(open_file)
        os.open = self._descriptor_opener(open_descriptor)
        for name in _BY_PATH:
            setattr(os, name, self._by_path(getattr(os, name)))
        for name in _BY_DESCRIPTOR:
            setattr(os, name, self._by_descriptor(getattr(os, name)))

    def step(self, path: Any, *, takes_space: bool = False, half: Callable[[], Any] = int) -> None:
        """Count one operation, or fail at it; ``half`` does what is done of it before."""
        if not self._is_below(path):
            return
        self.count += 1
        fails = self.count == self._at or (self._is_full and takes_space)
        if not fails:
            return
        self._is_full = self._is_lasting
        half()
        if self._fault == KILL:
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(self._fault, os.strerror(self._fault), str(path))

    def _is_below(self, path: Any) -> bool:
        if isinstance(path, int):
            path = os.readlink(f"/proc/self/fd/{path}")  # noqa: PTH115  Path would count
        written = os.fsdecode(path) if path else "."
        absolute = os.path.abspath(written)  # noqa: PTH100  Path would count
        return absolute == self._root or absolute.startswith(f"{self._root}/")

    def _opener(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def opened(
            file: Any, mode: str = "r", buffering: int = -1, *arguments: Any, **options: Any
        ) -> Any:
            if isinstance(file, int) or not self._is_below(file):
                return real(file, mode, buffering, *arguments, **options)
            self.step(file, takes_space=mode[0] in "wxa")
            raw = _FaultyFile(os.fspath(file), mode.replace("b", "").replace("t", ""), self)
            if buffering == 0:
                return raw
            # One buffer only: a second one that goes closes the file under the first.
            kind = io.BufferedReader if mode[0] == "r" else io.BufferedWriter
            buffered: Any = io.BufferedRandom(raw) if "+" in mode else kind(raw)
            if "b" in mode:
                return buffered
            names = ("encoding", "errors", "newline")
            text: Any = dict(zip(names, arguments, strict=False))
            text |= {name: options[name] for name in names if name in options}
            return io.TextIOWrapper(buffered, **text)

        return opened

    def _descriptor_opener(self, real: Callable[..., int]) -> Callable[..., int]:
        def opened(path: Any, flags: int, *arguments: Any, **options: Any) -> int:
            self.step(path, takes_space=bool(flags & os.O_CREAT))
            return real(path, flags, *arguments, **options)

        return opened

    def _by_path(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(path: Any = ".", *arguments: Any, **options: Any) -> Any:
            self.step(path, takes_space=real.__name__ == "mkdir")
            return real(path, *arguments, **options)

        return called

    def _by_descriptor(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def called(descriptor: int, *arguments: Any) -> Any:
            self.step(descriptor, takes_space=True)
            return real(descriptor, *arguments)

        return called


class _FaultyFile(io.FileIO):
    def __init__(self, path: Any, mode: str, disk: FaultyDisk) -> None:
        super().__init__(path, mode)
        self._path, self._disk = path, disk

    def write(self, content: Any) -> int:
        view = memoryview(content).cast("B")
        write = super().write
        self._disk.step(self._path, takes_space=True, half=lambda: write(view[: len(view) // 2]))
        return write(view)

    def readinto(self, buffer: Any) -> int:
        self._disk.step(self._path)
        return super().readinto(buffer)

    def readall(self) -> bytes:
        self._disk.step(self._path)
        return super().readall()

"""The command's own process: what it need not load, look for, or give back.

A program that imports evalsuite keeps its imports, its collector and its memory as they are.
"""

from __future__ import annotations

import gc
import os
import sys
from contextlib import contextmanager, nullcontext
from functools import cache
from importlib import import_module
from importlib.util import LazyLoader
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = [
    "collect_no_more",
    "collect_seldom",
    "collecting_often",
    "defer_unused_parts",
    "keep_memory",
    "loading",
]

_DOCS = ("_core._add_newdocs", "_core._add_newdocs_scalars")
_UNUSED = frozenset(
    f"numpy.{part}"
    for part in ("ctypeslib", "f2py", "ma", "polynomial", "random", "testing", *_DOCS)
)
"""``import scipy.special`` takes every public name of numpy, a front end for Fortran and a test
framework among them, and numpy the docs of its compiled functions."""
_COMPILED = {
    # All that is used of it; the rest, for arrays of other libraries, takes four times as long.
    "scipy.special": "scipy.special._ufuncs",
    # transformers names one function, for models that find things in pictures.
    "scipy.optimize": "scipy.optimize._lsap",
}
"""Where compiled functions are; a scipy that keeps them elsewhere is loaded whole."""
_THREADS = ("OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "OMP_NUM_THREADS")
"""Where OpenBLAS looks for their number, in this order."""
_MANY_OBJECTS = 3_000_000
"""New ones from which on circles are looked for: as many as a comparison of 100,000 questions makes
in all (docs/lab-log.md, 2026-12-02)."""
_AS_OFTEN = gc.get_threshold()
"""What Python, or the program that imported this, looks by."""
_KEPT = {-3: 32 << 20, -1: (1 << 31) - 1}
"""glibc's ``M_MMAP_THRESHOLD`` at its largest, and ``M_TRIM_THRESHOLD`` beyond what is reached."""
_ALLOCATOR = ("GLIBC_TUNABLES", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")
"""Where somebody may have set them."""
_READER = "create_import_structure_from_path"
"""What transformers finds the names of its models with, once for itself and once for them."""


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let OpenBLAS, which numpy and scipy bring one each of, start no threads when it is loaded.

    They wait by counting, a tenth of a verdict on logs, for sums that are never long enough. What
    is set here is gone afterwards: torch may bring an OpenBLAS too.
    """
    if any(name in os.environ for name in _THREADS):
        yield
        return
    os.environ[_THREADS[0]] = "1"
    try:
        yield
    finally:
        del os.environ[_THREADS[0]]


def collect_seldom() -> None:
    """Look for circles among objects seldom, while what is made is read, kept and written.

    It stays so until the process ends: to look as often as before again, in between, searches all
    that was made meanwhile, a tenth of a verdict on logs.
    """
    gc.set_threshold(_MANY_OBJECTS, *_AS_OFTEN[1:])


@contextmanager
def collecting_often() -> Iterator[None]:
    """Look for circles as often as Python does, while models run: what they leave is large."""
    before = gc.get_threshold()
    gc.set_threshold(*_AS_OFTEN)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def collect_no_more() -> None:
    """Spare the process that ends a search of all that it holds, of which Python makes two.

    What closes files and removes folders at the end of a process is no part of it.
    """
    gc.freeze()


@contextmanager
def loading() -> Iterator[None]:
    """Look for no circles while libraries load, and never among what the first ones brought.

    It stays until the process ends: to search it again and again costs a fifth of loading it.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
        # Once: of a second command in the process, circles of the first one's models would stay
        # too. And whole: a library that others of the same load need waits for them.
        if gc.get_threshold()[0] < _MANY_OBJECTS and not gc.get_freeze_count():
            gc.freeze()
    finally:
        gc.enable()


def keep_memory() -> None:
    """Let what is freed stay with the process until it ends, for it is asked for again at once.

    A model in training takes and frees tens of megabytes at every step. Given back, the system
    clears each page of them anew: a twentieth of a training of the tiny preset. A tensor of more
    than 32 MB goes back as before, and so does everything where the C library is not glibc.
    """
    if sys.platform != "linux" or any(name in os.environ for name in _ALLOCATOR):
        return
    from ctypes import CDLL

    library: Any = CDLL(None)
    if hasattr(library, "mallopt"):
        for option, value in _KEPT.items():
            library.mallopt(option, value)


class _Deferring:
    """Finds the unused parts where they are; their contents are loaded for who looks into them."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Ask the others where it is, and leave every other module to them."""
        loader = LazyLoader if fullname in _UNUSED else _LOADERS.get(fullname)
        if loader is None:
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        specs = (finder.find_spec(fullname, path, target) for finder in others)
        spec = next(filter(None, specs), None)
        if spec is not None and spec.loader is not None:
            spec.loader = loader(spec.loader)
        return spec


class _Within:
    """Loads a package within a context."""

    context: Callable[[], AbstractContextManager[None]]

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the module itself to the import system."""

    def exec_module(self, module: ModuleType) -> None:
        """Load it, and name its own loader as what did."""
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        with self.context():
            self._loader.exec_module(module)


class _OneThread(_Within):
    """Loads a package while linear algebra is told to start no threads."""

    context = staticmethod(_one_thread)


class _NeverSearched(_Within):
    """Loads a package while circles are not looked for."""

    context = staticmethod(loading)


class _ReadOnce(_Within):
    """Loads what reads the source of every model that transformers has, twice in a start."""

    context = staticmethod(nullcontext)

    def exec_module(self, module: ModuleType) -> None:
        """Let a folder that was read be read no more."""
        super().exec_module(module)
        if (read := getattr(module, _READER, None)) is not None:
            setattr(module, _READER, cache(read))


class _CompiledFirst(_OneThread):
    """Loads the package's own contents when somebody asks for more than a compiled function."""

    def exec_module(self, module: ModuleType) -> None:
        """Leave the package empty but for what looks a name up."""
        load_whole, lock = super().exec_module, RLock()

        def look_up(name: str) -> Any:
            if name in (compiled := _compiled(module.__name__)):
                setattr(module, name, compiled[name])
                return compiled[name]
            with lock:
                if module.__dict__.pop("__getattr__", None) is not None:
                    load_whole(module)
            return getattr(module, name)

        module.__getattr__ = look_up  # type: ignore[method-assign]


def _compiled(package: str) -> dict[str, Any]:
    try:
        with _one_thread():
            module = import_module(_COMPILED[package])
    except ImportError:
        return {}
    names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
    return {name: getattr(module, name) for name in names}


_LOADERS: dict[str, Any] = {
    "numpy": _OneThread,
    **dict.fromkeys(_COMPILED, _CompiledFirst),
    "torch": _NeverSearched,
    "transformers.modeling_utils": _NeverSearched,
    "transformers.utils.import_utils": _ReadOnce,
}


def defer_unused_parts() -> None:
    """Let the unused parts wait, wherever numpy is imported from now on."""
    if not any(isinstance(finder, _Deferring) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Deferring())

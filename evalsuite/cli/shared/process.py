"""The command's own process: what it need not load, and when it need not look for garbage.

A program that imports evalsuite keeps its imports and its collector as they are.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import PathFinder
from importlib.util import LazyLoader
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["defer_unused_parts", "few_collections"]

_DOCS = ("_core._add_newdocs", "_core._add_newdocs_scalars")
_UNUSED = frozenset(
    f"numpy.{part}"
    for part in ("ctypeslib", "f2py", "ma", "polynomial", "random", "testing", *_DOCS)
)
"""``import scipy.special`` takes every public name of numpy, a front end for Fortran and a test
framework among them, and numpy the docs of its compiled functions."""
_SPECIAL = "scipy.special"
"""Its compiled functions are all that is used of it. The rest, most of it for arrays of other
libraries, takes four times as long to load."""
_MANY_OBJECTS = 200_000
"""New ones from which on circles are looked for: more than a small comparison makes in all."""


class _Deferring(MetaPathFinder):
    """Finds the unused parts where they are; their contents are loaded for who looks into them."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Leave every other module to the finders that follow."""
        if fullname not in _UNUSED and fullname != _SPECIAL:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            deferring = LazyLoader if fullname in _UNUSED else _CompiledFirst
            spec.loader = deferring(spec.loader)
        return spec


class _CompiledFirst(Loader):
    """Loads the package's own contents when somebody asks for more than a compiled function."""

    def __init__(self, whole: Loader) -> None:
        self._whole = whole
        self._lock = RLock()

    def exec_module(self, module: ModuleType) -> None:
        """Leave the package empty but for what looks a name up."""

        def look_up(name: str) -> Any:
            compiled = import_module(f"{_SPECIAL}._ufuncs")
            if name in compiled.__all__:
                setattr(module, name, getattr(compiled, name))
                return getattr(module, name)
            with self._lock:
                if module.__dict__.pop("__getattr__", None) is not None:
                    self._whole.exec_module(module)
            return getattr(module, name)

        module.__getattr__ = look_up  # type: ignore[method-assign]


def defer_unused_parts() -> None:
    """Let the unused parts wait, wherever numpy is imported from now on."""
    if not any(isinstance(finder, _Deferring) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Deferring())


@contextmanager
def few_collections() -> Iterator[None]:
    """Look for circles among objects seldom, while what is made is read and kept.

    Not while models run: what they leave in circles is large.
    """
    before = gc.get_threshold()
    gc.set_threshold(_MANY_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)

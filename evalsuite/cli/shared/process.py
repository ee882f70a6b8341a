"""The command's own process: what it need not load, and when it need not look for garbage.

A program that imports evalsuite keeps its imports and its collector as they are.
"""

from __future__ import annotations

import gc
import sys
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import PathFinder
from importlib.util import LazyLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["defer_unused_parts", "few_collections", "loading"]

_UNUSED = frozenset(
    f"numpy.{part}" for part in ("ctypeslib", "f2py", "ma", "polynomial", "random", "testing")
)
"""``import scipy.special`` takes every public name of numpy, a front end for Fortran and a test
framework among them, which is a tenth of a verdict on logs."""
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
        if fullname not in _UNUSED:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


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


@contextmanager
def loading() -> Iterator[None]:
    """Look for circles seldom while libraries load, and never among what the first ones brought.

    It stays until the process ends: to search it again and again costs a fifth of loading it.
    """
    with few_collections():
        yield
    # Once: of a second command in the process, circles of the first one's models would stay too.
    if not gc.get_freeze_count():
        gc.freeze()

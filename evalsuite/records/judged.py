"""Judged records: what a report needs of one comparison and of every group of them.

A `Comparison`, a `Family` and a `RecipeComparison` are judged, and so is any further group that
offers the same few things. Nothing here says what a group means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.verdict import Check, Verdict

__all__ = ["Judged"]


class Judged(Protocol):
    """One comparison, or a group of several; a group stores its parts as ``comparisons``."""

    @property
    def parts(self) -> tuple[Comparison, ...]:
        """The comparisons it is about; a comparison's one part is itself."""
        ...

    @property
    def task(self) -> str:
        """Name and split of the task."""
        ...

    @property
    def headline_budget(self) -> int | None:
        """The budget of the verdict; None for logs that can't be cut."""
        ...

    @property
    def headline_set(self) -> str:
        """``full``, ``first``, ``subset``, ``union`` or ``given``."""
        ...

    @property
    def checks(self) -> tuple[Check, ...]:
        """Its own checks; those of its parts stand in the parts."""
        ...

    @property
    def verdict(self) -> Verdict | None:
        """Its own verdict; None where only its parts have theirs."""
        ...

"""Statements: what is said, as a key of the catalogues and the values it is said with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["Statement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One fact that people read. It becomes a sentence only in an output, in one language."""

    key: str
    """Dotted key of the catalogues, such as ``headline.improved``."""
    values: Mapping[str, int | float | str | Statement | tuple[Statement, ...] | None] = field(
        default_factory=dict
    )
    """By the name of the sentence's placeholder. Numbers are exact (fractions, not points); None
    is *not recorded*; text may come from outside."""

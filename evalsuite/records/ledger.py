"""A line of the run store's ledger: one comparison that was made, and how it was looked at."""

from __future__ import annotations

from typing import Literal

from evalsuite.records.dataclass import dataclass

__all__ = ["LedgerLine", "LookMode"]

LookMode = Literal["planned", "anytime"]
"""A few looks at a known number of questions, or a look after every batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """One comparison of a run store: the same one is the same line."""

    questions: str
    """Hash of the questions, ``questions_sha256`` of their runs."""
    models: tuple[str, ...]
    """Fingerprints of the runs, base first."""
    settings: str
    """Hash of what else decides: policy, headline budget, looks."""
    design: LookMode | None = None
    """Where the pair was looked at before all its questions were answered."""
    seed: int | None = None
    """Of the order in which its questions were asked; None without looks."""

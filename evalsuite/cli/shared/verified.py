"""Verified things as lines: whether each is sound, in what state, and what was noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from evalsuite.disk.verification import Finding

__all__ = ["Verified", "verified_lines"]


class Verified(Protocol):
    """A run, a training or a report that was read as a whole."""

    @property
    def folder(self) -> str:
        """Where it lies."""

    @property
    def state(self) -> str:
        """One word."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was noticed."""

    @property
    def is_sound(self) -> bool:
        """Whether no hand is needed."""


def verified_lines(item: Verified, amount: str) -> list[str]:
    """Write one line, and one for each finding; ``amount`` is what it holds, in words."""
    word = "sound" if item.is_sound else "UNSOUND"
    head = f"{word:<8} {item.state:<11} {amount:>13}  {item.folder}"
    return [head, *(f"  {finding.level}: {finding.sentence}" for finding in item.findings)]

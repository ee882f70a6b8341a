"""What another tool's log says of itself, beside its answers."""

from __future__ import annotations

from dataclasses import field

from evalsuite.records.dataclass import dataclass

__all__ = ["LogNotes", "MissingQuestions", "Tally"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many questions there are, and each grader's mean score over them."""

    n: int | None = None
    means: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingQuestions:
    """Questions that only one of two logs has, and how far they could move the gain."""

    base_only: int
    trained_only: int
    least: float | None
    """Points that they add to the gain at least, summed; None where scores have no bounds."""
    most: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogNotes:
    """What another tool's log says of itself; None is not recorded."""

    format: str | None = None
    harness: str | None = None
    version: str | None = None
    task_version: str | None = None
    model: str | None = None
    stated: Tally = field(default_factory=Tally)
    """By the harness's own results file."""
    counted: Tally = field(default_factory=Tally)
    """In the log's rows."""
    left_out: tuple[str, ...] = ()
    """Scores that are no grades: lower is better, or outside 0 to 1."""
    missing: MissingQuestions | None = field(default=None, metadata={"left_out_at_default": True})

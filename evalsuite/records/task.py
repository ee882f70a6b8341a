"""A task: a set of questions with a kind of answer, its graders, and the grader that decides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Kind", "Task"]

Kind = Literal["number", "text", "choice", "score"]
"""What an answer is; ``score``: another tool's own score is all there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is asked and how responses are read."""

    name: str
    """``embedded``, ``gsm8k``, the name of a file, or another tool's name for it."""
    split: str
    kind: Kind
    graders: dict[str, str]
    """Grader to the version of its rules, in the order in which they are shown."""
    decides: str
    """The grader whose scores the verdict rests on; one of ``graders``."""

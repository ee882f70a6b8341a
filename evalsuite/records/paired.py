"""Two runs laid side by side: one row per question x sample, base and trained in the same order."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Outcomes", "PairedOutcomes", "PairedRow", "PairedText"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """One model's graded answers at one budget; columns of equal length, one entry a row."""

    strict: tuple[bool, ...]
    flexible: tuple[bool, ...]
    truncated: tuple[bool | None, ...]
    """Whether the response had not ended within the budget; None where the log does not say."""
    answered: tuple[bool, ...]
    """Whether the strict grader found an answer, right or wrong."""
    tokens: tuple[int | None, ...]
    """Tokens within the budget, the end token not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedOutcomes:
    """Both models' outcomes on the same questions at one budget."""

    question_ids: tuple[str, ...]
    samples: tuple[int, ...]
    max_new_tokens: int | None
    base: Outcomes
    trained: Outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedText:
    """One response as the report shows it."""

    text: str
    strict: bool
    flexible: bool
    answer: str | None
    flexible_answer: str | None
    span: tuple[int, int] | None
    """Characters of ``text`` that hold the flexible answer."""
    finish: str
    n_tokens: int | None
    cuts: tuple[int | None, ...] = ()
    """Per budget of the comparison: the character at which it cuts; None where it does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedRow:
    """One question x sample with both responses: a line of ``questions.jsonl``."""

    question_id: str
    sample: int
    question: str | None
    """None where the question's text must not travel."""
    gold: str
    base: PairedText
    trained: PairedText

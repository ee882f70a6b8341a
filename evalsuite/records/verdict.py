"""Verdicts: what is decided of a comparison, what was checked first, and by which policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from evalsuite.records.statement import Statement  # noqa: TC001  pydantic reads the annotation

__all__ = [
    "SCOPE_ONLY",
    "Check",
    "CheckLevel",
    "Decision",
    "Policy",
    "Qualifier",
    "Remark",
    "Verdict",
]

Decision = Literal[
    "improved",
    "regressed",
    "form_only",
    "budget_only",
    "suggestive",
    "equivalent",
    "powerless",
    "inconclusive",
    "invalid",
    "mixed",
]
"""``form_only`` and ``budget_only`` are gains or losses that the flexible grader, or the largest
budget stored, does not confirm. ``mixed`` is a family's alone: its models were not all decided
alike."""
Qualifier = Literal[
    "small",
    "truncation_dominated",
    "mostly_truncation",
    "mostly_format",
    "budget_dependent",
    "grader_dependent",
    "seed_sensitive",
    "one_checkpoint",
    "training_seed_sensitive",
    "runs_only",
    "picked",
    "doubtful",
    "between",
]
SCOPE_ONLY = frozenset({"one_checkpoint", "runs_only", "between"})
"""Qualifiers that bound what is claimed and cast no doubt on the claim."""
CheckLevel = Literal["blocking", "warning", "passed", "not_applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One verified condition of the comparison, with a stable code."""

    code: str
    level: CheckLevel
    title: str
    """In English, told from ``code``."""
    detail: str
    """In English, told from ``statement``."""
    statement: Statement | None = None
    """What was verified; None in files of schema 1, which hold English only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What was decided before looking: the rules the verdict follows."""

    alpha: float = 0.05
    margin: float = 0.02
    """Smallest difference that matters, as a fraction (0.02 = 2 points)."""
    confidence_level: float = 0.95
    family: int = 1
    """Comparisons declared together (models x budgets x graders); Holm over them."""
    adjusted_pvalue: float | None = None
    """This comparison's Holm-adjusted exact p where the family is larger than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What stands beside the decision on the first screen: a qualifier, or a fact that bears on it.

    The fact is a further budget (``larger_budget``, ``tight_budget``) or the family declared.
    """

    code: str
    statement: Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer in one word, its qualifiers, and the sentence every output shows."""

    decision: Decision
    qualifiers: tuple[Qualifier, ...]
    headline: str
    """In English, told from ``statements``."""
    statements: tuple[Statement, ...] = ()
    """The sentences of the headline; none in files of schema 1, which hold English only."""
    remarks: tuple[Remark, ...] = ()
    """Every qualifier with its numbers, in order, then what else belongs on the first screen. None
    for a recipe, and in files from before they were recorded."""
    scope: str
    """``checkpoint`` (one training seed), ``checkpoints`` (several, and these only) or ``recipe``
    (five or more, and new ones as well), as a short sentence key."""
    policy: Policy

"""Verdicts: what is decided of a comparison and stated, what was checked first, by which policy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal, get_args

from evalsuite.records.dataclass import dataclass

__all__ = [
    "ESTABLISHED",
    "FAILING",
    "LEVELS",
    "NARROWED",
    "SCOPE_ONLY",
    "Check",
    "CheckLevel",
    "Decision",
    "MarginClaims",
    "Policy",
    "Qualifier",
    "Remark",
    "Statement",
    "Verdict",
    "VerdictScope",
]


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
budget stored, does not confirm. ``mixed`` is a group's alone: the models of a family were not all
decided alike, or checkpoints, tasks or their mean went both ways."""
ESTABLISHED: tuple[Decision, ...] = ("improved", "regressed")
"""Decisions that a gain, or a loss, is real."""
NARROWED: tuple[Decision, ...] = ("form_only", "budget_only")
"""Decisions that take an established one back to its form or its budget."""
Qualifier = Literal[
    "small",
    "truncation_dominated",
    "mostly_truncation",
    "mostly_format",
    "budget_dependent",
    "grader_dependent",
    "decoding_dependent",
    "prompts_differ",
    "seed_sensitive",
    "one_checkpoint",
    "training_seed_sensitive",
    "runs_only",
    "picked",
    "doubtful",
    "between",
    "falls_later",
    "mean_open",
    "uneven",
    "tasks_missing",
]
SCOPE_ONLY = frozenset({"one_checkpoint", "runs_only", "between", "uneven"})
"""Qualifiers that bound what is claimed and cast no doubt on the claim."""
VerdictScope = Literal["checkpoint", "checkpoints", "recipe"]
CheckLevel = Literal["blocking", "warning", "passed", "not_applicable"]
LEVELS: tuple[CheckLevel, ...] = get_args(CheckLevel)
FAILING: tuple[CheckLevel, ...] = ("blocking", "warning")
"""Levels of checks that do not hold, gravest first."""


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
    """Of the intervals that are shown; decisions take the interval of level 1 - alpha."""
    family: int = 1
    """Comparisons declared together (models x budgets x graders); Holm over them."""
    declared: tuple[str, ...] = ()
    """``budgets``, ``graders`` where each of them counts in the family like a trained model."""
    adjusted_pvalue: float | None = None
    """This comparison's Holm-adjusted exact p where the family is larger than one."""
    adjusted_equivalence: float | None = None
    """Its Holm-adjusted p-value of equivalence, likewise; None where none was at hand."""
    adjusted_non_inferiority: float | None = None
    """Its Holm-adjusted p-value of being not worse than the margin, likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginClaims:
    """What may be said of the gain and the policy's margin, adjusted for the family."""

    low: float
    """Of the interval the claims rest on: a fraction."""
    high: float
    confidence_level: float
    """1 - 2 alpha, so that each end is a one-sided bound at alpha; wider where the method of the
    gain gives no other interval than the one that is shown."""
    is_equivalent: bool
    """Inside the margin, in either direction."""
    is_non_inferior: bool
    """Not worse than the margin."""
    equivalence: float | None = None
    """p-value of two one-sided tests, not adjusted; None where only the interval is at hand."""
    non_inferiority: float | None = None
    """One-sided p-value, not adjusted; None likewise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """What stands beside the decision on the first screen: a qualifier, or a fact that bears on it.

    The fact is a further budget (``larger_budget``, ``tight_budget``), another decoding
    (``other_decoding``), what more tries do to the gain (``sharpened``, ``widened``, ``narrowed``),
    the gain with all of base (``whole_base``) or the family declared.
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
    scope: VerdictScope
    """``checkpoint`` (one training seed), ``checkpoints`` (several, and these only) or ``recipe``
    (five or more, and new ones as well), as a short sentence key."""
    policy: Policy
    margin: MarginClaims | None = None
    """One pair only; None where it is invalid, and in files from before it was recorded."""

"""The gate's answer: rules on a finished comparison, each met, not met, or undecided."""

from __future__ import annotations

from typing import Literal

from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import Statement  # noqa: TC001  pydantic reads the annotation

__all__ = ["GateResult", "GateState", "RuleResult"]

GateState = Literal["met", "not_met", "undecided"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleResult:
    """One rule and how it came out."""

    rule: str
    state: GateState
    statements: tuple[Statement, ...]
    """Why."""
    detail: str = ""
    """The same in words; empty until it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """All rules; met only if every rule is."""

    state: GateState
    rules: tuple[RuleResult, ...]

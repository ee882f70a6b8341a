"""Checks: one table a kind of comparison, from a stable code to what it looks at.

*blocking*: the difference is not one between the models. *warning*: it is, but part of it may be
something else. A check states a key and values; titles and sentences stand in the catalogues.
Codes are never renumbered: programs gate on them.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import Check, Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.run import Run
    from evalsuite.records.verdict import CheckLevel, Policy

__all__ = ["Facts", "Finding", "Rule", "checked", "state"]

FactsT = TypeVar("FactsT")


@dataclass(frozen=True, slots=True)
class Finding:
    """Finding of one check."""

    holds: bool | None
    """None where the check does not apply, or what it needs is not recorded."""
    variant: str = ""
    """Which of the code's sentences applies; empty for a code with one."""
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rule(Generic[FactsT]):
    """One line of a table of checks."""

    code: str
    broken: CheckLevel
    """Level where it does not hold."""
    look: Callable[[FactsT], Finding]

    def check(self, facts: FactsT) -> Check:
        """Look, and state the finding."""
        finding = self.look(facts)
        level: CheckLevel = "not_applicable" if finding.holds is None else "passed"
        if finding.holds is False:
            level = self.broken
        return state(self.code, level, finding)


def state(code: str, level: CheckLevel, finding: Finding) -> Check:
    """Turn a finding into a check without English; outputs tell it."""
    variant = f"_{finding.variant}" if finding.variant else ""
    statement = Statement(key=f"check_detail.{code}{variant}", values=dict(finding.values))
    return Check(code=code, level=level, title="", detail="", statement=statement)


def checked(table: Iterable[Rule[FactsT]], facts: FactsT) -> tuple[Check, ...]:
    """Run a whole table, in its order."""
    return tuple(rule.check(facts) for rule in table)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Facts of one pair: everything that its checks may look at."""

    comparison: Comparison
    base: Run
    trained: Run
    policy: Policy

    @property
    def runs(self) -> tuple[Run, Run]:
        """Base first."""
        return self.base, self.trained

    @property
    def engines(self) -> tuple[str, str]:
        """Base first."""
        return self.base.spec.engine, self.trained.spec.engine

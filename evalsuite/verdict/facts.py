"""Facts of one pair: everything that its checks may look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.run import Run
    from evalsuite.records.verdict import Policy

__all__ = ["Facts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything a check of one pair may look at."""

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

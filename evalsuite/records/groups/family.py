"""Groups of comparisons: what every kind has, and families of several trained models."""

from __future__ import annotations

from typing import ClassVar

from evalsuite.records.comparison import Comparison, HeadlineSet  # noqa: TC001  pydantic reads the annotation
from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import Check, Verdict  # noqa: TC001  likewise

__all__ = ["Family", "Group"]


class Group:
    """Several comparisons, its parts, and what holds over them; one ``results.json``."""

    __slots__ = ()
    comparisons: tuple[Comparison, ...]
    parts_name: ClassVar[str]
    """What people call its parts."""

    @property
    def parts(self) -> tuple[Comparison, ...]:
        """The comparisons, in the order of the kind: as named, by seed, by step."""
        return self.comparisons

    @property
    def base_name(self) -> str:
        """Name of the one model before training."""
        return self.comparisons[0].base.name

    @property
    def trained_name(self) -> str | None:
        """Name of what was trained; None for several trained models."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family(Group):
    """Several trained models against one base, judged together."""

    schema: int = 2
    verdict: Verdict | None = None
    """On all of them together; each comparison has its own."""
    comparisons: tuple[Comparison, ...]
    """In the order in which the models were named."""

    parts_name: ClassVar[str] = "models"

    @property
    def task(self) -> str:
        """Name and split of the task, which all models share."""
        return self.comparisons[0].task

    @property
    def headline_budget(self) -> int | None:
        """The budget of every verdict."""
        return self.comparisons[0].headline_budget

    @property
    def headline_set(self) -> HeadlineSet:
        """The questions of every verdict."""
        return self.comparisons[0].headline_set

    @property
    def checks(self) -> tuple[Check, ...]:
        """None of its own: what was checked, was checked of each model."""
        return ()

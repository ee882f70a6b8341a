"""Blocks over every budget: the slider, and the small curve of the first lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from evalsuite.reporting.wording import Phrase

__all__ = ["Slider", "Spark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """One budget for a figure and the question browser; its counts come from ``results.json``."""

    last: int
    """The largest budget it goes to."""
    at: int
    """Where it stands at first: the headline budget."""
    stops: tuple[tuple[int, str], ...]
    """Budgets with a button of their own, with its words."""
    says: tuple[tuple[str, str], ...]
    """Sentences on what holds at a budget, as templates that the page fills in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """A small curve of the gain over the budget, as a step at every change."""

    budgets: tuple[int, ...]
    gains: tuple[float, ...]
    last: int
    marks: tuple[int, ...]
    phrase: Phrase

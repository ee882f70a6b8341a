"""Numbers of a recipe comparison by their path in ``results.json``, formatted for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from evalsuite.records.comparison import Policy
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import Numbers
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.records.recipe import RecipeComparison

__all__ = ["NONE", "SHOWN", "RecipeSource"]

NONE = just("–")
SHOWN = {"checkpoint": "new_questions", "checkpoints": "new_questions", "recipe": "recipe"}
"""The claim whose interval the verdict shows."""


@dataclass(frozen=True, slots=True)
class RecipeSource(Numbers):
    """A recipe comparison and the language it is told in."""

    @property
    def found(self) -> RecipeComparison:
        """The comparison."""
        found: RecipeComparison = self.root
        return found

    @property
    def policy(self) -> Policy:
        """What was decided before looking."""
        verdict = self.found.verdict
        return verdict.policy if verdict else Policy()

    @property
    def scope(self) -> str:
        """What the verdict is about."""
        verdict = self.found.verdict
        return verdict.scope if verdict else "checkpoints"

    def name(self, side: str) -> str:
        """Name base or the recipe."""
        return one_line(getattr(self.found.recipe, side), longest=60)

    def seeds(self) -> Phrase:
        """Give the number of training seeds."""
        return just(self.count("recipe.n_seeds"))

    def named(self, headings: tuple[str, ...], *, at: int) -> tuple[str, ...]:
        """Head two columns with the recipes' names where base is a recipe too."""
        if not self.found.recipe.paired_by_seed:
            return headings
        return (*headings[:at], self.name("base"), self.name("trained"), *headings[at + 2 :])

    def pcell_or_dash(self, key: str) -> Phrase:
        """Give a p-value for a column headed p; a dash where there is none."""
        return NONE if self.value(key) is None else self.pcell(key)

    def mean_gain(self, claim: str) -> Phrase:
        """Give the mean gain with the interval of one claim; a dash where it has none."""
        key = f"recipe.scopes.{claim}.interval"
        if self.value(key) is None:
            return NONE
        return self.words.say(
            "with_interval", estimate=self.signed("gain.estimate"), interval=self.span(key)
        )

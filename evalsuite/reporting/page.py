"""Pages: one judged record with its words and its parts, as every section takes it.

A section asks the page what it is about: `Page.alone` is the one comparison where there is only
one, `Page.recipe` the numbers over training seeds where the parts are seeds, and `Page.parts` are
there always, 1..k of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Comparison
from evalsuite.records.dataclass import dataclass
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.records.groups.family import Family
from evalsuite.records.groups.recipe import SEEDS_TO_JUDGE, RecipeComparison
from evalsuite.records.groups.suite import SuiteComparison
from evalsuite.records.verdict import ESTABLISHED, Policy
from evalsuite.reporting.naming import model_names, names_of, task_label
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import LONGEST_NAME, NONE, Numbers, Source
from evalsuite.reporting.wording import Phrase, just, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.judged import Judged
    from evalsuite.records.paired import PairedRow
    from evalsuite.reporting.wording import Number, Words

__all__ = ["SHOWN", "Page", "RecipeSource", "page_of"]

SHOWN = {"checkpoint": "new_questions", "checkpoints": "new_questions", "recipe": "recipe"}
"""The claim whose interval the verdict shows."""


@dataclass(frozen=True, slots=True)
class Page(Numbers):
    """A judged record and the language it is told in."""

    folders: tuple[str, ...] = ()
    """Subfolder of each part's own report, plain file names; empty where there are none."""
    rows: Sequence[PairedRow] | None = None
    """Questions with both responses; None where they are not at hand."""
    complete: int | None = None
    """How many questions there are in all when ``rows`` is a selection of them."""

    @property
    def judged(self) -> Judged:
        """The record."""
        return cast("Judged", self.root)

    @property
    def parts(self) -> tuple[Source, ...]:
        """Every comparison it is about, with its own place in ``results.json``."""
        if isinstance(self.root, Comparison):
            return (Source(self.root, self.words),)
        comparisons = self.judged.parts
        folders = self.folders or (None,) * len(comparisons)
        tasks = None if self.suite is None else tuple(map(task_label, self.suite.tasks))
        called = tasks or (None,) * len(comparisons)
        return tuple(
            Source(comparison, self._words_of(comparison), f"comparisons.{i}.", folder, called[i])
            for i, (comparison, folder) in enumerate(zip(comparisons, folders, strict=True))
        )

    def _words_of(self, comparison: Comparison) -> Words:
        return self.words.calling(model_names(comparison.base.name, comparison.trained.name))

    @property
    def first(self) -> Source:
        """The first part, for what all of them share."""
        return self.parts[0]

    @property
    def alone(self) -> Source | None:
        """The one comparison; None for a group."""
        return self.first if isinstance(self.root, Comparison) else None

    @property
    def recipe(self) -> RecipeSource | None:
        """The numbers over training seeds; None for anything else."""
        is_recipe = isinstance(self.root, RecipeComparison)
        return RecipeSource(self.root, self.words) if is_recipe else None

    @property
    def curve(self) -> CurveComparison | None:
        """The checkpoints of one training; None for anything else."""
        return self.root if isinstance(self.root, CurveComparison) else None

    @property
    def suite(self) -> SuiteComparison | None:
        """One pair on several tasks; None for anything else."""
        return self.root if isinstance(self.root, SuiteComparison) else None

    @property
    def policy(self) -> Policy:
        """What was decided before looking; a group without a verdict has its parts' policy."""
        verdict = self.judged.verdict
        return verdict.policy if verdict else self.first.policy

    def budget(self) -> Number | None:
        """Give the budget of the verdict; None for logs that can't be cut."""
        if self.judged.headline_budget is None:
            return None
        # A record that only passes its parts' budget on has no such key of its own.
        source = self if self.recipe is not None else self.first
        return source.count("headline_budget")


def page_of(
    judged: Judged,
    *,
    lang: str = "en",
    folders: Sequence[str] = (),
    rows: Sequence[PairedRow] | None = None,
    complete: int | None = None,
) -> Page:
    """Put a judged record on a page of its own, told in one language.

    Raises `InvalidInputError` for an unknown language, and for a family of one.
    """
    if isinstance(judged, Family) and len(judged.parts) < 2:
        raise InvalidInputError(
            "a family of {n_parts} comparisons has nothing to set side by side; name two trained "
            "models or more, or the folder of the one report",
            n_parts=len(judged.parts),
        )
    catalogue = words(lang).calling(names_of(judged))
    return Page(judged, catalogue, folders=tuple(folders), rows=rows, complete=complete)


@dataclass(frozen=True, slots=True)
class RecipeSource(Numbers):
    """A recipe comparison and the language it is told in."""

    @property
    def comparison(self) -> RecipeComparison:
        """The comparison over all seeds."""
        comparison: RecipeComparison = self.root
        return comparison

    @property
    def policy(self) -> Policy:
        """What was decided before looking; the defaults where nothing was judged."""
        verdict = self.comparison.verdict
        return verdict.policy if verdict else Policy()

    @property
    def scope(self) -> str:
        """What the verdict is about."""
        verdict = self.comparison.verdict
        return verdict.scope if verdict else "checkpoints"

    @property
    def is_unproven(self) -> bool:
        """Whether there are seeds enough to judge the recipe, and they do not establish it."""
        verdict = self.comparison.verdict
        is_judged = self.comparison.recipe.n_seeds >= SEEDS_TO_JUDGE and self.scope == "checkpoints"
        return is_judged and verdict is not None and verdict.decision in ESTABLISHED

    def name(self, side: str) -> str:
        """Name base or the recipe."""
        return one_line(getattr(self.comparison.recipe, side), longest=LONGEST_NAME)

    def seeds(self) -> Phrase:
        """Give the number of training seeds."""
        return just(self.count("recipe.n_seeds"))

    def mean_gain(self, claim: str) -> Phrase:
        """Give the mean gain with the interval of one claim; a dash where it has none."""
        key = f"recipe.scopes.{claim}.interval"
        if self.value(key) is None:
            return NONE
        return self.words.say(
            "with_interval", estimate=self.signed("gain.estimate"), interval=self.span(key)
        )

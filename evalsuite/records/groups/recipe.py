"""Recipe of several training seeds: the noun behind their ``results.json``.

A recipe is everything about a training but its seed. The seeds are replicates of one recipe, not
several hypotheses: nothing is adjusted for their number, and no best one is chosen. As in a single
comparison the field names are the JSON keys, every accuracy and gain is a fraction, and gain is
trained minus base; where both sides are recipes, seed S of one is paired with seed S of the other.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar, Literal

from evalsuite.records.comparison import (
    Comparison,
    CountedRow,
    Gain,
    GainDifference,
    GainRow,
    HeadlineSet,
    Interval,
)
from evalsuite.records.dataclass import dataclass
from evalsuite.records.groups.family import Group
from evalsuite.records.verdict import (  # noqa: TC001  pydantic reads the annotations
    Check,
    Decision,
    Verdict,
    VerdictScope,
)

__all__ = [
    "SEEDS_TO_JUDGE",
    "Components",
    "Recipe",
    "RecipeComparison",
    "RecipeRow",
    "RecipeTests",
    "Scope",
    "Scopes",
    "SeedRow",
    "Spread",
]

SEEDS_TO_JUDGE = 5
"""Training seeds from which on a recipe is judged; fewer describe the runs at hand.

With S seeds Student's t multiplies the standard error by 12.7 (S = 2), 4.3 (3), 3.2 (4), 2.8 (5).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Components:
    """Two-way analysis of variance of trained minus base, seeds x questions.

    Expected mean squares: questions S v_q + v_e, seeds Q v_s + v_e, rest v_e.
    """

    mean_square_questions: float
    mean_square_seeds: float
    mean_square_rest: float
    questions: float
    """v_q: how much the gain differs between questions, the same for all seeds."""
    seeds: float
    """v_s: how much the true gain differs between training seeds."""
    rest: float
    """v_e: which questions a seed happens to win, with decoding noise."""
    truncated: tuple[Literal["questions", "seeds"], ...]
    """Components whose unbiased estimate was negative and is shown as 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a standard error is about, and the interval of the gain that goes with it."""

    target: str
    standard_error: float | None
    """Of the mean gain."""
    degrees_of_freedom: int | None
    interval: Interval | None
    pvalue: float | None
    """Two-sided Student t test of no gain."""
    reason: str | None
    """Why there is no standard error; None when there is one."""
    center: float | None = None
    """Middle of the interval: the mean gain with one pseudo-loss and one pseudo-gain among the
    questions. None where the claim is about these questions, and in files from before it was
    recorded: then interval and p-value are those of the mean and ``standard_error``."""
    widened_error: float | None = None
    """Standard error of ``center``, from which interval and p-value come; None where it is None."""
    skewness: float | None = field(default=None, metadata={"left_out_at_default": True})
    """Of the questions' mean differences, pseudo-questions included: claims about a margin allow
    for it. Known for these checkpoints on new questions alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """The mean gain with its intervals, from the narrowest claim to the widest."""

    same_questions: Scope
    """These checkpoints on these questions: decoding noise only."""
    new_questions: Scope
    """These checkpoints on new questions."""
    recipe_same_questions: Scope
    """The recipe's average on these questions: Student t on the per-seed gains."""
    recipe: Scope
    """The recipe's average on new questions: its mean over all training seeds there could be."""
    prediction: Scope | None = None
    """One new run of the recipe, on new questions: a prediction interval, wider than that of the
    average. Without a p-value: a run that is yet to come is no hypothesis. None in files from
    before it was computed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How much a number differs between training seeds."""

    n_seeds: int
    mean: float
    sd: float | None
    """With S - 1 degrees of freedom; None for one seed."""
    interval: Interval | None
    """Of the SD, by the chi-square law of a normal sample; None without spread."""
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedRow(CountedRow):
    """One training seed: its checkpoint alone, judged alone.

    ``interval`` is over questions: this checkpoint on new questions.
    """

    seed: int
    base: str
    trained: str
    base_accuracy: float
    accuracy: float
    truncated: int | None
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeTests:
    """P-values of the mean gain."""

    questions: float
    """Sign-flip test over questions: about these checkpoints."""
    changed: int
    """Questions whose mean difference is not zero."""
    seeds: float | None
    """Sign-flip test over seeds; at least 6 are needed for p <= 0.05. None for one seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeRow(GainRow):
    """The mean gain as another budget or grader sees it, with the interval of its own claim.

    ``exact`` is the sign-flip p over questions.
    """

    max_new_tokens: int | None
    base: float
    trained: float
    """Mean accuracy over seeds."""
    base_truncated: float | None
    trained_truncated: float | None
    """Share of answers cut off, over seeds."""
    recipe: float | None
    """t test of the recipe's average, with S - 1 degrees of freedom."""
    decision: Decision
    scope: VerdictScope
    difference: GainDifference | None = field(default=None, metadata={"left_out_at_default": True})
    """The mean gain here minus the headline's, about these checkpoints. None in the headline's own
    row, and in files from before it was tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Numbers over all seeds, at the headline budget, by the deciding grader."""

    base: str
    """Name of the base model, or of the recipe it is."""
    trained: str
    paired_by_seed: bool
    """Whether base is a recipe too, compared seed by seed."""
    n_seeds: int
    n_questions: int
    samples: int
    base_accuracy: float
    trained_accuracy: float
    seeds: tuple[SeedRow, ...]
    scopes: Scopes
    tests: RecipeTests
    components: Components | None
    spread: Spread
    """Of the trained accuracies."""
    base_spread: Spread | None
    """Of the base accuracies, where base is a recipe."""
    gain_spread: Spread
    next_above_base: float | None = None
    """Chance that one new run of the recipe has a gain above 0, from the law of the prediction
    interval; None with one seed, and in files from before it was computed."""
    differences: tuple[GainDifference, ...] = field(
        default=(), metadata={"left_out_at_default": True}
    )
    """Each seed's gain minus the mean of the others', in order of seed; empty with one seed, and in
    files from before they were tested."""
    settings: dict[str, Any] = field(default_factory=dict)
    """What all trained seeds share, from their manifests; empty where there are none."""
    differing: dict[str, list[Any]] = field(default_factory=dict)
    """Settings in which two recipes differ: base's value, trained's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecipeComparison(Group):
    """Everything the seeds of a recipe showed; written as ``results.json``."""

    schema: int = 2
    task: str
    headline_budget: int | None
    headline_set: HeadlineSet
    recipe: Recipe
    gain: Gain
    """Mean over seeds, with the interval of the verdict's scope."""
    budgets: tuple[RecipeRow, ...] = ()
    graders: dict[str, RecipeRow] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    verdict: Verdict | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...]
    """One a seed, each judged alone, in order of seed."""

    parts_name: ClassVar[str] = "training seeds"

    @property
    def is_blocked(self) -> bool:
        """Whether a check says that these are no seeds of one recipe against base."""
        return any(check.level == "blocking" for check in self.checks)

    @property
    def base_name(self) -> str:
        """Name of the base model, or of the recipe it is."""
        return self.recipe.base

    @property
    def trained_name(self) -> str:
        """Name of the recipe."""
        return self.recipe.trained

    @property
    def decides(self) -> str:
        """The grader that the verdict rests on, the same for every seed."""
        return self.comparisons[0].decides

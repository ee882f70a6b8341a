"""Comparison of two models: the noun behind ``results.json``.

The field names are the JSON keys, one to one. Accuracies, gains and interval ends are fractions
in -1 .. 1, never points; a value that does not exist is None, never 0 and never NaN. ``gain``
is always trained minus base; ``losses`` are questions only the base model answered correctly,
``gains`` those only the trained model answered correctly.
"""

from __future__ import annotations

from dataclasses import field
from typing import Any, ClassVar

from evalsuite.records.dataclass import dataclass
from evalsuite.records.gains import (
    CauseCount,
    CauseCounts,
    Clusters,
    CountedRow,
    DecodingRow,
    Earlier,
    GainDifference,
    GainMethod,
    GainParts,
    GainRow,
    HeadlineSet,
    Interval,
    StopReason,
    TwinRow,
    WholeBase,
)
from evalsuite.records.paired import BudgetCurve  # noqa: TC001  pydantic reads the annotation
from evalsuite.records.passes import Passes  # noqa: TC001  pydantic reads the annotation
from evalsuite.records.power import Power  # noqa: TC001  pydantic reads the annotation
from evalsuite.records.run import STRICT
from evalsuite.records.training import TrainingLog  # noqa: TC001  pydantic reads the annotation
from evalsuite.records.verdict import Check, Decision, Verdict  # noqa: TC001  pydantic reads the annotation

__all__ = [
    "SIDES",
    "AdjustedForStopping",
    "BudgetRow",
    "BudgetSide",
    "CauseCount",
    "CauseCounts",
    "Comparison",
    "CountedRow",
    "FamilyRow",
    "Gain",
    "GainDifference",
    "GainParts",
    "GainRow",
    "GraderRow",
    "HeadlineSet",
    "Interval",
    "Intervals",
    "McNemar",
    "NoiseFloor",
    "Seeds",
    "Side",
    "StoppedEarly",
    "SubsetRow",
    "Table",
    "Truncation",
]

SIDES = ("base", "trained")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The paired 2x2 table of correctness."""

    both: int
    losses: int
    gains: int
    neither: int

    @property
    def n(self) -> int:
        """Questions (x samples) in the table."""
        return self.both + self.losses + self.gains + self.neither

    @property
    def discordant(self) -> int:
        """Questions on which the two models differ."""
        return self.losses + self.gains


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One model on the headline set at the headline budget, strict grader."""

    name: str
    correct: int
    n: int
    accuracy: float
    interval: Interval
    """Of the accuracy: Wilson's; Student's t over questions with several samples, or with scores
    between 0 and 1, of which ``accuracy`` is the mean and ``correct`` counts full ones."""
    truncated: int | None
    """Responses that had not ended within the budget; None when the log does not say."""
    no_answer: int | None
    """Responses in which the deciding grader found no answer; None when a log does not say."""
    right_although_truncated: int = 0
    mean_tokens: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Accuracy of trained minus accuracy of base."""

    estimate: float
    interval: Interval
    confidence_level: float
    method: GainMethod
    clusters: Clusters | None = None
    """With several samples a question or scores between 0 and 1; else None, and in old files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """P-values of the paired tests on losses and gains.

    With several answers a question both hold the sign-flip permutation p-value over questions.
    """

    exact: float
    mid_p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervals:
    """The gain's interval by every method; None where a method is not defined or is suppressed.

    Several answers a question have the cluster bootstrap only: the rest count rows as independent.
    """

    tango: Interval | None
    newcombe: Interval | None
    bonett_price: Interval | None
    fay_lumbard: Interval | None
    wald: Interval | None
    bootstrap: Interval | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GraderRow(GainRow):
    """The whole comparison as one grader sees it."""

    base: float
    trained: float
    table: Table
    version: str
    clusters: Clusters | None = None
    """With several samples a question, where ``table`` counts pairs of samples, or with scores
    between 0 and 1, of which it counts full ones."""
    decision: Decision | None = None
    """By itself, outside any family unless it was declared; None where nothing was judged."""
    adjusted: float | None = None
    """Holm-adjusted p-value where graders were declared as part of the family."""
    difference: GainDifference | None = None
    """This gain minus the headline's, Holm-adjusted over the other graders. None for the deciding
    grader and in files from before it was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubsetRow(CountedRow):
    """One seeded subset of the headline set: what one would have believed from it."""

    seed: int
    n: int
    base: float
    trained: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSide:
    """One model at one max_new_tokens."""

    accuracy: float
    truncated: int
    """Responses that had not ended within this budget."""
    right_although_truncated: int
    mean_tokens: float | None = None
    interval: Interval | None = None
    """Of the accuracy, at the policy's confidence level; the question is the unit. None in files
    from before it was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow(CountedRow):
    """The comparison at one max_new_tokens, cut from the one stored generation."""

    max_new_tokens: int
    n: int
    base: BudgetSide
    trained: BudgetSide
    decision: Decision | None = None
    """By itself, outside any family unless it was declared; None where nothing was judged."""
    adjusted: float | None = None
    """Holm-adjusted p-value where budgets were declared as part of the family."""
    difference: GainDifference | None = None
    """This gain minus the headline's, Holm-adjusted over the other budgets. None for the headline
    budget and in files from before it was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truncation:
    """Cut-off answers at the headline budget."""

    base: int | None
    """Cut-off responses of base; None when the log did not record it."""
    trained: int | None
    table: Table | None
    """Paired table of *being cut off*: both, only base (losses), only trained (gains), neither."""
    bounds: Interval | None
    """Worst and best case of the gain with every cut-off answer free (Manski)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeds:
    """Every seed of the comparison and what it moved."""

    root: int
    subsets: tuple[int, ...]
    subset_size: int
    training: int | None
    """Number of training seeds behind ``trained``; None when unknown, counted as one."""
    samples: int
    """Samples a question; 1 for greedy decoding."""
    decisions_by_sample: tuple[str, ...] = ()
    """Sampled decoding only: the decision each sample alone would have given."""
    differences: tuple[GainDifference, ...] = ()
    """Sampled decoding only: each sample's gain minus the mean of the others', Holm-adjusted over
    the samples. Empty in files from before it was recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseFloor(CountedRow):
    """Base against itself, asked again in reverse order and in other batches.

    ``gains`` are answers that became right the second time; ``gain`` is the second run's accuracy
    minus the first's.
    """

    n: int
    """Answers given twice."""
    differing_answers: int
    """Answers whose text changed, within the headline budget."""
    batch_sizes: tuple[int | None, int | None]
    """Answers under way at once, the first and the second time; None where not recorded."""
    dtype: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustedForStopping:
    """The gain, allowing for having stopped where it looked large."""

    estimate: float
    """Median-unbiased over the whole design."""
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppedEarly:
    """Looks at a pair before all questions were answered, and where they ended."""

    n: int
    """Questions answered by both models; all that were planned where the runs were completed."""
    n_planned: int
    reason: StopReason
    saved_answers: int
    pvalue: float
    """It holds at every look."""
    e_value: float
    design: str | None = None
    """``planned``: a few looks at a known number of questions; ``anytime``: after every batch. None
    in files from before there was a choice, which are anytime."""
    looks: tuple[int, ...] = ()
    """Questions answered at each planned look up to ``n``; empty for ``anytime``."""
    adjusted: AdjustedForStopping | None = None
    """None where all questions were answered, or design or numbers give no such estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRow(GainRow):
    """One of several comparisons that were declared together."""

    trained: str
    decision: Decision
    adjusted: float | None
    """Holm-adjusted over the family."""
    task: str | None = field(default=None, metadata={"left_out_at_default": True})
    """Where the comparisons are of one pair on several tasks; else None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Every number of a comparison, its checks and verdict; written as ``results.json``."""

    schema: int = 2
    task: str
    headline_budget: int | None
    headline_set: HeadlineSet
    base: Side
    trained: Side
    table: Table
    gain: Gain
    mcnemar: McNemar
    intervals: Intervals
    graders: dict[str, GraderRow]
    subsets: tuple[SubsetRow, ...] = ()
    budgets: tuple[BudgetRow, ...] = ()
    attribution: CauseCounts | None
    made_of: GainParts | None = None
    """None where only counts are known, and in files from before it was recorded."""
    truncation: Truncation
    power: Power
    seeds: Seeds
    noise_floor: NoiseFloor | None = None
    """None where base was not asked again (``compare --noise-floor``)."""
    twins: TwinRow | None = field(default=None, metadata={"left_out_at_default": True})
    """Of a generated task: the gain on the same questions in other words."""
    checks: tuple[Check, ...] = ()
    verdict: Verdict | None = None
    same_weights: bool | None = None
    """Whether both names lead to the same weights; None where that is not known."""
    family: tuple[FamilyRow, ...] = ()
    """All comparisons declared together, this one included; empty where it stands alone."""
    stopped_early: StoppedEarly | None = None
    look: int | None = field(default=None, metadata={"left_out_at_default": True})
    """How many different comparisons its run store has seen on these questions, this one included;
    None where no store counted."""
    earlier: Earlier | None = field(default=None, metadata={"left_out_at_default": True})
    """The last report of the same pair; None where there is none beside this one."""
    passes: Passes | None = field(default=None, metadata={"left_out_at_default": True})
    """With several samples a question; None with one, and in files from before it was recorded."""
    decodings: tuple[DecodingRow, ...] = field(default=(), metadata={"left_out_at_default": True})
    """The same pair decoded otherwise (``compare --also``); empty where it was not asked."""
    whole_base: WholeBase | None = field(default=None, metadata={"left_out_at_default": True})
    """None where base's answers to other questions were not used (``--use-all-of-base``)."""
    training: TrainingLog | None = None
    diagnostics: dict[str, Any] = field(default_factory=dict)
    """Task-specific figures, such as true calculations of generated word problems."""
    provenance: dict[str, Any] = field(default_factory=dict)
    decides: str = field(default=STRICT, metadata={"left_out_at_default": True})
    """The grader that the verdict rests on."""
    changed_prompts: int | None = field(default=None, metadata={"left_out_at_default": True})
    """Questions that two logs asked in other words; None where prompts are not recorded."""
    budget_curve: BudgetCurve | None = field(default=None, metadata={"left_out_at_default": True})
    """Every budget up to the largest of ``budgets``; None where answers can't be cut and read at
    each token, and in files from before it was recorded."""

    parts_name: ClassVar[str] = "comparisons"

    @property
    def parts(self) -> tuple[Comparison, ...]:
        """Itself alone: one comparison is a group of one."""
        return (self,)

    @property
    def n_questions(self) -> int:
        """How many questions both models answered, whatever the number of samples."""
        return self.table.n // self.seeds.samples

    @property
    def n_changed(self) -> int:
        """Questions that came out otherwise; of several samples, those whose mean did."""
        clusters = self.gain.clusters
        return self.table.discordant if clusters is None else clusters.changed

    @property
    def is_blocked(self) -> bool:
        """Whether a check says that this is no comparison of the two models."""
        return any(check.level == "blocking" for check in self.checks)

    @property
    def base_name(self) -> str:
        """Name of the model before training."""
        return self.base.name

    @property
    def trained_name(self) -> str:
        """Name of the model after training."""
        return self.trained.name

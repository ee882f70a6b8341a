"""Gains in a row of others, differences between them, and what one gain is made of.

Gains, differences and interval ends are fractions, never points; trained is always minus base.
"""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from evalsuite.records.dataclass import dataclass

__all__ = [
    "CauseCount",
    "CauseCounts",
    "Change",
    "Clusters",
    "CountedRow",
    "DecodingRow",
    "Earlier",
    "GainDifference",
    "GainMethod",
    "GainParts",
    "GainRow",
    "HeadlineSet",
    "Interval",
    "StopReason",
    "TwinRow",
    "WholeBase",
]

HeadlineSet = Literal["full", "first", "subset", "union", "early", "part", "given"]
"""The questions of a verdict: the split, its first ones, one seeded subset or the union of several,
those until a stop, the part of base's that trained answered, or a table of counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """Two ends of a confidence interval; its level and method stand beside it."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Whether equal accuracy lies outside, where it is of a gain."""
        return self.low > 0 or self.high < 0

    def is_inside(self, margin: float) -> bool:
        """Whether it lies wholly within the margin on either side of 0."""
        return -margin < self.low and self.high < margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Clusters:
    """What questions with several samples say; the same however the samples are numbered.

    The interval of the gain is Student's on the questions with one pseudo-loss and one pseudo-gain
    added; it follows at any level from ``center``, ``standard_error`` and ``degrees_of_freedom``.
    """

    better: int
    """Questions on which more of trained's samples are right than of base's, as shares."""
    worse: int
    same: int
    gains: float
    """Questions that only trained answers, in expectation over one sample of each model; of scores
    between 0 and 1 the points gained on questions that went up."""
    losses: float
    """The same for base; gains minus losses over all questions is the gain."""
    center: float
    standard_error: float
    degrees_of_freedom: int
    pvalue: float
    """Two-sided, Student's t: at most alpha where the interval of level 1 - alpha leaves out 0."""
    skewness: float | None = field(default=None, metadata={"left_out_at_default": True})
    """Of the questions' differences with the two pseudo-questions: claims about a margin allow for
    it. None in files from before it was recorded."""

    @property
    def changed(self) -> int:
        """Questions on which the models differ on average."""
        return self.better + self.worse


@dataclass(frozen=True, slots=True, kw_only=True)
class GainRow:
    """One gain among others: what every row of a table of gains has, flat in its JSON."""

    gain: float
    interval: Interval
    exact: float
    """Two-sided p-value of no gain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRow(GainRow):
    """A gain with the questions behind it."""

    losses: int
    gains: int
    clusters: Clusters | None = None
    """With several samples a question, where ``losses`` and ``gains`` count pairs of samples, or
    with scores between 0 and 1, of which they count full ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GainDifference(GainRow):
    """One gain minus another of the same pair, question by question.

    ``gain`` is the difference, ``exact`` the sign-flip p of no difference.
    """

    raised: int
    """Questions on which the first gain is the larger one."""
    lowered: int
    """Questions on which it is the smaller one."""
    adjusted: float | None = None
    """Holm-adjusted over the budgets, graders, samples or decodings compared with one another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCount:
    """Questions with one cause: their gains minus their losses, over n."""

    losses: int
    gains: int
    """With several samples a question both count pairs of samples, as these happen to be numbered;
    what is said then are the expected counts."""
    gain: float
    interval: Interval
    expected_losses: float | None = field(default=None, metadata={"left_out_at_default": True})
    expected_gains: float | None = field(default=None, metadata={"left_out_at_default": True})
    """With several samples a question: how many questions, in expectation over one sample of each
    model; the same however samples are numbered. None with one sample a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCounts:
    """Discordant questions by why the wrong side was wrong, at the headline budget.

    A count of questions, not of what made them change: a response that was cut off may have been
    wrong with any budget. What the gain is made of is `GainParts`.
    """

    finished: CauseCount
    """The wrong side's response was cut off."""
    formatted: CauseCount
    """The flexible grader finds the right number, the strict one does not."""
    reasoned: CauseCount
    """All else."""
    without_finished: CauseCount | None = None
    """The gain with the *finished* questions taken out, those included that the cut side would have
    missed anyway. Kept for old readers: it says nothing about a larger budget."""
    without_finished_exact: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GainParts:
    """What the gain is made of: the gain itself, read with a larger budget and a further grader.

    *finished* + *formatted* + *rest* is the gain exactly; a part that is None counts as 0 in that
    sum, and *rest* then holds it.
    """

    finished: GainDifference | None
    """The gain at the headline budget minus the gain at the largest one stored. None at the largest
    itself."""
    finished_range: Interval | None
    """At the largest budget: from where to where *finished* could go if, on each question the
    models differ on, a wrong answer that was cut off stayed wrong or became right. None where a
    larger budget is stored, or it is not recorded how responses ended."""
    formatted: GainDifference | None
    """At the largest budget: the gain as the deciding grader reads it minus the gain as the
    flexible one does. None where the flexible grader did not read every response."""
    rest: GainRow
    """What remains; no mechanism is known."""
    max_new_tokens: int | None
    """The largest budget; None for logs that can't be cut."""


GainMethod = Literal[
    "tango",
    "score-t",
    "cluster-t",
    "group-sequential",
    "confidence-sequence",
    "recipe-t",
    "runs-t",
]
StopReason = Literal["improved", "regressed", "equivalent", "futile", "exhausted", "undecided"]

Change = Literal[
    "base", "trained", "questions", "budget", "prompt", "decoding", "grader", "answers"
]
"""In what an earlier comparison differs: a model's weights, what was asked, how it was judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What the last report of the same pair said. It is shown beside the gain, never tested."""

    report: str
    """Name of its folder."""
    made: str | None
    """Date of its trained model's answers; None where it is not recorded."""
    gain: float
    interval: Interval
    n: int
    changes: tuple[Change, ...]
    """What differs from it, as far as it is recorded; never empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingRow(CountedRow):
    """The comparison under another decoding, at the headline budget."""

    temperature: float | None
    """The higher one of both sides; None where a log does not tell."""
    top_p: float | None
    seed: int | None
    samples: int
    """Samples a question; 1 for greedy decoding."""
    n: int
    """Answers of each model: questions x samples."""
    base: float
    trained: float
    same_models: bool | None
    """Whether both sides are the headline's weights; None where that is not recorded. Other weights
    are refused."""
    difference: GainDifference
    """This gain minus the headline's, of the means over samples, Holm-adjusted over the decodings
    beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinRow(CountedRow):
    """The comparison on freshly worded twins of the questions, at the headline budget."""

    n: int
    """Answers of each model: questions x samples."""
    base: float
    trained: float
    difference: GainDifference
    """This gain minus the headline's, question by question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeBase(GainRow):
    """The regression estimate of the gain on the whole split; it decides nothing.

    ``interval`` is for questions like these, ``exact`` its two-sided p-value of no gain.
    """

    n: int
    """Questions that both answered, on which the verdict rests."""
    n_whole: int
    """Questions that base answered."""
    base: float
    """Accuracy of base on the questions that both answered."""
    base_elsewhere: float
    """Accuracy of base on the questions that trained did not answer."""
    slope: float
    """How much trained's score goes up with base's on the same questions."""
    interval_on_split: Interval
    """For the very questions of this split, as these responses stand."""
    worth: int
    """Questions that both would have to answer for an interval of this width without the rest."""
    confidence_level: float

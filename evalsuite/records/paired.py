"""Two runs laid side by side: one row per question x sample, base and trained in the same order."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "BudgetCurve",
    "Outcomes",
    "PairedOutcomes",
    "PairedRow",
    "PairedText",
    "ReadingStep",
    "RowsOnDemand",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingStep:
    """What the graders read in a response from one budget on, until the next step."""

    max_new_tokens: int
    """The smallest budget of the step."""
    right: bool
    """For the grader that decides."""
    flexible: bool
    """For the grader that looks further; the deciding one where there is no other."""
    answer: str | None = None
    flexible_answer: str | None = None
    span: tuple[int, int] | None = None
    """Characters of the response that hold the flexible answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetCurve:
    """Both models at every budget up to the largest: counts from each change to the next.

    Columns of equal length. Before the first entry nothing is right and every answer is cut off.
    """

    max_new_tokens: tuple[int, ...]
    """Budgets at which a count changes, rising."""
    base: tuple[int, ...]
    """Right answers of base from this budget on."""
    trained: tuple[int, ...]
    losses: tuple[int, ...]
    """Answers that base alone has right."""
    base_truncated: tuple[int, ...] | None
    """Answers of base that had not ended; None where a log does not say how answers ended."""
    trained_truncated: tuple[int, ...] | None
    n: int
    """Pairs of answers."""
    last: int
    """The largest budget the counts are of."""
    resolution: int = 1
    """The counts hold at every multiple of it: 1 is every token, more where changes are many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """One model's graded answers at one budget; columns of equal length, one entry a row."""

    scores: dict[str, tuple[float | None, ...]]
    """Grader to its scores, 0 to 1; None where it could not grade."""
    decides: str
    """The grader whose scores the verdict rests on."""
    truncated: tuple[bool | None, ...]
    """Whether the response had not ended within the budget; None where the log does not say."""
    answered: tuple[bool | None, ...]
    """Whether the deciding grader found an answer, right or wrong; None where it reads no text."""
    tokens: tuple[int | None, ...]
    """Tokens within the budget, the end token not counted."""

    @property
    def correct(self) -> tuple[bool, ...]:
        """Whether the deciding grader calls each answer right; paired outcomes are all graded."""
        return self.right(self.decides)

    def right(self, grader: str) -> tuple[bool, ...]:
        """Whether one grader calls each answer right; False also where it could not grade."""
        return tuple(score == 1 for score in self.scores[grader])

    def is_graded(self, grader: str) -> bool:
        """Tell whether a grader gave every row a clear right or wrong."""
        return {0, 1}.issuperset(self.scores.get(grader, (None,)))

    def is_scored(self, grader: str) -> bool:
        """Tell whether a grader gave every row a score from 0 to 1, right and wrong among them."""
        scores = self.scores.get(grader, (None,))
        return all(score is not None and 0 <= score <= 1 for score in scores)

    def points(self, grader: str | None = None) -> tuple[float, ...]:
        """Give one grader's scores, the deciding one's unless named; 0 where it could not grade."""
        return tuple([score or 0 for score in self.scores[grader or self.decides]])


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedOutcomes:
    """Both models' outcomes on the same questions at one budget."""

    question_ids: tuple[str, ...]
    samples: tuple[int, ...]
    max_new_tokens: int | None
    base: Outcomes
    trained: Outcomes
    confidence_level: float
    """Of every interval that is made of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedText:
    """One response as the report shows it."""

    text: str | None
    strict: bool
    """Right for the grader that decides."""
    flexible: bool
    """Right for the grader that looks further; the deciding one where there is no other."""
    answer: str | None
    flexible_answer: str | None
    span: tuple[int, int] | None
    """Characters of ``text`` that hold the flexible answer."""
    finish: str
    n_tokens: int | None
    cuts: tuple[int | None, ...] = ()
    """Per budget of the comparison: the character at which it cuts; None where it does not."""
    score: float | None = field(default=None, metadata={"left_out_at_default": True})
    """The deciding grader's score where it is neither 0 nor 1."""
    steps: tuple[ReadingStep, ...] | None = field(
        default=None, metadata={"left_out_at_default": True}
    )
    """What was read at every budget up to the comparison's largest: nothing before the first step.
    None where that is not known, and in files from before it was recorded."""
    widths: str | None = field(default=None, metadata={"left_out_at_default": True})
    """Characters of every token, one sign each: the sign after ``0`` by as many places; ``~`` is
    78 and goes on with the next sign. None where tokens are not known, and in older files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedRow:
    """One question x sample with both responses: a line of ``questions.jsonl``."""

    question_id: str
    sample: int
    question: str | None
    """None where the question's text must not travel."""
    gold: str | None
    base: PairedText
    trained: PairedText


class RowsOnDemand(Sequence[PairedRow]):
    """Rows that are made when they are asked for, and what is known without making one."""

    __slots__ = ()

    @abstractmethod
    def flips(self) -> Iterator[tuple[str, bool]]:
        """Give of every row its question's id and whether one model alone is right."""

    @abstractmethod
    def without_widths(self, index: int) -> PairedRow:
        """Make a row without the widths of its tokens."""

"""Bounds of the gain over what cut-off answers could have been, assuming nothing about them.

An answer cut off before it was right counts as wrong, which is what a user gets. Had it been
allowed to finish it might have been right; the bounds let every such answer take either value.
They say nothing about answers that ended by themselves.
"""

from __future__ import annotations

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_count

__all__ = ["TruncationBounds", "truncation_bounds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TruncationBounds:
    """Worst and best case of both accuracies and of the gain."""

    n: int
    base_correct: int
    base_unfinished: int
    trained_correct: int
    trained_unfinished: int
    estimate: float
    """The gain with unfinished answers counted wrong."""
    low: float
    """The gain if all of base's unfinished answers were right, and none of trained's."""
    high: float
    """The gain if all of trained's unfinished answers were right, and none of base's."""

    @property
    def straddle_zero(self) -> bool:
        """Whether the sign of the gain hangs on the unfinished answers."""
        return self.low <= 0 <= self.high


def truncation_bounds(
    n: int,
    *,
    base_correct: int,
    base_unfinished: int,
    trained_correct: int,
    trained_unfinished: int,
) -> TruncationBounds:
    """Bound the gain over everything the cut-off answers could have become.

    Parameters
    ----------
    n
        Questions, at least 1.
    base_correct, trained_correct
        Questions each model answered correctly.
    base_unfinished, trained_unfinished
        Answers of each model that were cut off and counted wrong.

    Returns
    -------
    TruncationBounds

    Raises
    ------
    InvalidInputError
        For bad counts, or correct and unfinished answers that exceed n.

    References
    ----------
    Manski (1990), American Economic Review 80, 319-323.

    Examples
    --------
    7.0% -> 29.3% at 200 tokens, where 86.5% of base's answers were cut off:

    >>> bounds = truncation_bounds(
    ...     1319, base_correct=92, base_unfinished=1141, trained_correct=387, trained_unfinished=37
    ... )
    >>> round(bounds.low, 2), round(bounds.high, 2), bounds.straddle_zero
    (-0.64, 0.25, True)
    """
    n = check_count(n, "n", minimum=1)
    base = _check_arm("base", n, base_correct, base_unfinished)
    trained = _check_arm("trained", n, trained_correct, trained_unfinished)
    return TruncationBounds(
        n=n,
        base_correct=base[0],
        base_unfinished=base[1],
        trained_correct=trained[0],
        trained_unfinished=trained[1],
        estimate=(trained[0] - base[0]) / n,
        low=(trained[0] - base[0] - base[1]) / n,
        high=(trained[0] + trained[1] - base[0]) / n,
    )


def _check_arm(arm: str, n: int, correct: object, unfinished: object) -> tuple[int, int]:
    correct = check_count(correct, f"{arm}_correct")
    unfinished = check_count(unfinished, f"{arm}_unfinished")
    if correct + unfinished > n:
        raise InvalidInputError(
            "{arm}_correct + {arm}_unfinished is {total}, but there are {n} questions; count only "
            "cut-off answers that are not right as unfinished",
            arm=arm,
            total=correct + unfinished,
            n=n,
        )
    return correct, unfinished

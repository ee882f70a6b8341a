"""Contrast of two gains of one pair: budgets, graders, decodings or prompts beside each other.

That one gain is established and another is not does not show that they differ. What shows it is
the difference of the two on each question, with its own test and its own interval.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_level
from evalsuite.stats.several.signflip import sign_flip, whole_steps

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["GainContrast", "gain_contrast", "score_contrast"]

_WIDEST = 2.0
"""A gain of 1 beside a gain of -1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GainContrast:
    """Difference of two gains on the same questions, ``here`` minus ``there``."""

    estimate: float
    low: float
    high: float
    """Ends of the interval."""
    pvalue: float
    """Two-sided sign-flip test over questions."""
    n_questions: int
    raised: int
    """Questions on which the gain is larger ``here``."""
    lowered: int
    """Questions on which it is smaller ``here``."""
    confidence_level: float

    def is_established(self, alpha: float = 0.05) -> bool:
        """Return whether test and interval both exclude equal gains.

        Parameters
        ----------
        alpha
            Level of the test.

        Returns
        -------
        bool
        """
        return self.pvalue <= alpha and not self.low <= 0 <= self.high


def gain_contrast(
    here: ArrayLike, there: ArrayLike, *, confidence_level: float = 0.95
) -> GainContrast:
    """Test whether two gains of the same pair differ, question by question.

    The test flips the sign of whole questions. It is exact where base and trained could change
    places on any question without being noticed, whatever makes the two gains. The interval is
    Student's t over questions and two more, on one of which the gain is 1 larger and on the other 1
    smaller [1]_: without them few changed questions would give an interval that is too short, and
    none an interval without width.

    Parameters
    ----------
    here, there
        One whole number a question, -1, 0 or 1: trained right minus base right. With several
        samples a question, one row a question and one column a sample; the two may have different
        numbers of samples, and a question's mean counts.
    confidence_level
        Of the interval.

    Returns
    -------
    GainContrast
        In fractions: the estimate and its interval lie in -2 .. 2.

    Raises
    ------
    InvalidInputError
        If there is no question, or a gain is none of -1, 0 and 1.
    NotComparableError
        If the two are not about the same questions.

    References
    ----------
    .. [1] Bonett & Price (2012), Journal of Educational and Behavioral Statistics 37:479, who do
       so for one gain. Why verdicts are not compared: Gelman & Stern (2006), The American
       Statistician 60:328.

    Examples
    --------
    At 300 tokens 20 more of 200 questions are gained than at 1,024:

    >>> at_300, at_1024 = [1] * 30 + [0] * 170, [1] * 10 + [0] * 190
    >>> contrast = gain_contrast(at_300, at_1024)
    >>> round(contrast.estimate, 2), round(contrast.low, 3), round(contrast.high, 3)
    (0.1, 0.055, 0.143)
    >>> contrast.is_established()
    True

    One greedy answer a question beside two samples of each:

    >>> gain_contrast([1, 0, 0, 0], [[0, 1], [0, 0], [1, 0], [0, 0]]).estimate
    0.0
    """
    level = check_level(confidence_level, "confidence_level")
    first, second = _as_gains(here, "here"), _as_gains_like(there, here)
    samples = first.shape[1], second.shape[1]
    # over the common multiple of both numbers of samples the means stand on one lattice of whole
    # numbers, which the exact test needs
    common = math.lcm(*samples)
    by_question = first.sum(axis=1) * (common // samples[0])
    by_question -= second.sum(axis=1) * (common // samples[1])
    return _contrast(by_question, by_question / common, level)


def score_contrast(
    here: ArrayLike, there: ArrayLike, *, confidence_level: float = 0.95
) -> GainContrast:
    """Test the same of gains in scores between 0 and 1: questions x samples, each in -1 .. 1.

    As in `gain_contrast`, the two may have different numbers of samples. Raises InvalidInputError
    for another value or shape.
    """
    level = check_level(confidence_level, "confidence_level")
    gains = np.asarray(here, dtype=np.float64), np.asarray(there, dtype=np.float64)
    is_table = all(values.ndim == 2 and values.size > 0 for values in gains)
    if not is_table or len(gains[0]) != len(gains[1]):
        raise InvalidInputError(
            "the gains have the shapes {first}, {second}",
            first=gains[0].shape,
            second=gains[1].shape,
        )
    if not all(bool(np.all(np.abs(values) <= 1)) for values in gains):
        raise InvalidInputError("a gain lies outside -1 .. 1; give trained's score minus base's")
    means = gains[0].mean(axis=1) - gains[1].mean(axis=1)
    return _contrast(whole_steps(means)[0], means, level)


def _contrast(
    by_question: NDArray[np.int64], means: NDArray[np.float64], level: float
) -> GainContrast:
    """Contrast mean differences, which ``by_question`` gives as whole steps."""
    half, center = _reach(means, level)
    return GainContrast(
        estimate=float(means.mean()),
        low=max(-_WIDEST, center - half),
        high=min(_WIDEST, center + half),
        pvalue=sign_flip(by_question).pvalue,
        n_questions=len(by_question),
        raised=int((by_question > 0).sum()),
        lowered=int((by_question < 0).sum()),
        confidence_level=level,
    )


def _reach(means: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Return the interval's half width and its center, of the questions and two more."""
    more = np.append(means, (1.0, -1.0))
    freedom = len(more) - 1
    standard_error = float(more.std(ddof=1)) / math.sqrt(len(more))
    return float(special.stdtrit(freedom, (1 + level) / 2)) * standard_error, float(more.mean())


def _as_gains(values: ArrayLike, name: str) -> NDArray[np.int64]:
    gains = np.asarray(values)
    if gains.size == 0 or gains.ndim not in (1, 2):
        raise InvalidInputError(
            "{name} has the shape {shape}; give one row a question", name=name, shape=gains.shape
        )
    if not np.isin(gains, (-1, 0, 1)).all():
        raise InvalidInputError(
            "{name} holds more than -1, 0 and 1; give trained minus base", name=name
        )
    return gains.astype(np.int64).reshape(len(gains), -1)


def _as_gains_like(there: ArrayLike, here: ArrayLike) -> NDArray[np.int64]:
    gains = _as_gains(there, "there")
    if len(gains) != len(np.asarray(here)):
        raise NotComparableError(
            "the gains have the shapes {here} and {there}; give both on the same questions",
            here=np.shape(here),
            there=np.shape(there),
        )
    return gains

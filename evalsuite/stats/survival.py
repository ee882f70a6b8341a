"""Completion lengths when some were cut off: Kaplan-Meier with the budget as censoring.

A completion that ended on its own is an event at its length; one that was cut off only says
"longer than this". With one common budget the curve is the plain share still running, and a
median beyond the budget is not known. ``scipy.stats.ecdf`` has the same curve, but loading
scipy.stats costs most of a second, more than the rest of a comparison; tests hold this curve
against statsmodels. What a token is, the module does not know.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.answers import as_answers
from evalsuite.stats.arguments import check_level

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["CompletionLengths", "completion_lengths"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionLengths:
    """Kaplan-Meier curve of completion length; the tuples run over the distinct end lengths."""

    n: int
    n_finished: int
    lengths: tuple[int, ...]
    """Lengths at which at least one completion ended, increasing."""
    at_risk: tuple[int, ...]
    """Completions not shorter than this length."""
    ended: tuple[int, ...]
    """Completions that ended at this length."""
    running: tuple[float, ...]
    """Estimated share of completions longer than this length."""
    low: tuple[float, ...]
    """Pointwise log-log interval of ``running``; equal to it where it is 0."""
    high: tuple[float, ...]
    median: int | None
    """Tokens by which half have ended; None when that is not reached within the budget."""
    longest: int
    """The longest observed length: nothing is known beyond it."""
    confidence_level: float

    def tokens_for(self, share: float) -> int | None:
        """Return the budget by which a share of completions has ended.

        Parameters
        ----------
        share
            Strictly between 0 and 1, for example 0.95.

        Returns
        -------
        int or None
            None when the curve does not come down that far: not reached.

        Raises
        ------
        InvalidInputError
            For a share outside 0 .. 1.
        """
        return _first_reaching(self.lengths, self.running, 1 - check_level(share, "share"))


def completion_lengths(
    lengths: ArrayLike, finished: ArrayLike, *, confidence_level: float = 0.95
) -> CompletionLengths:
    """Estimate the law of completion length from finished and cut-off completions.

    The product-limit estimate [1]_ with Greenwood's variance and the log-log interval [2]_. It
    assumes that being cut off says nothing more than "longer"; that holds by design when every
    completion had the same budget, and must be argued when budgets differ.

    Parameters
    ----------
    lengths
        Tokens, whole numbers of at least 0. To be read as budgets they must count the end token
        of a finished completion, because a budget does.
    finished
        1 where the completion ended on its own, 0 where it was cut off.
    confidence_level
        Of the pointwise interval.

    Returns
    -------
    CompletionLengths
        The curve; empty tuples and a None median when nothing ended.

    Raises
    ------
    InvalidInputError
        For arrays that are empty, of unequal length, or hold other values.

    References
    ----------
    .. [1] Kaplan & Meier (1958), JASA 53, 457-481.
    .. [2] Kalbfleisch & Prentice (1980), The Statistical Analysis of Failure Time Data, 1.3.

    Examples
    --------
    >>> curve = completion_lengths([3, 5, 8, 8], [1, 1, 0, 0])
    >>> curve.lengths, curve.running, curve.median
    ((3, 5), (0.75, 0.5), 5)
    """
    level = check_level(confidence_level, "confidence_level")
    ended_here = as_answers(finished, "finished", dimensions=1)
    tokens = _as_lengths(lengths, len(ended_here))
    times, events = np.unique(tokens[ended_here == 1], return_counts=True)
    at_risk = len(tokens) - np.searchsorted(np.sort(tokens), times)
    running = np.cumprod((at_risk - events) / at_risk).astype(np.float64)
    low, high = _log_log_band(at_risk, events, running, level)
    return CompletionLengths(
        n=len(tokens),
        n_finished=int(ended_here.sum()),
        lengths=tuple(times.tolist()),
        at_risk=tuple(at_risk.tolist()),
        ended=tuple(events.tolist()),
        running=tuple(running.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        median=_first_reaching(times.tolist(), running.tolist(), 0.5),
        longest=int(tokens.max()),
        confidence_level=level,
    )


def _as_lengths(lengths: ArrayLike, n: int) -> NDArray[np.int64]:
    tokens = np.asarray(lengths)
    if tokens.shape != (n,):
        raise InvalidInputError(
            "lengths has shape {shape} for {n} completions; give one length each",
            shape=tokens.shape,
            n=n,
        )
    if tokens.dtype.kind not in "iu":
        raise InvalidInputError(
            "lengths holds {dtype}; give whole numbers of tokens", dtype=tokens.dtype
        )
    if tokens.min() < 0:
        raise InvalidInputError(
            "lengths holds {least}; give numbers of at least 0", least=tokens.min()
        )
    return tokens.astype(np.int64)


def _log_log_band(
    at_risk: NDArray[np.int64],
    events: NDArray[np.int64],
    running: NDArray[np.float64],
    level: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = running.copy(), running.copy()
    inside = running > 0  # Greenwood's sum is infinite once all have ended
    share = running[inside]
    greenwood = np.cumsum(events[inside] / (at_risk[inside] * (at_risk - events)[inside]))
    z = float(ndtri((1 + level) / 2))
    width = z * np.sqrt(greenwood) / np.abs(np.log(share))
    low[inside], high[inside] = share ** np.exp(width), share ** np.exp(-width)
    return low, high


def _first_reaching(
    lengths: tuple[int, ...] | list[int], running: tuple[float, ...] | list[float], level: float
) -> int | None:
    for length, share in zip(lengths, running, strict=True):
        # a product of ratios that is exactly one half on paper may come out a bit above it
        if share <= level or math.isclose(share, level, rel_tol=1e-12):
            return length
    return None

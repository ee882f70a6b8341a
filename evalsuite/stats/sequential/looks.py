"""Looks before the end: evidence that may be checked after every question, and when to stop.

A fixed-n p-value checked again and again finds a difference that is not there. The e-value
here is the capital of a bettor against "no difference" (Ville 1939): under the null it reaches
20 with probability at most 1/20, however often and whenever one looks. The confidence sequence
(see ``betting``) bets the same way against every other gain, so it excludes 0
exactly when the e-value rejects.

Questions must come in exchangeable order: drawn at random, or shuffled before the first is
answered. An order that was merely fixed in advance is not enough; sorted by difficulty, it lets two
equal models differ early and almost always stops on that. Once looks were taken, these numbers
replace the fixed-n p-value and interval, also at the last question.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import betaln

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.answers import as_outcomes
from evalsuite.stats.arguments import check_count, check_fraction, check_level
from evalsuite.stats.sequential.betting import confidence_sequence, log_capital

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from evalsuite.records.comparison import Interval

__all__ = [
    "EProcess",
    "EValue",
    "Look",
    "e_process",
    "e_value",
    "look",
]

_Reason = Literal["improved", "regressed", "equivalent", "futile", "exhausted", "undecided"]
_LOG_LARGEST = math.log(sys.float_info.max)


@dataclass(frozen=True, slots=True, kw_only=True)
class EValue:
    """Evidence against equal accuracy from the discordant questions so far."""

    losses: int
    gains: int
    e_value: float
    """Capital grown from 1; at most the largest float."""
    log_e_value: float
    """Natural logarithm, never infinite."""
    pvalue: float
    """min(1, 1 / e_value): valid at any stopping time, never 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EProcess:
    """The e-value after every question, in the order they were answered."""

    n: int
    losses: int
    gains: int
    log_e_values: tuple[float, ...]
    """After question 1 .. n."""
    pvalue: float
    """Anytime-valid: 1 / the largest e-value so far, at most 1."""
    alpha: float
    stopped_at: int | None
    """First question after which the e-value was at least 1 / alpha; None when never."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Whether to go on after the questions answered so far, and why."""

    action: Literal["continue", "stop"]
    reason: _Reason
    """``futile``: no outcome of the remaining questions can reach 1 / alpha any more."""
    n: int
    n_planned: int
    evidence: EValue
    pvalue: float
    """Anytime-valid, over all questions so far."""
    interval: Interval
    margin: float | None
    alpha: float


def e_value(losses: int, gains: int) -> EValue:
    """Weigh losses against gains by betting, with a Beta(1, 1) mixture over the share of gains.

    E = 2^m B(losses + 1, gains + 1) for m = losses + gains [1]_: the likelihood of the split
    averaged over every share of gains, divided by that of a fair coin. Questions that both
    models answer alike do not move it. It is also valid for questions drawn without replacement
    from a split on which the models are equal: drawn losses make further losses rarer, so the
    bet is worse than fair.

    Parameters
    ----------
    losses, gains
        Questions only the base (only the trained) model answered correctly.

    Returns
    -------
    EValue
        At least 1 / (m + 1).

    Raises
    ------
    InvalidInputError
        For a count that is no whole number of at least 0.

    References
    ----------
    .. [1] Ville (1939), Étude critique de la notion de collectif; Robbins (1970), Annals of
       Mathematical Statistics 41, 1397-1409.

    Examples
    --------
    >>> round(e_value(0, 6).e_value, 1)
    9.1
    """
    losses, gains = check_count(losses, "losses"), check_count(gains, "gains")
    log = float(_log_e(np.array(losses), np.array(gains)))
    return EValue(
        losses=losses,
        gains=gains,
        e_value=math.exp(min(log, _LOG_LARGEST)),
        log_e_value=log,
        pvalue=_anytime_pvalue(log),
    )


def e_process(outcomes: ArrayLike, *, alpha: float = 0.05) -> EProcess:
    """Follow the e-value through the questions in the order they were answered.

    Parameters
    ----------
    outcomes
        Trained minus base for each question, in exchangeable order: -1 loss, 0 alike,
        1 gain.
    alpha
        False-alarm rate over all looks; the e-value is compared with 1 / alpha.

    Returns
    -------
    EProcess
        With the path, the anytime p-value and the first crossing.

    Raises
    ------
    InvalidInputError
        For an empty sequence or outcomes other than -1, 0, 1.

    References
    ----------
    Ville (1939), Étude critique de la notion de collectif; Robbins (1970), Annals of Mathematical
    Statistics 41, 1397-1409.

    Examples
    --------
    >>> e_process([1, 1, 1, 0, 1, 1, 1, 1, 1]).stopped_at
    9
    """
    alpha = check_level(alpha, "alpha")
    steps = as_outcomes(outcomes)
    losses, gains = np.cumsum(steps == -1), np.cumsum(steps == 1)
    path = _log_e(losses, gains)
    crossed = np.flatnonzero(path >= -math.log(alpha))
    return EProcess(
        n=len(steps),
        losses=int(losses[-1]),
        gains=int(gains[-1]),
        log_e_values=tuple(path.tolist()),
        pvalue=_anytime_pvalue(float(path.max())),
        alpha=alpha,
        stopped_at=int(crossed[0]) + 1 if crossed.size else None,
    )


def look(
    outcomes: ArrayLike, *, n_planned: int, alpha: float = 0.05, margin: float | None = None
) -> Look:
    """Decide after the questions so far whether to go on: a pure function of the outcomes.

    Stops when the e-value has reached 1 / alpha (``improved``, ``regressed``), when the
    confidence sequence lies inside the margin (``equivalent``), when no outcome of the
    remaining questions could bring either about (``futile``), or when all planned questions are
    answered (``exhausted``). The false-alarm rate of ``improved`` and ``regressed`` together is
    at most alpha, whatever the looks.

    Parameters
    ----------
    outcomes
        Trained minus base for each question answered so far, in exchangeable order: -1 loss, 0
        alike, 1 gain.
    n_planned
        Questions that may be answered in all.
    alpha
        False-alarm rate over all looks; 1 - alpha is the level of the interval.
    margin
        Gains smaller than this count as no difference; None never stops for equivalence.

    Returns
    -------
    Look
        The action, its reason, and the evidence at this look.

    Raises
    ------
    InvalidInputError
        For outcomes other than -1, 0, 1, more outcomes than planned, or a bad alpha or margin.

    References
    ----------
    Ramdas, Grünwald, Vovk & Shafer (2023), Statistical Science 38, 576-601: stopping on e-values.

    Examples
    --------
    >>> look([1] * 8, n_planned=100).reason
    'improved'
    >>> look([0] * 15, n_planned=20).reason
    'futile'
    """
    alpha = check_level(alpha, "alpha")
    margin = None if margin is None else check_fraction(margin, "margin")
    steps = as_outcomes(outcomes)
    planned = check_count(n_planned, "n_planned", minimum=1)
    if len(steps) > planned:
        raise InvalidInputError(
            "{n_steps} outcomes for n_planned {planned}; plan at least as many questions",
            n_steps=len(steps),
            planned=planned,
        )
    process = e_process(steps, alpha=alpha)
    at = sorted({process.stopped_at or len(steps), len(steps)})
    sequence = confidence_sequence(steps, looks=at, confidence_level=1 - alpha)
    reason = _reason(steps, process, sequence.interval, planned, margin)
    return Look(
        action="continue" if reason == "undecided" else "stop",
        reason=reason,
        n=len(steps),
        n_planned=planned,
        evidence=e_value(process.losses, process.gains),
        pvalue=process.pvalue,
        interval=sequence.interval,
        margin=margin,
        alpha=alpha,
    )


def _log_e(losses: NDArray[np.int64], gains: NDArray[np.int64]) -> NDArray[np.float64]:
    # bets must be laid before the answers, but the best share of gains is known only afterwards: a
    # uniform mixture over all shares is fixed beforehand, and its integral is a beta function
    return np.asarray((losses + gains) * math.log(2) + betaln(losses + 1, gains + 1))


def _anytime_pvalue(log_e: float) -> float:
    return min(1.0, max(math.exp(min(-log_e, 0.0)), sys.float_info.min))


def _reason(
    steps: NDArray[np.int64],
    process: EProcess,
    interval: Interval,
    n_planned: int,
    margin: float | None,
) -> _Reason:
    # the sign where the line was crossed: later answers may turn it, the claim stands
    if process.stopped_at is not None:
        return "improved" if steps[: process.stopped_at].sum() > 0 else "regressed"
    if margin is not None and -margin < interval.low and interval.high < margin:
        return "equivalent"
    if len(steps) == n_planned:
        return "exhausted"
    left = n_planned - len(steps)
    may_differ = _may_differ(process, left)
    if not may_differ and (margin is None or not _may_be_equivalent(process, left, margin)):
        return "futile"
    return "undecided"


def _may_differ(process: EProcess, left: int) -> bool:
    """Check the two best cases: every remaining question a gain, or every one a loss.

    For a given number of discordant questions the e-value grows with the imbalance, and along
    a one-way path it first falls, then rises: its largest value is at an end.
    """
    losses = np.array([process.losses, process.losses + left])
    gains = np.array([process.gains + left, process.gains])
    return bool(_log_e(losses, gains).max() >= -math.log(process.alpha))


def _may_be_equivalent(process: EProcess, left: int, margin: float) -> bool:
    """Check the best case: the remaining questions cancel the imbalance, the rest are alike."""
    losses, gains = process.losses, process.gains
    cancelled = min(left, abs(gains - losses))
    if gains > losses:
        losses += cancelled
    else:
        gains += cancelled
    alike = process.n + left - losses - gains
    values, counts = np.array([-1.0, 0.0, 1.0]), np.array([losses, alike, gains])
    threshold = -math.log(process.alpha)
    return all(
        log_capital(values, counts, gain).hedged >= threshold
        for gain in (-margin, margin)
        if abs(gain) < 1
    )

"""Best of several models: what can be said of the one that was picked because it was the best."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalsuite.records.comparison import Interval
from evalsuite.records.dataclass import dataclass
from evalsuite.stats.arguments import check_level
from evalsuite.stats.several.simultaneous import as_differences, bands_of

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["BestOf", "best_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOf:
    """The best of several models, with an interval that allows for the picking."""

    index: int
    """Row of the best one; the first of equals."""
    n_models: int
    n: int
    """Questions."""
    estimate: float
    """Observed gain of the best: on average too large, because it was picked for it."""
    interval: Interval
    """Holds the true gain of the picked model with at least the confidence level."""
    pvalue: float
    """Chance of a best (or worst) this far from 0, in standard errors, if no model differed."""
    luck: float
    """Gain that the best of these would show on average if none differed from base."""
    confidence_level: float


def best_of(
    differences: ArrayLike, *, rng: np.random.Generator, confidence_level: float = 0.95
) -> BestOf:
    """Pick the model with the largest gain and give an interval that stays honest about it.

    The interval is the winner's part of bands that hold for all models at once, so it holds
    whichever of them is picked, and by whatever rule. Its width follows from how the models' errors
    go together: twenty nearly equal checkpoints cost little, twenty unrelated ones more.

    Parameters
    ----------
    differences
        Shape (models, questions): trained minus base, -1 .. 1; means over samples where there are
        several.
    rng
        Source of the draws; equal generators give equal intervals.
    confidence_level
        Chance that the picked model's gain lies in the interval.

    Returns
    -------
    BestOf
        Of the model with the largest mean.

    Raises
    ------
    InvalidInputError
        For differences of another shape or range.

    References
    ----------
    Berk, Brown, Buja, Zhang & Zhao (2013), Annals of Statistics 41, 802-837: intervals valid after
    any selection. Andrews, Kitagawa & McCloskey (2024), Quarterly Journal of Economics 139,
    305-358: shorter ones for a clear winner.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(3)
    >>> nulls = rng.choice([-1, 0, 1], size=(20, 250), p=[0.05, 0.9, 0.05])
    >>> best = best_of(nulls, rng=rng)
    >>> best.estimate > 0.01, best.interval.low < 0 < best.interval.high
    (True, True)
    """
    level = check_level(confidence_level, "confidence_level")
    rows = as_differences(differences, "differences")
    bands = bands_of(rows, rng=rng, confidence_level=level)
    index = int(np.argmax(bands.estimates))
    distance = abs(bands.centres[index]) / bands.errors[index]
    largest = np.abs(bands.draws).max(axis=1)
    return BestOf(
        index=index,
        n_models=rows.shape[0],
        n=rows.shape[1],
        estimate=float(bands.estimates[index]),
        interval=Interval(low=float(bands.low[index]), high=float(bands.high[index])),
        pvalue=float((1 + (largest >= distance).sum()) / (1 + len(largest))),
        luck=float((bands.draws * bands.errors).max(axis=1).mean()),
        confidence_level=level,
    )

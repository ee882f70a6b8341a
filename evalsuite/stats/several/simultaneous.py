"""Simultaneous bands: several gains on the same questions, with intervals that all hold at once.

The gains share their questions, so their errors go together; the width follows from how they do
(max-t), not from the worst case. Draws come from the generator that is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Bands", "as_differences", "bands_of"]

N_DRAWS = 20_000
"""Draws of the largest error; the width varies by about 1% between generators."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Gains, their standard errors, and how large the largest of their errors may be by chance."""

    estimates: NDArray[np.float64]
    centres: NDArray[np.float64]
    """Middles of the bands: the estimates with one gain and one loss added."""
    errors: NDArray[np.float64]
    draws: NDArray[np.float64]
    """Shape (draws, gains): joint errors by chance, in standard errors."""
    width: float
    """Standard errors on either side of every centre."""

    @property
    def low(self) -> NDArray[np.float64]:
        """Lower ends, within what a gain can be."""
        return np.maximum(self.centres - self.width * self.errors, -1.0)

    @property
    def high(self) -> NDArray[np.float64]:
        """Upper ends, within what a gain can be."""
        return np.minimum(self.centres + self.width * self.errors, 1.0)


def bands_of(
    differences: NDArray[np.float64], *, rng: np.random.Generator, confidence_level: float
) -> Bands:
    """Return max-t bands of the mean of every row; rows are models, columns questions.

    One full gain and one full loss are added to every row, so that a row with few changes does not
    pretend to know that none are left (Bonett & Price 2012, on the level of questions).
    """
    models, questions = differences.shape
    # the same two columns for all rows: as the questions, they are shared
    padded = np.hstack([differences, np.full((models, 1), 1.0), np.full((models, 1), -1.0)])
    deviations = padded - padded.mean(axis=1, keepdims=True)
    n = questions + 2
    errors = deviations.std(axis=1, ddof=1) / np.sqrt(n)
    # normal multipliers given the answers have exactly this joint law, so no answer is redrawn; the
    # shared divisor makes it a t law, for few questions
    scores = deviations / (errors[:, None] * np.sqrt(n * (n - 1)))
    root = np.linalg.qr(scores.T, mode="r") if models <= n else scores.T
    normal = rng.standard_normal((N_DRAWS, len(root))) @ root
    draws = normal / np.sqrt(rng.chisquare(n - 1, size=(N_DRAWS, 1)) / (n - 1))
    largest = np.abs(draws).max(axis=1)
    return Bands(
        estimates=differences.mean(axis=1),
        centres=padded.mean(axis=1),
        errors=errors,
        draws=draws,
        width=float(np.quantile(largest, confidence_level, method="inverted_cdf")),
    )


def as_differences(differences: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return per-question differences of several models as floats, in -1 .. 1, models first."""
    array = np.asarray(differences)
    if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "iuf":
        raise InvalidInputError(
            "{name} are {dtype} of shape {shape}; give a row a model, with trained minus base of "
            "every question",
            name=name,
            dtype=array.dtype,
            shape=array.shape,
        )
    if not (np.abs(array) <= 1).all():
        raise InvalidInputError(
            "{name} hold a number beyond -1 .. 1; give trained minus base", name=name
        )
    if array.shape[1] < 2:
        raise InvalidInputError(
            "{name} hold {n_questions} question; give at least 2",
            name=name,
            n_questions=array.shape[1],
        )
    return array.astype(np.float64)

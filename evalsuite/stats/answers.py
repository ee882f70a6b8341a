"""Answers and gains as arrays: where they are checked, once.

Everything downstream may rely on finite numbers in range and on non-empty axes. Whatever else
comes in is an InvalidInputError; ``name`` is what the message calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["as_answers", "as_gains", "as_outcomes", "as_scores"]


def as_answers(
    answers: ArrayLike, name: str, *, dimensions: int | tuple[int, ...]
) -> NDArray[np.int64]:
    """Return right (1, True) and wrong (0, False) answers as integers of the same shape.

    ``dimensions`` is how many axes the array must have, or the choices; none may be empty.

    Examples
    --------
    >>> as_answers([True, False], "base", dimensions=1).tolist()
    [1, 0]
    """
    try:
        array = np.asarray(answers)
    except ValueError as error:
        raise InvalidInputError(
            f"{name} has rows of unequal length; give every row the same number of answers"
        ) from error
    allowed = (dimensions,) if isinstance(dimensions, int) else dimensions
    if array.ndim not in allowed or array.size == 0:
        axes = " or ".join(str(number) for number in allowed)
        raise InvalidInputError(
            f"{name} has shape {array.shape}; give a non-empty array with {axes} axes"
        )
    _check_zero_one(array, name)
    return array.astype(np.int64)


def as_scores(scores: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return scores from 0 to 1, questions x samples, neither of them none."""
    try:
        array = np.asarray(scores, dtype=np.float64)
    except ValueError as error:
        raise InvalidInputError(
            f"{name} has rows of unequal length; give every row the same number of scores"
        ) from error
    if array.ndim != 2 or array.size == 0:
        raise InvalidInputError(f"{name} has shape {array.shape}; give questions x samples")
    wrong = array[~((array >= 0) & (array <= 1))]  # so written that NaN is refused as well
    if wrong.size:
        raise InvalidInputError(f"{name} holds {wrong[0]!s}; give scores from 0 to 1")
    return array


def as_outcomes(outcomes: ArrayLike) -> NDArray[np.int64]:
    """Return single-answer gains as integers: -1 loss, 0 alike, 1 gain, in the order they came."""
    steps = as_gains(outcomes)
    if not np.isin(steps, (-1, 0, 1)).all():
        raise InvalidInputError("outcomes hold fractions; give -1 loss, 0 alike, 1 gain")
    return steps.astype(np.int64)


def as_gains(outcomes: ArrayLike) -> NDArray[np.float64]:
    """Return gains in -1 .. 1 as floats, one a question, in the order they came.

    Of single answers or of means of several samples.
    """
    steps = np.asarray(outcomes)
    if steps.ndim != 1 or steps.size == 0 or steps.dtype.kind not in "iuf":
        raise InvalidInputError(
            f"outcomes are {steps.dtype} of shape {steps.shape}; give one number a question, "
            "trained minus base"
        )
    wrong = steps[~(np.abs(steps) <= 1)]
    if wrong.size:
        raise InvalidInputError(f"outcomes hold {wrong[0]!s}; trained minus base is in -1 .. 1")
    return steps.astype(np.float64)


def _check_zero_one(array: NDArray[np.generic], name: str) -> None:
    if array.dtype.kind not in "biuf":
        raise InvalidInputError(f"{name} holds {array.dtype} values; give right as 1, wrong as 0")
    wrong = array[(array != 0) & (array != 1)]
    if wrong.size:
        raise InvalidInputError(f"{name} holds {wrong[0]!s}; give right as 1 and wrong as 0")

"""Answers and gains as arrays: where they are checked, once.

Everything downstream may rely on finite numbers in range and on non-empty axes. Whatever else
comes in is an InvalidInputError; ``name`` is what the message calls it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evalsuite.errors import InvalidInputError, joined

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
            "{name} has rows of unequal length; give every row the same number of answers",
            name=name,
        ) from error
    allowed = (dimensions,) if isinstance(dimensions, int) else dimensions
    if array.ndim not in allowed or array.size == 0:
        axes = joined(map(str, allowed), " or ")
        raise InvalidInputError(
            "{name} has shape {shape}; give a non-empty array with {axes} axes",
            name=name,
            shape=array.shape,
            axes=axes,
        )
    _check_zero_one(array, name)
    return array.astype(np.int64)


def as_scores(scores: ArrayLike, name: str) -> NDArray[np.float64]:
    """Return scores from 0 to 1, questions x samples, neither of them none."""
    try:
        array = np.asarray(scores, dtype=np.float64)
    except ValueError as error:
        raise InvalidInputError(
            "{name} has rows of unequal length; give every row the same number of scores", name=name
        ) from error
    if array.ndim != 2 or array.size == 0:
        raise InvalidInputError(
            "{name} has shape {shape}; give questions x samples", name=name, shape=array.shape
        )
    wrong = array[~((array >= 0) & (array <= 1))]  # so written that NaN is refused as well
    if wrong.size:
        raise InvalidInputError(
            "{name} holds {wrong!s}; give scores from 0 to 1", name=name, wrong=wrong[0]
        )
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
            "outcomes are {dtype} of shape {shape}; give one number a question, trained minus base",
            dtype=steps.dtype,
            shape=steps.shape,
        )
    wrong = steps[~(np.abs(steps) <= 1)]
    if wrong.size:
        raise InvalidInputError(
            "outcomes hold {wrong!s}; trained minus base is in -1 .. 1", wrong=wrong[0]
        )
    return steps.astype(np.float64)


def _check_zero_one(array: NDArray[np.generic], name: str) -> None:
    if array.dtype.kind not in "biuf":
        raise InvalidInputError(
            "{name} holds {dtype} values; give right as 1, wrong as 0", name=name, dtype=array.dtype
        )
    wrong = array[(array != 0) & (array != 1)]
    if wrong.size:
        raise InvalidInputError(
            "{name} holds {wrong!s}; give right as 1 and wrong as 0", name=name, wrong=wrong[0]
        )

"""Input checks of the options that say how answers are drawn."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["check_sampling"]

_LEAST_PENALTY, _LARGEST_PENALTY = 0.5, 2.0
"""A rounding difference of logits grows with the penalty; doubled it is still well below what
counts as close (``generation/sampling.py``)."""


def check_sampling(
    *, samples: int, temperature: float, top_p: float, penalty: float, stop: Sequence[str]
) -> None:
    """Refuse what no answer can be drawn by, and several samples that would all be the same.

    Raises
    ------
    InvalidInputError
        Naming the value, the rule and the way out.
    """
    if samples < 1:
        raise InvalidInputError(
            "{samples} samples a question are none; set --samples 1", samples=samples
        )
    if samples > 1 and temperature == 0:
        raise InvalidInputError(
            "{samples} samples at temperature {temperature} are all the same answer; set "
            "--temperature above 0, or --samples 1",
            samples=samples,
            temperature=temperature,
        )
    if not 0 <= temperature < inf:
        raise InvalidInputError(
            "temperature is {temperature}, but it is a number from 0 on; 0 is greedy",
            temperature=temperature,
        )
    if not 0 < top_p <= 1:
        raise InvalidInputError(
            "top-p is {top_p}, but it lies above 0 and at most at 1; 1 leaves nothing out",
            top_p=top_p,
        )
    if not _LEAST_PENALTY <= penalty <= _LARGEST_PENALTY:
        raise InvalidInputError(
            "repetition penalty is {penalty}, but it lies from {least} to {most:g}; 1 is none",
            penalty=penalty,
            least=_LEAST_PENALTY,
            most=_LARGEST_PENALTY,
        )
    if "" in stop:
        raise InvalidInputError("a stop string is empty; leave it out, or give its characters")

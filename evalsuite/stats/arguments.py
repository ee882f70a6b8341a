"""Input checks of the statistics: each error names the value, the rule and the way out.

Every check returns the value as a plain Python number or raises InvalidInputError; ``name`` is
what the message calls the argument. Bools are never numbers here, NaN never a fraction.
"""

from __future__ import annotations

import math
from numbers import Integral, Real

from evalsuite.errors import Clause, InvalidInputError
from evalsuite.records.comparison import Table

__all__ = [
    "check_choice",
    "check_count",
    "check_fraction",
    "check_level",
    "check_probability",
    "check_table",
]


MOST = 10**15
"""Of anything that is counted; floats hold every count up to there."""
MOST_QUESTIONS = 2 * 10**6
"""Of a table; there the exact laws take seconds."""


def check_count(value: object, name: str, *, minimum: int = 0) -> int:
    """Return a whole number of at least ``minimum``; floats are refused, 3.0 included."""
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise InvalidInputError(
            "{name} is {value!r}, but a count is a whole number; pass an int of {minimum} or more",
            name=name,
            value=value,
            minimum=minimum,
        )
    count = int(value)
    if count < minimum:
        raise InvalidInputError(
            "{name} is {count}, but at least {minimum} is needed; count questions and pass that "
            "number",
            name=name,
            count=count,
            minimum=minimum,
        )
    if count > MOST:
        raise InvalidInputError("{name} is over 10^15; correct it", name=name)
    return count


def check_table(both: object, losses: object, gains: object, neither: object) -> Table:
    """Return the paired table of four counts that hold at least one question."""
    table = Table(
        both=check_count(both, "both"),
        losses=check_count(losses, "losses"),
        gains=check_count(gains, "gains"),
        neither=check_count(neither, "neither"),
    )
    if table.n == 0:
        raise InvalidInputError(
            "the table holds 0 questions, but an interval needs at least 1; "
            "pass the counts of the questions both models answered"
        )
    if table.n > MOST_QUESTIONS:
        raise InvalidInputError(
            "the table holds {n:,} questions, over {most:,}; correct its counts",
            n=table.n,
            most=MOST_QUESTIONS,
        )
    return table


def check_probability(value: object, name: str) -> float:
    """Return a number in 0 .. 1, ends included."""
    number = _real(value, name, Clause("a probability is a number from 0 to 1"))
    if not 0 <= number <= 1:
        raise InvalidInputError(
            "{name} is {number!r}, but a probability lies in 0 to 1; pass a fraction, 0.2 for 20 "
            "percent",
            name=name,
            number=number,
        )
    return number


def check_level(value: object, name: str) -> float:
    """Return a number strictly between 0 and 1: a confidence level, a power or an alpha."""
    number = _real(value, name, Clause("a level is a number between 0 and 1"))
    if not 0 < number < 1:
        raise InvalidInputError(
            "{name} is {number!r}, but it must lie strictly between 0 and 1; pass a fraction such "
            "as 0.95 or 0.05",
            name=name,
            number=number,
        )
    return number


def check_fraction(value: object, name: str) -> float:
    """Return a number above 0 and at most 1: a margin or a size of gain."""
    number = _real(value, name, Clause("it is a fraction above 0 and up to 1"))
    if not 0 < number <= 1:
        raise InvalidInputError(
            "{name} is {number!r}, but it must be above 0 and at most 1; pass a fraction, 0.02 "
            "for 2 points",
            name=name,
            number=number,
        )
    return number


def check_choice(value: object, name: str, choices: tuple[str, ...]) -> str:
    """Return a word that is one of a closed set."""
    if not isinstance(value, str) or value not in choices:
        allowed = ", ".join(repr(choice) for choice in choices)
        raise InvalidInputError(
            "{name} is {value!r}, which is not known; choose one of {allowed}",
            name=name,
            value=value,
            allowed=allowed,
        )
    return value


def _real(value: object, name: str, rule: Clause) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or math.isnan(value):
        raise InvalidInputError(
            "{name} is {value!r}, but {rule}; pass a fraction such as 0.05",
            name=name,
            value=value,
            rule=rule,
        )
    return float(value)

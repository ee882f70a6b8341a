"""Calculations a response writes out, which tell finishing from calculating.

A gain on generated word problems may come from doing the right operations or from doing them
right. ``follows_gold`` looks at operators and operands, ``n_true`` at results only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from evalsuite.tasks.wordproblems import steps_of

if TYPE_CHECKING:
    from evalsuite.records.run import Question

__all__ = ["Calculations", "read_calculations"]

_CALCULATION = re.compile(
    r"(?<![0-9.])([0-9]{1,9}) ?([-+*/]) ?([0-9]{1,9}) ?= ?([0-9]{1,9})(?![0-9.]*[0-9])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calculations:
    """The calculations of one response to one generated problem."""

    n_written: int
    """Distinct calculations, repeats by a check of the work not counted."""
    n_true: int
    """Those whose result is right."""
    follows_gold: bool
    """Same operators and right sides as the gold steps, in order; results may be wrong."""


def read_calculations(text: str, question: Question) -> Calculations:
    """Read the calculations a response to a generated word problem writes out.

    Examples
    --------
    >>> from evalsuite.tasks.wordproblems import word_problems
    >>> question = word_problems("train", n=1)[0]
    >>> read_calculations(question.gold_text, question).follows_gold
    True
    """
    written = list(dict.fromkeys(match.groups() for match in _CALCULATION.finditer(text)))
    gold = [(step.operator, str(step.right)) for step in steps_of(question)]
    return Calculations(
        n_written=len(written),
        n_true=sum(_is_true(*calculation) for calculation in written),
        follows_gold=[(operator, right) for _, operator, right, _ in written] == gold,
    )


def _is_true(left: str, operator: str, right: str, result: str) -> bool:
    a, b, written = Fraction(left), Fraction(right), Fraction(result)
    if operator == "/":
        return b != 0 and a / b == written
    return {"+": a + b, "-": a - b, "*": a * b}[operator] == written

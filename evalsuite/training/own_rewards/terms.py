"""Terms of a reward: which columns are paid, and how much each weighs.

``shaped``, ``binary,rewards.py:brief=0.2`` or ``correct,format=0.1,package.module:style``. It does
not know how a column is computed.
"""

from __future__ import annotations

from math import isfinite

from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.training.rewards import WEIGHTS

__all__ = ["RewardTerm", "read_terms"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardTerm:
    """One column and its weight."""

    name: str
    """One of ours, or ``module:function`` or ``file.py:function``."""
    weight: float

    @property
    def is_own(self) -> bool:
        """Return whether the user brings the function."""
        return ":" in self.name


def read_terms(rewards: str) -> tuple[RewardTerm, ...]:
    """Read the terms of a reward set, or of several names with weights, separated by commas.

    A set stands for its columns; its weight multiplies theirs. The outcome ``correct`` is always
    among them, with weight 0 where nobody pays it: without it a log can't tell what was learned.

    Raises InvalidInputError for a weight that is no number, and a column named twice.

    Examples
    --------
    >>> [(term.name, term.weight) for term in read_terms("formatted, mine.py:brief=0.2")]
    [('correct', 1.0), ('format', 0.1), ('mine.py:brief', 0.2)]
    """
    terms = [term for part in rewards.split(",") for term in _expanded(part.strip())]
    names = [term.name for term in terms]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise InvalidInputError(
            "rewards {rewards!r} pay {repeated} more than once; name it once",
            rewards=rewards,
            repeated=", ".join(repeated),
        )
    if "correct" not in names:
        terms.append(RewardTerm(name="correct", weight=0.0))
    return tuple(terms)


def _expanded(part: str) -> list[RewardTerm]:
    name, equals, written = part.rpartition("=")
    if not equals:
        name, written = part, "1"
    weight = _weight(written, part)
    if name in WEIGHTS:
        return [RewardTerm(name=n, weight=weight * each) for n, each in WEIGHTS[name].items()]
    return [RewardTerm(name=name, weight=weight)]


def _weight(written: str, part: str) -> float:
    try:
        weight = float(written)
    except ValueError:
        weight = float("nan")
    if not isfinite(weight):
        raise InvalidInputError(
            "the weight of the reward {part!r} is no number; write NAME or NAME=WEIGHT", part=part
        )
    return weight

r"""Rewards: what an answer is worth in training, by functions that share the grader's reading.

``correct`` is the outcome every claim rests on; it calls the strict grader, so training and
evaluation can't disagree. The others shape: they stay so small that no wrong answer is ever
worth more than a right one (`WEIGHTS`), and `gate_partial_credit` takes them away where they
would teach a model to fail in a preferred way. Nothing here imports a model library.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from evalsuite.errors import InvalidInputError
from evalsuite.tasks.graders.numbers import gold_number, parse_number
from evalsuite.tasks.graders.strict import boxes, is_correct, read_strict
from evalsuite.tasks.graders.text import is_right_text, read_box

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from evalsuite.records.run import Kind, Question

    Gold = Fraction | str

__all__ = [
    "REWARD_VERSION",
    "WEIGHTS",
    "Gate",
    "correct",
    "gate_partial_credit",
    "gold_of",
    "repetition",
    "soft_overlong",
    "steps_f1",
    "well_formatted",
]

REWARD_VERSION = "1"
"""Changes whenever a rule below changes; stored in every training manifest."""

Gate = Literal["none", "mixed_only", "auto"]
"""Where partial credit acts: everywhere, in groups with right and wrong answers, or decided."""

WEIGHTS: dict[str, dict[str, float]] = {
    "binary": {"correct": 1.0},
    "formatted": {"correct": 1.0, "format": 0.1},
    "shaped": {"correct": 1.0, "format": 0.1, "steps_f1": 0.3},
    "random": {"random": 1.0, "correct": 0.0},
}
"""Reward sets by name. Wrong is worth at most 0.4, right at least 1."""

_LONGEST_ENDING = 20
"""Characters after the last box: a closing sign or word, but no second sentence."""
_FEW_RIGHT = 0.1
_AFTER_EQUALS = re.compile(
    r"=\s{0,4}+([-\u2212]?[$£€]?(?:[0-9]{1,3}(?:,[0-9]{3})++|[0-9]++)(?:\.[0-9]++)?+)"
    r"(?!\s{0,4}+[-+*/^\u00d7\u00f7])"
)


def gold_of(question: Question, kind: Kind = "number") -> Gold:
    """Give the right answer, without which a question can't be trained on; exact for numbers."""
    if kind == "text" and question.gold:
        return question.gold
    gold = gold_number(question.gold)
    if gold is None:
        raise InvalidInputError(
            "question {id} has no number as its gold ({gold!r}); leave it out, or add its answer",
            id=question.id,
            gold=question.gold,
        )
    return gold


def correct(text: str, gold: Gold) -> float:
    r"""Reward a right boxed answer with 1, anything else with 0: the strict grade, cut off or not.

    A gold that is a text is held to the box as a text.

    Examples
    --------
    >>> from fractions import Fraction
    >>> correct(r"\boxed{18.00}", Fraction(18)), correct(r"\boxed{9+9}", Fraction(18))
    (1.0, 0.0)
    """
    if isinstance(gold, str):
        return float(is_right_text(text, gold))
    return float(is_correct(text, gold))


def well_formatted(text: str, kind: Kind = "number") -> float:
    r"""Reward with 1 exactly one box that holds a number and all but ends the response.

    One ``\boxed{}``, a plain number (or, of that kind, a text) in it, and at most 20 characters
    after it; else 0.

    Examples
    --------
    >>> well_formatted(r"So \boxed{7}."), well_formatted(r"\boxed{7} or \boxed{8}")
    (1.0, 0.0)
    """
    spans = boxes(text)
    answer = read_box(text) if kind == "text" else read_strict(text)
    is_ending = answer is not None and len(text) - answer.end - 1 <= _LONGEST_ENDING
    return float(len(spans) == 1 and text.count("\\boxed") == 1 and is_ending)


def steps_f1(text: str, gold: Gold, gold_steps: Sequence[str]) -> float | None:
    """Give a wrong answer partial credit for right intermediate results: F1 in 0..1.

    The numbers written after an equals sign are compared with the results of the gold steps, such
    as ``"12+5=17"``. The final answer counts as a hit, but finding it is no part of the recall:
    otherwise the reward would be the outcome again. 0 for right answers, so that another valid
    route is never worth less than the gold one, and for more than two distinct numbers beyond the
    gold ones (listing every number must not pay). None where there are no gold steps.

    References
    ----------
    .. [1] Uesato et al. (2022), arXiv 2211.14275, on outcome and process supervision.

    Examples
    --------
    >>> from fractions import Fraction
    >>> steps_f1("2 + 3 = 5. 5 * 4 = 21", Fraction(20), ["2+3=5", "5*4=20"])
    0.6666666666666666
    """
    if not gold_steps:
        return None
    wanted = {parse_number(step.rpartition("=")[2]) for step in gold_steps} - {None}
    between = {number for number in wanted if number != gold}
    written = {parse_number(match[1]) for match in _AFTER_EQUALS.finditer(text)} - {None}
    if correct(text, gold) or not between or not written or len(written) > len(wanted) + 2:
        return 0.0
    precision = len(written & wanted) / len(written)
    recall = len(written & between) / len(between)
    return 2 * precision * recall / (precision + recall) if recall else 0.0


def soft_overlong(n_tokens: int, *, limit: int, cache: int) -> float:
    """Penalise a response that comes close to the token limit, its end token included.

    0 outside the zone of ``cache`` tokens before the limit, falling linearly to -1 at the limit.

    Raises
    ------
    InvalidInputError
        If the zone is not inside the limit.

    References
    ----------
    .. [1] Yu et al. (2025), DAPO, arXiv 2503.14476, equation 13.

    Examples
    --------
    >>> soft_overlong(80, limit=100, cache=20), soft_overlong(90, limit=100, cache=20)
    (0.0, -0.5)
    """
    if not 0 < cache <= limit:
        raise InvalidInputError(
            "cache is {cache} with a limit of {limit} tokens; use 1 to {limit}.",
            cache=cache,
            limit=limit,
        )
    return min(0.0, max(-1.0, (limit - cache - n_tokens) / cache))


def repetition(token_ids: Sequence[int], *, n: int = 3) -> float:
    """Penalise repeated runs of n tokens.

    Minus the share of runs that occurred before: 0 for no repetition, towards -1 for a loop.

    Raises
    ------
    InvalidInputError
        If n is below 1.

    References
    ----------
    .. [1] Yeo et al. (2025), Demystifying Long Chain-of-Thought Reasoning, arXiv 2502.03373.

    Examples
    --------
    >>> repetition([1, 2, 3, 4]), repetition([5, 5, 5, 5, 5], n=2)
    (0.0, -0.75)
    """
    if n < 1:
        raise InvalidInputError("n is {n}; a run has at least 1 token.", n=n)
    runs = [tuple(token_ids[i : i + n]) for i in range(len(token_ids) - n + 1)]
    return len(set(runs)) / len(runs) - 1 if runs else 0.0


def gate_partial_credit(
    outcomes: Sequence[float], credits_: Sequence[float | None], *, group_size: int, gate: Gate
) -> list[float | None]:
    """Take partial credit away from groups in which every answer has the same outcome.

    In a group without a right answer, tiny differences in shaping are all the signal there is,
    and the model learns to fail the way the shaping prefers. ``mixed_only`` removes them.
    ``auto`` does so once at least a tenth of the answers are right: before that, partial credit
    is the only signal a weak base gets.

    Outcomes (``correct``) and credits have groups one after the other, ``group_size`` answers each.

    Examples
    --------
    >>> gate_partial_credit([0, 0, 1, 0], [0.5, 0.2, 0.0, 0.4], group_size=2, gate="mixed_only")
    [0.0, 0.0, 0.0, 0.4]
    """
    right = sum(outcomes) / len(outcomes) if outcomes else 0.0
    if gate == "none" or (gate == "auto" and right < _FEW_RIGHT):
        return list(credits_)
    gated: list[float | None] = []
    for start in range(0, len(outcomes), group_size):
        group = slice(start, start + group_size)
        is_mixed = len(set(outcomes[group])) > 1
        gated += credits_[group] if is_mixed else [0.0] * len(outcomes[group])
    return gated

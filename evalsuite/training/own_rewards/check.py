r"""A dry check of rewards: what ten answers to one question earn, before anything is trained.

Right, wrong, empty, without work, fifty boxes and other ways to be paid without solving: whatever
earns as much as the right answer will be learned instead of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import Statement
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.training.reward_columns import RewardColumn
from evalsuite.training.rewards import correct, gold_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from evalsuite.records.run import Kind, Question
    from evalsuite.training.own_rewards.functions import OwnReward

__all__ = ["Payment", "RewardCheck", "check_rewards"]

_NEARLY = 0.9
"""Of what the right answer earns: what is lost beside a hack may be a term for style or length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """What one answer earns."""

    answer: str
    """What kind of answer it is: the last part of a key of the catalogues, ``fifty_boxes``."""
    text: str
    is_right: bool
    """By the grader that decides."""
    columns: dict[str, float | None]
    total: float
    """Weighted; a column that does not apply counts as nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardCheck:
    """The payments for ten answers to one question, and what they warn of."""

    question_id: str
    payments: tuple[Payment, ...]
    warnings: tuple[Statement, ...]


def check_rewards(
    columns: Sequence[RewardColumn | OwnReward],
    weights: Sequence[float],
    question: Question,
    *,
    prompt: str,
    tokenize: Callable[[str], list[int]],
    kind: Kind = "number",
) -> RewardCheck:
    """Let every column score ten answers to one question, as one group.

    Raises RunFailedError where an own reward fails or returns something else than numbers.
    """
    gold = gold_of(question, kind)
    answers = _answers(question, gold)
    context = _context(question, gold, list(answers.values()), prompt=prompt, tokenize=tokenize)
    scores = {column.__name__: _of_one_group(column, len(answers))(**context) for column in columns}
    weight_of = dict(zip(scores, weights, strict=True))
    payments = []
    for i, (answer, text) in enumerate(answers.items()):
        paid = {name: column[i] for name, column in scores.items()}
        payments.append(
            Payment(
                answer=answer,
                text=text,
                is_right=bool(correct(text, gold)),
                columns=paid,
                total=sum(weight_of[name] * (value or 0.0) for name, value in paid.items()),
            )
        )
    return RewardCheck(
        question_id=question.id, payments=tuple(payments), warnings=_warnings(payments)
    )


def _answers(question: Question, gold: Fraction | str) -> dict[str, str]:
    """Write ten answers; only the first two are right."""
    if isinstance(gold, str):
        wrong, part = f"not {gold}", f"{gold} + {gold}"
        other = [f"{wrong} {i}" for i in range(49)]
    else:
        wrong, part = str(gold + 1), f"{gold - 1}+1"
        other = [str(gold + 1 + i) for i in range(49)]
    steps = ". ".join(question.gold_steps)
    work = f"{steps}. " if steps else "We calculate step by step. "
    return {
        "right_with_work": f"{work}The answer is \\boxed{{{gold}}}.",
        "right_box": f"\\boxed{{{gold}}}",
        "wrong_with_work": f"{work}The answer is \\boxed{{{wrong}}}.",
        "wrong_box": f"\\boxed{{{wrong}}}",
        "right_number": f"The answer is {gold}.",
        "empty": "",
        "fifty_boxes": " ".join(f"\\boxed{{{number}}}" for number in (gold, *other)),
        "sum_in_a_box": f"\\boxed{{{part}}}",
        "copied_question": question.text or "",
        "idle_sums": "1+1=2. " * 50,
    }


def _context(
    question: Question,
    right: Fraction | str,
    texts: list[str],
    *,
    prompt: str,
    tokenize: Callable[[str], list[int]],
) -> dict[str, Any]:
    """Build what TRL hands to a reward, for one question answered several times."""
    from transformers import TrainerState

    n, gold = len(texts), str(right)
    return {
        "prompts": [messages(load_prompt(prompt), question.text)] * n,
        "completions": [[{"role": "assistant", "content": text}] for text in texts],
        "completion_ids": [tokenize(text) for text in texts],
        "gold": [gold] * n,
        "ground_truth": [gold] * n,
        "gold_steps": [list(question.gold_steps)] * n,
        "question_id": [question.id] * n,
        "trainer_state": TrainerState(),
        "log_extra": _ignore,
        "log_metric": _ignore,
    }


def _ignore(*_values: Any) -> None:
    """Log nothing: the check is no step of the training."""


def _of_one_group(column: RewardColumn | OwnReward, size: int) -> RewardColumn | OwnReward:
    return replace(column, group_size=size) if isinstance(column, RewardColumn) else column


def _warnings(payments: Sequence[Payment]) -> tuple[Statement, ...]:
    totals = [payment.total for payment in payments]
    if len(set(totals)) == 1:
        return (Statement(key="reward_check.alike", values={"paid": totals[0]}),)
    right = payments[0].total
    return tuple(
        Statement(
            key=f"reward_check.{'hack' if payment.total >= right else 'near'}",
            values={
                "answer": Statement(key=f"reward_check.answer_{payment.answer}"),
                "paid": payment.total,
                "right": right,
            },
        )
        for payment in payments
        if not payment.is_right and payment.total >= min(right, _NEARLY * right)
    )

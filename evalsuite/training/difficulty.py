"""Difficulty of questions: a model learns from those it gets right sometimes but not always.

A group in which every sampled answer is right, or every one wrong, carries no signal. The base
answers each candidate a few times before training; the share of right answers is its pass rate.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.generation.engine import requests_for
from evalsuite.records.run import Decoding
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.training.rewards import correct, gold_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evalsuite.generation.engine import Engine
    from evalsuite.records.run import Kind, Question, Response

__all__ = ["keep_informative", "pass_rates", "sample_answers"]


def pass_rates(
    questions: Sequence[Question],
    engine: Engine,
    *,
    prompt: str,
    max_new_tokens: int,
    samples: int = 8,
    seed: int = 0,
    kind: Kind = "number",
) -> dict[str, float]:
    """Estimate how often a model answers each question correctly at temperature 1, by id.

    The engine has the model training starts from. ``max_new_tokens`` is as in training: an answer
    that is cut off before its box is wrong there, too.
    """
    right: Counter[str] = Counter()
    for question, answer in sample_answers(
        questions, engine, prompt=prompt, max_new_tokens=max_new_tokens, samples=samples, seed=seed
    ):
        right[question.id] += int(correct(answer.text or "", gold_of(question, kind)))
    return {question.id: right[question.id] / samples for question in questions}


def sample_answers(
    questions: Sequence[Question],
    engine: Engine,
    *,
    prompt: str,
    max_new_tokens: int,
    samples: int,
    seed: int,
) -> Iterator[tuple[Question, Response]]:
    """Let a model answer questions several times at temperature 1, as it does in training.

    Answers come with their questions, in any order.
    """
    template = load_prompt(prompt)
    by_id = {question.id: question for question in questions}
    requests = requests_for(
        {q.id: engine.render(messages(template, q.text)) for q in questions}, samples=samples
    )
    decoding = Decoding(max_new_tokens=max_new_tokens, temperature=1.0, samples=samples, seed=seed)
    for response in engine.generate(requests, decoding):
        yield by_id[response.question_id], response


def keep_informative(
    questions: Sequence[Question], rates: Mapping[str, float], *, low: float, high: float
) -> tuple[Question, ...]:
    """Keep the questions whose pass rate lies between two bounds, both included; in their order.

    Raises
    ------
    InvalidInputError
        If none is left.
    """
    informative = tuple(question for question in questions if low <= rates[question.id] <= high)
    if not informative:
        easy = sum(rates[question.id] > high for question in questions)
        raise InvalidInputError(
            "none of {n_questions} questions has a pass rate from {low:g} to {high:g} ({easy} "
            "above, {hard} below); widen the bounds or warm the model up",
            n_questions=len(questions),
            low=low,
            high=high,
            easy=easy,
            hard=len(questions) - easy,
        )
    return informative

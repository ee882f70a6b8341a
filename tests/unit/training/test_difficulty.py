"""Questions are kept by how often a model gets them right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.records.run import Decoding, Question, Response
from evalsuite.training.difficulty import keep_informative, pass_rates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.generation.engine import Request

_QUESTIONS = tuple(Question(id=f"q{i}", text=f"{i}", gold=str(i)) for i in range(5))


@dataclass
class _Engine:
    """Answers question i correctly in its first i samples."""

    name: str = "fake"
    decoding: list[Decoding] = field(default_factory=list)

    def render(self, messages: list[dict[str, str]]) -> str:
        return messages[-1]["content"]

    def describe(self) -> dict[str, Any]:
        return {}

    def cache_bytes(self, tokens: int, answers: int) -> int:
        return 0

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> Iterator[Response]:
        self.decoding.append(decoding)
        for request in reversed(requests):
            is_right = request.sample < int(request.prompt)
            yield Response(
                question_id=request.question_id,
                sample=request.sample,
                text=f"\\boxed{{{request.prompt if is_right else -1}}}",
                token_ends=None,
                finish="stop",
            )


def test_pass_rate_is_the_share_of_right_samples_at_temperature_one() -> None:
    engine = _Engine()
    rates = pass_rates(_QUESTIONS, engine, prompt="plain", max_new_tokens=16, samples=4, seed=9)
    assert rates == {"q0": 0.0, "q1": 0.25, "q2": 0.5, "q3": 0.75, "q4": 1.0}
    [decoding] = engine.decoding
    assert (decoding.temperature, decoding.samples, decoding.seed) == (1.0, 4, 9)


def test_bounds_are_included_and_order_is_kept() -> None:
    rates = {"q0": 0.0, "q1": 0.25, "q2": 0.5, "q3": 0.75, "q4": 1.0}
    informative = keep_informative(_QUESTIONS, rates, low=0.25, high=0.75)
    assert [question.id for question in informative] == ["q1", "q2", "q3"]


def test_nothing_left_is_an_error_that_says_on_which_side_the_questions_are() -> None:
    with pytest.raises(InvalidInputError, match="0 above, 5 below"):
        keep_informative(
            _QUESTIONS, dict.fromkeys([q.id for q in _QUESTIONS], 0.0), low=0.1, high=1
        )

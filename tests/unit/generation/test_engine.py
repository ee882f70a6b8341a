"""The list of answers to be drawn: one function for every engine."""

from __future__ import annotations

from evalsuite.generation.engine import Request, requests_for


def test_all_samples_of_a_question_stand_side_by_side_in_the_order_of_the_prompts() -> None:
    requests = requests_for({"b": "B?", "a": "A?"}, samples=2)

    assert [request.key for request in requests] == [("b", 0), ("b", 1), ("a", 0), ("a", 1)]
    assert requests[2] == Request(question_id="a", sample=0, prompt="A?")


def test_no_prompts_are_no_requests() -> None:
    assert requests_for({}) == []

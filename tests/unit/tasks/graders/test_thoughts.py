"""Thoughts: where they are, and what only mentions their marks."""

from __future__ import annotations

import time

import pytest

from evalsuite.tasks.graders.thoughts import answered, is_thinking


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("no marks", "no marks"),
        (" <think>a</think>b", " b"),
        ("a</think>b", "b"),
        ("<think>a, <think> again</think>b", "b"),
        ("<think>a</think>\n<think>b", ""),
        ("a <think>b</think> c", "a  c"),
        ("a <think> b", "a <think> b"),
        ("a</think>b <think> c", "b <think> c"),
    ],
)
def test_what_is_answered_is_left_and_stays_in_its_place(text: str, left: str) -> None:
    body = answered(text)

    assert body.replace("\n", "") == left
    assert len(body) == len(text)
    assert all(sign in ("\n", text[place]) for place, sign in enumerate(body))


@pytest.mark.parametrize(
    ("text", "is_unfinished"),
    [
        ("<think>a", True),
        ("a</think>\n<think>b", True),
        ("<think>a</think>", False),
        ("a <think> b", False),
        ("", False),
    ],
)
def test_only_an_open_thought_is_unfinished(text: str, is_unfinished: bool) -> None:
    assert is_thinking(text) is is_unfinished


@pytest.mark.parametrize("mark", ["<think>", "</think>", "a<think>", "a<think></think>"])
def test_many_marks_are_one_pass(mark: str) -> None:
    """Quadratic work would take minutes."""
    began = time.perf_counter()

    is_thinking(mark * 100_000)
    answered(" " * 100_000 + mark * 100_000)

    assert time.perf_counter() - began < 5

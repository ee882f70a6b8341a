"""Bounds of the options that say how answers are drawn."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import pytest

from evalsuite.asking.sampling_options import check_sampling
from evalsuite.errors import InvalidInputError

GREEDY: dict[str, Any] = {
    "samples": 1,
    "temperature": 0.0,
    "top_p": 1.0,
    "penalty": 1.0,
    "stop": (),
}


@pytest.mark.parametrize(
    "one",
    [
        {},
        {"samples": 8, "temperature": 0.7},
        {"top_p": 0.1},
        {"penalty": 0.5},
        {"penalty": 2.0},
        {"stop": ("\n",)},
    ],
)
def test_settings_that_answers_can_be_drawn_by_pass(one: dict[str, Any]) -> None:
    check_sampling(**GREEDY | one)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        ({"samples": 0}, "are none"),
        ({"samples": 2}, "all the same answer"),
        *(({"temperature": value}, "temperature is") for value in (-0.1, inf, nan)),
        *(({"top_p": value}, "top-p is") for value in (0.0, 1.1, nan)),
        *(({"penalty": value}, "repetition penalty is") for value in (0.0, 0.49, 2.01, inf, nan)),
        ({"stop": ("a", "")}, "a stop string is empty"),
    ],
)
def test_what_no_answer_can_be_drawn_by_is_refused(one: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidInputError, match=words):
        check_sampling(**GREEDY | one)

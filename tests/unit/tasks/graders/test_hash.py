from __future__ import annotations

from fractions import Fraction

import pytest

from evalsuite.tasks.graders.hash import read_hash


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("#### 18", 18),
        ("so\n#### $1,080", 1080),
        ("#### -3.5", Fraction(-7, 2)),
        ("#### 7\nQuestion: more\n#### 9", 7),
        ("####7.", 7),
        ("#### seven, then #### 8", 8),
    ],
)
def test_the_number_after_the_first_hashes_counts(text: str, value: Fraction) -> None:
    number = read_hash(text, finished=True)

    assert number is not None
    assert number.value == value
    assert text[number.start : number.end].strip("$").replace(",", "") in text.replace(",", "")


@pytest.mark.parametrize("text", ["", "18", "### 18", "####", "#### x", "#### " + "9" * 500])
def test_anything_else_is_no_answer(text: str) -> None:
    assert read_hash(text, finished=True) is None


def test_a_number_at_the_very_end_of_a_cut_text_may_lack_digits() -> None:
    assert read_hash("#### 1", finished=False) is None
    assert read_hash("#### 18\n", finished=False) is not None


def test_a_hostile_text_takes_one_pass() -> None:
    assert read_hash("####" * 200_000 + "1" * 10, finished=False) is None

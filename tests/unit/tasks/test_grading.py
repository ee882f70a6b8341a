"""What counts as an answer, and what does not."""

from __future__ import annotations

import json
import time
from fractions import Fraction
from pathlib import Path

import pytest

from evalsuite.tasks.grading import (
    Answer,
    boxes,
    format_number,
    grade_text,
    parse_gold,
    parse_number,
    read_flexible,
    read_strict,
)

SHARED = Path(__file__).parents[3].parent / "shared" / "data"


def _value(answer: Answer | None) -> Fraction:
    assert answer is not None
    return answer.value


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("18", 18),
        ("1,000", 1000),
        ("1{,}000", 1000),
        (r"70\,000", 70000),
        ("70 000", 70000),
        (r"\$18", 18),
        ("$18.00", 18),
        ("$18$", 18),
        ("-5", -5),
        ("\u22125", -5),
        ("$-5", -5),
        (r"-\$5", -5),
        (".5", Fraction(1, 2)),
        ("3.50", Fraction(7, 2)),
        ("18%", 18),
        (r"18\%", 18),
        ("18 dollars", 18),
        (r"18\text{ dollars}", 18),
        (r"\text{18 dollars}", 18),
        (r"\textbf{18}", 18),
        ("60 km/h", 60),
        (r"\boxed{18}", 18),
    ],
)
def test_a_plain_number_is_read_exactly(written: str, value: int | Fraction) -> None:
    assert parse_number(written) == value


@pytest.mark.parametrize(
    "written",
    [
        "",
        "9+9",
        "36/2",
        "9**9**9",
        "x = 18",
        "18 or 20",
        "3-4",
        "1/2",
        r"\frac{36}{2}",
        "2 million",
        "5k",
        "3 dozen",
        "1e3",
        "5:30",
        "1.2.3",
        "10,00",
        "\u0661\u0668",
        "\uff11\uff18",
        "9" * 41,
        "9" * 10_000,
        "--5",
        "abc",
        "1 2",
    ],
)
def test_what_is_no_plain_number_is_no_answer(written: str) -> None:
    assert parse_number(written) is None


def test_the_last_box_counts_and_nested_boxes_are_one() -> None:
    assert _value(read_strict(r"\boxed{71} no, \boxed{72}")) == 72
    assert _value(read_strict(r"\boxed{\boxed{18}}")) == 18
    assert _value(read_strict(r"\boxed{72} and \boxed{7")) == 72


def test_an_expression_in_the_last_box_is_no_answer_even_after_a_good_box() -> None:
    assert read_strict(r"\boxed{18} \boxed{9+9}") is None


def test_listing_every_number_in_boxes_earns_only_the_last() -> None:
    spam = "".join(rf"\boxed{{{i}}}" for i in range(100))

    assert not grade_text(spam, Fraction(42), finished=True).strict


def test_flexible_takes_the_last_number_of_finished_text_only() -> None:
    text = "First 5, then $1,250.50."

    assert _value(read_flexible(text, finished=True)) == Fraction(2501, 2)
    assert read_flexible(text, finished=False) is None


def test_a_minus_between_numbers_is_a_dash_and_before_a_number_a_sign() -> None:
    assert _value(read_flexible("pages 3-4", finished=True)) == 4
    assert _value(read_flexible("it fell to -4", finished=True)) == -4


def test_a_box_before_the_cut_counts() -> None:
    graded = grade_text(r"\boxed{7} and then I went on and", Fraction(7), finished=False)

    assert graded.strict


def test_the_span_marks_what_was_read() -> None:
    text = r"so \boxed{7}."
    graded = grade_text(text, Fraction(7), finished=True)

    assert graded.span is not None
    assert text[slice(*graded.span)] == "7"


@pytest.mark.parametrize(
    "hostile",
    [
        r"\boxed{" * 50_000,
        "{" * 200_000,
        "}" * 200_000,
        r"\boxed{" + "{" * 100_000 + "}" * 100_000 + "}",
        "9" * 200_000,
        "1," * 100_000,
        "-" * 200_000,
        "\x00\ud800" * 100_000,
    ],
)
def test_hostile_text_is_read_in_linear_time(hostile: str) -> None:
    started = time.process_time()
    grade_text(hostile, Fraction(7), finished=True)
    half = time.process_time() - started

    started = time.process_time()
    grade_text(hostile * 2, Fraction(7), finished=True)
    whole = time.process_time() - started

    assert whole < 8 * half + 0.5


def test_braces_that_are_escaped_do_not_count() -> None:
    assert boxes(r"\{ \boxed{5} \}") == [(10, 11)]


@pytest.mark.parametrize("value", ["18", "-3.5", "0", "0.125", "1/3", "-2/7", "1000000"])
def test_numbers_are_written_back_exactly(value: str) -> None:
    assert format_number(Fraction(value)) == value


def test_every_gsm8k_gold_is_read() -> None:
    """The lesson's pattern misreads 14 test and 79 train golds; this one reads all 8,792."""
    if not (SHARED / "gsm8k").is_dir():
        pytest.skip("needs ../shared/data/gsm8k")
    count = 0
    for split in ("test", "train"):
        text = (SHARED / "gsm8k" / f"{split}.jsonl").read_text(encoding="utf-8")
        for line in text.strip().split("\n"):
            answer = json.loads(line)["answer"]
            expected = Fraction(answer.rpartition("####")[2].strip().replace(",", ""))
            assert parse_gold(answer) == expected
            count += 1

    assert count == 8792

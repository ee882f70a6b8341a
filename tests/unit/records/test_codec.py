from __future__ import annotations

import math
from fractions import Fraction

import pytest
from builders import checked, response, run

from evalsuite.comparing.compare import Design
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json, sha256_of, sha256_of_list, to_json, to_line
from evalsuite.records.comparison import Comparison, Interval
from evalsuite.records.run import Question, Response, RunSpec


def test_every_record_survives_the_trip() -> None:
    base = run([r"\boxed{7}", "8"])
    comparison = checked(base, run(["8", r"\boxed{7}"]), Design(budgets=(4, 64)))

    assert from_json(RunSpec, to_json(base.spec)) == base.spec
    assert from_json(Question, to_line(base.questions[0])) == base.questions[0]
    assert from_json(Response, to_line(base.responses[0])) == base.responses[0]
    assert from_json(Comparison, to_json(comparison)) == comparison


def test_lone_surrogates_and_control_characters_survive() -> None:
    hostile = response(0, "a\ud800\x00\u202e\u2028b")

    assert from_json(Response, to_line(hostile)) == hostile
    assert to_line(hostile).isascii()
    assert to_line(hostile).count("\n") == 1


def test_the_same_record_is_the_same_bytes() -> None:
    assert to_json({"b": 1, "a": Fraction(7, 2)}) == '{\n  "a": "7/2",\n  "b": 1\n}\n'
    assert sha256_of({"b": 1, "a": 2}) == sha256_of({"a": 2, "b": 1})


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_nan_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"value": value})


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{", "not readable JSON"),
        ("[" * 100_000, "not readable JSON"),
        ("[]", "is not a Response"),
        ('{"schema": 99}', "has schema 99"),
        ('{"question_id": "q"}', "is not a Response: "),
    ],
)
def test_foreign_data_is_one_clear_error(text: str, complaint: str) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        from_json(Response, text, origin="x.json")


@pytest.mark.parametrize("written", ["nan", "inf", "-Infinity"])
def test_a_text_is_no_number_that_compares_with_nothing(written: str) -> None:
    text = f'{{"low": "{written}", "high": 1.0}}'

    with pytest.raises(InvalidInputError, match="low: Input should be a finite number"):
        from_json(Interval, text)


def test_a_strange_schema_is_told_in_short() -> None:
    with pytest.raises(InvalidInputError) as refused:
        from_json(Response, '{"schema": "' + "9" * 9999 + '"}')

    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("items", [[], [1], [["a", None], ["\u00e9", 0.5]]])
def test_a_list_hashed_in_pieces_has_the_hash_of_the_whole(items: list[object]) -> None:
    assert sha256_of_list(iter(items)) == sha256_of(items)

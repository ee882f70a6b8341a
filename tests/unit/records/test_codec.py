from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from builders import checked, response, run

from evalsuite.comparing.compare import Design
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import (
    from_json,
    from_lines,
    sha256_of,
    sha256_of_list,
    to_json,
    to_line,
)
from evalsuite.records.comparison import Comparison, Interval
from evalsuite.records.run import Grade, Question, Response, RunSpec

if TYPE_CHECKING:
    from collections.abc import Callable


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


RESPONSE = to_line(run([r"it is \boxed{7}"]).responses[0]).strip()
GRADE = to_line(run([r"it is \boxed{7}"]).grades[0]).strip()
QUESTION = to_line(run([r"it is \boxed{7}"]).questions[0]).strip()


def read_as(reader: Callable[[], Any]) -> Any:
    """Give a record's own text, which tells 1 from 1.0 and True, or what is said instead."""
    try:
        return repr(reader())
    except InvalidInputError as error:
        return str(error)


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        (Response, RESPONSE),
        (Response, " " + RESPONSE + " \r\n"),
        (Response, "\ufeff" + RESPONSE),
        (Response, RESPONSE + "x"),
        (Response, RESPONSE[:-1]),
        (Response, RESPONSE[:-1] + ',"schema":3}'),
        (Response, RESPONSE[:-1] + ',"schema":1}'),
        (Response, RESPONSE[:-1] + ',"further":[1]}'),
        (Response, RESPONSE[:-1] + ',"sample":1,"sample":2}'),
        (Response, RESPONSE[:-1] + ',"sample":"3"}'),
        (Response, RESPONSE[:-1] + ',"sample":true}'),
        (Response, RESPONSE[:-1] + ',"sample":2.0}'),
        (Response, RESPONSE[:-1] + ',"sample":2.5}'),
        (Response, RESPONSE[:-1] + ',"sample":1e999}'),
        (Response, RESPONSE[:-1] + ',"sample":NaN}'),
        (Response, RESPONSE[:-1] + ',"sample":' + "9" * 30 + "}"),
        (Response, RESPONSE[:-1] + ',"sample":' + "9" * 5000 + "}"),
        (Response, RESPONSE[:-1] + ',"text":"\\ud800"}'),
        (Response, RESPONSE[:-1] + ',"text":"\\ud83d\\ude00"}'),
        (Response, RESPONSE[:-1] + ',"text":"a\tb"}'),
        (Response, RESPONSE[:-1] + ',"text":7}'),
        (Response, RESPONSE[:-1] + ',"token_ends":[3,1]}'),
        (Response, RESPONSE[:-1] + ',"token_ends":null}'),
        (Response, RESPONSE[:-1] + ',"token_ends":"12"}'),
        (Response, RESPONSE[:-1] + ',"token_ends":{"1":2}}'),
        (Response, RESPONSE[:-1] + ',"finish":"late"}'),
        (Response, RESPONSE[:-1] + ',"further":' + "[" * 5000 + "]" * 5000 + "}"),
        (Response, "[]"),
        (Response, ""),
        (Grade, GRADE),
        (Grade, GRADE[:-1] + ',"scores":{"strict":NaN}}'),
        (Grade, GRADE[:-1] + ',"scores":{"strict":1e999}}'),
        (Grade, GRADE[:-1] + ',"scores":{"strict":"nan"}}'),
        (Grade, GRADE[:-1] + ',"scores":{"strict":1}}'),
        (Grade, '{"question_id":"q","sample":0,"strict":true,"flexible":true,"answer":"7"}'),
        (Question, QUESTION),
        (Question, QUESTION[:-1] + ',"text":""}'),
        (Question, QUESTION[:-1] + ',"metadata":{"a":[1,0.5,1e5,null]}}'),
        (Question, QUESTION[:-1] + ',"metadata":{"a":1e999}}'),
        (Question, QUESTION[:-1] + ',"metadata":{"a":1E+0400}}'),
        (Question, QUESTION[:-1] + ',"metadata":{"a":-Infinity}}'),
        (Question, QUESTION[:-1] + ',"metadata":{"a":NaN}}'),
        (Question, QUESTION[:-1] + ',"metadata":{"a":' + "9" * 400 + ".0}}"),
    ],
)
def test_a_line_among_lines_is_read_or_refused_as_alone(kind: type[Any], line: str) -> None:
    among = read_as(lambda: next(from_lines(kind, [line], origin="x.jsonl")))
    alone = read_as(lambda: from_json(kind, line, origin="x.jsonl:1"))

    assert among == alone

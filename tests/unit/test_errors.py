"""Clauses, and the errors that carry them: through copies, processes and one another."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import (
    Clause,
    InvalidInputError,
    RunFailedError,
    TranslatableError,
    UnknownModelError,
    at_line,
    joined,
)

if TYPE_CHECKING:
    from collections.abc import Callable

CHINESE = {
    "{name} is {value!r}; {hint}": "{name} 的值是 {value!r}；{hint}",
    "use {names}": "请用 {names}",
    "task {task}: {error}": "任务 {task}：{error}",
}


def test_a_line_is_text_and_is_told_within_an_error() -> None:
    place = at_line("a line 1.jsonl", 3)
    clause = Clause("{where} is bad", where=place)

    assert str(place) == "a line 1.jsonl line 3"
    told = clause.told(
        {"{where} is bad": "{where}：不对", "{path} line {number}": "{path} 第 {number} 行"}
    )
    assert told == "a line 1.jsonl 第 3 行：不对"


def refuse(value: str) -> None:
    hint = Clause("use {names}", names="a, b")
    raise InvalidInputError("{name} is {value!r}; {hint}", name="kind", value=value, hint=hint)


def refusal(value: str = "x") -> InvalidInputError:
    with pytest.raises(InvalidInputError) as caught:
        refuse(value)
    return caught.value


def test_an_error_says_its_template_filled_in() -> None:
    error = refusal()
    assert str(error) == "kind is 'x'; use a, b"
    assert error.clause.template == "{name} is {value!r}; {hint}"
    assert error.clause.values["{value!r}"] == "'x'"


def test_an_error_is_told_in_another_language_with_its_clauses() -> None:
    assert refusal().clause.told(CHINESE) == "kind 的值是 'x'；请用 a, b"


def test_what_the_table_lacks_stays_english() -> None:
    assert refusal().clause.told({}) == str(refusal())


def test_a_message_without_values_stands_as_it_is() -> None:
    error = RunFailedError('write {"name": "{name}"}')
    assert str(error) == error.clause.told(CHINESE) == 'write {"name": "{name}"}'


def test_a_brace_that_names_no_value_is_a_brace() -> None:
    assert Clause('{where}: write {"id": 1} or {}', where="a") == 'a: write {"id": 1} or {}'
    assert Clause("{given!r}: write {dtype: bfloat16}", given=1) == "1: write {dtype: bfloat16}"


def test_a_value_is_never_a_template() -> None:
    clause = Clause("{name} is {value}", name="{value}", value="{name!r} {0} %s")
    assert clause == "{value} is {name!r} {0} %s"
    assert clause.told({"{name} is {value}": "{value} 给 {name}"}) == "{name!r} {0} %s 给 {value}"


def test_formats_stand_in_the_template() -> None:
    assert Clause("{n:,} of {share:.1%}", n=12345, share=0.5) == "12,345 of 50.0%"


def test_a_place_without_a_value_is_a_mistake() -> None:
    with pytest.raises(KeyError, match="value"):
        Clause("{name} is {value}", name="x")


def test_values_are_written_at_once() -> None:
    names = ["a"]
    clause = Clause("use {names}", names=names)
    names.append("b")
    assert clause.told(CHINESE) == "请用 ['a']"


def test_an_error_inside_another_is_told_too() -> None:
    error = UnknownModelError("task {task}: {error}", task="t", error=refusal())
    assert str(error) == "task t: kind is 'x'; use a, b"
    assert error.clause.told(CHINESE) == "任务 t：kind 的值是 'x'；请用 a, b"


def test_joined_clauses_are_told_each() -> None:
    both = joined([Clause("use {names}", names="a"), "or nothing"], "; ")
    assert both == "use a; or nothing"
    assert both.told(CHINESE) == "请用 a; or nothing"


@pytest.mark.parametrize(
    "again",
    [copy.copy, copy.deepcopy, lambda error: pickle.loads(pickle.dumps(error))],  # noqa: S301
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_of_an_error_is_told_alike(again: Callable[[TranslatableError], object]) -> None:
    same = again(refusal())
    assert isinstance(same, InvalidInputError)
    assert str(same) == str(refusal())
    assert same.clause.told(CHINESE) == refusal().clause.told(CHINESE)


def test_what_can_not_be_pickled_may_be_a_value() -> None:
    error = RunFailedError("{file}: {why}", file=Path("x"), why=lambda: None)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301


def test_an_error_crosses_processes() -> None:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        error = pool.submit(refuse, "y").exception()
    assert isinstance(error, InvalidInputError)
    assert error.clause.told(CHINESE) == "kind 的值是 'y'；请用 a, b"

"""Options as a notebook writes them: each of its kind or one line, and none is dropped."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evalsuite.asking.options import CompareOptions, checked_options, tasks_of
from evalsuite.asking.spec import CompareSpec, check_options, spec_of
from evalsuite.errors import InvalidInputError
from evalsuite.logs.log import Columns
from evalsuite.records.verdict import Policy


def refused(match: str, **options: Any) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(match)):
        spec_of(**options)


def test_an_unknown_option_is_refused_not_dropped() -> None:
    refused("compare has no option sedes; it knows allow_missing, alpha", sedes=3)


@pytest.mark.parametrize("option", [{"margin": 7}, {"alpha": 0.01}, {"declare": "budgets"}])
def test_a_policy_beside_one_of_its_parts_is_refused(option: dict[str, Any]) -> None:
    (name,) = option

    refused(f"policy holds {name}; set it there", policy=Policy(), **option)


def test_two_numbers_of_subsets_are_refused() -> None:
    refused("seeds is another name of subsets", seeds=3, subsets=9)


@pytest.mark.parametrize(
    ("name", "one"),
    [
        ("stop", "END"),
        ("also", "greedy"),
        ("template_arguments", "enable_thinking=false"),
        ("max_new_tokens", 512),
    ],
)
def test_one_text_or_number_is_several_of_one(name: str, one: str | int) -> None:
    by_itself, in_a_list = spec_of(**{name: one}), spec_of(**{name: [one]})  # type: ignore[arg-type]

    check_options(by_itself)
    assert getattr(by_itself, name) == (one,)
    assert by_itself == in_a_list


@pytest.mark.parametrize(
    ("option", "line"),
    [
        ({"subsets": "5"}, "subsets is '5'; make it a whole number"),
        ({"subsets": True}, "subsets is True; make it a whole number"),
        ({"subsets": None}, "subsets is None; make it a whole number"),
        ({"max_new_tokens": "512"}, "max_new_tokens is '512'; make it a whole number, or a list"),
        ({"max_new_tokens": [64, 1.5]}, "max_new_tokens is [64, 1.5]; make it a whole number, or"),
        ({"temperature": "0"}, "temperature is '0'; make it a number"),
        ({"margin": "2"}, "margin is '2'; make it a number"),
        ({"full": "no"}, "full is 'no'; make it True or False"),
        ({"stop": [5]}, "stop is [5]; make it a text, or a list of them"),
        ({"data": 5}, "data is 5; make it a path"),
        ({"engine": 5}, "engine is 5; make it a text"),
        ({"subset": 42}, "subset is 42; make it a seed and a size, such as (42, 20)"),
        ({"task": 5}, "task is 5; make it a text, or a list of them"),
        ({"columns": "id"}, "columns is 'id'; make it evalsuite.logs.log.Columns"),
        ({"policy": 0.05}, "policy is 0.05; make it evalsuite.records.verdict.Policy"),
    ],
)
def test_a_value_of_another_kind_is_one_line(option: dict[str, Any], line: str) -> None:
    refused(line, **option)


def test_paths_may_be_texts_and_numbers_of_any_library() -> None:
    spec = spec_of(
        data="q.jsonl",  # type: ignore[arg-type]
        runs="elsewhere",  # type: ignore[arg-type]
        task=Path("mine.jsonl"),  # type: ignore[arg-type]
        subsets=np.int64(3),  # type: ignore[arg-type]
        temperature=Fraction(1, 2),  # type: ignore[arg-type]
        max_new_tokens=np.array([64, 96]),  # type: ignore[arg-type]
    )

    assert spec == CompareSpec(
        data=Path("q.jsonl"),
        runs=Path("elsewhere"),
        task="mine.jsonl",
        subsets=3,
        temperature=0.5,
        max_new_tokens=(64, 96),
    )
    assert type(spec.subsets) is int


def test_every_option_has_a_kind() -> None:
    odd = {"policy": Policy(), "columns": Columns(), "full": True, "subset": (42, 20)}
    by_kind = [1, 1.5, "text", True]
    for name in CompareOptions.__annotations__:
        values = [odd[name]] if name in odd else by_kind

        assert any(_is_taken(name, value) for value in values), name


def _is_taken(name: str, value: object) -> bool:
    try:
        checked_options({name: value})  # type: ignore[misc]
    except InvalidInputError:
        return False
    return True


def test_tasks_are_one_or_several_in_a_list_or_with_commas(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a,b.jsonl").touch()

    assert spec_of(task="gsm8k") == CompareSpec(task="gsm8k")
    assert spec_of(task=()) == spec_of(task=None) == CompareSpec()
    assert spec_of(task="x, y") == spec_of(task=["x", "y"]) == CompareSpec(tasks=("x", "y"))
    assert tasks_of("a,b.jsonl") == ("a,b.jsonl",)


def test_a_comma_before_an_argument_is_part_of_a_tasks_name() -> None:
    assert tasks_of("x,wp:a=1,b=2,wp:a=2,y") == ("x", "wp:a=1,b=2", "wp:a=2", "y")
    with pytest.raises(InvalidInputError, match="task 'x' is named more than once"):
        spec_of(task=("x,y", "x"))

"""The page of error rates names tests that exist, and only numbers within their bounds."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from rates import Rate, Rates
from rates_page import PAGE, QUESTIONS, rates_page

ROWS = [line for line in PAGE.read_text("utf-8").splitlines() if "`test_" in line]
FOLDER = Path(__file__).parent


def functions(file: str) -> set[str]:
    tree = ast.parse((FOLDER / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_row_names_a_test_that_holds_its_question(row: str) -> None:
    keys = {text: key for key, text in QUESTIONS.items()}
    question = keys[row.split("|")[1].strip()]
    named = re.findall(r"`(test_\w+\.py)`<br>`(test_\w+)`", row)

    assert named
    for file, function in named:
        assert function in functions(file), f"{file} has no {function}"
    assert any(f'"{question}"' in (FOLDER / file).read_text("utf-8") for file, _ in named)


def test_every_question_has_a_row_or_is_named_as_not_measured() -> None:
    page = PAGE.read_text("utf-8")
    measured = {row.split("|")[1].strip() for row in ROWS}

    assert measured <= set(QUESTIONS.values())
    assert all(f"- {text}\n" in page for text in set(QUESTIONS.values()) - measured)


def test_every_question_is_measured_by_some_test() -> None:
    tests = "".join(path.read_text("utf-8") for path in FOLDER.glob("test_*.py"))

    assert [key for key in QUESTIONS if f'"{key}"' not in tests.replace("'", '"')] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.split("|")[1].strip())
def test_every_rate_is_within_its_bound(row: str) -> None:
    cells = [cell.strip() for cell in row.split("|")]
    rate, bound = float(re.split(r"[ (]", cells[4])[0]), cells[6]
    numbers = [float(number) for number in re.findall(r"[\d.]+", bound)]

    if bound.startswith("at most"):
        assert rate <= numbers[0]
    elif bound.startswith("at least"):
        assert rate >= numbers[0]
    else:
        assert numbers[0] <= rate <= numbers[1]


def test_a_rate_beyond_its_bound_fails_its_test() -> None:
    rates = Rates("test_x.py::test_y")

    rates.share("pair_claim", "cell", 5, 100, at_most=0.05)
    with pytest.raises(AssertionError):
        rates.share("pair_claim", "cell", 6, 100, at_most=0.05)
    with pytest.raises(AssertionError):
        rates.enumerated("pair_covered", "cell", 0.93, at_least=0.94)


def test_the_row_shows_the_design_nearest_to_its_bound() -> None:
    def rate(cell: str, value: float) -> Rate:
        ends = {"value": value, "low": value - 0.01, "high": value + 0.01}
        bound = {"runs": 100, "at_least": 0.9, "at_most": None}
        test = "test_x.py::test_y"
        return Rate(question="pair_covered", test=test, cell=cell, n=20, **ends, **bound)  # type: ignore[arg-type]

    page = rates_page([rate("good", 0.99), rate("bad", 0.91)])

    assert "0.910 (0.900 to 0.920; 100 runs) | bad | at least 0.9 |" in page

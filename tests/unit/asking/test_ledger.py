from __future__ import annotations

from pathlib import Path

import pytest
from builders import run

from evalsuite.asking.ledger import LookOrder, enter, remember_looks, remembered_looks
from evalsuite.asking.plan import PlannedRun, select_questions
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError
from evalsuite.records.run import SubsetSpec
from evalsuite.records.verdict import Policy


def model(name: str, text: str = "", n: int = 4) -> PlannedRun:
    answers = run([rf"\boxed{{{name}{text}}}"] * n, name=name)
    selection = select_questions(
        answers.questions, SubsetSpec(seeds=(), size=1), task="test", split="test"
    )
    return PlannedRun(
        model=answers.spec.model, selection=selection, budgets=(64,), spec=answers.spec, run=answers
    )


BASE, GOOD, FAIR = model("base"), model("good"), model("fair")


@pytest.fixture
def spec(tmp_path: Path) -> CompareSpec:
    return CompareSpec(runs=tmp_path / "runs")


def test_a_comparison_counts_once_however_often_it_is_made(spec: CompareSpec) -> None:
    numbers = [enter((BASE, other), spec) for other in (GOOD, FAIR, GOOD, FAIR)]

    assert numbers == [1, 2, 1, 2]


def test_other_settings_are_another_comparison(spec: CompareSpec) -> None:
    strict = CompareSpec(runs=spec.runs, policy=Policy(alpha=0.01))
    tight = CompareSpec(runs=spec.runs, headline_budget=300)

    assert [enter((BASE, GOOD), each) for each in (spec, strict, tight, spec)] == [1, 2, 3, 1]


def test_other_questions_are_counted_by_themselves(spec: CompareSpec) -> None:
    assert enter((BASE, GOOD), spec) == 1
    assert enter((model("base", n=5), model("good", n=5)), spec) == 1


def test_several_models_judged_together_are_one_comparison(spec: CompareSpec) -> None:
    assert [enter((BASE, GOOD, FAIR), spec), enter((BASE, GOOD), spec)] == [1, 2]


def test_looks_are_remembered_for_the_pair_in_either_direction(spec: CompareSpec) -> None:
    looks = remember_looks((BASE, GOOD), spec)

    assert looks == LookOrder("planned", 0)
    assert remembered_looks((BASE, GOOD), spec) == remembered_looks((GOOD, BASE), spec) == looks
    assert remembered_looks((BASE, FAIR), spec) is None


def test_a_completed_pair_is_the_comparison_that_was_looked_at(spec: CompareSpec) -> None:
    remember_looks((BASE, GOOD), spec)

    assert enter((BASE, GOOD), spec) == 1


def test_looks_that_nothing_would_remember_are_refused(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file, so no folder")
    spec = CompareSpec(runs=Path("/proc/self/runs"))

    assert enter((BASE, GOOD), spec) is None
    with pytest.raises(InvalidInputError, match="--runs"):
        remember_looks((BASE, GOOD), spec)


def test_a_line_that_a_crash_tore_is_written_again(spec: CompareSpec) -> None:
    enter((BASE, GOOD), spec)
    path = spec.runs / "ledger.jsonl"
    path.write_text(path.read_text() + '{"models": ["ab')

    assert enter((BASE, FAIR), spec) == 2

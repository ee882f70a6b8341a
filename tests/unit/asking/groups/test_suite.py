"""One pair on several tasks, from logs and stored runs to a judged suite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from builders import run, stored
from log_builders import (
    inspect_header,
    inspect_sample,
    lm_eval_row,
    write_inspect,
    write_lm_eval,
)

from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.ledger import remember_looks
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.records.comparison import Comparison
from evalsuite.records.groups.suite import SuiteComparison
from evalsuite.records.verdict import Policy

LOGS = Path(__file__).parents[3] / "harnesses" / "logs" / "lm_eval"
RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
N = 60


def compared(*names: str, **spec: object) -> SuiteComparison:
    plan = plan_comparison(names, CompareSpec(subsets=0, **spec))  # type: ignore[arg-type]
    judged = run_comparison(plan).judged
    assert isinstance(judged, SuiteComparison)
    return judged


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """Store a base and a trained model on two tasks, of which one gains."""
    monkeypatch.chdir(tmp_path)
    for task, (base, trained) in {"one": (4, 40), "two": (20, 20)}.items():
        for name, right in (("base", base), ("trained", trained)):
            answers = [RIGHT] * right + [WRONG] * (N - right)
            stored(tmp_path / "runs", run(answers, name=name, task=task))
    return "run:base-*", "run:trained-*"


def test_all_tasks_of_real_logs_are_compared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    record = compared(str(LOGS / "base"), str(LOGS / "trained"))

    assert record.tasks == ("larger", "word_problems", "word_problems_repeats")
    gains = [part.gain.estimate for part in record.parts]
    assert gains == [0, 0.5, 0.25]
    assert record.suite.mean.gain == pytest.approx(0.25)
    assert record.suite.n_questions == 72
    assert record.verdict is not None
    assert (record.verdict.decision, record.verdict.policy.family) == ("improved", 4)


def test_a_task_alone_is_a_comparison_of_one_pair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = plan_comparison((str(LOGS / "base"), str(LOGS / "trained")), CompareSpec(task="larger"))

    assert isinstance(run_comparison(plan).judged, Comparison)


def test_stored_runs_of_several_tasks_are_one_suite(runs: tuple[str, str]) -> None:
    record = compared(*runs)

    decisions = [part.verdict.decision for part in record.parts if part.verdict]
    assert decisions == ["improved", "powerless"]
    assert record.suite.mean.gain == pytest.approx((36 / N + 0) / 2)
    assert [part.look for part in record.parts] == [1, 2]  # both ask the same built questions
    assert record.provenance["names"] == runs


def test_tasks_are_chosen_by_name(runs: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError, match=r"run:base-\* holds no task 'three'"):
        compared(*runs, tasks=("one", "three"))


def test_an_error_says_of_which_task_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for side, n in (("a", 3), ("b", 2)):
        for task, rows in (("same", 3), ("less", n)):
            answers = [lm_eval_row(i, 1.0) for i in range(rows)]
            write_lm_eval(tmp_path / side, answers, task=task, model=f"models/{side}")

    with pytest.raises(NotComparableError, match=r"^task less: .* are in one log only"):
        compared("a", "b")


def test_a_side_must_be_one_model_on_all_tasks(tmp_path: Path) -> None:
    for name, task in (("base", "one"), ("base-2", "two"), ("trained", "one"), ("trained", "two")):
        stored(tmp_path / "runs", run([RIGHT] * 9, name=name, task=task))

    with pytest.raises(NotComparableError, match="base is not one model on all tasks"):
        compared("run:base-*", "run:trained-*", runs=tmp_path / "runs")


def test_a_pair_that_was_looked_at_is_refused(runs: tuple[str, str]) -> None:
    spec = CompareSpec(subsets=0)
    plan = plan_comparison(runs, spec)
    remember_looks(plan.models[1::2], spec)  # base and trained on the second task

    with pytest.raises(InvalidInputError, match="task two: this pair was looked at before"):
        run_comparison(plan)


@pytest.mark.parametrize(
    "spec",
    [
        CompareSpec(stop_early=True),
        CompareSpec(noise_floor=True),
        CompareSpec(policy=replace(Policy(), declared=("graders",))),
        CompareSpec(data=Path("gsm8k.jsonl")),
    ],
)
def test_other_designs_are_refused(runs: tuple[str, str], spec: CompareSpec) -> None:
    with pytest.raises(InvalidInputError, match="--task"):
        plan_comparison(runs, spec)


def test_several_models_on_several_tasks_are_refused() -> None:
    spec = CompareSpec(tasks=("embedded", "gsm8k"))

    with pytest.raises(InvalidInputError, match="several tasks of 2 trained models"):
        plan_comparison(("base", "trained", "other"), spec)
    with pytest.raises(InvalidInputError, match="stands for several models"):
        plan_comparison(("base", "path:out/checkpoint-*"), spec)


def test_a_folder_of_inspect_logs_holds_a_task_a_file(tmp_path: Path) -> None:
    for side, wrong in (("a", 20), ("b", 2)):
        for task in ("one", "two"):
            (tmp_path / side).mkdir(exist_ok=True)
            samples = [inspect_sample(i, "I" if i < wrong else "C") for i in range(30)]
            header = inspect_header(samples)["eval"] | {"task": task, "model": f"models/{side}"}
            write_inspect(tmp_path / side / f"{task}.eval", samples, eval=header)

    record = compared(str(tmp_path / "a"), str(tmp_path / "b"), runs=tmp_path / "runs")

    assert record.tasks == ("one", "two")
    assert record.suite.mean.gain == pytest.approx(18 / 30)

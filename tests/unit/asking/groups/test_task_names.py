"""What a side holds, and which tasks both sides do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import run, stored
from log_builders import lm_eval_row, write_lm_eval

from evalsuite.asking.compare import plan_comparison
from evalsuite.asking.groups.task_names import TaskNames, shared_tasks, sides_of
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError, NotComparableError, UnknownModelError

BOTH = TaskNames(name="a", tasks=("x", "y", "z"))
SOME = TaskNames(name="b", tasks=("y", "x"))
OPEN = TaskNames(name="base", tasks=())


def test_tasks_of_one_side_are_refused_by_name_and_left_out_where_allowed() -> None:
    with pytest.raises(NotComparableError, match="z only in a") as refused:
        shared_tasks(BOTH, SOME, CompareSpec())
    assert refused.value.clause.parted({})[0] == "z only in a"

    shared, one_sided = shared_tasks(BOTH, SOME, CompareSpec(allow_missing=True))

    assert (shared, one_sided.base, one_sided.trained) == (("x", "y"), ("z",), ())


def test_two_lists_of_tasks_are_told_before_one_way_out() -> None:
    other = TaskNames(name="c", tasks=("x", "w"))

    with pytest.raises(NotComparableError) as refused:
        shared_tasks(BOTH, other, CompareSpec())

    what, way = refused.value.clause.parted({})
    assert what == "y, z only in a; w only in c"
    assert way.startswith("run both models on the same tasks")


def test_a_model_can_be_asked_what_the_other_side_holds() -> None:
    assert shared_tasks(OPEN, SOME, CompareSpec())[0] == ("y", "x")


def test_sides_without_a_task_in_common_say_what_they_hold() -> None:
    other = TaskNames(name="c", tasks=("w",))

    with pytest.raises(NotComparableError, match=r"b holds y, x, c holds w"):
        shared_tasks(SOME, other, CompareSpec(allow_missing=True))


def test_a_task_asked_for_that_a_side_lacks_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="b holds no task 'z'; it holds y, x"):
        shared_tasks(BOTH, SOME, CompareSpec(tasks=("x", "z")))


def test_logs_tell_their_tasks(tmp_path: Path) -> None:
    for task in ("one", "two"):
        write_lm_eval(tmp_path / "a", [lm_eval_row(0, 1.0)], task=task)

    (side,) = sides_of((str(tmp_path / "a"),), CompareSpec())

    assert side.tasks == ("one", "two")
    assert sides_of((str(tmp_path / "a"),), CompareSpec(task="one"))[0].tasks == ()


def test_a_table_is_read_once_and_a_folder_of_tables_has_tasks_by_their_names(
    tmp_path: Path,
) -> None:
    for name in ("algebra", "counting"):
        row = json.dumps({"id": 0, "score": 1})
        (tmp_path / f"{name}.jsonl").write_text(row, encoding="utf-8")

    folder, alone = sides_of((f"log:{tmp_path}", str(tmp_path / "algebra.jsonl")), CompareSpec())

    assert {name: log.task for name, log in folder.logs.items() if log} == {
        "algebra": "algebra",
        "counting": "counting",
    }
    assert alone.only_log is not None
    assert alone.only_log.task == "log"


def test_a_pattern_of_runs_has_one_run_a_task(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = {task: stored(Path("runs"), run(["a"], task=task)) for task in ("one", "two")}

    (side,) = sides_of(("run:base-*",), CompareSpec())

    assert side.runs == names
    assert side.name_of("two") == names["two"]
    with pytest.raises(UnknownModelError, match="matches no complete run"):
        sides_of(("run:other-*",), CompareSpec())
    stored(Path("runs"), run(["b"], task="two", budget=9))
    with pytest.raises(InvalidInputError, match="two runs of task two"):
        sides_of(("run:base-*",), CompareSpec())


def test_a_pattern_of_one_run_is_that_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One task, whether it is all that was stored or all that was asked for."""
    monkeypatch.chdir(tmp_path)
    names = {task: stored(Path("runs"), run(["a"], task=task)) for task in ("one", "two")}
    other = stored(Path("runs"), run(["b"], task="one", name="trained"))

    alone, narrowed = (
        sides_of((name,), CompareSpec(task=task))[0]
        for name, task in (("run:trained-*", None), ("run:base-*", "two"))
    )

    assert alone.only_name == other
    assert narrowed.only_name == names["two"]
    with pytest.raises(InvalidInputError, match=r"run:base-\* holds no task 'three'"):
        sides_of(("run:base-*",), CompareSpec(task="three"))


def test_patterns_of_one_task_are_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("base", "trained"):
        stored(Path("runs"), run([r"\boxed{7}"] * 8, name=name, task="one"))

    plan = plan_comparison(("run:base-*", "run:trained-*"), CompareSpec())

    assert [planned.model.name for planned in plan.models] == ["base", "trained"]

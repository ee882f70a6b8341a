from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from format_builders import WRITERS, lines, skills_row, verl_row, write_helm
from log_builders import inspect_sample, lm_eval_row, write_inspect, write_lm_eval

from evalsuite.errors import InvalidInputError
from evalsuite.logs.detect import find_files, logs_by_task, read_one
from evalsuite.logs.log import FORMATS, Columns

if TYPE_CHECKING:
    from pathlib import Path


def table(path: Path, **columns: object) -> Path:
    path.write_text(json.dumps({"id": 0, "score": 1} | columns) + "\n", encoding="utf-8")
    return path


def test_a_folder_is_searched_and_its_results_are_no_log(tmp_path: Path) -> None:
    write_lm_eval(tmp_path / "out" / "base", [lm_eval_row(0, 1.0)])

    (file,) = find_files(str(tmp_path))

    assert (file.format, file.task) == ("lm-eval", "numbers")


def test_tables_beside_a_harness_log_are_no_logs(tmp_path: Path) -> None:
    write_lm_eval(tmp_path, [lm_eval_row(0, 1.0)])
    table(tmp_path / "train_log.jsonl")

    assert [file.format for file in find_files(str(tmp_path))] == ["lm-eval"]


def test_patterns_files_and_folders_name_the_same_log(tmp_path: Path) -> None:
    path = write_inspect(tmp_path / "log.eval", [inspect_sample(1, "C")])

    names = [str(path), str(tmp_path), str(tmp_path / "*.eval")]

    assert {find_files(name) for name in names} == {find_files(str(path))}


def test_several_tasks_are_listed_and_one_is_chosen(tmp_path: Path) -> None:
    for task in ("one", "two"):
        write_lm_eval(tmp_path, [lm_eval_row(0, 1.0)], task=task)

    with pytest.raises(InvalidInputError, match=r"2 tasks \(one, two\); choose one with --task"):
        read_one(str(tmp_path))
    assert read_one(str(tmp_path), task="two").task == "two"
    with pytest.raises(InvalidInputError, match="'three' is not among them"):
        read_one(str(tmp_path), task="three")


def test_several_runs_of_one_task_are_never_chosen_silently(tmp_path: Path) -> None:
    for second in (5, 6):
        stamp = f"2026-01-02T03-04-0{second}.000001"
        write_lm_eval(tmp_path, [lm_eval_row(0, 1.0)], stamp=stamp)

    with pytest.raises(InvalidInputError, match="2 runs"):
        read_one(str(tmp_path))


def test_several_models_of_one_task_are_listed(tmp_path: Path) -> None:
    for model in ("a", "b"):
        write_lm_eval(tmp_path / model, [lm_eval_row(0, 1.0)])

    with pytest.raises(InvalidInputError, match=r"2 models \(a, b\)"):
        read_one(str(tmp_path))


def test_a_model_of_a_table_is_chosen_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("id,model,score\n0,a,1\n0,b,0\n", encoding="utf-8")

    assert read_one(str(path), model="b").entries[0].answers[0].scores == {"score": 0.0}
    with pytest.raises(InvalidInputError, match=r"2 models \(a, b\); choose one with MODEL="):
        read_one(str(path))


def test_nothing_that_is_a_log_is_an_error_that_says_what_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello", encoding="utf-8")

    with pytest.raises(InvalidInputError, match="no log that is known here"):
        read_one(str(tmp_path))


def test_tasks_are_listed_without_reading_what_names_them(tmp_path: Path) -> None:
    for task in ("one", "two"):
        write_lm_eval(tmp_path / "a", [lm_eval_row(0, 1.0)], task=task)
    rows = [{"id": i, "score": 1, "task": task} for i, task in enumerate(("x", "y"))]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")

    assert logs_by_task(str(tmp_path / "a")) == {"one": None, "two": None}
    tables = logs_by_task(str(tmp_path / "rows.jsonl"))
    assert {task: log.task for task, log in tables.items() if log} == {"x": "x", "y": "y"}
    assert logs_by_task(str(tmp_path / "nothing")) == {}


def test_whoever_names_a_column_means_a_table(tmp_path: Path) -> None:
    path = lines(tmp_path / "output.jsonl", [skills_row(i, key=3 - i) for i in range(4)])

    log = read_one(str(path), columns=Columns(id="key", score=("symbolic_correct",)))

    assert [entry.native_id for entry in log.entries] == ["3", "2", "1", "0"]
    assert log.format == "rows"
    with pytest.raises(InvalidInputError, match=r"'key' names a column.*a log of helm is none"):
        Columns(format="helm", id="key")


def test_a_pattern_reads_the_seeds_that_it_matches_and_no_others(tmp_path: Path) -> None:
    for seed in range(4):
        lines(tmp_path / f"output-rs{seed}.jsonl", [skills_row(i) for i in range(4)])

    assert read_one(str(tmp_path / "output-rs[01].jsonl")).repeats == 2
    assert read_one(str(tmp_path / "output-rs[3].jsonl")).repeats == 1


@pytest.mark.parametrize("written", WRITERS)
def test_a_format_that_is_forced_reads_or_says_in_one_line_why_not(
    written: str, tmp_path: Path
) -> None:
    path = WRITERS[written](tmp_path)

    for form in FORMATS:
        try:
            log = read_one(str(path), columns=Columns(format=form))
        except InvalidInputError as error:
            assert form != written, error  # noqa: PT017  most forms refuse, its own never does
        else:
            assert (log.format, len(log.entries)) == (form, 4)


def test_a_format_forced_on_a_folder_takes_the_files_that_are_called_so(tmp_path: Path) -> None:
    write_helm(tmp_path / "run")

    assert read_one(str(tmp_path), columns=Columns(format="helm")).model == "org/small"


def test_trl_and_verl_are_never_read_for_one_another(tmp_path: Path) -> None:
    path = lines(tmp_path / "5.jsonl", [verl_row(i) for i in range(4)])

    with pytest.raises(InvalidInputError, match="is no whole parquet file"):
        read_one(str(path), columns=Columns(format="trl"))

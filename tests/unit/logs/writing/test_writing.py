"""What is written in another tool's format is read again with equal scores."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from builders import run
from log_builders import lm_eval_row, write_lm_eval
from report_builders import built

from evalsuite.errors import InvalidInputError
from evalsuite.logs.detect import find_files, read_file, read_one
from evalsuite.logs.writing.every_eval_ever import eee_files
from evalsuite.logs.writing.files import (
    arena_files,
    evalstats_files,
    lm_eval_files,
    means_of,
    parquet_files,
)
from evalsuite.logs.writing.sources import log_of_run, logs_of_report

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from evalsuite.logs.log import Log

AT = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
WRITERS = {
    "lm-eval": lm_eval_files,
    "every-eval-ever": eee_files,
    "evalstats": evalstats_files,
    "eval-arena": arena_files,
    "parquet": parquet_files,
}
WITH_TEXTS = ("lm-eval", "every-eval-ever", "parquet")


def written(form: str, logs: Sequence[Log], folder: Path) -> list[Log]:
    for name, content in WRITERS[form](logs, AT).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return [log for file in find_files(str(folder)) for log in read_file(file)]


def first_scores(log: Log) -> list[tuple[str, list[float | None]]]:
    grader = log.graders[0]
    return [
        (e.native_id, [{**e.scores, **answer.scores}[grader] for answer in e.answers])
        for e in log.entries
    ]


@pytest.mark.parametrize("form", WRITERS)
def test_a_report_written_and_read_has_equal_scores(form: str, tmp_path: Path) -> None:
    comparison, rows = built()
    logs = logs_of_report(comparison, rows)

    read = written(form, logs, tmp_path)

    assert [log.model for log in read] == ["base", "trained"]
    for before, after in zip(logs, read, strict=True):
        scores = [score for _, score in first_scores(after)]
        assert scores == [score for _, score in first_scores(before)]
        assert means_of(before)["strict"] == getattr(comparison, str(before.model)).accuracy


@pytest.mark.parametrize("form", WITH_TEXTS)
def test_texts_golds_and_known_ends_come_back(form: str, tmp_path: Path) -> None:
    comparison, rows = built()
    logs = logs_of_report(comparison, rows)

    read = written(form, logs, tmp_path)

    for before, after in zip(logs, read, strict=True):
        for one, two in zip(before.entries, after.entries, strict=True):
            ends = [answer.finish for answer in one.answers]
            assert (one.text, one.gold) == (two.text, two.gold)
            assert [a.text for a in one.answers] == [a.text for a in two.answers]
            # lm-eval has no place for it
            known = ["unknown"] if form == "lm-eval" else ends
            assert [answer.finish for answer in two.answers] == known


@pytest.mark.parametrize("form", ["every-eval-ever", "parquet"])
def test_an_inferred_end_stays_inferred_where_the_format_has_free_fields(
    form: str, tmp_path: Path
) -> None:
    log = log_of_run(run(["\\boxed{7}", "\\boxed{8}"]))
    first, second = log.entries
    inferred = replace(first.answers[0], finish="length", finish_source="inferred")
    log = replace(log, entries=(replace(first, answers=(inferred,)), second))

    (read,) = written(form, [log], tmp_path)

    ends = [(a.finish, a.finish_source) for entry in read.entries for a in entry.answers]
    assert ends == [("length", "inferred"), (second.answers[0].finish, "recorded")]


@pytest.mark.parametrize("form", ["every-eval-ever", "evalstats", "parquet"])
def test_samples_of_a_run_stay_samples(form: str, tmp_path: Path) -> None:
    made = run(["\\boxed{7}", "\\boxed{8}"])
    twice = tuple(replace(r, sample=i) for r in made.responses for i in range(2))
    grades = tuple(replace(g, sample=i) for g in made.grades for i in range(2))
    log = log_of_run(replace(made, responses=twice, grades=grades))

    (read,) = written(form, [log], tmp_path)

    assert read.repeats == 2
    assert first_scores(read) == first_scores(log) == [("q-0", [1, 1]), ("q-1", [0, 0])]


def test_every_filter_of_a_log_of_lm_eval_comes_back(tmp_path: Path) -> None:
    strict = [lm_eval_row(i, float(i % 2), filtered_resps=["[invalid]"]) for i in range(4)]
    rows = strict + [lm_eval_row(i, 1.0, filter="flexible-extract") for i in range(4)]
    log = read_one(str(write_lm_eval(tmp_path / "in", rows)))

    (read,) = written("lm-eval", [log], tmp_path / "out")

    assert read.graders == log.graders
    assert [e.scores for e in read.entries] == [e.scores for e in log.entries]
    assert [e.document for e in read.entries] == [e.document for e in log.entries]
    assert read.entries[0].readings == log.entries[0].readings
    assert (read.model, read.dtype, read.max_new_tokens) == ("models/base", "float32", 32)
    assert read.harness.name == "evalsuite"  # in lm-eval's form, but no log of lm-eval's


def test_what_is_unknown_is_absent(tmp_path: Path) -> None:
    log = read_one(str(write_lm_eval(tmp_path, [lm_eval_row(0, 1.0)])))
    files = eee_files([log], AT)

    (row,) = [json.loads(text) for name, text in files.items() if name.endswith(".jsonl")]

    assert "finish" not in row["metadata"]
    assert "n_tokens" not in row["metadata"]
    assert not {"token_usage", "performance", "error", "messages"} & row.keys()


def test_several_samples_and_partial_scores_are_refused_where_they_have_no_place() -> None:
    made = run(["\\boxed{7}"])
    twice = tuple(replace(r, sample=i) for r in made.responses for i in range(2))
    grades = tuple(replace(g, sample=i) for g in made.grades for i in range(2))
    sampled = log_of_run(replace(made, responses=twice, grades=grades))
    half = replace(made.grades[0], scores={"strict": 0.5, "flexible": 1.0})

    with pytest.raises(InvalidInputError, match="lm-eval keeps one score a question"):
        lm_eval_files([sampled], AT)
    with pytest.raises(InvalidInputError, match=r"partial scores \(strict 0\.5\)"):
        arena_files([log_of_run(replace(made, grades=(half,)))], AT)


def test_questions_without_text_are_refused_where_the_schema_wants_it() -> None:
    made = run(["\\boxed{7}"])
    bare = replace(made, questions=(replace(made.questions[0], text=None),))

    with pytest.raises(InvalidInputError, match="question q-0 has no text here"):
        eee_files([log_of_run(bare)], AT)


def test_two_models_of_one_name_are_told_apart() -> None:
    log = log_of_run(run(["\\boxed{7}"], name="m"))

    names = {line.split(",")[0] for line in str(evalstats_files([log, log], AT)).split("\\n")[1:3]}

    assert names == {"m-1", "m-2"}


@pytest.mark.parametrize("form", WRITERS)
def test_two_tasks_whose_questions_have_one_number_stay_apart(form: str, tmp_path: Path) -> None:
    logs = [log_of_run(run(["\\boxed{7}"], task=task)) for task in ("one", "two")]

    read = written(form, logs, tmp_path)

    ids = [(log.task, entry.native_id) for log in read for entry in log.entries]
    assert len(set(ids)) == 2


def test_no_model_is_lost_to_another_of_a_like_name(tmp_path: Path) -> None:
    long = "x" * 60
    names = ["org/m 7b", "org/m_7b", f"a{long}", f"b{long}", "m", "m", "m-1", "M-1"]
    logs = [log_of_run(run(["\\boxed{7}"], name=name)) for name in names]

    read = written("lm-eval", logs, tmp_path)

    assert sorted(str(log.model) for log in read) == sorted(names)
    rows = str(evalstats_files(logs, AT)["evalstats.csv"]).splitlines()[1:]
    assert len({line.split(",")[0] for line in rows}) == len(names)


def unscored(folder: Path) -> Log:
    """Read a log in which a filter lacks a question that another has."""
    rows = [lm_eval_row(i, 1.0) for i in range(2)]
    rows.append(lm_eval_row(0, 1.0, filter="flexible-extract"))
    return read_one(str(write_lm_eval(folder, rows)))


@pytest.mark.parametrize("form", ["lm-eval", "every-eval-ever", "parquet"])
def test_a_score_that_is_not_known_stays_unknown(form: str, tmp_path: Path) -> None:
    log = unscored(tmp_path / "in")
    strict, flexible = log.graders

    (read,) = written(form, [log], tmp_path / "out")

    assert means_of(log) == {strict: 1.0, flexible: 1.0}
    scores = [{**e.scores, **e.answers[0].scores} for e in read.entries]
    assert {value for s in scores for value in s.values()} <= {1.0, None}
    assert len(scores) == 2


def test_formats_that_need_every_score_refuse_one_that_is_not_known(tmp_path: Path) -> None:
    log = unscored(tmp_path)
    swapped = replace(log, graders=log.graders[::-1])

    for write in (evalstats_files, arena_files):
        with pytest.raises(InvalidInputError, match=r"flexible-extract for question 1, and this"):
            write([swapped], AT)


@pytest.mark.parametrize("form", WRITERS)
def test_half_a_character_does_not_stop_an_export(form: str, tmp_path: Path) -> None:
    made = run(["\\boxed{7}"], name="m\ud83d")
    answer = replace(made.responses[0], text="7 \ud83d")

    (read,) = written(form, [log_of_run(replace(made, responses=(answer,)))], tmp_path)

    assert first_scores(read)[0][1] == [1]
    assert read.entries[0].answers[0].text in (None, "7 \ufffd")


def test_names_do_not_run_as_formulas() -> None:
    log = log_of_run(run(["\\boxed{7}"], name="=1+1"))

    assert "\n'=1+1,q-0" in str(evalstats_files([log], AT)["evalstats.csv"])

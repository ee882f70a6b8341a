from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.tasks import hub
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import (
    load_questions,
    questions_sha256,
    read_columns,
    read_questions,
)
from evalsuite.tasks.subsets import subset_indices

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_a_file_in_gsm8k_form_is_read_with_steps_and_golds(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", {"question": "2+3?", "answer": "<<2+3=5>>5\n#### 1,005"})

    (question,) = read_questions(path, id_prefix="mine")

    assert question.id == "mine-0"
    assert question.gold == "1005"
    assert question.gold_steps == ("2+3=5",)


def test_a_bare_number_is_a_gold_answer(tmp_path: Path) -> None:
    path = write(tmp_path / "n.jsonl", {"id": "a", "question": "?", "answer": 0.5})

    assert read_questions(path, id_prefix="n")[0].gold == "1/2"


@pytest.mark.parametrize("written", ["1e999999", "NaN", "-Infinity"])
def test_what_is_no_number_is_no_gold(tmp_path: Path, written: str) -> None:
    path = tmp_path / "n.jsonl"
    path.write_text(f'{{"question": "?", "answer": {written}}}\n', encoding="utf-8")

    with pytest.raises(InvalidInputError, match="in 'answer', which is read as no number"):
        read_questions(path, id_prefix="n")


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"question": "?", "answer": "no number"}, "'no number' in 'answer', which is read as"),
        ({"question": "", "answer": "#### 1"}, "'' in 'question', which is no text"),
        ({"answer": "#### 1"}, "no 'question'"),
        ([1], "not an object"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, row: object, complaint: str) -> None:
    path = write(tmp_path / "bad.jsonl", row)

    with pytest.raises(InvalidInputError, match=complaint):
        read_questions(path, id_prefix="bad")


def test_repeated_ids_are_refused(tmp_path: Path) -> None:
    row = {"id": "a", "question": "?", "answer": 1}

    with pytest.raises(InvalidInputError, match="repeats the ids a"):
        read_questions(write(tmp_path / "r.jsonl", row, row), id_prefix="r")


def test_an_empty_file_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="holds no question"):
        read_questions(write(tmp_path / "empty.jsonl"), id_prefix="e")
    with pytest.raises(InvalidInputError, match="can't read"):
        read_questions(tmp_path / "missing.jsonl", id_prefix="m")


def test_an_unknown_task_or_split_is_named() -> None:
    with pytest.raises(InvalidInputError, match="neither 'embedded', 'gsm8k'"):
        load_questions("gsm9k")
    with pytest.raises(InvalidInputError, match="split 'exam'"):
        load_questions("embedded", "exam")


def test_an_unreachable_hub_is_an_error_with_three_ways_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub.prepare_hub.cache_clear()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    monkeypatch.setenv("HF_HOME", "/nonexistent")

    with pytest.raises(RunFailedError, match=r"network.*--data FILE.*--task embedded"):
        load_questions("gsm8k")
    hub.prepare_hub.cache_clear()


def test_the_hash_of_a_question_set_ignores_order_and_sees_every_change(tmp_path: Path) -> None:
    rows = [{"id": str(i), "question": f"{i}?", "answer": i} for i in range(3)]
    forward = read_questions(write(tmp_path / "f.jsonl", *rows), id_prefix="f")
    other = read_questions(write(tmp_path / "g.jsonl", *rows[:2]), id_prefix="g")

    assert questions_sha256(forward) == questions_sha256(forward[::-1])
    assert questions_sha256(forward) != questions_sha256(other)
    again = replace(forward[0], text="Again?")
    assert questions_sha256((*forward, again)) == questions_sha256((again, *forward))


def test_subsets_equal_the_shuffle_of_datasets() -> None:
    """Seed 42 with 20 questions is the lesson's set."""
    import datasets

    rows = datasets.Dataset.from_dict({"row": list(range(1319))})

    for seed in (0, 1, 42):
        expected = tuple(rows.shuffle(seed=seed).select(range(20))["row"])
        assert subset_indices(seed, 20, 1319) == expected


def test_a_small_subset_lies_inside_a_larger_one() -> None:
    assert subset_indices(3, 100, 1319) == subset_indices(3, 200, 1319)[:100]


@pytest.mark.parametrize("size", [0, -1, 51])
def test_an_impossible_subset_is_refused(size: int) -> None:
    with pytest.raises(InvalidInputError, match="subset of"):
        subset_indices(0, size, 50)


def test_prompts_are_named_versioned_or_files(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("Answer in a box.", encoding="utf-8")

    assert load_prompt("boxed").name == "boxed@1"
    assert messages(load_prompt("plain"), "q") == [{"role": "user", "content": "q"}]
    assert messages(load_prompt(str(file)), "q")[0]["content"] == "Answer in a box."
    with pytest.raises(InvalidInputError, match="neither"):
        load_prompt("missing.txt")


def test_a_changed_prompt_file_is_another_prompt(tmp_path: Path) -> None:
    file = tmp_path / "mine.txt"
    file.write_text("one", encoding="utf-8")
    first = load_prompt(str(file)).name
    file.write_text("two", encoding="utf-8")

    assert load_prompt(str(file)).name != first


def test_a_file_in_other_words_is_answered_with_a_line_that_would_do(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"prompt": "1 + 1?", "target": "2"}\n', "utf-8")

    with pytest.raises(InvalidInputError, match=r"it has prompt, target\); say where") as e:
        read_questions(path, id_prefix="mine")

    path.write_text(str(e.value).partition("such as ")[2] + "\n", "utf-8")
    assert [str(q.gold) for q in read_questions(path, id_prefix="mine")] == ["7"]


def test_columns_of_other_names_are_read_where_they_are_named(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", {"prompt": "1 + 1?", "target": "2", "key": "k"})
    columns = read_columns("question=prompt,answer=target,id=key")
    (question,) = load_questions(str(path), columns=columns)
    assert (question.id, question.text, question.gold) == ("k", "1 + 1?", "2")


@pytest.mark.parametrize("text", ["prompt", "question=", "colour=red", "question=a,question=b"])
def test_columns_that_name_nothing_are_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="write question=NAME"):
        read_columns(text)


def test_answers_that_are_texts_are_kept_where_the_task_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "mine.jsonl", {"question": "Which colour?", "answer": "blue "})
    assert load_questions(f"text:{path}")[0].gold == "blue"
    write(path, {"question": "Which colour?", "answer": None})
    with pytest.raises(InvalidInputError, match="has nothing in 'answer'"):
        load_questions(f"text:{path}")


def test_a_data_set_of_the_hub_is_read_with_its_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder stands for the repository: the same loader reads both."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    (tmp_path / "sums").mkdir()
    write(tmp_path / "sums" / "train.jsonl", {"problem": "1 + 1?", "solution": "2"})
    hub.prepare_hub.cache_clear()
    columns = {"question": "problem", "answer": "solution"}
    (question,) = load_questions(f"hf:{tmp_path / 'sums'}", "train", columns=columns)
    hub.prepare_hub.cache_clear()
    assert (question.id, question.gold) == ("sums-train-0", "2")


def test_an_answer_that_is_no_number_is_told_what_to_do_instead(tmp_path: Path) -> None:
    path = tmp_path / "mine.jsonl"
    path.write_text('{"question": "Which colour?", "answer": "blue"}\n', "utf-8")

    with pytest.raises(InvalidInputError, match="as a log with scores"):
        read_questions(path, id_prefix="mine")


def test_a_misspelt_file_is_answered_with_the_one_beside_it(tmp_path: Path) -> None:
    (tmp_path / "questions.jsonl").write_text("{}", "utf-8")

    with pytest.raises(InvalidInputError, match=r"did you mean .*questions\.jsonl\?"):
        load_questions(str(tmp_path / "question.jsonl"))


def test_a_number_beyond_any_float_is_a_gold_answer(tmp_path: Path) -> None:
    path = write(tmp_path / "n.jsonl", {"question": "?", "answer": 10**400})

    assert read_questions(path, id_prefix="n")[0].gold == str(10**400)

"""What a data set of somebody's script is known to ask, and whether that is the test."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from datasets import Dataset

from evalsuite.models.names import embedded_folder
from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training.judging.trained_on import WatchedSplit, questions_of

if TYPE_CHECKING:
    from pathlib import Path

TESTED = WatchedSplit(name="mine", split="test", questions=word_problems("test", n=20))


def _user(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _texts(rows: Any) -> list[str | None] | None:
    questions = questions_of(Dataset.from_list(rows))
    return None if questions is None else [question.text for question in questions]


def test_a_column_with_the_question_alone_tells_it() -> None:
    rows = [{"question": "How many?", "prompt": _user("Solve: How many?")}]
    assert _texts(rows) == ["How many?"]


def test_messages_that_begin_and_end_in_various_words_are_the_questions() -> None:
    assert _texts([{"prompt": _user("1 and 1?")}, {"prompt": _user("Two of 2?")}]) == [
        "1 and 1?",
        "Two of 2?",
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [{"prompt": _user("Solve: 1 and 1")}, {"prompt": _user("Solve: 2 and 3")}],
        [{"prompt": _user("1 and 1. Be brief.")}, {"prompt": _user("2 and 3. Be brief.")}],
        [{"prompt": _user("One row.")}],
        [{"prompt": "1 and 1"}, {"prompt": "2 and 3"}],
        [{"question": "1 and 1"}, {"question": None}],
        [{"input_ids": [1]}, {"input_ids": [2]}],
    ],
    ids=["words before", "words after", "one row", "texts", "a gap", "tokens"],
)
def test_what_does_not_tell_the_questions_is_unknown(rows: list[dict[str, Any]]) -> None:
    assert _texts(rows) is None


def test_what_is_no_data_set_is_unknown() -> None:
    assert questions_of(None) is None
    assert questions_of([{"question": "1 and 1"}]) is None
    assert questions_of(Dataset.from_list([])) is None


def test_test_questions_in_a_data_set_are_counted_and_listed(tmp_path: Path) -> None:
    copied = [{"question": str(question.text).upper()} for question in TESTED.questions[3:5]]
    found = TESTED.look(Dataset.from_list([{"question": "1 and 1"}, *copied]), tmp_path, tmp_path)
    assert found is not None
    assert (found.exact, found.n_test, found.n_train, found.test) == (2, 20, 3, "mine test")
    lines = (tmp_path / "contamination.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 20
    assert [json.loads(line)["train"] for line in lines[:2]] == ["row-1", "row-2"]


def test_what_the_embedded_base_was_made_of_counts_as_trained_on(tmp_path: Path) -> None:
    rows = Dataset.from_list([{"question": "1 and 1"}])
    found = TESTED.look(rows, embedded_folder() / "base", tmp_path)
    assert found is not None
    assert (found.n_train, found.exact) == (20_001, 0)


def test_an_unknown_warm_up_leaves_it_open_and_no_list_of_an_earlier_look(tmp_path: Path) -> None:
    (tmp_path / "contamination.jsonl").write_text("{}\n", encoding="utf-8")
    manifest = {"kind": "warmup", "questions": {"n": 5, "sha256": "0"}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    rows = Dataset.from_list([{"question": "1 and 1"}])
    assert TESTED.look(rows, tmp_path, tmp_path) is None
    assert not (tmp_path / "contamination.jsonl").exists()

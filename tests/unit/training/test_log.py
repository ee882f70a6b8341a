"""Which log belongs to a model, and what is read of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import plain, to_json, to_line
from evalsuite.records.run import ModelSpec, Question
from evalsuite.records.training import Packing
from evalsuite.tasks.contamination import find_contamination
from evalsuite.tasks.questions import questions_sha256
from evalsuite.training.log import (
    find_training_log,
    packing_below,
    read_log,
    read_training_log,
    rewind_log,
)

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.training import Contamination

ROWS = [
    {"step": 1, "reward": 0.5, "note": "text", "is_last": False, "grad_norm": float("nan")},
    {"step": 2, "eval_time": 3.0},
    {"step": 3, "loss": 1},
]


def write_log(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train_log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return folder


QUESTIONS = tuple(Question(id=str(i), text=f"{i} + {i}?", gold="1") for i in range(4))


def contaminated(folder: Path) -> Contamination:
    """Write what was found of four questions, the first of them trained on."""
    found, every = find_contamination(QUESTIONS[:1], QUESTIONS, name="t")
    write_log(folder)
    (folder / "manifest.json").write_text(to_json({"contamination": plain(found)}))
    (folder / "contamination.jsonl").write_text("".join(map(to_line, every)))
    return found


@pytest.mark.parametrize(("part", "exact"), [(slice(0, 2), 1), (slice(1, 4), 0)])
def test_of_what_is_found_the_questions_asked_are_counted(
    tmp_path: Path, part: slice, exact: int
) -> None:
    contaminated(tmp_path)

    counted = read_training_log(tmp_path, asked=QUESTIONS[part]).contamination

    assert counted is not None
    assert (counted.n_test, counted.exact) == (len(QUESTIONS[part]), exact)
    assert counted.test_sha256 == questions_sha256(QUESTIONS[part])


@pytest.mark.parametrize("listed", ['{"test": "0", "train": "0", "kind": "exact"}\n', "torn", None])
def test_without_a_list_of_every_question_what_was_found_stays_as_it_is(
    tmp_path: Path, listed: str | None
) -> None:
    found = contaminated(tmp_path)
    (tmp_path / "contamination.jsonl").unlink()
    if listed is not None:
        (tmp_path / "contamination.jsonl").write_text(listed)

    assert read_training_log(tmp_path, asked=QUESTIONS[:2]).contamination == found


def test_only_finite_numbers_of_logged_steps_are_read(tmp_path: Path) -> None:
    log = read_training_log(write_log(tmp_path))

    assert log.steps == ({"step": 1.0, "reward": 0.5}, {"step": 3.0, "loss": 1.0})
    assert log.max_completion_length is None


@pytest.mark.parametrize(
    "strange",
    [
        {"heldout/change_high": -0.1},
        {"reward": 1e308, "rewards/format/mean": -1e308, "completions/mean_length": 1e200},
        {"reward": 10**400, "entropy": -(10**400)},
    ],
)
def test_what_somebody_else_logged_ends_no_comparison(
    tmp_path: Path, strange: dict[str, float]
) -> None:
    rows = [
        {"step": i, "reward": float(i), "rewards/correct/mean": 0.5, "rewards/format/mean": i}
        | (strange if i % 2 else {})
        for i in range(60)
    ]
    (tmp_path / "train_log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "manifest.json").write_text('{"contamination": {}, "max_completion_length": 1e999}')

    log = read_training_log(tmp_path)

    assert 58.0 in {step["reward"] for step in log.steps if "reward" in step}
    assert "unlearned" not in {finding.code for finding in log.findings}
    assert (log.contamination, log.max_completion_length) == (None, None)


def test_a_history_that_is_no_list_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "trainer_state.json").write_text('{"log_history": 7}')
    with pytest.raises(InvalidInputError, match="log_history is no list"):
        read_training_log(tmp_path)


def test_the_budget_of_training_comes_from_the_manifest(tmp_path: Path) -> None:
    manifest = {"grpo": {"options": {"max_completion_length": 300}}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))

    assert read_training_log(write_log(tmp_path)).max_completion_length == 300


def test_the_state_of_the_last_checkpoint_counts(tmp_path: Path) -> None:
    for step in (9, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
        state = {"log_history": [{"step": step, "loss": 0.0}]}
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text(json.dumps(state))

    assert read_training_log(tmp_path).steps == ({"step": 10.0, "loss": 0.0},)


def test_the_log_above_a_model_folder_belongs_to_it(tmp_path: Path) -> None:
    write_log(tmp_path / "training")
    (tmp_path / "training" / "model").mkdir()
    folder = str(tmp_path / "training" / "model")

    found = find_training_log(ModelSpec(name="m", source="folder", location=folder))
    assert found is not None
    assert len(found.steps) == 2
    assert find_training_log(ModelSpec(name="m", source="run", location=folder)) is None


def test_a_log_that_was_named_and_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="check --train-log"):
        read_training_log(tmp_path)


def test_torn_last_line_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"ste')
    assert [row["step"] for row in read_log(path)] == [1, 2]


def test_rewind_drops_the_rows_a_resumed_run_writes_again(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1}\n{"step": 2}\n{"step": 3}\n')
    rewind_log(path, 2)
    assert [row["step"] for row in read_log(path)] == [1, 2]


def test_a_damaged_manifest_beside_the_log_tells_no_budget(tmp_path: Path) -> None:
    write_log(tmp_path)
    (tmp_path / "manifest.json").write_text("{ torn")

    assert read_training_log(tmp_path).max_completion_length is None


def test_how_the_weights_below_an_adapter_were_packed_is_read_beside_it(tmp_path: Path) -> None:
    write_log(tmp_path)
    (tmp_path / "model").mkdir()
    assert packing_below(tmp_path / "model") is None
    packing = Packing(bits=4, nested=True)
    (tmp_path / "manifest.json").write_text(to_json({"spec": {"packing": packing}}))
    assert packing_below(tmp_path / "model") == packing
    assert read_training_log(tmp_path).packing == packing
    (tmp_path / "manifest.json").write_text(to_json({"spec": {"packing": {"bits": 3}}}))
    assert read_training_log(tmp_path).packing is None

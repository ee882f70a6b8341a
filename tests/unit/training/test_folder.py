"""The folder of a training: one owner, and one beginning that is said."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.records.run import ModelSpec
from evalsuite.records.training import TrainSpec
from evalsuite.training.folder import Start, claim_folder, find_start, own_folder
from evalsuite.training.verification import find_checkpoints

if TYPE_CHECKING:
    from pathlib import Path

_SPEC = TrainSpec(
    model=ModelSpec(name="m", source="folder", location="m", weights="w"), difficulty=(0.1, 0.6)
)


def test_two_owners_are_refused_and_the_first_is_named(tmp_path: Path) -> None:
    with (
        own_folder(tmp_path / "run", is_first=True),
        pytest.raises(RunFailedError, match=r"process \d+ on .* is working on the training in"),
        own_folder(tmp_path / "run", is_first=True),
    ):
        pass


def test_other_processes_of_one_training_hold_nothing(tmp_path: Path) -> None:
    with own_folder(tmp_path / "run", is_first=False):
        assert not (tmp_path / "run").exists()


def test_a_lock_and_a_warm_up_are_no_training(tmp_path: Path) -> None:
    (tmp_path / "warmed").mkdir()
    with own_folder(tmp_path, is_first=True):
        assert find_start(_SPEC, tmp_path, resume=False) == Start()
        claim_folder(_SPEC, tmp_path, Start())
        with pytest.raises(InvalidInputError, match="is not empty"):
            find_start(_SPEC, tmp_path, resume=False)


def test_a_training_without_a_checkpoint_starts_again_and_says_so(tmp_path: Path) -> None:
    claim_folder(_SPEC, tmp_path, Start())
    (tmp_path / "train_log.jsonl").write_text('{"step": 1}\n', encoding="utf-8")
    (tmp_path / "completions").mkdir()
    start = find_start(_SPEC, tmp_path, resume=True)
    assert start.is_again
    assert [notice.key for notice in start.notices()] == ["training_notice.again"]
    claim_folder(_SPEC, tmp_path, start)
    assert not (tmp_path / "train_log.jsonl").exists()
    assert not (tmp_path / "completions").exists()


def test_a_checkpoint_that_is_gone_on_from_gets_the_marker_it_lacks(tmp_path: Path) -> None:
    """Killed before its marker: without one it would not count beside the next checkpoint."""
    claim_folder(_SPEC, tmp_path, Start())
    checkpoint = tmp_path / "checkpoint-1"
    checkpoint.mkdir()
    state = json.dumps({"global_step": 1, "max_steps": 2})
    (checkpoint / "trainer_state.json").write_text(state, encoding="utf-8")
    (tmp_path / "train_log.jsonl").write_text('{"step": 1}\n', encoding="utf-8")

    claim_folder(_SPEC, tmp_path, find_start(_SPEC, tmp_path, resume=True))

    assert (checkpoint / "complete.json").is_file()
    assert [c.is_complete for c in find_checkpoints(tmp_path)] == [True]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_damaged_specification_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "train_spec.json").write_text(text, encoding="utf-8")
    with pytest.raises((RunFailedError, InvalidInputError), match="started") as error:
        find_start(_SPEC, tmp_path, resume=True)
    assert "\n" not in str(error.value)


def test_a_specification_from_before_a_setting_existed_is_the_same(tmp_path: Path) -> None:
    claim_folder(_SPEC, tmp_path, Start())
    path = tmp_path / "train_spec.json"
    written = json.loads(path.read_text(encoding="utf-8"))
    del written["heldout"]
    path.write_text(json.dumps(written), encoding="utf-8")
    assert find_start(_SPEC, tmp_path, resume=True).is_again


def test_another_source_of_an_own_reward_is_another_training(tmp_path: Path) -> None:
    from dataclasses import replace

    mine = replace(_SPEC, rewards="m.py:f", reward_sources={"m.py:f": "a"})
    claim_folder(mine, tmp_path, Start())
    with pytest.raises(InvalidInputError, match=r"other settings \(reward_sources\)"):
        find_start(replace(mine, reward_sources={"m.py:f": "b"}), tmp_path, resume=True)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"prompt": "elsewhere/mine.txt"}, None),
        ({"prompt": "system:As the file says."}, None),
        ({"prompt_sha256": "other"}, "prompt"),
        ({"prompt": "plain", "prompt_sha256": None}, "prompt"),
        ({"chat_template": None}, "chat_template"),
        ({"engine": "hf", "seed": 1}, "engine, seed"),
    ],
)
def test_a_training_is_gone_on_with_where_its_settings_mean_the_same(
    tmp_path: Path, changes: dict[str, Any], named: str | None
) -> None:
    spec = replace(_SPEC, prompt="mine.txt", prompt_sha256="words", chat_template="{{ 1 }}")
    claim_folder(spec, tmp_path, Start())
    again = replace(spec, **changes)
    if named is None:
        assert find_start(again, tmp_path, resume=True).is_again
        return
    with pytest.raises(InvalidInputError, match=rf"with other settings \({named}\); repeat"):
        find_start(again, tmp_path, resume=True)


def test_a_prompt_that_an_earlier_version_started_with_is_compared_by_name(tmp_path: Path) -> None:
    claim_folder(replace(_SPEC, prompt="mine.txt"), tmp_path, Start())
    again = replace(_SPEC, prompt="mine.txt", prompt_sha256="words")
    assert find_start(again, tmp_path, resume=True).is_again
    with pytest.raises(InvalidInputError, match="other settings"):
        find_start(replace(again, prompt="other.txt"), tmp_path, resume=True)

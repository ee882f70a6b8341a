"""Real GRPO runs of a few steps on the embedded base: files, bytes, resume."""

from __future__ import annotations

import json
import shutil
import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.disk.files import sha256_of_file
from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.records.training import HeldOut, TrainSpec
from evalsuite.training.grpo import train

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own

_GRPO = {
    "per_device_train_batch_size": 16,
    "num_generations": 4,
    "max_steps": 4,
    "learning_rate": 1e-3,
    "save_strategy": "steps",
    "save_steps": 2,
    "use_cpu": True,
}
_VOLATILE = ("step_time",)


def _spec(**changed: Any) -> TrainSpec:
    grpo = _GRPO | changed.pop("grpo", {})
    defaults: dict[str, Any] = {
        "prompt": "plain",
        "n_questions": 40,
        "max_new_tokens": 32,
        "threads": 2,
        "seed": 3,
    }
    return TrainSpec(model=resolve("base"), grpo=grpo, **(defaults | changed))


def _one_step(**changed: Any) -> TrainSpec:
    return _spec(grpo={"max_steps": 1, "save_strategy": "no"}, **changed)


def _log(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "train_log.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [{k: v for k, v in row.items() if k not in _VOLATILE} for row in rows]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train four steps without interruption."""
    folder: Path = tmp_path_factory.mktemp("straight") / "run"
    train(_spec(), output=folder)
    return folder


def _weights(folder: Path) -> str:
    return sha256_of_file(folder / "model" / "model.safetensors")


def test_run_moves_the_weights_and_leaves_a_model_that_loads(straight: Path) -> None:
    trained = resolve(f"path:{straight / 'model'}")
    assert trained.source == "folder"
    base = resolve("base")
    assert _weights(straight) != sha256_of_file(
        (straight.parent / base.location) / "model.safetensors"
    )
    assert load_model(trained, device="cpu").model.config.use_cache


def test_run_logs_every_step_with_the_outcome_in_its_own_column(straight: Path) -> None:
    rows = _log(straight)
    assert [row["step"] for row in rows] == [1, 2, 3, 4]
    for key in ("rewards/correct/mean", "groups_without_signal", "grad_norm", "entropy"):
        assert all(key in row for row in rows)


def test_run_keeps_every_sampled_answer_with_its_rewards(straight: Path) -> None:
    import pandas as pd

    tables = sorted((straight / "completions").glob("*.parquet"))
    assert len(tables) == 4
    table = pd.read_parquet(tables[0])
    assert len(table) == 16
    assert {"prompt", "completion", "correct", "advantage"} <= set(table.columns)


def test_manifest_says_what_made_the_weights(straight: Path) -> None:
    manifest = json.loads((straight / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["weights_sha256"] == {"model.safetensors": _weights(straight)}
    assert manifest["spec"]["seed"] == 3
    assert manifest["questions"]["n"] == 40
    assert (manifest["world_size"], manifest["threads"], manifest["steps"]) == (1, 1, 4)
    assert manifest["versions"]["trl"].startswith("1.")


def test_model_folder_holds_no_pickle(straight: Path) -> None:
    suffixes = {path.suffix for path in (straight / "model").iterdir()}
    assert not suffixes & {".bin", ".pt", ".pth", ".pkl"}


def test_same_seed_gives_the_same_bytes_and_the_same_log(straight: Path, tmp_path: Path) -> None:
    train(_spec(), output=tmp_path / "again")
    assert _weights(tmp_path / "again") == _weights(straight)
    assert _log(tmp_path / "again") == _log(straight)


def test_resumed_run_equals_the_straight_one(straight: Path, tmp_path: Path) -> None:
    """As after kill -9 at step 3: the last checkpoint is of step 2 and the log has a torn line."""
    folder = tmp_path / "killed"
    shutil.copytree(straight, folder)
    shutil.rmtree(folder / "checkpoint-4")
    shutil.rmtree(folder / "model")
    (folder / "manifest.json").unlink()
    lines = (folder / "train_log.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "train_log.jsonl").write_text("".join(lines[:3]) + '{"step": 4, "lo')
    train(_spec(), output=folder, resume=True)
    assert _weights(folder) == _weights(straight)
    assert _log(folder) == _log(straight)


def test_resume_with_other_settings_is_refused_and_names_them(straight: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"other settings \(seed, grpo\)"):
        train(_spec(seed=4, grpo={"learning_rate": 1e-5}), output=straight, resume=True)


def test_output_folder_of_another_run_is_never_written_over(straight: Path) -> None:
    before = _weights(straight)
    with pytest.raises(InvalidInputError, match="not empty"):
        train(_spec(seed=4), output=straight)
    assert _weights(straight) == before


def test_resume_without_a_checkpoint_says_so(tmp_path: Path) -> None:
    with pytest.raises(RunFailedError, match="no checkpoint"):
        train(_spec(), output=tmp_path / "empty", resume=True)


def test_lora_run_leaves_an_adapter_on_top_of_the_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "")  # no answer to yes or no, on which PEFT fails
    spec = _one_step(adapter="lora", lora={"r": 4, "target_modules": ["q_proj", "v_proj"]})
    trained = train(spec, output=tmp_path / "lora")
    assert trained.source == "adapter"
    assert trained.base == spec.model.location
    assert load_model(trained, device="cpu").model is not None


def test_shaped_run_logs_each_reward_and_hides_what_libraries_announce(tmp_path: Path) -> None:
    seen: list[tuple[dict[str, Any], tuple[Any, ...]]] = []
    spec = _one_step(rewards="shaped", gate="auto")
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        train(spec, output=tmp_path / "shaped", on_log=lambda row, found: seen.append((row, found)))
    assert [str(w.message) for w in warned if w.category is FutureWarning] == []
    [(row, findings)] = seen
    for column in ("correct", "format", "steps_f1"):
        assert f"rewards/{column}/mean" in row
    assert isinstance(findings, tuple)


def test_difficulty_filter_trains_on_fewer_questions_and_says_how_many(tmp_path: Path) -> None:
    train(_one_step(difficulty=(0.1, 0.9)), output=tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["candidates"] == 40
    assert 4 <= manifest["questions"]["n"] < 40


def test_more_questions_than_the_file_has_are_refused(tmp_path: Path) -> None:
    data = tmp_path / "train.jsonl"
    data.write_text('{"question": "1 + 1?", "answer": "#### 2"}\n')
    spec = replace(_one_step(), task="gsm8k", data_file=str(data), n_questions=2)
    with pytest.raises(InvalidInputError, match="2 questions were asked for"):
        train(spec, output=tmp_path / "run")


def test_options_that_trl_refuses_leave_no_half_made_model(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="use_cpu: true"):
        train(_spec(grpo={"no_cuda": True}), output=tmp_path / "run")
    assert not (tmp_path / "run" / "model").exists()


def test_trls_own_evaluation_asks_what_is_held_out(tmp_path: Path) -> None:
    data = tmp_path / "mine.jsonl"
    rows = [{"question": f"Tom has {i} apples.", "answer": str(i)} for i in range(30)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    grpo = {"max_steps": 1, "save_strategy": "no", "eval_strategy": "steps", "eval_steps": 1}
    spec = _spec(task=str(data), n_questions=None, test_share=0.2, grpo=grpo)

    train(spec, output=tmp_path / "run")

    tested = (tmp_path / "run" / "heldout.jsonl").read_text(encoding="utf-8").splitlines()
    log = _log(tmp_path / "run")
    assert 0 < len(tested) < 30
    assert [row["step"] for row in log if "eval_rewards/correct/mean" in row] == [1]
    assert [row["step"] for row in log if "reward" in row] == [1]


def _watched(**changed: Any) -> TrainSpec:
    grpo = {"learning_rate": 0.3, "max_grad_norm": 1e6} | changed.pop("grpo", {})
    watch = HeldOut(questions=60, every=1)
    return _spec(grpo=grpo, heldout=watch, max_new_tokens=64, **changed)


def test_training_stops_where_held_out_accuracy_falls_beyond_its_interval(tmp_path: Path) -> None:
    """A learning rate of 0.3 destroys the model in a step; the run must not go on to its end."""
    spec = _watched(grpo={"save_strategy": "no", "max_steps": 4})
    train(spec, output=tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["steps"] < 4
    stopped = manifest["stopped"]
    assert stopped["step"] == manifest["steps"]
    assert stopped["heldout/change_high"] < 0
    looks = [row for row in _log(tmp_path / "run") if "heldout/accuracy" in row]
    start = stopped["heldout/start"]
    assert looks[0] | {"step": 0, "heldout/accuracy": start, "heldout/n": 60} == looks[0]
    assert looks[0]["heldout/low"] < start < looks[0]["heldout/high"]
    assert looks[-1] == stopped
    assert all(row["heldout/change_high"] >= 0 for row in looks[1:-1])


def test_looking_changes_no_weight_and_survives_a_resume(straight: Path, tmp_path: Path) -> None:
    watched = _spec(heldout=HeldOut(questions=20, every=1))
    train(watched, output=tmp_path / "run")
    assert _weights(tmp_path / "run") == _weights(straight)
    looked = _log(tmp_path / "run")
    assert [row["step"] for row in looked if "heldout/accuracy" in row] == [0, 1, 2, 3, 4]
    shutil.rmtree(tmp_path / "run" / "checkpoint-4")
    shutil.rmtree(tmp_path / "run" / "model")
    train(watched, output=tmp_path / "run", resume=True)
    assert _weights(tmp_path / "run") == _weights(straight)
    assert _log(tmp_path / "run") == looked


def test_run_that_lost_its_other_processes_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As under ``accelerate launch --cpu --num_processes 2``, which starts one process."""
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    monkeypatch.setenv("MASTER_PORT", "29500")
    with pytest.raises(InvalidInputError, match=r"task 'nowhere\.jsonl'"):
        train(_one_step(task="nowhere.jsonl"), output=tmp_path / "run")
    assert "promised several processes, but 1 trains" in caplog.text

"""Trainings from an adapter, with a KL penalty, and with rewards of the user's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from tiny_gguf import write_gguf

from evalsuite.cli.train import command
from evalsuite.errors import RunFailedError
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.records.training import TrainSpec
from evalsuite.training.grpo import train

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.run import ModelSpec

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own

_GRPO = {
    "per_device_train_batch_size": 8,
    "num_generations": 4,
    "max_steps": 1,
    "save_strategy": "no",
    "use_cpu": True,
}


def _spec(
    model: ModelSpec, *, adapter: str = "full", rewards: str = "binary", **grpo: Any
) -> TrainSpec:
    return TrainSpec(
        model=model,
        grpo=_GRPO | grpo,
        adapter=adapter,  # type: ignore[arg-type]  # one of its words
        lora={"r": 4} if adapter == "lora" else {},
        rewards=rewards,
        prompt="plain",
        n_questions=40,
        max_new_tokens=16,
        threads=1,
    )


def _rows(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "train_log.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="module")
def adapter(tmp_path_factory: pytest.TempPathFactory, length_reward: str) -> ModelSpec:
    """Train an adapter whose model is not its base."""
    folder: Path = tmp_path_factory.mktemp("adapter") / "run"
    spec = _spec(
        resolve("base"), adapter="lora", rewards=length_reward, learning_rate=1e-2, max_steps=2
    )
    return train(spec, output=folder)


def _same_weights(one: ModelSpec, other: ModelSpec) -> bool:
    pairs = zip(
        load_model(one, device="cpu").model.state_dict().values(),
        load_model(other, device="cpu").model.state_dict().values(),
        strict=True,
    )
    return all(bool((a == b).all()) for a, b in pairs)


@pytest.mark.parametrize("way", ["full", "lora"])
def test_training_goes_on_from_an_adapter_with_a_reference_that_is_that_adapter(
    adapter: ModelSpec,
    length_reward: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """At the first step the policy is its own reference: the divergence is 0, and not from base."""
    spec = _spec(adapter, adapter=way, rewards=length_reward, beta=0.1, learning_rate=1e-3)
    trained = train(spec, output=tmp_path / "run")
    [row] = _rows(tmp_path / "run")
    assert row["kl"] == pytest.approx(0.0, abs=1e-6)
    start = resolve(f"path:{tmp_path / 'run' / 'start'}")
    assert _same_weights(start, adapter)
    assert not _same_weights(start, resolve("base"))
    assert not _same_weights(trained, adapter)
    assert trained.source == ("adapter" if way == "lora" else "folder")
    if way == "lora":
        monkeypatch.chdir(tmp_path)  # the adapter finds its base from any folder
        assert not _same_weights(trained, resolve("base"))


def test_all_weights_can_be_trained_on_from_an_adapter(
    adapter: ModelSpec, length_reward: str, tmp_path: Path
) -> None:
    trained = train(
        _spec(adapter, rewards=length_reward, learning_rate=1e-3), output=tmp_path / "run"
    )
    assert trained.source == "folder"
    assert not (tmp_path / "run" / "start").exists()
    assert not _same_weights(trained, adapter)


def test_a_gguf_base_has_an_adapter_that_finds_it_and_a_reference(
    length_reward: str, tmp_path: Path
) -> None:
    loaded = load_model(resolve("base"), device="cpu")
    path = write_gguf(tmp_path / "base.gguf", eos_id=loaded.eos_ids[0])
    start = resolve(f"path:{path}")
    spec = _spec(start, adapter="lora", rewards=length_reward, beta=0.1, learning_rate=1e-2)
    trained = train(spec, output=tmp_path / "run")
    assert _rows(tmp_path / "run")[0]["kl"] == pytest.approx(0.0, abs=1e-6)
    assert trained.source == "adapter"
    assert not _same_weights(trained, start)


def test_an_own_reward_is_tried_recorded_and_logged_and_what_it_taught_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def flat(completions):\n    return [1] * len(completions)\n")
    (tmp_path / "c.yaml").write_text("\n".join(f"{k}: {v}" for k, v in _GRPO.items() if v != "no"))
    options = "--questions 40 --max-new-tokens 16 --prompt plain --max-steps 2"
    result = CliRunner().invoke(
        command,
        f"--preset tiny -c c.yaml {options} --rewards mine.py:flat -o run".split(),
        standalone_mode=False,
    )
    assert result.exception is None
    told = " ".join(result.stderr.split())
    assert "right, with work 1 1 1" in told
    assert "warning: every answer earns 1, so nothing can be learned from it" in told
    assert "problem: Nothing was learned: within each of all 2 logged" in told
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["diagnosis"][0]["code"] == "nothing_learned"
    assert len(manifest["spec"]["reward_sources"]["mine.py:flat"]) == 64
    assert len(manifest["reward_check"]["payments"]) == 10
    assert manifest["trl"]["scale_rewards"] == "batch"
    row = _rows(tmp_path / "run")[0]
    assert row["rewards/flat/mean"] == 1.0
    assert "rewards/correct/mean" in row


def test_of_several_seeds_a_resume_leaves_the_finished_and_begins_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "c.yaml").write_text("\n".join(f"{k}: {v}" for k, v in _GRPO.items() if v != "no"))
    options = "--preset tiny -c c.yaml --questions 40 --max-new-tokens 16 --max-steps 1"

    def invoke(more: str) -> str:
        result = CliRunner().invoke(command, f"{options} {more}".split(), standalone_mode=False)
        assert result.exception is None
        return result.stderr

    invoke("-o runs/seed-0")
    told = invoke("-o runs --seeds 2 --resume")
    assert told.count("this training is finished; nothing was changed") == 1
    assert (tmp_path / "runs" / "seed-1" / "manifest.json").is_file()


def test_a_push_that_can_not_work_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(RunFailedError, match="push_to_hub can't work here") as error:
        train(_spec(resolve("base"), push_to_hub=True, hub_model_id="a/b"), output=tmp_path / "r")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "r" / "train_spec.json").exists()

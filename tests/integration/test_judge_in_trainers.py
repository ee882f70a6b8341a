"""The judge in real trainers of TRL: one line each in SFT, GRPO, RLOO and DPO, a few steps."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from datasets import Dataset
from peft import LoraConfig
from trl import (
    DPOConfig,
    DPOTrainer,
    GRPOConfig,
    GRPOTrainer,
    RLOOConfig,
    RLOOTrainer,
    SFTConfig,
    SFTTrainer,
)

from evalsuite.asking.ask import ask
from evalsuite.cli.compare import command as compare
from evalsuite.disk.storage import load_run
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training import JudgeCallback
from evalsuite.training.reward_columns import RewardColumn

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.filterwarnings("ignore::UserWarning"),  # TRL's and torch's own
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

_PROBLEMS = word_problems("train", n=16)
_COMMON: dict[str, Any] = {
    "use_cpu": True,
    "bf16": False,
    "max_steps": 2,
    "report_to": "none",
    "disable_tqdm": True,
    "learning_rate": 1e-3,
    "lr_scheduler_type": "constant",
    "save_strategy": "steps",
    "save_steps": 1,
}


def _chat(text: str, role: str) -> list[dict[str, str]]:
    return [{"role": role, "content": text}]


def _trainer(kind: str, output: Path, *, peft_config: Any = None, **changed: Any) -> Any:
    loaded = load_model(resolve("base"), device="cpu")
    common = _COMMON | {"output_dir": str(output)} | changed
    rows = [
        {
            "prompt": _chat(str(problem.text), "user"),
            "completion": _chat(f"\\boxed{{{problem.gold}}}", "assistant"),
            "chosen": _chat(f"\\boxed{{{problem.gold}}}", "assistant"),
            "rejected": _chat("no", "assistant"),
            "gold": problem.gold,
        }
        for problem in _PROBLEMS
    ]
    data, model, tokenizer = Dataset.from_list(rows), loaded.model.train(), loaded.tokenizer
    if kind == "sft":
        columns = data.select_columns(["prompt", "completion"])
        return SFTTrainer(
            model=model,
            args=SFTConfig(**common, per_device_train_batch_size=4),
            train_dataset=columns,
            processing_class=tokenizer,
            peft_config=peft_config,
        )
    if kind == "dpo":
        columns = data.select_columns(["prompt", "chosen", "rejected"])
        return DPOTrainer(
            model=model,
            args=DPOConfig(**common, per_device_train_batch_size=2),
            train_dataset=columns,
            processing_class=tokenizer,
        )
    trainer, config = {"grpo": (GRPOTrainer, GRPOConfig), "rloo": (RLOOTrainer, RLOOConfig)}[kind]
    return trainer(
        model=model,
        reward_funcs=[RewardColumn(name="correct", group_size=4)],
        args=config(
            **common,
            beta=0.0,  # with a penalty RLOO would load its reference by the model's name
            per_device_train_batch_size=8,
            num_generations=4,
            max_completion_length=24,
        ),
        train_dataset=data.select_columns(["prompt", "gold"]),
        processing_class=tokenizer,
    )


def _judge(**changed: Any) -> JudgeCallback:
    options: dict[str, Any] = {"questions": 30, "every": 1, "max_new_tokens": 32, "prompt": "plain"}
    return JudgeCallback("embedded", **(options | changed))


def _curve(output: Path) -> dict[str, Any]:
    curve: dict[str, Any] = json.loads((output / "judge" / "curve.json").read_text())
    return curve


@pytest.mark.parametrize("kind", ["sft", "dpo", "grpo", "rloo"])
def test_one_line_in_a_trainer_gives_a_curve_and_changes_no_weight(
    kind: str, tmp_path: Path
) -> None:
    trainer = _trainer(kind, tmp_path / "judged")
    trainer.add_callback(_judge())
    trainer.train()
    alone = _trainer(kind, tmp_path / "alone")
    alone.train()

    weights = (t.model.state_dict().values() for t in (trainer, alone))
    assert all(bool((a == b).all()) for a, b in zip(*weights, strict=True))
    curve = _curve(tmp_path / "judged")
    assert [point["step"] for point in curve["points"]] == [0, 1, 2]
    first, *later = curve["points"]
    assert first["change"] is None
    for point in later:
        change = point["change"]
        assert change["confidence_level"] == pytest.approx(0.975)
        assert change["gains"] - change["losses"] == point["right"] - first["right"]
        assert point["low"] <= point["accuracy"] <= point["high"]


def test_an_adapter_in_training_is_judged_as_the_model_it_makes(tmp_path: Path) -> None:
    trainer = _trainer("sft", tmp_path / "run", peft_config=LoraConfig(r=4), learning_rate=0.3)
    judge = _judge(every=2)
    trainer.add_callback(judge)
    trainer.train()
    trainer.save_model(str(tmp_path / "adapter"))
    last = load_run(tmp_path / "run" / "judge" / "runs" / judge.curve.points[-1].run)
    saved = ask(f"path:{tmp_path / 'adapter'}", last.questions, max_new_tokens=32)
    assert [r.text for r in saved] == [r.text for r in last.responses]
    start = load_run(tmp_path / "run" / "judge" / "runs" / judge.curve.points[0].run)
    assert [r.text for r in start.responses] != [r.text for r in last.responses]


@pytest.fixture
def fallen(tmp_path: Path) -> Path:
    """Destroy the model in its first step, watched."""
    trainer = _trainer("sft", tmp_path / "run", learning_rate=1.0, max_steps=4, max_grad_norm=1e9)
    trainer.add_callback(_judge(questions=60, max_new_tokens=64, stop_on_fall=True))
    trainer.train()
    return tmp_path / "run"


def test_a_training_that_falls_is_stopped_and_its_runs_can_be_compared(
    fallen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    curve = _curve(fallen)
    last = curve["points"][-1]
    assert curve["stopped_at"] == last["step"] < 4
    assert last["change"]["high"] < 0
    runs = [str(fallen / "judge" / "runs" / p["run"]) for p in (curve["points"][0], last)]
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(
        compare, [*runs, "--max-new-tokens", "64", "--json"], standalone_mode=False
    )
    assert result.exception is None, result.output
    compared = json.loads(result.stdout)
    assert compared["verdict"]["decision"] == "regressed"
    assert compared["gain"]["estimate"] == pytest.approx(last["change"]["estimate"])
    assert compared["table"]["losses"] == last["change"]["losses"]


def test_a_resumed_training_goes_on_with_its_curve(tmp_path: Path) -> None:
    trainer = _trainer("sft", tmp_path / "run")
    trainer.add_callback(_judge())
    trainer.train()
    whole = _curve(tmp_path / "run")
    resumed = _trainer("sft", tmp_path / "run")
    resumed.add_callback(_judge())
    resumed.train(resume_from_checkpoint=str(tmp_path / "run" / "checkpoint-1"))
    assert _curve(tmp_path / "run") == whole
    shutil.rmtree(tmp_path / "run" / "judge")
    alone = _trainer("sft", tmp_path / "run")
    alone.add_callback(_judge())
    alone.train(resume_from_checkpoint=str(tmp_path / "run" / "checkpoint-1"))
    curve = _curve(tmp_path / "run")
    assert [point["change"] for point in curve["points"]] == [None]
    assert curve["notes"] == [
        "the training was resumed without its first look, so no change since the start is known"
    ]

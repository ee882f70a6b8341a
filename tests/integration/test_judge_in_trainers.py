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
from evalsuite.training.log import read_log
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
        compare, [*runs, "--max-new-tokens", "64", "--json", "--no-report"], standalone_mode=False
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
    log = read_log(tmp_path / "run" / "train_log.jsonl")
    looks = [row["step"] for row in log if "heldout/accuracy" in row]
    assert looks == [0, 1, 2]
    shutil.rmtree(tmp_path / "run" / "judge")
    alone = _trainer("sft", tmp_path / "run")
    alone.add_callback(_judge())
    alone.train(resume_from_checkpoint=str(tmp_path / "run" / "checkpoint-1"))
    curve = _curve(tmp_path / "run")
    assert [point["change"] for point in curve["points"]] == [None]
    assert curve["notes"] == [
        "the training was resumed without its first look, so no change since the start is known"
    ]


def _compared(folder: Path, output: Path) -> dict[str, Any]:
    """Compare the model that a script saved in its output folder, as its user would."""
    options = ["--task", "embedded", "--prompt", "plain", "--first", "12", "--max-new-tokens", "24"]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = CliRunner().invoke(
            compare, ["base", str(output), *options, "--json", "--no-report"], standalone_mode=False
        )
    assert result.exception is None, result.output
    compared: dict[str, Any] = json.loads(result.stdout)
    return compared


def _check(compared: dict[str, Any], code: str) -> dict[str, Any]:
    [check] = [each for each in compared["checks"] if each["code"] == code]
    return check  # type: ignore[no-any-return]


def test_a_script_of_grpo_leaves_what_its_comparison_needs(tmp_path: Path) -> None:
    output = tmp_path / "run"
    trainer = _trainer("grpo", output, logging_steps=1)
    trainer.add_callback(_judge(reward_funcs=trainer.reward_funcs))
    trainer.train()
    trainer.save_model(str(output))

    manifest = json.loads((output / "manifest.json").read_text())
    assert manifest["kind"] == "script"
    assert manifest["trl"]["learning_rate"] == 1e-3
    assert manifest["steps"] == 2
    assert list(manifest["reward_sources"]) == ["correct"]
    assert manifest["versions"]["trl"]
    compared = _compared(tmp_path, output)
    log = compared["training"]
    assert [row["step"] for row in log["steps"] if "reward" in row] == [1, 2]
    assert [row["step"] for row in log["steps"] if "heldout/accuracy" in row] == [0, 1, 2]
    assert log["max_completion_length"] == 24
    # No column of its data set says which part of the prompt the question is.
    assert _check(compared, "EVS033")["statement"]["key"] == "check_detail.EVS033_partly"
    assert _check(compared, "EVS031")["statement"]["values"]["n"] == 2
    # The prompts are the questions alone, and the first twelve of the test are compared.
    held = _check(compared, "EVS034")["statement"]
    assert held["key"].startswith("check_detail.EVS034")
    assert (held["values"]["n"], held["values"]["exact"]) == (12, 0)


def test_a_script_that_trains_on_the_test_is_told_so(tmp_path: Path) -> None:
    output = tmp_path / "run"
    trainer = _trainer("sft", output, max_steps=1)
    rows = [{"question": problem.text} for problem in word_problems("test", n=3)]
    trainer.add_callback(_judge(questions=3, train_dataset=Dataset.from_list(rows)))
    trainer.train()
    trainer.save_model(str(output))

    check = _check(_compared(tmp_path, output), "EVS034")

    assert check["statement"]["key"] == "check_detail.EVS034_exact"
    assert check["statement"]["values"]["exact"] == 3


@pytest.mark.parametrize(
    ("system", "key"), [(None, "EVS033"), ("Be careful.", "EVS033_other")], ids=["alike", "other"]
)
def test_a_script_of_sft_that_names_its_data_is_told_whether_it_was_asked_alike(
    system: str | None, key: str, tmp_path: Path
) -> None:
    said = [] if system is None else _chat(system, "system")
    rows = [
        {
            "question": str(problem.text),
            "messages": [
                *said,
                *_chat(str(problem.text), "user"),
                *_chat(f"\\boxed{{{problem.gold}}}", "assistant"),
            ],
        }
        for problem in _PROBLEMS
    ]
    output = tmp_path / "run"
    trainer = _trainer("sft", output, logging_steps=1)
    trainer.add_callback(_judge(every=2, questions=5, train_dataset=Dataset.from_list(rows)))
    trainer.train()
    trainer.save_model(str(output))

    compared = _compared(tmp_path, output)

    assert _check(compared, "EVS033")["statement"]["key"] == f"check_detail.{key}"
    assert compared["training"]["prompt"]["system"] == system


def test_what_a_script_does_not_tell_is_unknown(tmp_path: Path) -> None:
    trainer = _trainer("sft", tmp_path / "run", max_steps=1)
    trainer.add_callback(_judge(questions=3))
    trainer.train()

    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    unknown = ("prompt", "prompt_record", "contamination", "weights_sha256", "stopped")
    assert [manifest[key] for key in unknown] == [None] * len(unknown)
    assert manifest["questions"] == {"n": 16, "sha256": None}


def test_a_folder_of_another_training_keeps_its_record(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    output = tmp_path / "run"
    output.mkdir()
    (output / "manifest.json").write_text('{"kind": "grpo"}')
    (output / "train_log.jsonl").write_text('{"step": 1, "loss": 0.5}\n')
    trainer = _trainer("sft", output, max_steps=1)
    trainer.add_callback(_judge(questions=3))
    trainer.train()

    assert "holds the record of another training" in caplog.text
    assert json.loads((output / "manifest.json").read_text()) == {"kind": "grpo"}
    assert (output / "train_log.jsonl").read_text() == '{"step": 1, "loss": 0.5}\n'
    assert _curve(output)["points"]

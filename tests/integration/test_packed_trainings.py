"""Adapters trained on weights that bitsandbytes packs: ``nox -s quantised`` brings it."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import torch

from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.records.training import HeldOut, Packing, TrainSpec
from evalsuite.training.grpo import train
from evalsuite.training.log import find_training_log

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.verdict import Statement

modules = pytest.importorskip("bitsandbytes.nn.modules", reason="needs evalsuite[quantised]")

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own

FOUR = Packing(bits=4, nested=True)


def _spec(length_reward: str, packing: Packing, **grpo: Any) -> TrainSpec:
    return TrainSpec(
        model=resolve("base"),
        adapter="lora",
        lora={"r": 4, "target_modules": "all-linear"},
        packing=packing,
        grpo={
            "per_device_train_batch_size": 8,
            "num_generations": 4,
            "learning_rate": 1e-2,
            "use_cpu": True,
            **grpo,
        },
        rewards=length_reward,
        prompt="plain",
        n_questions=40,
        max_new_tokens=16,
        threads=1,
    )


def _manifest(folder: Path) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return manifest


def test_an_adapter_on_four_bits_resumes_to_the_same_bytes_and_says_what_it_was_trained_on(
    length_reward: str, tmp_path: Path
) -> None:
    """PEFT takes adapters up again in float32; TRL trains those on packed weights in bfloat16."""
    notices: list[Any] = []
    spec = _spec(length_reward, FOUR, max_steps=2, save_steps=1)
    trained = train(spec, output=tmp_path / "run", on_notice=notices.append)
    weights = (tmp_path / "run" / "model" / "adapter_model.safetensors").read_bytes()
    shutil.rmtree(tmp_path / "run" / "checkpoint-2")
    (tmp_path / "run" / "manifest.json").unlink()
    again = train(spec, output=tmp_path / "run", resume=True)
    assert (tmp_path / "run" / "model" / "adapter_model.safetensors").read_bytes() == weights
    assert again.weights == trained.weights
    told: list[Statement] = [n for n in notices if getattr(n, "key", "").endswith(".packed")]
    assert told[0].values == {"bits": 4}
    manifest = _manifest(tmp_path / "run")
    assert manifest["quantization_config"]["bnb_4bit_quant_type"] == "nf4"
    assert manifest["quantization_config"]["bnb_4bit_use_double_quant"] is True
    assert "bitsandbytes" in manifest["versions"]
    log = find_training_log(again)
    assert log is not None
    assert log.packing == FOUR
    # Judged on whole weights: the base's, moved by the adapter alone.
    whole = load_model(again, device="cpu").model.state_dict()
    base = load_model(resolve("base"), device="cpu").model.state_dict()
    moved = [name for name, tensor in whole.items() if not torch.equal(tensor, base[name])]
    assert moved
    assert all("proj" in name for name in moved)


def test_an_adapter_on_eight_bits_has_a_reference_and_is_watched(
    length_reward: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spec = _spec(length_reward, Packing(bits=8), max_steps=1, save_strategy="no", beta=0.1)
    watched = TrainSpec(
        **{name: getattr(spec, name) for name in TrainSpec.__dataclass_fields__}
        | {"heldout": HeldOut(questions=4, every=1), "difficulty": (0.0, 1.0)}
    )
    train(watched, output=tmp_path / "run")
    lines = (tmp_path / "run" / "train_log.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["heldout/n"] for row in rows if "heldout/n" in row] == [4, 4]
    assert [row["kl"] for row in rows if "kl" in row] == [pytest.approx(0.0, abs=1e-6)]
    assert not [r for r in caplog.records if r.name.startswith("bitsandbytes")]


@pytest.mark.parametrize("nested", [False, True])
def test_answers_leave_the_way_of_gradients_as_it_was(
    monkeypatch: pytest.MonkeyPatch, nested: bool
) -> None:
    """As on a CPU with AVX512-BF16, where layers that answer are laid out without a gradient."""
    monkeypatch.setattr(modules, "has_avx512bf16", lambda: True)
    packing = Packing(bits=4, nested=nested)
    model = load_model(resolve("base"), device="cpu", packing=packing).model
    layer = model.get_submodule("model.layers.0.mlp.down_proj")
    width = layer.in_features
    with torch.no_grad():
        layer(torch.ones(1, 2, width))
    layer.train()
    inputs = torch.ones(1, 2, width, requires_grad=True)
    layer(inputs).sum().backward()
    whole = load_model(resolve("base"), device="cpu").model
    expected = whole.get_parameter("model.layers.0.mlp.down_proj.weight").sum(dim=0)
    assert inputs.grad is not None
    similarity = torch.nn.functional.cosine_similarity(inputs.grad[0, 0], expected, dim=0)
    assert similarity > 0.95


def test_a_step_in_the_arithmetic_of_bfloat16_is_recorded(
    length_reward: str, tmp_path: Path
) -> None:
    options = {"model_init_kwargs": {"dtype": "bfloat16"}, "max_steps": 1, "save_strategy": "no"}
    kind = Packing(bits=4, kind="fp4", storage="bfloat16")
    train(_spec(length_reward, kind, **options), output=tmp_path / "run")
    recorded = _manifest(tmp_path / "run")["quantization_config"]
    assert recorded["bnb_4bit_compute_dtype"] == "bfloat16"
    assert recorded["bnb_4bit_quant_type"] == "fp4"
    assert recorded["bnb_4bit_quant_storage"] == "bfloat16"

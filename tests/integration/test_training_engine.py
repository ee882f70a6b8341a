"""GRPO whose answers our own engine samples: from the weights as they are, and resumed alike."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd
import pytest
import transformers

from evalsuite.disk.files import sha256_of_file
from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.generation.engine import Request
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.generation.tokens import EncodedPrompt
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding
from evalsuite.records.training import TrainSpec, Warmup
from evalsuite.seeds import derive_seed
from evalsuite.training.grpo import train
from evalsuite.training.warmup import warm_up

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.run import ModelSpec

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own

_GRPO = {
    "per_device_train_batch_size": 16,
    "num_generations": 4,
    "max_steps": 2,
    "learning_rate": 1e-3,
    "save_strategy": "steps",
    "save_steps": 1,
    "use_cpu": True,
}


def _spec() -> TrainSpec:
    return TrainSpec(
        model=resolve("base"),
        prompt="plain",
        n_questions=40,
        max_new_tokens=32,
        threads=2,
        seed=3,
        engine="hf",
        grpo=_GRPO,
    )


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train two steps without interruption."""
    folder: Path = tmp_path_factory.mktemp("straight") / "run"
    train(_spec(), output=folder)
    return folder


def _logged(folder: Path, step: int) -> pd.DataFrame:
    return pd.read_parquet(folder / "completions" / f"completions_{step:05}.parquet")


@pytest.mark.parametrize(("step", "place"), [(1, "base"), (2, "path:{}/checkpoint-1")])
def test_every_step_learns_from_answers_of_the_weights_before_it(
    straight: Path, step: int, place: str
) -> None:
    loaded = load_model(resolve(place.format(straight)), device="cpu")
    logged = _logged(straight, step)
    prompts = [
        EncodedPrompt(
            Request(question_id=str(row), sample=0, prompt=""),
            loaded.tokenizer.apply_chat_template(
                list(prompt), add_generation_prompt=True, return_dict=False
            ),
        )
        for row, prompt in enumerate(logged["prompt"])
    ]
    seed = derive_seed(3, "rollouts", step - 1, "train", 0, 0)

    answers = SlotEngine(loaded).token_ids(
        prompts, Decoding(max_new_tokens=32, temperature=1.0, seed=seed)
    )

    texts = [loaded.tokenizer.decode(ids, skip_special_tokens=True) for ids in answers.values()]
    told = [completion[0]["content"] for completion in logged["completion"]]
    assert sorted(texts) == sorted(told)
    assert len(set(told)) > len(told) // 2
    # TRL counts as cut off what has no end token, and learns to end from what has one
    cut_off = sum(ids[-1] not in loaded.eos_ids for ids in answers.values()) / len(answers)
    row = json.loads((straight / "train_log.jsonl").read_text("utf-8").splitlines()[step - 1])
    assert 0 < cut_off < 1
    assert row["completions/clipped_ratio"] == pytest.approx(cut_off)


def test_a_resumed_training_samples_what_the_straight_one_did(
    straight: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "killed"
    shutil.copytree(straight, folder)
    for name in ("checkpoint-2", "model"):
        shutil.rmtree(folder / name)
    (folder / "manifest.json").unlink()

    train(_spec(), output=folder, resume=True)

    first, again = (f / "model" / "model.safetensors" for f in (straight, folder))
    assert sha256_of_file(again) == sha256_of_file(first)


def test_who_sampled_stands_in_the_manifest(straight: Path) -> None:
    manifest = json.loads((straight / "manifest.json").read_text(encoding="utf-8"))

    assert manifest["spec"]["engine"] == "hf"


@pytest.fixture
def start(request: pytest.FixtureRequest, tmp_path: Path) -> ModelSpec:
    """Write an untrained model of another kind, with the embedded base's tokenizer."""
    name, changes = request.param
    shape = {"hidden_size": 48, "intermediate_size": 96, "num_hidden_layers": 2}
    shape |= {"num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 512}
    base = load_model(resolve("base"), device="cpu")
    ends = {"pad_token_id": 0, "eos_token_id": base.eos_ids[0], "bos_token_id": None}
    config = getattr(transformers, name)(vocab_size=base.vocabulary, **shape, **ends, **changes)
    model = transformers.AutoModelForCausalLM.from_config(config)
    model.save_pretrained(tmp_path / "start")
    base.tokenizer.save_pretrained(tmp_path / "start")
    return resolve(f"path:{tmp_path / 'start'}")


DYNAMIC = {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}}


@pytest.mark.parametrize(
    ("start", "reason"),
    [
        (("LlamaConfig", DYNAMIC), "its layers or positions are of a kind the arena can't hold"),
        (("MistralConfig", {"sliding_window": 40}), "answers may reach past its window; lower"),
    ],
    indirect=["start"],
)
def test_a_model_that_our_engine_can_not_sample_is_refused_before_the_folder_is_taken(
    start: ModelSpec, reason: str, tmp_path: Path
) -> None:
    folder = tmp_path / "run"

    with pytest.raises(InvalidInputError, match=f"--engine hf can't sample .*{reason}"):
        train(replace(_spec(), model=start), output=folder)

    assert [path.name for path in folder.iterdir()] == [".lock"]
    with pytest.raises(RunFailedError, match="holds no checkpoint to resume from"):
        train(replace(_spec(), model=start), output=folder, resume=True)
    with pytest.raises(InvalidInputError, match=f"--engine hf can't sample .*{reason}"):
        warm_up(replace(_spec(), model=start), Warmup(solutions="gold"), output=folder / "warmed")
    assert not (folder / "warmed").exists()


@pytest.mark.parametrize("start", [("MistralConfig", {"sliding_window": 400})], indirect=True)
def test_a_window_that_no_answer_reaches_past_is_sampled(start: ModelSpec, tmp_path: Path) -> None:
    spec = replace(_spec(), model=start, grpo=_GRPO | {"max_steps": 1})

    train(spec, output=tmp_path / "run")

    assert (tmp_path / "run" / "manifest.json").is_file()

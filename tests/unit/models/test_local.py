"""Adapters on this machine: whose base is found, pinned, and part of their identity."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
import torch
from tiny_gguf import write_gguf
from torch.distributed.checkpoint.state_dict_saver import save

from evalsuite.errors import EvalsuiteError, InvalidInputError
from evalsuite.models.load import load_model
from evalsuite.models.local import base_of, find_on_disk, identified
from evalsuite.models.names import embedded_folder, resolve

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.models.load import LoadedModel


def on_base(adapter: Path, name: object, **settings: object) -> Path:
    path = adapter / "adapter_config.json"
    written = json.loads(path.read_text(encoding="utf-8")) | settings
    path.write_text(json.dumps(written | {"base_model_name_or_path": name}), encoding="utf-8")
    return adapter


def logits(loaded: LoadedModel) -> torch.Tensor:
    with torch.inference_mode():
        values: torch.Tensor = loaded.model(torch.tensor([[3, 40, 50, 60, 4]])).logits
    return values


def test_a_relative_base_is_sought_where_the_adapter_lies(
    adapter_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = logits(load_model(resolve(f"path:{adapter_folder}"), device="cpu"))
    shutil.copytree(embedded_folder() / "base", tmp_path / "mine")
    on_base(adapter_folder, "../mine")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    loaded = load_model(resolve("path:../adapter"), device="cpu")

    assert torch.equal(logits(loaded), expected)


def test_a_changed_base_is_another_model(adapter_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(embedded_folder() / "base", tmp_path / "mine")
    on_base(adapter_folder, "../mine")
    before = resolve(f"path:{adapter_folder}").weights
    shutil.copy(embedded_folder() / "trained" / "model.safetensors", tmp_path / "mine")

    after = resolve(f"path:{adapter_folder}").weights

    assert before != after
    assert None not in (before, after)


@pytest.mark.parametrize("of", ["adapter_base", "spec", "train_spec"])
def test_an_adapter_whose_base_is_not_that_of_its_training_says_so(
    adapter_folder: Path, tmp_path: Path, of: str
) -> None:
    base = shutil.copytree(embedded_folder() / "base", tmp_path / "mine")
    on_base(adapter_folder, "../mine")
    start = {"source": "folder", "weights": resolve(f"path:{base}").weights}
    written = {
        # Of a merged adapter the record is that of the folder it was written to.
        "adapter_base": {"spec": {"model": start | {"weights": "0"}}, "adapter_base": start},
        "spec": {"spec": {"model": start}},
        "train_spec": {"model": start},
    }[of]
    name = "train_spec.json" if of == "train_spec" else "manifest.json"
    (tmp_path / name).write_text(json.dumps(written), encoding="utf-8")
    assert resolve(f"path:{adapter_folder}").note is None
    shutil.copy(embedded_folder() / "trained" / "model.safetensors", base)

    note = resolve(f"path:{adapter_folder}").note

    assert note is not None
    assert "mine is not the one that it was trained on, so this is another model" in note


@pytest.mark.parametrize(
    "manifest",
    [
        '{"spec": {"model": {"source": "adapter", "weights": "0"}}}',
        '{"spec": {"model": {"source": "hub", "revision": "0", "weights": null}}}',
        '{"spec": []}',
        '{"spec": {"model": 3}, "adapter_base": {"weights": "0"}}',
        "[",
    ],
)
def test_of_a_base_that_no_record_tells_nothing_is_said(
    adapter_folder: Path, manifest: str
) -> None:
    (adapter_folder / "manifest.json").write_text(manifest, encoding="utf-8")

    assert resolve(f"path:{adapter_folder}").note is None


def test_an_adapter_on_a_gguf_file_is_read_again(adapter_folder: Path, tmp_path: Path) -> None:
    expected = logits(load_model(resolve(f"path:{adapter_folder}"), device="cpu"))
    on_base(adapter_folder, str(write_gguf(tmp_path / "g.gguf", eos_id=1)))

    loaded = load_model(resolve(f"path:{adapter_folder}"), device="cpu")

    torch.testing.assert_close(logits(loaded), expected)


def test_what_is_trained_on_a_loaded_model_can_name_it(
    adapter_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    gguf = write_gguf(tmp_path / "g.gguf", eos_id=1)
    for name, origin in (("g.gguf", gguf), ("path:adapter", adapter_folder)):
        loaded = load_model(resolve(name), device="cpu")
        assert loaded.model.config.name_or_path == str(origin)


def test_an_adapter_on_an_adapter_is_merged_on_both(adapter_folder: Path, tmp_path: Path) -> None:
    first = logits(load_model(resolve(f"path:{adapter_folder}"), device="cpu"))
    second = on_base(shutil.copytree(adapter_folder, tmp_path / "second"), "../adapter")

    both = logits(load_model(resolve(f"path:{second}"), device="cpu"))

    assert not torch.allclose(both, first, atol=0.01)


@pytest.mark.parametrize("name", [".", "../adapter", "no/where", "/no/where", "no where", 7, None])
def test_a_base_that_is_not_there_is_unknown_and_never_loaded(
    adapter_folder: Path, name: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    on_base(adapter_folder, name)

    with suppress(InvalidInputError):  # a base that is no name is refused at once
        model = resolve(f"path:{adapter_folder}")
        assert model.weights is None
        assert model.note
        with pytest.raises(EvalsuiteError):
            base_of(model)


def test_a_start_that_was_no_hub_model_is_not_sought_there(adapter_folder: Path) -> None:
    on_base(adapter_folder, "runs/warmed")
    manifest = {"spec": {"model": {"source": "folder"}}}
    (adapter_folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    adapter = find_on_disk(adapter_folder)
    assert adapter is not None

    assert "no path from" in str(identified(adapter).note)


def filled(folder: Path, *files: str) -> Path:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"")
    return folder


def test_a_step_of_verl_stands_for_its_newest_whole_weights(tmp_path: Path) -> None:
    for step in (90, 100):
        place = tmp_path / "verl" / f"global_step_{step}" / "actor" / "huggingface"
        shutil.copytree(embedded_folder() / "base", place)

    model = resolve(f"path:{tmp_path / 'verl'}")

    assert model.name == "verl-global_step_100"
    assert model.weights == resolve("embedded:base").weights


def test_a_folder_of_openrlhf_stands_for_its_newest_whole_weights(tmp_path: Path) -> None:
    for step in (90, 100):
        place = tmp_path / "ckpt" / f"global_step{step}_hf"
        shutil.copytree(embedded_folder() / "base", place)
    filled(tmp_path / "ckpt", "_actor/zero_to_fp32.py", "_actor/global_step100/x.pt")

    model = resolve(f"path:{tmp_path / 'ckpt'}")

    assert model.name == "ckpt-global_step100_hf"
    assert model.weights == resolve("embedded:base").weights


def test_an_adapter_of_verl_is_found(adapter_folder: Path, tmp_path: Path) -> None:
    on_base(adapter_folder, str(embedded_folder() / "base"))
    shutil.copytree(adapter_folder, tmp_path / "global_step_5" / "actor" / "lora_adapter")

    assert resolve(f"path:{tmp_path / 'global_step_5'}").source == "adapter"


@pytest.mark.parametrize(
    ("file", "command"),
    [
        (
            "global_step_7/actor/model_world_size_2_rank_0.pt",
            "merge --backend fsdp --local_dir .*/actor --target_dir",
        ),
        ("global_step_7/actor/dist_ckpt/x", "merge --backend megatron"),
        ("checkpoint-7/zero_to_fp32.py", "zero_to_fp32 as zero.*checkpoint-7, then copy config"),
        ("_actor/zero_to_fp32.py", "zero_to_fp32 as zero.*_actor, then copy config"),
        ("checkpoint-7/pytorch_model_fsdp_0/a.distcp", "accelerate merge-weights"),
        ("checkpoint-7/pytorch_model_fsdp_0/a.distcp", "then copy config.json"),
        ("pytorch_model.bin", "pickles"),
    ],
)
def test_shards_say_which_command_merges_them(tmp_path: Path, file: str, command: str) -> None:
    with pytest.raises(EvalsuiteError, match=command):
        resolve(f"path:{filled(tmp_path, file)}")


def test_a_step_of_deepspeed_beside_its_merged_weights_names_their_folder(tmp_path: Path) -> None:
    place = filled(tmp_path / "it's run" / "checkpoint-7", "zero_to_fp32.py", "global_step7/x.pt")
    with pytest.raises(EvalsuiteError, match="these are DeepSpeed's shards") as before:
        resolve(f"path:{place / 'global_step7'}")
    command = str(before.value).partition("run: ")[2].partition(", then")[0]
    assert shlex.split(command)[-1] == str(place)

    shutil.copytree(embedded_folder() / "trained", place, dirs_exist_ok=True)

    with pytest.raises(EvalsuiteError, match=f"the model in {place}; name that folder"):
        resolve(f"path:{place / 'global_step7'}")
    assert resolve(f"path:{place}").weights == resolve("embedded:trained").weights


@pytest.mark.filterwarnings("ignore:torch.distributed is disabled")
def test_the_command_that_is_named_makes_a_model_of_fsdp_shards(tmp_path: Path) -> None:
    place = tmp_path / "checkpoint-7"
    shutil.copytree(embedded_folder() / "trained", place)
    (place / "model.safetensors").unlink()
    trained = load_model(resolve("embedded:trained"), device="cpu").model.state_dict()
    shards = place / "pytorch_model_fsdp_0"
    save({"model": trained}, checkpoint_id=shards, no_dist=True)
    with pytest.raises(EvalsuiteError) as told:
        resolve(f"path:{tmp_path}")

    command = shlex.split(str(told.value).rpartition("run: ")[2])
    arguments = [sys.executable, "-m", "accelerate.commands.accelerate_cli", *command[1:]]
    subprocess.run(arguments, check=True, capture_output=True, timeout=300)

    merged = load_model(resolve(f"path:{tmp_path}"), device="cpu").model.state_dict()
    assert merged.keys() == trained.keys()
    assert all(torch.equal(merged[name], trained[name]) for name in trained)


def test_a_configuration_beside_shards_of_verl_says_the_same(tmp_path: Path) -> None:
    actor = filled(tmp_path, "actor/model_world_size_2_rank_0.pt", "actor/huggingface/config.json")
    with pytest.raises(EvalsuiteError, match="these are verl's shards"):
        resolve(f"path:{actor / 'actor' / 'huggingface'}")
    with pytest.raises(EvalsuiteError, match="these are verl's shards"):
        resolve(f"path:{tmp_path}")


def test_weights_and_bases_in_four_bits_name_the_way_out(
    adapter_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(embedded_folder() / "base", tmp_path / "packed")
    config = tmp_path / "packed" / "config.json"
    packed = {"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}
    config.write_text(json.dumps(json.loads(config.read_text()) | packed))
    with pytest.raises(InvalidInputError, match="save_method='merged_16bit'"):
        load_model(resolve(f"path:{tmp_path / 'packed'}"), device="cpu")

    on_base(adapter_folder, "unsloth/Qwen2.5-0.5B-Instruct-unsloth-bnb-4bit")
    note = resolve(f"path:{adapter_folder}").note
    assert note is not None
    assert "in 16 bits (unsloth/Qwen2.5-0.5B-Instruct) as base_model_name_or_path" in note

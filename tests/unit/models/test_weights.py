"""A damaged checkpoint is refused with one line that names the damage and the file."""

from __future__ import annotations

import json
import shutil
import warnings
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file, save_file

from evalsuite.errors import RunFailedError
from evalsuite.models.load import load_model, save_plain
from evalsuite.models.names import embedded_folder, resolve
from evalsuite.models.origin import in_one_line
from evalsuite.models.weights import check_weights, empty_model

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Tensors = dict[str, torch.Tensor]
NORM = "model.norm.weight"
DOWN = "model.layers.1.mlp.down_proj.weight"


def without(name: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {key: tensors[key] for key in tensors if key != name}


def with_value(name: str, value: float) -> Callable[[Tensors], Tensors]:
    def change(tensors: Tensors) -> Tensors:
        tensors[name].view(-1)[-1] = value
        return tensors

    return change


DAMAGES: dict[str, tuple[Callable[[Tensors], Tensors], str]] = {
    "a missing tensor": (without(DOWN), f"missing: {DOWN}"),
    "a missing norm": (without(NORM), f"missing: {NORM}"),
    "a tensor too many": (lambda t: t | {"model.more": torch.ones(2)}, "unexpected: model.more"),
    "another shape": (lambda t: t | {NORM: torch.ones(97)}, r"shape|mismatch"),
    "a NaN": (with_value(DOWN, float("nan")), f"not all finite .*: {DOWN}"),
    "an infinity": (with_value(NORM, float("-inf")), f"not all finite .*: {NORM}"),
    "NaN everywhere": (lambda t: {k: v * float("nan") for k, v in t.items()}, "more"),
    "no tensor": (lambda _: {}, "missing|holds"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(embedded_folder() / "base", tmp_path / "mine")
    return tmp_path / "mine"


def refused(path: Path, match: str) -> str:
    with pytest.raises(RunFailedError, match=match) as caught:
        load_model(resolve(f"path:{path}"), device="cpu")
    line = str(caught.value)
    assert len(line.splitlines()) == 1
    return line


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_checkpoint_is_refused(folder: Path, name: str) -> None:
    damage, match = DAMAGES[name]
    weights = folder / "model.safetensors"
    save_file(damage(load_file(weights)), weights, metadata={"format": "pt"})

    line = refused(folder, match)

    assert str(folder) in line


@pytest.mark.parametrize(
    ("key", "value", "match"),
    [
        ("num_hidden_layers", 4, "missing: model.layers.3"),
        ("num_hidden_layers", 2, "unexpected: model.layers.2"),
        ("tie_word_embeddings", False, "missing: lm_head.weight"),
        ("intermediate_size", 10_000_000, "weights and its files hold"),
        ("vocab_size", 10**9, "weights and its files hold"),
    ],
)
def test_a_configuration_of_another_model_is_refused(
    folder: Path, key: str, value: object, match: str
) -> None:
    path = folder / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8")) | {key: value}
    path.write_text(json.dumps(settings), encoding="utf-8")

    refused(folder, match)


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_checkpoint_is_refused_before_another_loader_gets_it(
    folder: Path, name: str
) -> None:
    damage, match = DAMAGES[name]
    weights, spec = folder / "model.safetensors", resolve(f"path:{folder}")
    with in_one_line(spec):
        check_weights(spec)
    save_file(damage(load_file(weights)), weights, metadata={"format": "pt"})

    with pytest.raises(RunFailedError, match=match), in_one_line(spec):
        check_weights(spec)


def test_a_copy_of_tied_weights_is_no_damage(folder: Path) -> None:
    weights = folder / "model.safetensors"
    tensors = load_file(weights)
    tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
    save_file(tensors, weights, metadata={"format": "pt"})

    load_model(resolve(f"path:{folder}"), device="cpu")


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (lambda _: {"nothing": torch.ones(1)}, r"missing: .*lora_.* and \d+ more; unexpected"),
        (lambda t: dict(list(t.items())[1:]), "missing: .*lora_A"),
        (lambda t: t | {"other.lora_A.weight": torch.ones(2, 2)}, "unexpected: other"),
        (lambda t: {k: v * float("nan") for k, v in t.items()}, "not all finite"),
        (lambda t: {k: v[:1] for k, v in t.items()}, "shape"),
    ],
)
def test_a_damaged_adapter_is_refused(
    adapter_folder: Path, damage: Callable[[Tensors], Tensors], match: str
) -> None:
    weights = adapter_folder / "adapter_model.safetensors"
    save_file(damage(load_file(weights)), weights, metadata={"format": "pt"})

    refused(adapter_folder, match)


def test_shards_are_whole_models_too(folder: Path, tmp_path: Path) -> None:
    loaded = load_model(resolve(f"path:{folder}"), device="cpu")
    save_plain(loaded, tmp_path / "plain")
    loaded.model.save_pretrained(tmp_path / "shards", max_shard_size="500KB")
    loaded.tokenizer.save_pretrained(tmp_path / "shards")
    shards = sorted((tmp_path / "shards").glob("*.safetensors"))
    assert len(shards) > 1
    load_model(resolve(f"path:{tmp_path / 'shards'}"), device="cpu")

    shards[0].unlink()

    refused(tmp_path / "shards", "model-00001-of")


def test_a_model_without_its_weights_has_their_names_and_shapes_and_no_number() -> None:
    shape_alone = {n: p.shape for n, p in empty_model(resolve("base")).named_parameters()}
    loaded = load_model(resolve("base"), device="cpu").model

    assert shape_alone == {n: p.shape for n, p in loaded.named_parameters()}
    assert all(p.is_meta for p in empty_model(resolve("base")).parameters())


def test_merging_an_adapter_hides_what_libraries_announce(adapter_folder: Path) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        load_model(resolve(f"path:{adapter_folder}"), device="cpu")
    assert [str(w.message) for w in warned if w.category is FutureWarning] == []

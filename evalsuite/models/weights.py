"""Weights, loaded whole or not at all: what a damaged checkpoint lacks is never made up.

transformers fills what is missing with random numbers and says so in a warning at most. Here every
tensor of the model must come from its files, every tensor of the files must have a home, and every
number must be finite; then an adapter is merged under the same rules. Sizes are read from the
headers of the files, with nothing loaded.
"""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from evalsuite.errors import Clause, RunFailedError, joined
from evalsuite.models.local import base_of
from evalsuite.models.origin import check_layers, origin_of, whole_model
from evalsuite.models.quiet import quiet_warnings

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from transformers import PreTrainedModel

    from evalsuite.models.origin import Origin
    from evalsuite.records.run import ModelSpec

__all__ = [
    "check_weights",
    "count_parameters",
    "empty_model",
    "load_weights",
    "name_after",
    "tensor_shapes",
]

_NAMED = 3
"""Tensors an error names; the others are counted."""
_UNPACKED = 16
"""Numbers of a model to one of its files at most: two-bit weights are packed sixteen to one."""
_SMALL = 100_000_000
"""Numbers that fit into any memory."""
_WAY_OUT = Clause("copy or save the checkpoint again")


def load_weights(model: ModelSpec, dtype: torch.dtype) -> PreTrainedModel:
    """Load a model's weights, an adapter merged into its base's, and check every tensor.

    Raises RunFailedError naming what is damaged and in which file.
    """
    if model.source == "adapter":
        base = load_weights(base_of(model), dtype)
        with quiet_warnings():
            loaded = _merged(base, origin_of(model, with_weights=True).folder)
    else:
        loaded = _whole(origin_of(model, with_weights=True), dtype)
    name_after(loaded, model)
    return loaded


def name_after(loaded: PreTrainedModel, model: ModelSpec) -> None:
    """Let what is trained on these weights name them as its base.

    By a path that leads here from every folder, and by the adapter where one is merged in.
    """
    name = model.location if model.revision else str(Path(model.location).resolve())
    loaded.name_or_path = loaded.config.name_or_path = name


def empty_model(model: ModelSpec) -> PreTrainedModel:
    """Build a model by its configuration alone: names and shapes, and no number of its weights."""
    return _empty(origin_of(whole_model(model)))


def check_weights(model: ModelSpec) -> None:
    """Check the files of whole weights that another loader reads, as `load_weights` would.

    What a damaged file lacks that loader may make up, or serve NaN for a number. One tensor is in
    memory at a time.

    Raises RunFailedError naming what is damaged and in which file.
    """
    from transformers import AutoModelForCausalLM

    origin = origin_of(model, with_weights=True)
    _check_room(origin, _shapes(origin))
    options = origin.options | {"device_map": "meta", "ignore_mismatched_sizes": True}
    _, info = AutoModelForCausalLM.from_pretrained(
        origin.folder, output_loading_info=True, use_safetensors=True, **options
    )
    files = origin.folder / "*.safetensors"
    _check_info(info, files)
    _refuse_broken(_broken_in(origin.folder), files)


def _whole(origin: Origin, dtype: torch.dtype) -> PreTrainedModel:
    from transformers import AutoModelForCausalLM, GgufConfig

    shapes = _shapes(origin)
    _check_room(origin, shapes)
    options = origin.options | {"dtype": dtype, "output_loading_info": True}
    if origin.gguf:
        options["quantization_config"] = GgufConfig(dequantize=True)
    else:
        # The other format is a pickle, which runs code when it is read.
        options["use_safetensors"] = True
    loaded, info = AutoModelForCausalLM.from_pretrained(origin.folder, **options)
    _check_info(info, origin.folder / (origin.gguf or "*.safetensors"))
    _check_numbers(loaded, origin.folder / (origin.gguf or "*.safetensors"))
    return loaded


def _merged(base: PreTrainedModel, folder: Path) -> PreTrainedModel:
    """Merge an adapter, for every engine then serves it as it serves any other model."""
    from peft import PeftConfig, PeftModelForCausalLM, get_peft_model_state_dict

    shapes = tensor_shapes(folder / "adapter_model.safetensors")
    config = PeftConfig.from_pretrained(folder)
    config.inference_mode = True
    adapted = PeftModelForCausalLM(base, config)
    expected = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    # PEFT saves embeddings beside the adapter where the vocabulary has grown.
    embeddings = {name for name in shapes if "embed_tokens" in name or "lm_head" in name}
    _check_names(
        folder / "adapter_model.safetensors",
        missing=expected.keys() - shapes.keys(),
        unexpected=shapes.keys() - expected.keys() - embeddings,
        mismatched=[
            name
            for name, weights in expected.items()
            if name in shapes and tuple(weights.shape) != shapes[name]
        ],
    )
    # Only now, for PEFT loads what fits and warns about what does not.
    adapted.load_adapter(folder, "default")
    merged: PreTrainedModel = adapted.merge_and_unload()
    _check_numbers(merged, folder / "adapter_model.safetensors")
    return merged


def _shapes(origin: Origin) -> dict[str, tuple[int, ...]]:
    """Read the shape of every tensor from the headers, so that a damaged file is named."""
    return tensor_shapes(origin.folder / origin.gguf if origin.gguf else origin.folder)


def _check_room(origin: Origin, shapes: Mapping[str, tuple[int, ...]]) -> None:
    """Refuse a configuration that would fill the memory with what the files do not hold."""
    needed = sum(parameter.numel() for parameter in _empty(origin).parameters())
    present = sum(map(prod, shapes.values()))
    if needed > max(_UNPACKED * present, _SMALL):
        raise RunFailedError(
            "{folder}/config.json describes {needed:,} weights and its files hold {present:,}; "
            "{way_out}",
            folder=origin.folder,
            needed=needed,
            present=present,
            way_out=_WAY_OUT,
        )


def _empty(origin: Origin) -> PreTrainedModel:
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(origin.folder, **origin.options)
    check_layers(config.to_dict(), str(origin.folder / (origin.gguf or "")))
    with torch.device("meta"):
        empty: PreTrainedModel = AutoModelForCausalLM.from_config(config, trust_remote_code=False)
    return empty


def _check_info(info: dict[str, Any], path: Path) -> None:
    _check_names(
        path,
        missing=info["missing_keys"],
        unexpected=info["unexpected_keys"],
        mismatched=[entry[0] for entry in info["mismatched_keys"]],
    )


def _check_names(
    path: Path,
    *,
    missing: Collection[str],
    unexpected: Collection[str],
    mismatched: Collection[str],
) -> None:
    faults = {
        Clause("missing"): missing,
        Clause("unexpected"): unexpected,
        Clause("of another shape"): mismatched,
    }
    named = [
        Clause("{fault}: {names}", fault=fault, names=_listed(names))
        for fault, names in faults.items()
        if names
    ]
    if named:
        raise RunFailedError(
            "the weights in {path} are not those of its configuration ({fault}); {way_out}",
            path=path,
            fault=joined(named, "; "),
            way_out=_WAY_OUT,
        )


def _check_numbers(loaded: PreTrainedModel, path: Path) -> None:
    """Refuse numbers that are not finite."""
    broken = [name for name, tensor in loaded.state_dict().items() if not _is_finite(tensor)]
    _refuse_broken(broken, path)


def _broken_in(folder: Path) -> list[str]:
    """Name the tensors of a folder's safetensors that are not finite, one in memory at a time."""
    from safetensors import safe_open

    broken = []
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            broken += [name for name in names if not _is_finite(file.get_tensor(name))]
    return broken


def _refuse_broken(broken: list[str], path: Path) -> None:
    if broken:
        raise RunFailedError(
            "the weights in {path} are not all finite (NaN or infinity): {broken}; {way_out}",
            path=path,
            broken=_listed(broken),
            way_out=_WAY_OUT,
        )


def _is_finite(tensor: torch.Tensor) -> bool:
    if not tensor.is_floating_point() or tensor.numel() == 0:
        return True
    # One pass without a copy: NaN and infinity both show in the extremes.
    lowest, highest = tensor.aminmax()
    return bool(torch.isfinite(lowest) & torch.isfinite(highest))


def _listed(names: Collection[Any]) -> str:
    shown = ", ".join(sorted(map(str, names))[:_NAMED])
    more = len(names) - _NAMED
    return Clause("{shown} and {more:,} more", shown=shown, more=more) if more > 0 else shown


def count_parameters(spec: ModelSpec) -> int | None:
    """Count the parameters a resolved model's own files hold: of an adapter, its own only.

    None where no weights lie on this machine.
    """
    path = Path(spec.location)
    if spec.source != "gguf" and not any(path.glob("*.safetensors")):
        return None
    return sum(map(prod, tensor_shapes(path).values()))


def tensor_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Read the shape of every tensor, by name, of a GGUF file or of the safetensors in a folder.

    Raises RunFailedError naming a file whose header is damaged.
    """
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else [path]
    shapes: dict[str, tuple[int, ...]] = {}
    for file in files:
        try:
            shapes |= _in_gguf(file) if file.suffix == ".gguf" else _in_safetensors(file)
        except Exception as error:  # the readers raise their own, numpy's and the system's
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:160]
            raise RunFailedError(
                "{file} is damaged: {reason}; copy or save the checkpoint again",
                file=file,
                reason=reason,
            ) from error
    return shapes


def _in_gguf(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    from gguf import GGUFReader

    return ((t.name, tuple(int(n) for n in t.shape)) for t in GGUFReader(path).tensors)


def _in_safetensors(path: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        for name in file.keys():  # noqa: SIM118  no mapping
            yield name, tuple(file.get_slice(name).get_shape())

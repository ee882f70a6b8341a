"""The origin of a model's files: the folder on this machine that a loader reads.

Whatever the source, a loader reads plain files of one folder: a repository of the Hub is brought
here first, at its commit. Files that would take a loader for ever or all the memory are refused
before it sees them.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import object_or_empty, read_object
from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError, RunFailedError
from evalsuite.models.hub import hub_folder
from evalsuite.models.local import base_of
from evalsuite.records.dataclass import dataclass
from evalsuite.tasks.hub import without_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.run import ModelSpec

__all__ = [
    "Origin",
    "check_layers",
    "in_one_line",
    "origin_of",
    "read_head_width",
    "tokenizer_origin",
    "whole_model",
]

_LARGEST_FILES = {"tokenizer.json": 256 << 20, "config.json": 4 << 20}
_LARGEST_SMALL_FILE = 64 << 20
_MOST_LAYERS = 2_000
"""The deepest models published have some hundred and twenty."""
_MOST_EXPERTS = 100_000
"""Over all layers; the largest published models have some twenty thousand."""
_WIDEST_HEAD = 1024
"""Of what is looked at ahead: published models have 64 to 512 numbers."""
_LAYERS = re.compile(r"(num_|n_)?(\w+_)?(hidden_)?(layers?|blocks|depth)")
_EXPERTS = re.compile(r"(num_|n_)(\w+_)?experts")


@dataclass(frozen=True, slots=True)
class Origin:
    """A folder, and the GGUF file in it where that is the model."""

    folder: Path
    gguf: str | None = None

    @property
    def options(self) -> dict[str, Any]:
        """What transformers' loaders are told beside the folder."""
        options: dict[str, Any] = {"trust_remote_code": False, "local_files_only": True}
        return options | ({"gguf_file": self.gguf} if self.gguf else {})


def whole_model(model: ModelSpec) -> ModelSpec:
    """Find what holds whole weights: the model itself, or what lies below an adapter."""
    while model.source == "adapter":
        model = base_of(model)
    return model


def origin_of(model: ModelSpec, *, with_weights: bool = False) -> Origin:
    """Find the folder of a model's own files, brought here from the Hub where need be."""
    path = Path(model.location)
    if model.source == "gguf":
        origin = Origin(path.parent, path.name)
    elif model.revision is not None:
        origin = Origin(hub_folder(model.location, model.revision, with_weights=with_weights))
    else:
        origin = Origin(path)
    _check_files(origin.folder)
    return origin


def tokenizer_origin(model: ModelSpec) -> Origin:
    """Find where the tokenizer is: trainers save it with an adapter, PEFT alone does not."""
    own = origin_of(model)
    if model.source == "adapter" and not (own.folder / "tokenizer_config.json").is_file():
        return tokenizer_origin(base_of(model))
    return own


def read_head_width(model: ModelSpec) -> int | None:
    """Read how many numbers a head of attention has, without a library; None where it isn't said.

    In a folder on this machine alone: the Hub is asked once, by who loads, who also tells what is
    wrong with the files.
    """
    if model.source not in ("embedded", "folder"):
        return None
    try:
        with in_one_line(model):
            settings = object_or_empty(origin_of(model).folder / "config.json")
    except EvalsuiteError:
        return None
    stated = settings.get("head_dim")
    hidden, heads = (settings.get(key) for key in ("hidden_size", "num_attention_heads"))
    if stated is None and isinstance(hidden, int) and isinstance(heads, int) and heads > 0:
        stated = hidden // heads
    return stated if isinstance(stated, int) and 0 < stated <= _WIDEST_HEAD else None


def check_layers(settings: object, origin: str) -> None:
    """Refuse a configuration with more layers or experts than can be built in seconds.

    ``settings`` is the JSON of the configuration, parts inside parts included.
    """
    counts = list(_integers(settings))
    layers = max((n for key, n in counts if _LAYERS.fullmatch(key)), default=1)
    experts = max((n for key, n in counts if _EXPERTS.fullmatch(key)), default=1)
    if layers > _MOST_LAYERS or layers * experts > _MOST_EXPERTS:
        raise InvalidInputError(
            "the configuration of {origin} asks for {layers:,} layers and {experts:,} experts, "
            "over {most_layers:,} layers or {most_experts:,} experts in all; mend config.json",
            origin=origin,
            layers=layers,
            experts=experts,
            most_layers=_MOST_LAYERS,
            most_experts=_MOST_EXPERTS,
        )


@contextmanager
def in_one_line(model: ModelSpec) -> Iterator[None]:
    """Turn whatever a loader raises over a model's files into one line with the way out."""
    try:
        yield
    except (EvalsuiteError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        # Loaders over files of strangers raise anything, Rust's panics included, which are no
        # Exception; what is neither is none of theirs.
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        lines = without_token(str(error)).strip().splitlines() or [type(error).__name__]
        raise RunFailedError(
            "can't load {model!r} from {location}: {reason}; see `evalsuite models resolve` for "
            "what it is",
            model=model.name,
            location=model.location,
            reason=lines[0][:200],
        ) from error


def _check_files(folder: Path) -> None:
    for path in folder.glob("*.json"):
        limit = _LARGEST_FILES.get(path.name, _LARGEST_SMALL_FILE)
        if path.is_file() and path.stat().st_size > limit:
            raise InvalidInputError(
                "{path} has {size:,} bytes, over {limit:,}; is it what it says?",
                path=path,
                size=path.stat().st_size,
                limit=limit,
            )
    for name in ("config.json", "tokenizer_config.json", "generation_config.json"):
        path = folder / name
        if path.is_file():
            settings = read_object(path, Clause("copy the model again"), error=RunFailedError)
            if name == "config.json":
                check_layers(settings, str(folder))
                _check_whole(settings, folder)


def _check_whole(settings: dict[str, Any], folder: Path) -> None:
    """Refuse weights in 4 or 8 bits: their packed tensors are no numbers that could be checked."""
    quantised = settings.get("quantization_config")
    method = quantised.get("quant_method") if isinstance(quantised, dict) else None
    if method == "bitsandbytes":
        raise InvalidInputError(
            "{folder} holds weights packed by bitsandbytes, and evalsuite loads whole ones; take "
            "the model in 16 bits, or save it so where it was made (unsloth: "
            "save_pretrained_merged(..., save_method='merged_16bit'))",
            folder=folder,
        )


def _integers(settings: object) -> Iterator[tuple[str, int]]:
    """List every integer of a configuration with its key."""
    if isinstance(settings, dict):
        for key, value in settings.items():
            if isinstance(value, int):
                yield str(key), value
            else:
                yield from _integers(value)
    elif isinstance(settings, list):
        for value in settings:
            yield from _integers(value)

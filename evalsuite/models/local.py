"""Models on this machine: folders, checkpoints, GGUF files, and adapters with their base.

An adapter is its own files on top of its base: the base is sought where the adapter lies before
anywhere else, and its identity is part of the adapter's.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import object_or_empty, read_object
from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError, RunFailedError
from evalsuite.models.hub import find_on_hub, pinned
from evalsuite.models.identity import sha256_of_adapter, sha256_of_folder, sha256_of_gguf
from evalsuite.records.run import ModelSpec

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HUB_NAME", "base_of", "find_on_disk", "identified"]

HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+(@[\w./-]+)?")
_PINNED = re.compile(r"(?P<repository>[^@]+)@(?P<commit>[0-9a-f]{40})")
_OF_VERL = ("merged", "actor/merged", "actor/lora_adapter", "actor/huggingface")
"""Where a step of verl has whole weights or an adapter, most deliberate first."""
_STEP = re.compile(r"(\d+)(_hf)?$")
_FOUR_BITS = re.compile(r"-(unsloth-)?bnb-4bit$", re.IGNORECASE)
_DEEPEST = 8
"""Adapters on adapters; a longer chain is a circle."""


def find_on_disk(path: Path) -> ModelSpec | None:
    """Find the model a path leads to, not yet identified; None where there is none.

    Raises InvalidInputError where an adapter's configuration can't be read.
    """
    if path.is_file() and path.suffix == ".gguf":
        note = f"{path.name}, dequantised: not the published full-precision model"
        return ModelSpec(name=path.stem, source="gguf", location=str(path), note=note)
    if not path.is_dir():
        return None
    if (path / "adapter_config.json").is_file():
        return ModelSpec(
            name=path.resolve().name, source="adapter", location=str(path), base=_base_name(path)
        )
    if (path / "config.json").is_file():
        return ModelSpec(name=path.resolve().name, source="folder", location=str(path))
    return _inside(path)


def _inside(path: Path) -> ModelSpec | None:
    """Find the model that a trainer's output folder stands for: its newest, by number of steps."""
    for pattern in ("checkpoint-*", "global_step_*", "global_step*_hf"):
        # By number: as text 900 is newer than 1000.
        newest = max(path.glob(pattern), key=_step, default=None)
        if newest is not None:
            inner = find_on_disk(newest)
            return inner and replace(inner, name=f"{path.resolve().name}-{inner.name}")
    for place in _OF_VERL:
        inner = find_on_disk(path / place)
        # Where nothing was merged, verl's huggingface/ holds a configuration without weights.
        if inner is not None and any((path / place).glob("*.safetensors")):
            return replace(inner, name=path.resolve().name)
    return None


def identified(model: ModelSpec, *, depth: int = 0) -> ModelSpec:
    """Give a model of this machine its identity: over its files, and of an adapter its base's.

    Where the base of an adapter can't be found, the identity is unknown: None, and the note says
    why.
    """
    path = Path(model.location)
    if model.source == "gguf":
        return replace(model, weights=sha256_of_gguf(path))
    own = sha256_of_folder(path)
    if model.source != "adapter":
        return replace(model, weights=own)
    if depth == _DEEPEST:
        raise InvalidInputError(
            "{path} is an adapter on an adapter, and so on without an end; mend "
            "base_model_name_or_path in adapter_config.json",
            path=path,
        )
    try:
        base = _identified_base(model, depth)
    except EvalsuiteError as error:
        return replace(model, note=Clause("its base is unknown: {error}", error=error))
    is_on_hub = base.revision is not None
    return replace(
        model,
        base=pinned(base) if is_on_hub else base.location,
        weights=sha256_of_adapter(own, base.weights or pinned(base)),
        note=_other_base(path, base),
    )


def base_of(model: ModelSpec) -> ModelSpec:
    """Find the base of an identified adapter, at the commit or path it was identified by.

    Raises InvalidInputError where the adapter names none, RunFailedError where it was not there.
    """
    if model.base is None:
        raise InvalidInputError(
            "{location}/adapter_config.json does not name the model it was trained on; add "
            "base_model_name_or_path",
            location=model.location,
        )
    on_disk = find_on_disk(Path(model.base))
    if on_disk is not None and on_disk.source != "adapter":
        return on_disk
    if on_disk is not None:
        below = identified(on_disk)
        if below.weights is None:
            raise RunFailedError(
                "{location} can't be loaded: {note}", location=below.location, note=below.note
            )
        return below
    match = _PINNED.fullmatch(model.base)
    if match is None:
        reason = model.note or Clause("it was not found when the adapter was")
        raise RunFailedError(
            "the base of the adapter {location} is {base}, but {reason}; bring it here, or mend "
            "base_model_name_or_path in adapter_config.json",
            location=model.location,
            base=model.base,
            reason=reason,
        )
    return find_on_hub(match[0])


def _identified_base(adapter: ModelSpec, depth: int) -> ModelSpec:
    """Find an adapter's base with its own identity; raises where that is unknown."""
    if adapter.base is None:
        raise InvalidInputError("the adapter names none; add base_model_name_or_path")
    base = _base(adapter, adapter.base)
    if base.revision is not None:
        return base
    base = identified(base, depth=depth + 1)
    if base.weights is None:
        raise RunFailedError(base.note or base.location)
    return base


def _base(adapter: ModelSpec, name: str) -> ModelSpec:
    """Find the base an adapter names: a path, sought where the adapter lies, or a Hub name."""
    folder = Path(adapter.location)
    # Paths before the Hub: runs/warmed is a name of the Hub as well, and a stranger's repository
    # must not answer for it.
    for path in (folder / name, Path(name)):
        on_disk = find_on_disk(path)
        if on_disk is not None:
            return on_disk
    if _FOUR_BITS.search(name):
        raise RunFailedError(
            "its base {name} is in 4 bits, on which no adapter can be merged; name the base in 16 "
            "bits ({whole}) as base_model_name_or_path in {folder}/adapter_config.json",
            name=name,
            whole=_FOUR_BITS.sub("", name),
            folder=folder,
        )
    revision = _settings(folder).get("revision")
    if not HUB_NAME.fullmatch(name) or _was_local(folder):
        raise RunFailedError(
            "{name!r} is no path from {folder} or from here; mend base_model_name_or_path in "
            "{folder}/adapter_config.json",
            name=name,
            folder=folder,
        )
    return find_on_hub(f"{name}@{revision}" if isinstance(revision, str) and revision else name)


def _was_local(folder: Path) -> bool:
    """Tell whether our own record of the training says that its start was no model of the Hub."""
    return any("source" in start and start["source"] != "hub" for start, _ in _records(folder))


def _other_base(folder: Path, base: ModelSpec) -> Clause | None:
    """Say that an adapter was trained on another base, where our record of its training tells."""
    for start, below in _records(folder):
        # A merged adapter and a GGUF file are written out first: of these the record is the copy's.
        is_base = start.get("source") not in ("adapter", "gguf")
        trained_on = below or (start if is_base else {})
        for key, here in (("weights", base.weights), ("revision", base.revision)):
            if here is not None and trained_on.get(key) not in (None, here):
                return Clause(
                    "its base {base} is not the one that it was trained on, so this is another "
                    "model than was trained; put that base back, or train again",
                    base=pinned(base) if base.revision else base.location,
                )
    return None


def _records(folder: Path) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Find the start of the training that made an adapter, and what lay below the adapter.

    At most one, each empty where the record does not tell; of a training that is not finished what
    it was started with.
    """
    for path in (folder, folder.parent):
        manifest = object_or_empty(path / "manifest.json")
        spec = manifest.get("spec") or object_or_empty(path / "train_spec.json")
        start = spec.get("model") if isinstance(spec, dict) else None
        if isinstance(start, dict):
            below = manifest.get("adapter_base")
            yield start, below if isinstance(below, dict) else {}
            return


def _base_name(folder: Path) -> str | None:
    name = _settings(folder).get("base_model_name_or_path")
    if name is not None and not isinstance(name, str):
        raise InvalidInputError(
            "{folder}/adapter_config.json names the base {name!r}, which is no name; mend "
            "base_model_name_or_path",
            folder=folder,
            name=str(name)[:80],
        )
    return name or None


def _settings(folder: Path) -> dict[str, Any]:
    return read_object(folder / "adapter_config.json", Clause("save the adapter again"))


def _step(path: Path) -> int:
    number = _STEP.search(path.name)
    return int(number[1]) if number else -1

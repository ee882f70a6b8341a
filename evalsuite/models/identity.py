"""The identity of a model: a hash over every file the loader may read.

Weights alone don't answer: a vocabulary, a merge, an added token, a chat template or a base under
an adapter changes answers as well. Files that no loader reads (logs, optimizers, read-mes) leave
the identity as it is.
"""

from __future__ import annotations

import errno
import hashlib
from shlex import quote
from typing import TYPE_CHECKING

from evalsuite.disk.files import sha256_of_file
from evalsuite.errors import Clause, InvalidInputError, RunFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = [
    "is_small_file",
    "merge_advice",
    "sha256_of_adapter",
    "sha256_of_folder",
    "sha256_of_gguf",
]

_FIRST = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "adapter_config.json",
)
"""In this order before all others: folders that hold no more keep the identity they had when these
were all that counted, and their runs are found again (docs/decisions)."""
_ENDINGS = (".json", ".jinja", ".model", ".spm", ".tiktoken", ".bpe", ".codes")
_NAMES = frozenset({"vocab.txt", "merges.txt", "bpe.vocab"})
_INERT = frozenset(
    {
        "manifest.json",
        "train_spec.json",
        "trainer_state.json",
        "all_results.json",
        "eval_results.json",
        "train_results.json",
        "results.json",
    }
)
"""JSON that trainers leave beside a model and no loader reads."""
_TEMPLATES = "additional_chat_templates"
_OF_DEEPSPEED = (
    "import sys, deepspeed.utils.zero_to_fp32 as zero, safetensors.torch as st;"
    "st.save_file({n: t.clone() for n, t in zero.get_fp32_state_dict_from_zero_checkpoint("
    "sys.argv[1]).items()}, sys.argv[1] + '/model.safetensors', {'format': 'pt'})"
)
"""Its own script, zero_to_fp32.py, fails with safetensors where input and output share weights."""


def is_small_file(name: str) -> bool:
    """Tell whether a loader may read the file of this name, weights aside.

    ``name`` is relative to the model's folder, with ``/`` between parts.
    """
    folder, _, file = name.rpartition("/")
    if folder:
        return folder == _TEMPLATES and file.endswith(".jinja")
    return (file.endswith(_ENDINGS) or file in _NAMES) and file not in _INERT


def sha256_of_folder(folder: Path) -> str:
    """Hash weights, configuration and tokenizer of a folder; 64 hexadecimal digits.

    Raises InvalidInputError where it holds no safetensors weights.
    """
    for path in sorted(folder.iterdir()):
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise InvalidInputError(
                "{path} is a pipe or a device, and to read it may never end; take it away",
                path=path,
            )
    weights = sorted(folder.glob("*.safetensors"))
    if not weights:
        advice = merge_advice(folder)
        if advice is not None:
            raise InvalidInputError(
                "{folder} holds no safetensors weights: {advice}", folder=folder, advice=advice
            )
        raise InvalidInputError(
            "{folder} holds no safetensors weights; save the model with safe_serialization=True",
            folder=folder,
        )
    return _sha256([*weights, *_small_files(folder)], folder)


def merge_advice(folder: Path) -> Clause | None:
    """Say which command makes a model of the shards that a distributed training left.

    None where the folder holds no form of weights that is known.
    """
    # Above a folder only where a trainer puts the shards there: anything else lies there, too.
    is_below = folder.name == "huggingface" or folder.name.startswith("global_step")
    inside = [folder / name for name in ("actor", "_actor")]  # of verl, of OpenRLHF
    for place in (folder, *inside, *([folder.parent] if is_below else [])):
        if any(place.glob("model_world_size_*_rank_*.pt")):
            return _verl("fsdp", place)
        if (place / "dist_ckpt").is_dir():
            return _verl("megatron", place)
        if (place / "zero_to_fp32.py").is_file():
            return _deepspeed(place)
        shards = sorted([*place.glob("*.distcp"), *place.glob("*/*.distcp")])
        fsdp = next((path.parent for path in shards), None)
        if fsdp is not None:
            merged = place if (place / "config.json").is_file() else place / "merged"
            advice = _merged_into(merged, f"accelerate merge-weights {fsdp} {merged}")
            return Clause("these are FSDP's shards; {advice}", advice=advice)
    if any(folder.glob("*.bin")) or any(folder.glob("*.pt")):
        return Clause(
            "its weights are pickles, which run code when they are read; save the model with "
            "safe_serialization=True where it was made"
        )
    return None


def _merged_into(merged: Path, command: str) -> Clause:
    """Name a command that writes weights alone, and what the folder needs beside them."""
    if (merged / "config.json").is_file():
        return Clause("run: {command}", command=command)
    return Clause(
        "run: {command}, then copy config.json and the tokenizer's files of the model that was "
        "trained to {merged}",
        command=command,
        merged=merged,
    )


def _deepspeed(place: Path) -> Clause:
    if any(place.glob("*.safetensors")):
        return Clause("it belongs to the model in {place}; name that folder", place=place)
    command = f'python -c "{_OF_DEEPSPEED}" {quote(str(place))}'
    advice = _merged_into(place, command)
    return Clause("these are DeepSpeed's shards; {advice}", advice=advice)


def _verl(backend: str, actor: Path) -> Clause:
    return Clause(
        "these are verl's shards; merge them with: python -m verl.model_merger merge --backend "
        "{backend} --local_dir {actor} --target_dir {actor}/merged",
        backend=backend,
        actor=actor,
    )


def sha256_of_gguf(path: Path) -> str:
    """Hash a GGUF file, and the tokenizer files beside it, which the loader prefers to its own."""
    return _sha256([path, *_small_files(path.parent)], path.parent)


def sha256_of_adapter(own: str, base: str) -> str:
    """Hash what an adapter is: its own files' identity on top of its base's."""
    return hashlib.sha256(f"adapter\0{own}\nbase\0{base}\n".encode()).hexdigest()


def _small_files(folder: Path) -> list[Path]:
    candidates = [*folder.iterdir(), *folder.glob(f"{_TEMPLATES}/*")]
    names = sorted(path.relative_to(folder).as_posix() for path in candidates if path.is_file())
    later = [name for name in names if is_small_file(name) and name not in _FIRST]
    return [folder / name for name in (*(n for n in _FIRST if n in names), *later)]


_DAMAGED = (errno.ENOENT, errno.ELOOP, errno.EISDIR, errno.ENOTDIR, errno.EIO)
"""What is wrong with a file itself, such as a link that leads nowhere; the rest is the machine."""


def _sha256(files: Iterable[Path], folder: Path) -> str:
    """Hash names and contents; raises RunFailedError where one can't be read."""
    total = hashlib.sha256()
    for path in files:
        name = path.relative_to(folder).as_posix()
        try:
            total.update(f"{name}\0{sha256_of_file(path)}\n".encode())
        except OSError as error:
            if error.errno not in _DAMAGED:
                raise
            raise RunFailedError(
                "can't read {path} of the model ({reason}); copy or download the model again",
                path=path,
                reason=error.strerror,
            ) from error
    return total.hexdigest()

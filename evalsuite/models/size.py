"""The size of a model, read from the headers of its files: nothing is loaded."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.errors import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.run import ModelSpec

__all__ = ["count_parameters", "tensor_shapes"]


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
                f"{file} is damaged: {reason}; copy or save the checkpoint again"
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

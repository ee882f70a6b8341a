"""The size of a model, read from the headers of its files: nothing is loaded."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evalsuite.records.run import ModelSpec

__all__ = ["count_parameters"]


def count_parameters(spec: ModelSpec) -> int | None:
    """Count the parameters a resolved model's own files hold: of an adapter, its own only.

    None where no weights lie on this machine.
    """
    path = Path(spec.location)
    if spec.source == "gguf":
        from gguf import GGUFReader

        return sum(int(tensor.n_elements) for tensor in GGUFReader(path).tensors)
    files = sorted(path.glob("*.safetensors")) if path.is_dir() else []
    return sum(map(_in_file, files)) if files else None


def _in_file(path: Path) -> int:
    from safetensors import safe_open

    with safe_open(path, framework="np") as file:
        return sum(prod(file.get_slice(name).get_shape()) for name in file.keys())  # noqa: SIM118  no mapping

"""The makings of a training: versions of the libraries."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

__all__ = ["versions"]

_PACKAGES = (
    "evalsuite",
    "numpy",
    "peft",
    "safetensors",
    "tokenizers",
    "torch",
    "transformers",
    "trl",
)


def versions() -> dict[str, str]:
    """List the versions that decide the bytes of a trained model, of installed packages only."""
    numbers = {"python": platform.python_version(), "machine": platform.machine()}
    for package in _PACKAGES:
        try:
            numbers[package] = version(package)
        except PackageNotFoundError:
            continue
    return numbers

"""The makings of a training: versions of the libraries and hashes of the files."""

from __future__ import annotations

import hashlib
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["file_sha256", "versions"]

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


def file_sha256(path: Path) -> str:
    """Hash a file without reading it into memory at once; 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

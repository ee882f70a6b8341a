"""What a training was made with: the versions of the libraries."""

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
    """List the versions that decide the bytes of a trained model.

    Returns
    -------
    dict
        Python and each installed package of the model side.
    """
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

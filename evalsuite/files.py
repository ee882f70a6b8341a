"""Files written whole or not at all, under names that are plain everywhere."""

from __future__ import annotations

import hashlib
import os
import platform
import re
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["has_sha256", "read_text", "safe_name", "sha256_of_file", "write_atomically"]


def safe_name(part: str) -> str:
    """Make a name that is a plain file name everywhere.

    Letters, digits, dots, underscores and hyphens; never empty, at most 48 characters.

    Examples
    --------
    >>> safe_name("../org/model v2")
    'org_model_v2'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "_", part).strip("._-")[-48:] or "model"


def write_atomically(path: Path, text: str) -> None:
    """Write a file, and its folder, so that it is either the old one or the new one, whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = f"{safe_name(platform.node())}.{os.getpid()}"  # hosts of a cluster share folders
    beside = path.with_name(f".{path.name}.{writer}.part")
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


def read_text(path: Path) -> str:
    """Read a file of a run as UTF-8.

    Raises
    ------
    InvalidInputError
        If it can't be read.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"can't read {path}: {error}; is this a run folder?") from error


def sha256_of_file(path: Path) -> str:
    """Hash a file, in pieces: weights may be larger than memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_sha256(path: Path, expected: str) -> bool:
    """Tell whether a file is there, can be read, and has this hash."""
    try:
        return sha256_of_file(path) == expected
    except OSError:
        return False

"""Files written whole or not at all, under names that are plain everywhere.

What a killed writer left beside a file is removed by its next writer.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import platform
import re
import time
from contextlib import suppress
from glob import escape as glob_escape
from typing import TYPE_CHECKING, Any

from evalsuite.errors import Clause, InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from evalsuite.errors import EvalsuiteError

__all__ = [
    "has_sha256",
    "leftover_parts",
    "make_folder",
    "object_or_empty",
    "read_lines",
    "read_object",
    "read_text",
    "refuse_link",
    "safe_name",
    "sha256_of_file",
    "sync_folder",
    "write_atomically",
]

_PART_SECONDS = 24 * 3600.0
"""After this time a part of another host, whose processes nobody here can see, is a leftover."""
_BLOCK = 1 << 20
"""Characters that are written at once."""
_NO_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EBADF)
"""What file systems say that can't sync a folder; they have no other way to do it."""


def safe_name(part: str) -> str:
    """Make a name that is a plain file name everywhere.

    Letters, digits, dots, underscores and hyphens; never empty, at most 48 characters.

    Examples
    --------
    >>> safe_name("../org/model v2")
    'org_model_v2'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "_", part).strip("._-")[-48:] or "model"


def write_atomically(path: Path, text: str | bytes | Iterable[str]) -> None:
    """Write a file, and its folder, so that it is either the old one or the new one, whole.

    ``text`` may come in pieces, which are never all in memory.
    """
    make_folder(path.parent)
    for left in leftover_parts(path.parent, path.name):
        left.unlink(missing_ok=True)
    beside = path.with_name(f".{path.name}.{_writer()}.part")
    beside.unlink(missing_ok=True)
    try:
        # Exclusive: a link that somebody laid here would be written through.
        with beside.open("xb") as file:
            for piece in [text] if isinstance(text, (str, bytes)) else _in_blocks(text):
                file.write(piece if isinstance(piece, bytes) else piece.encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        with suppress(OSError):  # the first error tells more
            beside.unlink(missing_ok=True)
        raise
    # The name too: without this a power cut may bring the old file back, or none.
    sync_folder(path.parent)


def _in_blocks(pieces: Iterable[str]) -> Iterator[str]:
    """Join pieces to blocks worth a call of the system; a small file stays one."""
    block, size = [""], 0
    for piece in pieces:
        block.append(piece)
        size += len(piece)
        if size >= _BLOCK:
            yield "".join(block)
            block, size = [], 0
    yield "".join(block)


def leftover_parts(folder: Path, name: str = "") -> list[Path]:
    """List the parts in a folder, of one file or of all, whose writer is dead; by name."""
    pattern = f".{glob_escape(name) if name else '*'}.*.part"
    return sorted(path for path in folder.glob(pattern) if _is_left(path))


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each of them lasting."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:
        sync_folder(made.parent)


def sync_folder(folder: Path) -> None:
    """Write the names in a folder through to the disk, where the system can."""
    if os.name == "nt":  # which opens no folders
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(descriptor)


def refuse_link(path: Path) -> None:
    """Refuse to write through a link or into a pipe that stands where a file of a run belongs.

    Raises InvalidInputError. A store may come out of an archive that somebody else packed.
    """
    if path.is_symlink() or (path.exists() and not (path.is_file() or path.is_dir())):
        raise InvalidInputError(
            "{path} is no plain file, so what it leads to would be overwritten; take it away",
            path=path,
        )


def _writer() -> str:
    return f"{safe_name(platform.node())}.{os.getpid()}"  # hosts of a cluster share folders


def _is_left(part: Path) -> bool:
    """Return whether nobody writes a part any more."""
    host, _, process = part.name.removesuffix(".part").rpartition(".")
    if not host.endswith(f".{safe_name(platform.node())}") or not process.isdecimal():
        return _age(part) > _PART_SECONDS
    return int(process) == os.getpid() or not _is_alive(int(process))


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:  # its writer has just renamed it
        return 0.0


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # where signal 0 ends a process
        return True
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # somebody else's
        return True
    return True


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
        raise _unreadable(path, error) from error


def read_object(
    path: Path, way_out: str, *, error: type[EvalsuiteError] = InvalidInputError
) -> dict[str, Any]:
    """Read a file that is one JSON object; ``way_out`` ends the message where it is none."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as reason:
        message = Clause(
            "can't read {path}: {reason}; {way_out}", path=path, reason=reason, way_out=way_out
        )
        raise error(message) from reason
    if not isinstance(value, dict):
        raise error(Clause("{path} is no JSON object; {way_out}", path=path, way_out=way_out))
    return value


def object_or_empty(path: Path) -> dict[str, Any]:
    """Read a file that may be missing or anybody's; empty where it is no JSON object."""
    try:
        return read_object(path, "")
    except InvalidInputError:
        return {}


def read_lines(path: Path) -> Iterator[str]:
    """Read the lines of a file of a run one by one.

    Raises
    ------
    InvalidInputError
        If it can't be read.
    """
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            yield from file
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InvalidInputError:
    return InvalidInputError(
        "can't read {path}: {error}; is this a run folder?", path=path, error=error
    )


def sha256_of_file(path: Path) -> str:
    """Hash a file, in pieces: weights may be larger than memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def has_sha256(path: Path, expected: object) -> bool:
    """Return whether a file is there and has this hash.

    Raises OSError where it is there and can't be read: that says nothing about what it holds.
    """
    try:
        return sha256_of_file(path) == expected
    except FileNotFoundError:
        return False

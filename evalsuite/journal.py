"""The append-only journals of a run: one of the run itself, one of each shard.

A journal has one writer, who holds its lock, and any number of readers. A last line without its
newline was torn by a crash: its writer cuts it off, a reader passes over it. A finished shard
leaves a record beside its journal.
"""

from __future__ import annotations

import os
import platform
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.files import has_sha256, read_text, sha256_of_file, write_atomically
from evalsuite.records.codec import from_json, to_json, to_line
from evalsuite.records.run import Response
from evalsuite.records.shard import Shard, ShardRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = [
    "Answers",
    "Journal",
    "add_answers",
    "hold",
    "keep_shard",
    "mend",
    "read_answers",
    "read_shards",
    "seal_shard",
]

Answers = dict[tuple[str, int], Response]
"""By question id and sample."""


class Journal:
    """One open journal; its lock is held by whoever opened it.

    ``done`` is every answer that the run's journals, this one and those of others, hold so far.
    """

    def __init__(self, path: Path, done: Mapping[tuple[str, int], Response]) -> None:
        self.folder = path.parent
        self.done = list(done.values())
        self._file = path.open("a", encoding="ascii")

    def append(self, responses: Iterable[Response]) -> None:
        """Write finished responses through to the disk."""
        # To the disk before they count as done: what is reported finished survives a power cut.
        batch = list(responses)
        self._file.write("".join(map(to_line, batch)))
        self._file.flush()
        os.fsync(self._file.fileno())
        self.done.extend(batch)

    def close(self) -> None:
        """Close the file; the lock is released by its holder."""
        self._file.close()


@contextmanager
def hold(lock: Path, what: str, *, patience: float = 0) -> Iterator[None]:
    """Hold an advisory lock; the operating system frees it when the process dies.

    The lock's file stays. ``what`` names what is worked on, for the message; another holder is
    waited for ``patience`` seconds.

    Raises
    ------
    RunFailedError
        If another process holds it, whom the message names, or the file system has no locks.
    """
    from filelock import FileLock, Timeout

    # No soft lock where the system has none: it would outlive a killed process.
    guard = FileLock(lock, timeout=patience, fallback_to_soft=False, on_acquired=_sign)
    try:
        guard.acquire()
    except Timeout as error:
        raise RunFailedError(
            f"process {_holder(lock)} is working on {what}; wait for it or end it, then try again"
        ) from error
    except OSError as error:  # such as NFS without its lock service
        raise RunFailedError(
            f"can't lock {lock} ({error.strerror}), so two processes could write the same answers; "
            "choose a folder for runs that you may write, on a file system with locks"
        ) from error
    try:
        yield
    finally:
        guard.release()


def _sign(descriptor: int) -> None:
    """Write who holds a lock into its file, through the lock's own descriptor."""
    holder = f"{os.getpid()} on {platform.node()}"
    os.ftruncate(descriptor, 0)
    os.write(descriptor, holder.encode("ascii", "replace"))


def _holder(lock: Path) -> str:
    try:
        return lock.read_text(encoding="ascii", errors="replace")[:200].strip() or "unknown"
    except OSError:  # Windows lets nobody read what is locked
        return "unknown"


def mend(path: Path) -> None:
    """Cut off what a crash left of a journal's last line; only its writer may."""
    if not path.is_file():
        return
    content = path.read_bytes()
    # An answer is whole with its newline: half a line would join the next one to nonsense.
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)


def read_answers(folder: Path) -> Answers:
    """Read every answer that the journals of a run hold, each once; others may be writing.

    Raises
    ------
    InvalidInputError
        If a whole line is no answer, or two journals answer one question differently.
    """
    collected: Answers = {}
    for path in (folder / "responses.jsonl", *sorted(folder.glob("shard-*-of-*.jsonl"))):
        if path.is_file():
            add_answers(collected, _whole_lines(path), origin=path)
    return collected


def add_answers(collected: Answers, answers: Iterable[Response], *, origin: Path) -> None:
    """Add the answers of one journal to those collected, in place; the same answer twice is one.

    Raises
    ------
    InvalidInputError
        If one answers a question differently.
    """
    for answer in answers:
        key = (answer.question_id, answer.sample)
        if collected.setdefault(key, answer) != answer:
            raise InvalidInputError(
                f"{origin} answers question {key[0]} (sample {key[1]}) differently from another "
                "journal of the same run; only one can count: move the other journal away"
            )


def seal_shard(folder: Path, shard: Shard, environment: dict[str, Any]) -> ShardRecord:
    """Finish a shard with all its questions answered: write ``shard-<i>-of-<N>.json``.

    The record tells what the journal holds and where it was made. Only the shard's writer may.
    """
    # Written after the last answer is on the disk: that it exists means the shard is finished.
    journal = folder / f"{shard.file_name}.jsonl"
    count = journal.read_bytes().count(b"\n")
    record = ShardRecord(
        shard=shard.name, responses=count, sha256=sha256_of_file(journal), environment=environment
    )
    write_atomically(folder / f"{shard.file_name}.json", to_json(record))
    return record


def keep_shard(folder: Path, record: ShardRecord) -> None:
    """Keep the record of a shard whose answers came from another folder.

    A shard that the run folder knows itself is left as it is.
    """
    path = folder / f"{Shard.parse(record.shard).file_name}.json"
    if not path.is_file() and not path.with_suffix(".jsonl").is_file():
        write_atomically(path, to_json(record))


def read_shards(folder: Path) -> dict[Shard, ShardRecord]:
    """Read what finished shards left in a run folder, in order of shard.

    Raises
    ------
    InvalidInputError
        If a shard's journal changed after the shard was finished.
    """
    records = {}
    for path in folder.glob("shard-*-of-*.json"):
        record = from_json(ShardRecord, read_text(path), origin=str(path))
        journal = path.with_suffix(".jsonl")
        if journal.is_file() and not has_sha256(journal, record.sha256):
            raise InvalidInputError(
                f"{journal} changed after its shard was finished; copy it again, "
                f"or delete {path} and run the shard again"
            )
        records[Shard.parse(record.shard)] = record
    return dict(sorted(records.items()))


def _whole_lines(path: Path) -> Iterator[Response]:
    with path.open("rb") as file:
        for line in file:
            # The last line may be half written by a living writer; it is no error, but no answer.
            if line.endswith(b"\n"):
                yield from_json(Response, line, origin=str(path))

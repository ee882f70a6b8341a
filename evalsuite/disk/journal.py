"""The append-only journals of a run: one of the run itself, one of each shard.

A journal has one writer, who holds its lock, and any number of readers. A last line without its
newline was torn by a crash: its writer cuts it off, a reader passes over it. Every line ends in a
checksum over its run and its text, so neither a damaged line nor one of another run is an answer;
lines from before there were checksums are read. A finished shard leaves a record beside its
journal. Each session at a journal notes beside it where it was made.
"""

from __future__ import annotations

import hashlib
import os
import platform
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import (
    has_sha256,
    read_text,
    refuse_link,
    sha256_of_file,
    write_atomically,
)
from evalsuite.errors import InvalidInputError, RunFailedError, at_line
from evalsuite.records.codec import from_json, to_json, to_line
from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import Response
from evalsuite.records.shard import Shard, ShardRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = [
    "Answers",
    "Journal",
    "JournalScope",
    "Session",
    "add_answers",
    "hold",
    "journal_lines",
    "journals",
    "keep_shard",
    "mend",
    "read_answers",
    "read_shards",
    "seal_shard",
    "sessions_file",
]

_CHECKED = re.compile(rb',"check":"(?P<check>[0-9a-f]{16})"\}\n$')
"""How a line ends that has a checksum; it stands last, so that it covers every byte before it."""

Answers = dict[tuple[str, int], Response]
"""By question id and sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalScope:
    """What the journals of one run may hold."""

    fingerprint: str
    """The run's; every checksum covers it."""
    wanted: frozenset[tuple[str, int]]
    """Question ids and samples."""

    def line_of(self, answer: Response) -> str:
        """Write an answer as a line with its checksum."""
        body = to_line(answer).removesuffix("}\n")
        return f'{body},"check":"{self.check_of(body.encode())}"}}\n'

    def check_of(self, body: bytes) -> str:
        """Return the checksum of a line up to its last key: 16 hexadecimal digits."""
        return hashlib.sha256(self.fingerprint.encode() + b"\n" + body).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Answers that were added to a journal in one session, and where they were made."""

    environment: dict[str, Any] | None
    """None of answers from before sessions were noted."""
    answers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStart:
    """What is noted beside a journal when a session begins."""

    environment: dict[str, Any] | None
    answers: int
    """Those that the journal held before."""


class Journal:
    """One open journal; its lock is held by whoever opened it.

    ``done`` is every answer that the run's journals, this one and those of others, hold so far.
    """

    def __init__(
        self, path: Path, done: Mapping[tuple[str, int], Response], scope: JournalScope
    ) -> None:
        self.folder = path.parent
        self.done = list(done.values())
        self._scope = scope
        self._sessions = sessions_file(path)
        self._n_lines = mend(path)
        self._unsynced: list[Response] = []
        self._is_noted = False
        # Unbuffered: what a failed write left in a buffer would be written again when it is closed.
        self._file = path.open("ab", buffering=0)

    def append(self, responses: Iterable[Response]) -> None:
        """Write finished responses through to the disk."""
        self.write(responses)
        self.sync()

    def write(self, responses: Iterable[Response]) -> None:
        """Hand finished responses to the system: it keeps them when this process is killed."""
        batch = list(responses)
        content = memoryview("".join(map(self._scope.line_of, batch)).encode("ascii"))
        while content:
            content = content[self._file.write(content) :]
        self._unsynced += batch

    def sync(self) -> None:
        """Write through to the disk what was written since the last time."""
        # To the disk before they count as done: what is reported finished survives a power cut.
        os.fsync(self._file.fileno())
        self.done.extend(self._unsynced)
        self._n_lines += len(self._unsynced)
        self._unsynced = []

    def begin_session(self, environment: Mapping[str, Any]) -> None:
        """Note where the answers from here on are made; a killed session can't do so afterwards.

        Whoever opened the journal is one session, however often it generates.
        """
        if self._is_noted:
            return
        self._is_noted = True
        start = SessionStart(environment=dict(environment), answers=self._n_lines)
        earlier = [s for s in _noted_sessions(self._sessions) if s.answers < self._n_lines]
        write_atomically(self._sessions, "".join(map(to_line, [*earlier, start])))

    def sessions(self) -> list[Session]:
        """List the sessions that added answers to this journal, each with its own count."""
        noted = _noted_sessions(self._sessions)
        if not noted or noted[0].answers:
            noted.insert(0, SessionStart(environment=None, answers=0))
        ends = [*(session.answers for session in noted[1:]), self._n_lines]
        return [
            Session(environment=session.environment, answers=end - session.answers)
            for session, end in zip(noted, ends, strict=True)
            if end > session.answers
        ]

    def close(self) -> None:
        """Close the file; the lock is released by its holder."""
        self._file.close()


@contextmanager
def hold(lock: Path, what: str, *, seconds: float = 0.0) -> Iterator[None]:
    """Hold an advisory lock; the operating system frees it when the process dies.

    The lock's file stays. ``what`` names what is worked on, for the message. Waits ``seconds`` for
    another holder.

    Raises
    ------
    RunFailedError
        If another process holds it, whom the message names, or the file system has no locks.
    """
    from filelock import FileLock, Timeout

    refuse_link(lock)  # its target would be overwritten with the holder's name
    # No soft lock where the system has none: it would outlive a killed process.
    guard = FileLock(lock, timeout=seconds, fallback_to_soft=False, on_acquired=_sign)
    try:
        guard.acquire()
    except Timeout as error:
        raise RunFailedError(
            "process {process} is working on {what}; wait for it or end it, then try again",
            process=_holder(lock),
            what=what,
        ) from error
    except OSError as error:  # such as NFS without its lock service
        raise RunFailedError(
            "can't lock {lock} ({reason}), so two processes could write the same answers; choose "
            "a folder for runs that you may write, on a file system with locks",
            lock=lock,
            reason=error.strerror,
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


def mend(path: Path) -> int:
    """Cut off what a crash left of a journal's last line, and count the whole ones.

    Only the journal's writer may. Raises InvalidInputError where a link or a pipe stands there.
    """
    refuse_link(path)
    if not path.is_file():
        return 0
    content = path.read_bytes()
    # An answer is whole with its newline: half a line would join the next one to nonsense.
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)
    return content.count(b"\n")


def sessions_file(journal: Path) -> Path:
    """Name the file beside a journal that tells where its answers were made."""
    shard = journal.stem.removeprefix("shard")
    return journal.with_name(
        "sessions.jsonl" if shard == journal.stem else f"sessions{shard}.jsonl"
    )


def _noted_sessions(path: Path) -> list[SessionStart]:
    if not path.is_file():
        return []
    return [
        from_json(SessionStart, line, origin=str(path)) for line in read_text(path).splitlines()
    ]


def journals(folder: Path) -> list[Path]:
    """List the journals in a run folder, of the run and of its shards."""
    every = (folder / "responses.jsonl", *sorted(folder.glob("shard-*-of-*.jsonl")))
    return [path for path in every if path.is_file()]


def read_answers(folder: Path, scope: JournalScope) -> Answers:
    """Read every answer that the journals of a run hold, each once; others may be writing.

    Raises
    ------
    InvalidInputError
        If a whole line is damaged, of another run or not asked for, or two journals answer one
        question differently.
    """
    collected: Answers = {}
    for path in journals(folder):
        add_answers(collected, journal_lines(path, scope), origin=path)
    return collected


def journal_lines(path: Path, scope: JournalScope) -> Iterator[Response]:
    """Read the whole lines of one journal; the last may be half written by a living writer."""
    must_check = False
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.endswith(b"\n"):
                origin = at_line(path, number)
                # Once there are checksums, a line without is one that lost its own.
                must_check = _verified(line, scope, origin, must_check=must_check)
                yield _answer(line, scope, origin)


def _verified(line: bytes, scope: JournalScope, origin: str, *, must_check: bool) -> bool:
    """Hold a line to its checksum, and tell whether it has one."""
    match = _CHECKED.search(line)
    if match is None and not must_check:
        return False
    if match is None or scope.check_of(line[: match.start()]) != match["check"].decode():
        raise InvalidInputError(
            "{origin} is damaged, or an answer of another run: its checksum is not its own; "
            "delete this line, and the same command asks its question again",
            origin=origin,
        )
    return True


def _answer(line: bytes, scope: JournalScope, origin: str) -> Response:
    answer = from_json(Response, line, origin=origin)
    if (answer.question_id, answer.sample) not in scope.wanted:
        raise InvalidInputError(
            "{origin} answers question {question} (sample {sample}), which was not asked in this "
            "run; take the file with that answer away, or delete this line",
            origin=origin,
            question=answer.question_id,
            sample=answer.sample,
        )
    return answer


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
                "{origin} answers question {question} (sample {sample}) differently from another "
                "journal of the same run; only one can count: move the other journal away",
                origin=origin,
                question=key[0],
                sample=key[1],
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
                "{journal} changed after its shard was finished; copy it again, or delete {path} "
                "and run the shard again",
                journal=journal,
                path=path,
            )
        records[Shard.parse(record.shard)] = record
    return dict(sorted(records.items()))

"""The only module that knows what ``runs/`` looks like.

A run folder holds ``spec.json`` (written first), ``questions.jsonl``, ``responses.jsonl`` (an
append-only journal), ``grades.jsonl`` (derived), ``environment.json`` and ``complete.json``
(written last: its existence means complete). Every file but the journal is written beside its
place and renamed into it. A torn last line of the journal is dropped and generated again.
"""

from __future__ import annotations

import hashlib
import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.records.codec import from_json, plain, sha256_of, to_json, to_line
from evalsuite.records.run import Grade, Question, Response, Run, RunSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

__all__ = [
    "Journal",
    "find_runs",
    "fingerprint",
    "is_complete",
    "load_run",
    "open_journal",
    "read_spec",
    "run_folder",
    "safe_name",
    "write_atomically",
    "write_grades",
    "write_run",
]

_HASHED = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl", "environment.json")


def fingerprint(spec: RunSpec) -> str:
    """Identify a run by what was asked, whatever the model was called.

    Parameters
    ----------
    spec
        What is asked.

    Returns
    -------
    str
        64 hexadecimal digits over weights identity, prompts, decoding, dtype, engine and
        questions; the same fingerprint means the same answers.
    """
    asked = plain(spec)
    model = asked.pop("model")
    identity = {key: model[key] for key in ("source", "revision", "weights", "base")}
    if identity["weights"] is None and identity["revision"] is None:
        identity["location"] = model["location"]
    return sha256_of({"model": identity, **asked})


def run_folder(root: Path, spec: RunSpec) -> Path:
    """Name the folder of a run: readable first, unique last.

    Parameters
    ----------
    root
        ``runs/``.
    spec
        What is asked.

    Returns
    -------
    pathlib.Path
        ``<model>-<task>-<budget>-<fingerprint8>`` under ``root``; it may not exist yet.
    """
    parts = (spec.model.name, spec.task, str(spec.decoding.max_new_tokens))
    readable = "-".join(safe_name(part) for part in parts)
    return root / f"{readable}-{fingerprint(spec)[:8]}"


def is_complete(folder: Path) -> bool:
    """Tell whether a run is finished.

    Parameters
    ----------
    folder
        A run folder, existing or not.

    Returns
    -------
    bool
    """
    return (folder / "complete.json").is_file()


class Journal:
    """The open journal of one run; made by `open_journal`, which holds the run's lock.

    Parameters
    ----------
    folder
        The run folder.
    done
        Responses that earlier sessions finished.
    """

    def __init__(self, folder: Path, done: Sequence[Response]) -> None:
        self.folder = folder
        self.done = list(done)
        self._file = (folder / "responses.jsonl").open("a", encoding="ascii")

    def append(self, responses: Iterable[Response]) -> None:
        """Write finished responses through to the disk."""
        batch = list(responses)
        self._file.write("".join(map(to_line, batch)))
        self._file.flush()
        os.fsync(self._file.fileno())
        self.done.extend(batch)

    def close(self) -> None:
        """Close the file; the lock is released by `open_journal`."""
        self._file.close()


@contextmanager
def open_journal(folder: Path, spec: RunSpec, questions: Sequence[Question]) -> Iterator[Journal]:
    """Open a run for work: create or resume it, with its lock held.

    Parameters
    ----------
    folder
        From `run_folder`.
    spec
        What is asked; written first.
    questions
        Stored with the run, so that it can be graded again without its source.

    Yields
    ------
    Journal

    Raises
    ------
    RunFailedError
        If another process works on this run; the message names it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _lock(folder):
        if not (folder / "spec.json").is_file():
            write_atomically(folder / "questions.jsonl", "".join(map(to_line, questions)))
            write_atomically(folder / "spec.json", to_json(spec))
        journal = Journal(folder, _intact_responses(folder / "responses.jsonl"))
        try:
            yield journal
        finally:
            journal.close()


def write_run(folder: Path, run: Run) -> None:
    """Finish a run: put its journal in order, write what is derived, then ``complete.json``.

    Parameters
    ----------
    folder
        The run folder.
    run
        All of it. The order of questions decides the order of lines, so that an interrupted run
        ends in the same bytes as an uninterrupted one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "spec.json", to_json(run.spec))
    write_atomically(folder / "questions.jsonl", "".join(map(to_line, run.questions)))
    write_atomically(folder / "responses.jsonl", "".join(map(to_line, run.responses)))
    write_atomically(folder / "environment.json", to_json(run.environment))
    write_grades(folder, run.grades)


def write_grades(folder: Path, grades: Sequence[Grade]) -> None:
    """Write the derived grades and, last, ``complete.json`` with the hash of every file.

    Parameters
    ----------
    folder
        A run folder with all its responses.
    grades
        One per response, in the same order.
    """
    write_atomically(folder / "grades.jsonl", "".join(map(to_line, grades)))
    hashes = {name: _sha256(folder / name) for name in _HASHED if (folder / name).is_file()}
    complete = {"schema": 1, "responses": len(grades), "sha256": hashes}
    write_atomically(folder / "complete.json", to_json(complete))


def read_spec(folder: Path) -> RunSpec:
    """Read what was asked of a run.

    Parameters
    ----------
    folder
        A run folder.

    Returns
    -------
    RunSpec

    Raises
    ------
    InvalidInputError
        If the folder holds no readable ``spec.json``.
    """
    return from_json(RunSpec, _text(folder / "spec.json"), origin=str(folder / "spec.json"))


def load_run(folder: Path) -> Run:
    """Read a complete run back.

    Parameters
    ----------
    folder
        A run folder.

    Returns
    -------
    Run

    Raises
    ------
    InvalidInputError
        If the run is not complete, or a file changed after it was completed.
    """
    if not is_complete(folder):
        raise InvalidInputError(
            f"{folder} holds no complete run; start the same command again to finish it"
        )
    complete = from_json(dict, _text(folder / "complete.json"), origin=f"{folder}/complete.json")
    for name, expected in complete.get("sha256", {}).items():
        if name not in _HASHED or _sha256(folder / name) != expected:
            raise InvalidInputError(
                f"{folder / name} changed after the run was completed; restore it, "
                f"or delete {folder / 'complete.json'} and run again"
            )
    return Run(
        spec=read_spec(folder),
        environment=from_json(dict, _text(folder / "environment.json"), origin=str(folder)),
        questions=_records(folder / "questions.jsonl", Question),
        responses=_records(folder / "responses.jsonl", Response),
        grades=_records(folder / "grades.jsonl", Grade),
    )


def find_runs(root: Path) -> tuple[Path, ...]:
    """List the run folders below ``runs/`` and ``runs/recorded/``.

    Parameters
    ----------
    root
        ``runs/``; may be missing.

    Returns
    -------
    tuple of pathlib.Path
        By name.
    """
    if not root.is_dir():
        return ()
    return tuple(sorted(p.parent for p in [*root.glob("*/spec.json"), *root.glob("*/*/spec.json")]))


def safe_name(part: str) -> str:
    """Make a name that is a plain file name everywhere.

    Parameters
    ----------
    part
        Any text, such as a model's name.

    Returns
    -------
    str
        Letters, digits, dots, underscores and hyphens; never empty, at most 48 characters.

    Examples
    --------
    >>> safe_name("../org/model v2")
    'org_model_v2'
    """
    return re.sub(r"[^A-Za-z0-9._-]+", "_", part).strip("._-")[-48:] or "model"


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that it is either the old one or the new one, whole.

    Parameters
    ----------
    path
        Where it goes; its folder is made.
    text
        All of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with beside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Hold the run's advisory lock; the operating system frees it when the process dies."""
    import fcntl

    with (folder / ".lock").open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read(32).strip() or "unknown"
            raise RunFailedError(
                f"process {holder} is working on {folder}; wait for it or end it, then try again"
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def _intact_responses(path: Path) -> list[Response]:
    """Read the journal; a last line without its newline was torn by a crash and is cut off."""
    if not path.is_file():
        return []
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
    seen: dict[tuple[str, int], Response] = {}
    for line in whole.splitlines():
        response = from_json(Response, line, origin=str(path))
        seen.setdefault((response.question_id, response.sample), response)
    return list(seen.values())


def _records(path: Path, kind: type[Any]) -> tuple[Any, ...]:
    lines = _text(path).splitlines()
    return tuple(from_json(kind, line, origin=f"{path}:{i + 1}") for i, line in enumerate(lines))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(f"can't read {path}: {error}; is this a run folder?") from error


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return "missing"

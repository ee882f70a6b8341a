"""The run store: the only module that knows what ``runs/`` looks like.

A run folder holds ``spec.json`` (before any response), ``questions.jsonl``, ``responses.jsonl`` (an
append-only journal), ``grades.jsonl`` (derived), ``environment.json`` and ``complete.json``
(written last: its existence means complete). Shards of an unfinished run have a journal each,
``shard-2-of-8.jsonl``, and leave ``shard-2-of-8.json`` when done. Every file but the journals is
written beside its place and renamed into it. ``ledger.jsonl`` beside the folders remembers which
comparisons were made.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.files import has_sha256, read_text, safe_name, sha256_of_file, write_atomically
from evalsuite.journal import Journal, hold, mend, read_answers
from evalsuite.records.codec import from_json, plain, sha256_of, to_json, to_line
from evalsuite.records.ledger import LedgerLine
from evalsuite.records.run import Grade, Question, Response, Run, RunSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evalsuite.records.shard import Shard

__all__ = [
    "add_to_ledger",
    "find_runs",
    "fingerprint",
    "is_complete",
    "load_run",
    "open_journal",
    "read_ledger",
    "read_questions",
    "read_spec",
    "run_folder",
    "safe_name",
    "write_atomically",
    "write_grades",
    "write_run",
]

_HASHED = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl", "environment.json")


def fingerprint(spec: RunSpec) -> str:
    """Identify a run by what was asked, whatever the model was called; 64 hexadecimal digits.

    It covers weights identity, prompts, decoding, dtype, engine and questions; the same fingerprint
    means the same answers.
    """
    parts = plain(spec)
    # Runs from before there were stop strings keep their names.
    if spec.decoding.stop == ():
        del parts["decoding"]["stop"]
    # The name is how people call a model today; only what its answers depend on identifies it.
    # Where nothing else does, the location has to.
    model = parts.pop("model")
    identity = {key: model[key] for key in ("source", "revision", "weights", "base")}
    if identity["weights"] is None and identity["revision"] is None:
        identity["location"] = model["location"]
    return sha256_of({"model": identity, **parts})


def run_folder(root: Path, spec: RunSpec) -> Path:
    """Name the folder of a run, which may not exist yet: readable first, unique last.

    ``<model>-<task>-<budget>-<fingerprint8>`` under ``root`` (``runs/``).
    """
    budget = spec.decoding.max_new_tokens
    parts = (spec.model.name, spec.task, "unknown" if budget is None else str(budget))
    readable = "-".join(safe_name(part) for part in parts)
    return root / f"{readable}-{fingerprint(spec)[:8]}"


def is_complete(folder: Path) -> bool:
    """Tell whether a run folder, existing or not, holds a finished run."""
    return (folder / "complete.json").is_file()


@contextmanager
def open_journal(
    folder: Path, spec: RunSpec, questions: Sequence[Question], *, shard: Shard | None = None
) -> Iterator[Journal]:
    """Open a run, or one shard of it, for work: create or resume it, with its lock held.

    Questions are stored with the run, so that it can be graded again without its source. A shard
    has its own journal and lock, beside other processes; None works on the run itself. The journal
    holds the answers of all the run's journals and writes into its own.

    Raises
    ------
    RunFailedError
        If another process works on this run or shard; the message names it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / ("responses.jsonl" if shard is None else f"{shard.file_name}.jsonl")
    lock = folder / (".lock" if shard is None else f".{shard.file_name}.lock")
    # Questions before spec.json, whose existence says that both are there. The journal is mended
    # under its lock alone: what looks torn may be a line another process is writing.
    with hold(lock, str(folder) if shard is None else f"shard {shard.name} of {folder}"):
        if not (folder / "spec.json").is_file():
            write_atomically(folder / "questions.jsonl", "".join(map(to_line, questions)))
            write_atomically(folder / "spec.json", to_json(spec))
        mend(path)
        journal = Journal(path, read_answers(folder))
        try:
            yield journal
        finally:
            journal.close()


def write_run(folder: Path, run: Run) -> None:
    """Finish a run: put its journal in order, write what is derived, then ``complete.json``.

    The order of questions decides the order of lines, so that an interrupted or sharded run ends in
    the same bytes as an uninterrupted one.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "spec.json", to_json(run.spec))
    write_atomically(folder / "questions.jsonl", "".join(map(to_line, run.questions)))
    write_atomically(folder / "responses.jsonl", "".join(map(to_line, run.responses)))
    write_atomically(folder / "environment.json", to_json(run.environment))
    write_grades(folder, run.grades)
    # Only now, with complete.json there: the run holds these answers itself, and a crash before
    # this line loses none.
    for left in [*folder.glob("shard-*-of-*.json*"), *folder.glob(".shard-*-of-*.lock")]:
        left.unlink(missing_ok=True)


def write_grades(folder: Path, grades: Sequence[Grade]) -> None:
    """Write the derived grades, one per response in the same order, and ``complete.json`` last.

    ``complete.json`` has the hash of every file; all responses must be in the folder.
    """
    write_atomically(folder / "grades.jsonl", "".join(map(to_line, grades)))
    hashes = {name: sha256_of_file(folder / name) for name in _HASHED if (folder / name).is_file()}
    complete = {"schema": 1, "responses": len(grades), "sha256": hashes}
    write_atomically(folder / "complete.json", to_json(complete))


def read_spec(folder: Path) -> RunSpec:
    """Read what was asked of a run.

    Raises
    ------
    InvalidInputError
        If the folder holds no readable ``spec.json``.
    """
    return from_json(RunSpec, read_text(folder / "spec.json"), origin=str(folder / "spec.json"))


def read_questions(folder: Path) -> tuple[Question, ...]:
    """Read the questions of a run, finished or not, in the order in which they are stored."""
    return _records(folder / "questions.jsonl", Question)


def load_run(folder: Path) -> Run:
    """Read a complete run back.

    Raises
    ------
    InvalidInputError
        If the run is not complete, or a file changed after it was completed.
    """
    if not is_complete(folder):
        raise InvalidInputError(
            f"{folder} holds no complete run; start the same command again to finish it"
        )
    complete = from_json(
        dict, read_text(folder / "complete.json"), origin=f"{folder}/complete.json"
    )
    for name, expected in complete.get("sha256", {}).items():
        if name not in _HASHED or not has_sha256(folder / name, expected):
            raise InvalidInputError(
                f"{folder / name} changed after the run was completed; restore it, "
                f"or delete {folder / 'complete.json'} and run again"
            )
    return Run(
        spec=read_spec(folder),
        environment=from_json(dict, read_text(folder / "environment.json"), origin=str(folder)),
        questions=read_questions(folder),
        responses=_records(folder / "responses.jsonl", Response),
        grades=_records(folder / "grades.jsonl", Grade),
    )


def find_runs(root: Path) -> tuple[Path, ...]:
    """List the run folders below ``runs/`` and ``runs/recorded/``, by name; both may be missing."""
    if not root.is_dir():
        return ()
    return tuple(sorted(p.parent for p in [*root.glob("*/spec.json"), *root.glob("*/*/spec.json")]))


def read_ledger(root: Path) -> tuple[LedgerLine, ...]:
    """Read which comparisons a run store has seen, in the order they were first made."""
    path = root / "ledger.jsonl"
    if not path.is_file():
        return ()
    text = read_text(path)
    # A last line without its newline was torn by a crash, or is being written: it is no line yet.
    whole = text[: text.rfind("\n") + 1].splitlines()
    return tuple(from_json(LedgerLine, line, origin=str(path)) for line in whole)


def add_to_ledger(root: Path, line: LedgerLine) -> int | None:
    """Add a comparison unless it is there, and give its number among those on its questions.

    None where the store can't be written to.
    """
    if not os.access(_nearest(root), os.W_OK):
        return None
    root.mkdir(parents=True, exist_ok=True)
    path = root / "ledger.jsonl"
    with hold(root / ".ledger.lock", str(path), patience=10):
        mend(path)
        lines = read_ledger(root)
        if line not in lines:
            with path.open("a", encoding="ascii") as file:
                file.write(to_line(line))
            lines = (*lines, line)
    return [each for each in lines if each.questions == line.questions].index(line) + 1


def _nearest(folder: Path) -> Path:
    """Give a folder, or the one it would be made in."""
    return next(each for each in (folder, *folder.resolve().parents) if each.exists())


def _records(path: Path, kind: type[Any]) -> tuple[Any, ...]:
    lines = read_text(path).splitlines()
    return tuple(from_json(kind, line, origin=f"{path}:{i + 1}") for i, line in enumerate(lines))

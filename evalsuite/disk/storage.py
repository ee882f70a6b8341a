"""The run store: the only module that knows what ``runs/`` looks like.

A run folder holds ``spec.json`` (before any response), ``questions.jsonl``, ``responses.jsonl`` (an
append-only journal), ``grades.jsonl`` (derived), ``environment.json`` and ``complete.json``
(written last: its existence means complete). Shards of an unfinished run have a journal each,
``shard-2-of-8.jsonl``, and leave ``shard-2-of-8.json`` when done; ``sessions.jsonl`` tells where an
unfinished journal's answers were made. Every file but the journals is written beside its place and
renamed into it.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, TypeVar

from evalsuite.disk.files import (
    has_sha256,
    leftover_parts,
    make_folder,
    read_lines,
    read_text,
    safe_name,
    sha256_of_file,
    write_atomically,
)
from evalsuite.disk.journal import (
    Journal,
    JournalScope,
    hold,
    read_answers,
    read_shards,
    sessions_file,
)
from evalsuite.errors import Clause, InvalidInputError, RunFailedError
from evalsuite.records.codec import (
    from_json,
    from_lines,
    from_plain,
    plain,
    sha256_of,
    to_json,
    to_line,
)
from evalsuite.records.dataclass import dataclass
from evalsuite.records.log_notes import LogNotes
from evalsuite.records.run import Grade, Question, Response, Run, RunSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from evalsuite.records.shard import Shard

__all__ = [
    "changed_files",
    "find_runs",
    "fingerprint",
    "held_run",
    "is_complete",
    "is_regrade_open",
    "journal_scope",
    "load_run",
    "open_journal",
    "read_questions",
    "read_spec",
    "refuse_misfits",
    "refuse_unsound",
    "run_folder",
    "stored_environment",
    "write_grades",
    "write_run",
]

T = TypeVar("T")

_HASHED = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl", "environment.json")
_ASKED_AND_ANSWERED = frozenset({"spec.json", "questions.jsonl", "responses.jsonl"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What ``complete.json`` says: the run is complete, and these are its files."""

    responses: int
    sha256: dict[str, str | None]
    """Of every file, by its name."""
    next_grades: str | None = field(default=None, metadata={"left_out_at_default": True})
    """Of the grades that are being written in the place of those named above."""
    schema: int = 1


def fingerprint(spec: RunSpec) -> str:
    """Identify a run by what was asked, whatever the model was called; 64 hexadecimal digits.

    It covers weights identity, prompts, decoding, dtype, engine and questions; the same fingerprint
    means the same answers.
    """
    parts = plain(spec)
    # Runs from before there were stop strings and penalties keep their names.
    if spec.decoding.stop == ():
        del parts["decoding"]["stop"]
    if spec.decoding.repetition_penalty in (None, 1.0):
        del parts["decoding"]["repetition_penalty"]
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
    """Return whether a run folder, existing or not, holds a finished run."""
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
    make_folder(folder)
    path = folder / ("responses.jsonl" if shard is None else f"{shard.file_name}.jsonl")
    # Questions before spec.json, whose existence says that both are there. The journal is mended
    # under its lock alone: what looks torn may be a line another process is writing.
    with held_run(folder, shard=shard):
        if not (folder / "spec.json").is_file():
            write_atomically(folder / "questions.jsonl", map(to_line, questions))
            write_atomically(folder / "spec.json", to_json(spec))
        scope = journal_scope(spec)
        read_shards(folder)  # first: a line of a finished shard is not mended by deleting it
        journal = Journal(path, read_answers(folder, scope), scope)
        try:
            yield journal
        finally:
            journal.close()
        if shard is not None and is_complete(folder):
            _remove_shard(folder, shard.file_name)  # the run was finished beside it


@contextmanager
def held_run(folder: Path, *, shard: Shard | None = None, seconds: float = 0.0) -> Iterator[None]:
    """Hold the lock of a run, or of one shard of it, and take away what a killed owner left.

    Waits ``seconds`` at most. Raises RunFailedError where another process holds it.
    """
    name, what = ".lock", str(folder)
    if shard is not None:
        name = f".{shard.file_name}.lock"
        what = Clause("shard {shard} of {folder}", shard=shard.name, folder=folder)
    with hold(folder / name, what, seconds=seconds):
        for left in leftover_parts(folder):
            left.unlink(missing_ok=True)
        if shard is None and is_complete(folder):
            _remove_finished(folder)
        yield


def journal_scope(spec: RunSpec) -> JournalScope:
    """Say what the journals of a run may hold."""
    samples = range(spec.decoding.samples)
    wanted = frozenset((question, sample) for question in spec.question_ids for sample in samples)
    return JournalScope(fingerprint=fingerprint(spec), wanted=wanted)


def write_run(folder: Path, run: Run, grades: Iterable[Grade] | None = None) -> None:
    """Finish a run: put its journal in order, write what is derived, then ``complete.json``.

    The order of questions decides the order of lines, so that an interrupted or sharded run ends in
    the same bytes as an uninterrupted one. The caller holds the run's lock.
    """
    write_atomically(folder / "spec.json", to_json(run.spec))
    write_atomically(folder / "questions.jsonl", map(to_line, run.questions))
    write_atomically(folder / "responses.jsonl", map(to_line, run.responses))
    write_atomically(folder / "environment.json", to_json(stored_environment(run)))
    write_grades(folder, run.grades if grades is None else grades)
    _remove_finished(folder)


def stored_environment(run: Run) -> dict[str, Any]:
    """Return what ``environment.json`` holds: where a run was made, and what its log says of it.

    A part of a run, which is not stored, tells the size of the whole.
    """
    log = {} if run.log is None else {"log": plain(run.log)}
    part = {} if run.part_of is None else {"part_of": run.part_of}
    return run.environment | log | part


def _remove_finished(folder: Path) -> None:
    """Remove what only an unfinished run needs.

    Only with complete.json there: the run then holds these answers itself, and a crash before loses
    none; what a crash leaves, the next owner removes.
    """
    sessions_file(folder / "responses.jsonl").unlink(missing_ok=True)
    names = {path.name.split(".")[0] for path in folder.glob("shard-*-of-*.json*")}
    names |= {path.name.split(".")[1] for path in folder.glob(".shard-*-of-*.lock")}
    for name in sorted(names):
        _remove_idle_shard(folder, name)


def _remove_idle_shard(folder: Path, name: str) -> None:
    """Remove the files of a shard, unless a process is at work on it: that one does it itself."""
    try:
        with hold(folder / f".{name}.lock", name):
            _remove_shard(folder, name)
    except RunFailedError:
        return


def _remove_shard(folder: Path, name: str) -> None:
    journal = folder / f"{name}.jsonl"
    own = (journal, sessions_file(journal), folder / f"{name}.json", folder / f".{name}.lock")
    for left in own:
        left.unlink(missing_ok=True)


def write_grades(folder: Path, grades: Iterable[Grade]) -> None:
    """Write the derived grades, one per response in the same order, and ``complete.json`` last.

    ``complete.json`` has the hash of every file; all responses must be in the folder. Of a run that
    is complete already, only the grades change.
    """
    path, complete = folder / "grades.jsonl", folder / "complete.json"
    if is_complete(folder):
        text = "".join(map(to_line, grades))
        # Two files can't change at once. So complete.json first says that other grades may come:
        # whenever this is cut off, the grades that are there are among those it names.
        written = _completion(folder)
        write_atomically(complete, to_json(replace(written, next_grades=_sha256_of_text(text))))
        write_atomically(path, text)
        hashes = written.sha256 | {"grades.jsonl": sha256_of_file(path)}
        write_atomically(complete, to_json(replace(written, sha256=hashes, next_grades=None)))
        return
    numbers = count()
    write_atomically(path, (to_line(grade) for grade, _ in zip(grades, numbers, strict=False)))
    present = [name for name in _HASHED if (folder / name).is_file()]
    hashes = {name: sha256_of_file(folder / name) for name in present}
    write_atomically(complete, to_json(Completion(responses=next(numbers), sha256=hashes)))


def is_regrade_open(folder: Path) -> bool:
    """Return whether writing other grades into a complete run was cut off."""
    return _completion(folder).next_grades is not None


def _sha256_of_text(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


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


def load_run(folder: Path, *, own_grades: bool = True) -> Run:
    """Read a complete run back; without ``own_grades`` what our graders made of it is left out.

    Raises
    ------
    InvalidInputError
        If the run is not complete, or a file changed after it was completed.
    """
    refuse_unsound(folder)
    environment = from_json(dict, read_text(folder / "environment.json"), origin=str(folder))
    log = environment.pop("log", None)
    spec = read_spec(folder)
    has_grades = own_grades or spec.graded_as is not None
    run = Run(
        spec=spec,
        environment=environment,
        questions=read_questions(folder),
        responses=_records(folder / "responses.jsonl", Response),
        grades=_records(folder / "grades.jsonl", Grade) if has_grades else (),
        log=None if log is None else from_plain(LogNotes, log, origin=str(folder)),
    )
    refuse_misfits(run, folder, spec.question_ids, has_grades=has_grades)
    return run


def refuse_misfits(
    run: Run, folder: Path, asked: Sequence[str], *, has_grades: bool = True
) -> None:
    """Refuse files that are whole each and belong to different runs; ``asked`` are question ids.

    Raises InvalidInputError. Whoever wrote their hashes may have written anything.
    """
    samples = run.spec.decoding.samples
    held = {
        "questions.jsonl": (1, [question.id for question in run.questions]),
        "responses.jsonl": (samples, [response.question_id for response in run.responses]),
    }
    if has_grades:
        held["grades.jsonl"] = (samples, [grade.question_id for grade in run.grades])
    for name, (each, ids) in held.items():
        # the length first: a strange spec.json may ask for a billion samples
        if len(ids) != each * len(asked) or ids != [i for i in asked for _ in range(each)]:
            raise InvalidInputError(
                "{file} does not hold what spec.json asked for, question by question, so it is of "
                "another run; restore it, or delete {folder}/complete.json and run again",
                file=folder / name,
                folder=folder,
            )


def refuse_unsound(folder: Path) -> None:
    """Refuse a run that is not complete, or of which a file changed after it was completed.

    Raises InvalidInputError.
    """
    if not is_complete(folder):
        raise InvalidInputError(
            "{folder} holds no complete run; start the same command again to finish it",
            folder=folder,
        )
    changed = changed_files(folder)
    if changed:
        raise InvalidInputError(
            "{file} changed after the run was completed; restore it, or delete "
            "{folder}/complete.json and run again",
            file=folder / changed[0],
            folder=folder,
        )


def changed_files(folder: Path) -> list[str]:
    """Name the files of a complete run that are not what they were when it was completed."""
    written = _completion(folder)
    return [
        name
        for name, expected in written.sha256.items()
        if name not in _HASHED
        or not (
            has_sha256(folder / name, expected)
            or (name == "grades.jsonl" and has_sha256(folder / name, written.next_grades))
        )
    ]


def _completion(folder: Path) -> Completion:
    """Read ``complete.json``: what is complete, by hash."""
    path = folder / "complete.json"
    written = from_json(dict, read_text(path), origin=str(path))
    hashes = written.get("sha256")
    if not isinstance(hashes, dict) or not hashes.keys() >= _ASKED_AND_ANSWERED:
        raise InvalidInputError(
            "{path} does not hold the hashes of the run's files, so nothing shows that they are "
            "whole; delete it and run again",
            path=path,
        )
    return from_plain(Completion, written, origin=str(path))


def find_runs(root: Path) -> tuple[Path, ...]:
    """List the run folders below ``runs/`` and ``runs/recorded/``, by name; both may be missing."""
    if not root.is_dir():
        return ()
    return tuple(sorted(p.parent for p in [*root.glob("*/spec.json"), *root.glob("*/*/spec.json")]))


def _records(path: Path, kind: type[T]) -> tuple[T, ...]:
    return tuple(from_lines(kind, read_lines(path), origin=str(path)))

"""Verification of the run store: what of each run is whole, what is not, and what to do.

Nothing is changed. What heals by itself, such as a torn last line, is a note; what needs a hand is
a problem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from evalsuite.disk.files import leftover_parts
from evalsuite.disk.journal import JournalScope, add_answers, journal_lines, journals, read_shards
from evalsuite.disk.removal import is_remnant
from evalsuite.disk.storage import (
    changed_files,
    find_runs,
    fingerprint,
    is_complete,
    journal_scope,
    load_run,
    read_questions,
    read_spec,
)
from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from evalsuite.disk.journal import Answers
    from evalsuite.records.run import RunSpec

__all__ = [
    "Finding",
    "Verified",
    "VerifiedRun",
    "leftovers",
    "note",
    "problem",
    "verify_run",
    "verify_store",
]

Level = Literal["problem", "note"]
_OWN = (
    "spec.json",
    "questions.jsonl",
    "environment.json",
    "responses.jsonl",
    "grades.jsonl",
    "complete.json",
    "sessions.jsonl",
    "train_log.jsonl",
    "manifest.json",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing about a run that its owner should know."""

    level: Level
    sentence: Clause
    """What is wrong or left over, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """A run, a training or a report that was read as a whole, and what was noticed in it."""

    folder: str
    state: Literal["complete", "unfinished", "readable", "unreadable"]
    findings: tuple[Finding, ...]

    @property
    def is_sound(self) -> bool:
        """Whether no hand is needed."""
        return all(finding.level == "note" for finding in self.findings)

    @property
    def amount(self) -> Clause | None:
        """What it holds, in words; None where that can't be counted."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRun(Verified):
    """A run folder."""

    answers: int | None
    """Whole ones; None where they can't be counted."""
    wanted: int | None

    @property
    def amount(self) -> Clause | None:
        """Answers of those asked for."""
        if self.answers is None or self.wanted is None:
            return None
        return Clause("{answers:,}/{wanted:,}", answers=self.answers, wanted=self.wanted)


def verify_store(root: Path) -> tuple[VerifiedRun, ...]:
    """Verify every run below ``runs/``, and name what is left of runs that are gone; by name.

    Folders of trainings are none of its business.
    """
    folders = sorted(p for p in root.iterdir() if p.is_dir()) if root.is_dir() else []
    return (*map(verify_run, find_runs(root)), *map(_remnant, filter(is_remnant, folders)))


def _remnant(folder: Path) -> VerifiedRun:
    rest = note(
        "holds no spec.json: a run that never began, or the rest of one that was removed; "
        "evalsuite runs rm {name}",
        name=folder.name,
    )
    return VerifiedRun(
        folder=str(folder),
        state="unreadable",
        answers=None,
        wanted=None,
        findings=(rest,),
    )


def verify_run(folder: Path) -> VerifiedRun:
    """Read everything a run folder holds, and say what is not as it should be."""
    try:
        spec = read_spec(folder)
        scope = journal_scope(spec)
    except EvalsuiteError as error:
        return VerifiedRun(
            folder=str(folder),
            state="unreadable",
            answers=None,
            wanted=None,
            findings=(problem("{error}; or remove the folder", error=error),),
        )
    answers, findings = (_finished if is_complete(folder) else _begun)(folder, scope)
    return VerifiedRun(
        folder=str(folder),
        state="complete" if is_complete(folder) else "unfinished",
        answers=answers,
        wanted=len(scope.wanted),
        findings=(*findings, *_misnamed(folder, spec), *_strangers(folder)),
    )


def _finished(folder: Path, scope: JournalScope) -> tuple[int | None, list[Finding]]:
    try:
        changed = changed_files(folder)
        if changed:
            return None, [_changed(folder, name) for name in changed]
        run = load_run(folder)
    except EvalsuiteError as error:
        return None, [problem(error.clause)]
    except OSError as error:
        return None, [problem("can't be read ({error}); mend the disk or the rights", error=error)]
    answered = [(response.question_id, response.sample) for response in run.responses]
    findings = []
    if len(set(answered)) != len(answered) or set(answered) != scope.wanted:
        findings.append(
            problem(
                "holds {answered:,} answers to {wanted:,} that were asked, and they do not match; "
                "restore responses.jsonl, or delete complete.json and run again",
                answered=len(answered),
                wanted=len(scope.wanted),
            )
        )
    findings += [note("{name} is left over; remove it", name=name) for name in _leftovers(folder)]
    return len(answered), findings


def _changed(folder: Path, name: str) -> Finding:
    if name == "grades.jsonl":
        return problem(
            "grades.jsonl changed after the run was completed; restore it, or take its hash out of "
            "complete.json and grade again: evalsuite regrade {folder}",
            folder=folder,
        )
    return problem(
        "{name} changed after the run was completed; restore it, or delete complete.json and run "
        "again",
        name=name,
    )


def _begun(folder: Path, scope: JournalScope) -> tuple[int | None, list[Finding]]:
    findings: list[Finding] = []
    answers: Answers = {}
    try:
        read_questions(folder)
        read_shards(folder)
    except EvalsuiteError as error:
        findings.append(problem(error.clause))
    for path in journals(folder):
        try:
            if _is_torn(path):
                findings.append(
                    note(
                        "{name} ends in half a line, which its next writer cuts off", name=path.name
                    )
                )
            add_answers(answers, journal_lines(path, scope), origin=path)
        except InvalidInputError as error:
            findings.append(problem(error.clause))
    return len(answers), findings


def _is_torn(path: Path) -> bool:
    content = path.read_bytes()
    return bool(content) and not content.endswith(b"\n")


def _misnamed(folder: Path, spec: RunSpec) -> Iterator[Finding]:
    identity = fingerprint(spec)[:8]
    if not folder.name.endswith(identity):
        yield note(
            "its name does not end in {identity}, so no command continues it; rename the folder, "
            "or compare it by its path",
            identity=identity,
        )


def _strangers(folder: Path) -> Iterator[Finding]:
    yield from leftovers(folder)
    for path in sorted(folder.iterdir()):
        is_own = path.name in _OWN or path.name.startswith((".", "shard-", "sessions-"))
        if path.is_symlink():
            yield problem(
                "{name} is a link, which no command writes through; take it away", name=path.name
            )
        elif path.is_file() and not is_own:
            yield note("{name} is not evalsuite's; nothing reads it", name=path.name)


def _leftovers(folder: Path) -> list[str]:
    names = ("shard-*-of-*.json*", "sessions*.jsonl")
    return sorted(path.name for name in names for path in folder.glob(name))


def leftovers(folder: Path) -> Iterator[Finding]:
    """Note what a killed process left in the folder of a run or training."""
    for part in leftover_parts(folder):
        yield note("{name} was left by a killed process; the next owner removes it", name=part.name)


def problem(sentence: str, /, **values: object) -> Finding:
    """Make a finding that needs a hand, of a clause's template and values."""
    return Finding(level="problem", sentence=Clause(sentence, **values))


def note(sentence: str, /, **values: object) -> Finding:
    """Make a finding that heals by itself."""
    return Finding(level="note", sentence=Clause(sentence, **values))

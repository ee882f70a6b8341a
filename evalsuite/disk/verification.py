"""Verification of the run store: what of each run is whole, what is not, and what to do.

Nothing is changed. What heals by itself, such as a torn last line, is a note; what needs a hand is
a problem.
"""

from __future__ import annotations

from dataclasses import dataclass
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
from evalsuite.errors import EvalsuiteError, InvalidInputError

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
    sentence: str
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
    def amount(self) -> str:
        """What it holds, in words; empty where that can't be counted."""
        return ""

    def lines(self) -> list[str]:
        """Format one line, and one for each finding."""
        word = "sound" if self.is_sound else "UNSOUND"
        head = f"{word:<8} {self.state:<11} {self.amount:>13}  {self.folder}"
        return [head, *(f"  {finding.level}: {finding.sentence}" for finding in self.findings)]


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedRun(Verified):
    """A run folder."""

    answers: int | None
    """Whole ones; None where they can't be counted."""
    wanted: int | None

    @property
    def amount(self) -> str:
        """Answers of those asked for."""
        if self.answers is None or self.wanted is None:
            return ""
        return f"{self.answers:,}/{self.wanted:,}"


def verify_store(root: Path) -> tuple[VerifiedRun, ...]:
    """Verify every run below ``runs/``, and name what is left of runs that are gone; by name.

    Folders of trainings are none of its business.
    """
    folders = sorted(p for p in root.iterdir() if p.is_dir()) if root.is_dir() else []
    return (*map(verify_run, find_runs(root)), *map(_remnant, filter(is_remnant, folders)))


def _remnant(folder: Path) -> VerifiedRun:
    sentence = "holds no spec.json: a run that never began, or the rest of one that was removed; "
    return VerifiedRun(
        folder=str(folder),
        state="unreadable",
        answers=None,
        wanted=None,
        findings=(note(f"{sentence}evalsuite runs rm {folder.name}"),),
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
            findings=(problem(f"{error}; or remove the folder"),),
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
            return None, [problem(_changed(folder, name)) for name in changed]
        run = load_run(folder)
    except EvalsuiteError as error:
        return None, [problem(str(error))]
    except OSError as error:
        return None, [problem(f"can't be read ({error}); mend the disk or the rights")]
    answered = [(response.question_id, response.sample) for response in run.responses]
    findings = []
    if len(set(answered)) != len(answered) or set(answered) != scope.wanted:
        findings.append(
            problem(
                f"holds {len(answered):,} answers to {len(scope.wanted):,} that were asked, and "
                "they do not match; restore responses.jsonl, or delete complete.json and run again"
            )
        )
    findings += [note(f"{name} is left over; remove it") for name in _leftovers(folder)]
    return len(answered), findings


def _changed(folder: Path, name: str) -> str:
    if name == "grades.jsonl":
        return (
            "grades.jsonl changed after the run was completed; restore it, or take its hash out of "
            f"complete.json and grade again: evalsuite regrade {folder}"
        )
    return (
        f"{name} changed after the run was completed; restore it, or delete complete.json and run "
        "again"
    )


def _begun(folder: Path, scope: JournalScope) -> tuple[int | None, list[Finding]]:
    findings: list[Finding] = []
    answers: Answers = {}
    try:
        read_questions(folder)
        read_shards(folder)
    except EvalsuiteError as error:
        findings.append(problem(str(error)))
    for path in journals(folder):
        try:
            if _is_torn(path):
                findings.append(
                    note(f"{path.name} ends in half a line, which its next writer cuts off")
                )
            add_answers(answers, journal_lines(path, scope), origin=path)
        except InvalidInputError as error:
            findings.append(problem(str(error)))
    return len(answers), findings


def _is_torn(path: Path) -> bool:
    content = path.read_bytes()
    return bool(content) and not content.endswith(b"\n")


def _misnamed(folder: Path, spec: RunSpec) -> Iterator[Finding]:
    identity = fingerprint(spec)[:8]
    if not folder.name.endswith(identity):
        yield note(
            f"its name does not end in {identity}, so no command continues it; rename the folder, "
            "or compare it by its path"
        )


def _strangers(folder: Path) -> Iterator[Finding]:
    yield from leftovers(folder, "owner")
    for path in sorted(folder.iterdir()):
        is_own = path.name in _OWN or path.name.startswith((".", "shard-", "sessions-"))
        if path.is_symlink():
            yield problem(f"{path.name} is a link, which no command writes through; take it away")
        elif path.is_file() and not is_own:
            yield note(f"{path.name} is not evalsuite's; nothing reads it")


def _leftovers(folder: Path) -> list[str]:
    names = ("shard-*-of-*.json*", "sessions*.jsonl")
    return sorted(path.name for name in names for path in folder.glob(name))


def leftovers(folder: Path, owner: str) -> Iterator[Finding]:
    """Note what a killed process left in a folder, and that its next ``owner`` removes it."""
    for part in leftover_parts(folder):
        yield note(f"{part.name} was left by a killed process; the next {owner} removes it")


def problem(sentence: str) -> Finding:
    """Make a finding that needs a hand."""
    return Finding(level="problem", sentence=sentence)


def note(sentence: str) -> Finding:
    """Make a finding that heals by itself."""
    return Finding(level="note", sentence=sentence)

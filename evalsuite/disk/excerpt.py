"""An excerpt of a stored run: one question with its answers, whatever the run's length.

The run's files are hashed whole, as for any reader; only the lines that are asked for become
records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from evalsuite.disk.files import read_lines
from evalsuite.disk.storage import read_spec, refuse_misfits, refuse_unsound
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json, to_line
from evalsuite.records.run import Grade, Question, Response, Run

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["load_excerpt"]

T = TypeVar("T", Response, Grade)


def load_excerpt(folder: Path, question: str) -> Run:
    """Read a complete run's answers to one question: an id, or a row number from 0.

    Raises
    ------
    InvalidInputError
        If the run is not complete or has changed, or has no such question.
    """
    refuse_unsound(folder)
    chosen = _question(folder / "questions.jsonl", question)
    run = Run(
        spec=read_spec(folder),
        environment={},
        questions=(chosen,),
        responses=_about(folder / "responses.jsonl", Response, chosen),
        grades=_about(folder / "grades.jsonl", Grade, chosen),
    )
    refuse_misfits(run, folder, [chosen.id])
    return run


def _question(path: Path, wanted: str) -> Question:
    number, key = 0, f'"id":{to_line(wanted).strip()}'
    for number, line in enumerate(read_lines(path), start=1):
        # The text first: of a million lines one is read as a record.
        if str(number - 1) == wanted or key in line:
            question = from_json(Question, line, origin=f"{path}:{number}")
            if wanted in (question.id, str(number - 1)):
                return question
    raise InvalidInputError(
        "{wanted!r} is neither a question of this run nor a row number below {number}; `evalsuite "
        "show RUN` lists some",
        wanted=wanted,
        number=number,
    )


def _about(path: Path, kind: type[T], question: Question) -> tuple[T, ...]:
    key = f'"question_id":{to_line(question.id).strip()}'
    records = (
        from_json(kind, line, origin=f"{path}:{number}")
        for number, line in enumerate(read_lines(path), start=1)
        if key in line
    )
    return tuple(record for record in records if record.question_id == question.id)

"""Answers one a row: what every format of this room is read into, and the log made of them.

Rows know neither file nor format. A log of them has the questions in the order of the file.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from evalsuite.errors import Clause, InvalidInputError, listed
from evalsuite.logs.lines import hash_of
from evalsuite.logs.log import Entry, Log, LoggedAnswer
from evalsuite.records.dataclass import dataclass
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from evalsuite.records.run import Finish, FinishSource

__all__ = [
    "FINISHES",
    "AnswerRow",
    "count_of",
    "finish_of",
    "graders_of",
    "is_lower_better",
    "log_of_answers",
    "no_grades",
    "source_of",
]

FINISHES: dict[str, Finish] = {
    "stop": "stop",
    "eos": "stop",
    "end_turn": "stop",
    "endoftext": "stop",
    "length": "length",
    "max_tokens": "length",
    "model_length": "length",
    "error": "error",
}
"""What tools call the ends of answers. Anything else, ``tool_calls`` among it, is unknown."""
_LOWER_IS_BETTER = re.compile(
    r"(?<![a-z0-9])(?<!non_)(?:"
    r"perplexity|ppl|bits_per_\w+|bpb|nll|loss|brier|edit_distance|levenshtein_distance|"
    r"[wcmt]er|wip_score|error_rate|errors?|mae|r?mse|ece|toxic\w*|hallucination_rate|"
    r"difference(?=$)"
    r")(?![a-z0-9])",
    re.IGNORECASE,
)
"""Whole words of names: ``word_perplexity``, ``wer_score``, ``expected_max_toxicity``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRow:
    """One answer with all of its scores; None is not recorded."""

    where: str
    """File and line, for messages."""
    native_id: str
    repeat: int | None = None
    """None counts the answers to a question in the order of the file."""
    question: str | None = None
    gold: str | None = None
    document: str | None = None
    """Hash that tells one question from another; None makes it of id and question."""
    prompt: str | None = None
    """Hash of the prompt as sent."""
    text: str | None = None
    finish: Finish = "unknown"
    finish_source: FinishSource = "recorded"
    n_tokens: int | None = None
    is_failed: bool = False
    """Whether the tool says that it could not ask or grade, whatever score it wrote down."""
    scores: Mapping[str, float | None] = field(default_factory=dict)
    """Numbers as the file has them, grades or not."""
    readings: Mapping[str, str | None] = field(default_factory=dict)


def finish_of(written: object) -> Finish:
    """Read how an answer ended, by any of the usual words."""
    return FINISHES.get(str(written).lower(), "unknown")


def count_of(tokens: object, finish: Finish) -> int | None:
    """Return a server's count of an answer's tokens without the end token, which servers count."""
    if isinstance(tokens, bool) or not isinstance(tokens, int) or tokens <= 0 or finish == "error":
        return None
    return tokens - (finish == "stop")


def source_of(written: object) -> FinishSource:
    """Tell an end that whoever wrote the file had inferred from one that was recorded."""
    return "inferred" if written == "inferred" else "recorded"


def is_lower_better(name: str) -> bool:
    """Tell a score by its name whose best value is its lowest, where a log does not say it."""
    return _LOWER_IS_BETTER.search(name) is not None


def no_grades(name: str, left_out: Sequence[str]) -> InvalidInputError:
    """Say that a log has no score to compare, and which others it has."""
    shown = ["".join(c if c.isprintable() else "?" for c in other)[:40] for other in left_out]
    return InvalidInputError(
        "{name} has no score from 0 (wrong) to 1 (right), higher being better, in every answer; "
        "it has {graders}: log one that is, such as accuracy",
        name=name,
        graders=listed(shown, 8) or Clause("none at all"),
    )


def log_of_answers(
    rows: Sequence[AnswerRow],
    name: str,
    lower: Callable[[str], bool] | None = None,
    *,
    allow_missing: bool = False,
    **log: Any,
) -> Log:
    """Make a log of rows; ``name`` is its file's, and ``log`` what the file tells beside them.

    ``lower`` tells the scores whose lowest value is best. With ``allow_missing`` questions with a
    failed answer are left out, and what the tool states of all of them with it.

    Raises
    ------
    InvalidInputError
        Where there are no rows, answers failed, none has a score from 0 to 1, a question is
        answered twice under one number, or two questions have one id.
    """
    if not rows:
        raise InvalidInputError("{name} holds no answers; check the path", name=name)
    graded = _graded(rows, name, allow_missing=allow_missing)
    if len(graded) < len(rows):
        rows, log = graded, log | {"stated": Tally()}
    graders, left_out = graders_of(rows, lower)
    if not graders:
        raise no_grades(name, left_out)
    groups: dict[str, dict[int, AnswerRow]] = {}
    for row in rows:
        group = groups.setdefault(row.native_id, {})
        if group and _asked(row) != _asked(next(iter(group.values()))):
            raise InvalidInputError(
                "{where} has the id {question} of another question, with another text or gold; "
                "give every question its own id, or every task its own file",
                where=row.where,
                question=row.native_id,
            )
        repeat = len(group) if row.repeat is None else row.repeat
        if repeat in group:
            raise InvalidInputError(
                "{where} answers question {question} a second time (repeat {repeat}); keep one",
                where=row.where,
                question=row.native_id,
                repeat=repeat,
            )
        group[repeat] = row
    entries = tuple(_entry(native_id, group, graders) for native_id, group in groups.items())
    told = {"is_choice": False, "revision": None, "model": None} | log
    return Log(graders=graders, entries=entries, left_out=left_out, **told)


def _graded(rows: Sequence[AnswerRow], name: str, *, allow_missing: bool) -> Sequence[AnswerRow]:
    """Leave out the questions that lost an answer: the others' mean would be about fewer."""
    failed = [row.native_id for row in rows if row.is_failed]
    if not failed:
        return rows
    if not allow_missing:
        raise InvalidInputError(
            "{n_unscored:,} of {n_samples:,} samples in {file} failed or have no scores; run them "
            "again, or pass --allow-missing to leave them out",
            n_unscored=len(failed),
            n_samples=len(rows),
            file=name,
        )
    lost = set(failed)
    if graded := [row for row in rows if row.native_id not in lost]:
        return graded
    raise InvalidInputError("{file} holds no scored samples; let the harness finish it", file=name)


def _asked(row: AnswerRow) -> tuple[str, str | None]:
    """Return what tells a question from another: its document and its gold."""
    return row.document or hash_of(row.native_id, row.question), row.gold


def graders_of(
    rows: Iterable[AnswerRow], lower: Callable[[str], bool] | None = None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Part the scores into grades, which are from 0 to 1 in every row, and others."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row.scores))
    # an error rate is a number too; read as a grade it would turn the verdict
    higher = [name for name in names if lower is None or not lower(name)]
    grades = [name for name in higher if all(_is_grade(row.scores.get(name)) for row in rows)]
    return tuple(grades), tuple(name for name in names if name not in grades)


def _is_grade(score: float | None) -> bool:
    return score is not None and 0 <= score <= 1


def _entry(native_id: str, group: Mapping[int, AnswerRow], graders: tuple[str, ...]) -> Entry:
    row = group[min(group)]
    answers = [_answer(group[repeat], graders) for repeat in sorted(group)]
    return Entry(
        native_id=native_id,
        document=_asked(row)[0],
        target=None if row.gold is None else hash_of(row.gold),
        prompt=row.prompt,
        text=row.question,
        gold=row.gold,
        # the first answer of two logs is sample 0 of both, whatever the tool counts from
        answers=tuple(replace(answer, sample=i) for i, answer in enumerate(answers)),
    )


def _answer(row: AnswerRow, graders: tuple[str, ...]) -> LoggedAnswer:
    return LoggedAnswer(
        sample=0,
        text=row.text,
        finish=row.finish,
        finish_source=row.finish_source,
        n_tokens=row.n_tokens,
        scores={name: row.scores.get(name) for name in graders},
        readings={name: read for name, read in row.readings.items() if name in graders},
    )

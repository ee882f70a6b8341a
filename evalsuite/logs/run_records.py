"""Questions, responses and grades out of a log's entries, a column at a time.

What log and run have alike is held once; no record of a million is made on the way.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, repeat
from typing import TYPE_CHECKING, Any

from evalsuite.logs.log import LoggedAnswer
from evalsuite.records.dataclass import dataclass
from evalsuite.records.packed import Packed, Packing, column, inner_column, of_columns, packed
from evalsuite.records.run import Grade, Question, Response
from evalsuite.tasks.graders.numbers import gold_number
from evalsuite.tasks.grading import grade_text, reads_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from evalsuite.logs.log import Entry
    from evalsuite.records.run import Finish, Task

__all__ = ["Answers", "answers_to", "grades_of", "questions_of", "responses_of"]

_HASHES = ("document", "target", "prompt")
"""Of an entry, kept beside its question."""
_OF_QUESTION = ("native_id", "gold", "scores", "readings")
_OF_ANSWER = ("sample", "text", "finish", "finish_source", "n_tokens", "scores", "readings")
"""Fields of an entry and of its answers that are needed once the questions are made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Every answer to every question, end to end, a field at a time."""

    asked: Mapping[str, Iterable[Any]]
    """What is told of each question, by the field of an entry."""
    told: Mapping[str, Iterable[Any]]
    """What is told of each answer, by its field."""
    samples: int
    """Answers to each question."""
    is_choice: bool

    def of_question(self, name: str) -> Iterable[Any]:
        """Give a field of each question, once for every answer to it."""
        if self.samples == 1:
            return self.asked[name]
        return chain.from_iterable(map(repeat, self.asked[name], repeat(self.samples)))

    @property
    def finishes(self) -> Iterable[Finish]:
        """How each ended; chosen by its likelihood, an answer was not written and not cut off."""
        told = self.told["finish"]
        if not self.is_choice:
            return told
        return ("stop" if finish == "unknown" else finish for finish in told)


def answers_to(entries: Packed[Entry], *, is_whole: bool, is_choice: bool) -> Answers:
    """Lay the answers end to end; ``is_whole``: all that were given to a question are one.

    Nothing else of the entries is held.
    """
    groups = column(entries, "answers")
    together = packed(LoggedAnswer, map(_together, groups)) if is_whole else None
    return Answers(
        asked={name: column(entries, name) for name in _OF_QUESTION},
        told={
            name: inner_column(entries, "answers", name)
            if together is None
            else column(together, name)
            for name in _OF_ANSWER
        },
        samples=1 if is_whole else len(next(iter(groups))),
        is_choice=is_choice,
    )


def _together(answers: tuple[LoggedAnswer, ...]) -> LoggedAnswer:
    """Show all answers that one score is about, which stands with the first one."""
    texts = [f"[{i} of {len(answers)}]\n{a.text}" for i, a in enumerate(answers, 1) if a.text]
    shown, first = "\n\n".join(texts) or None, answers[0]
    return LoggedAnswer(sample=0, text=shown, scores=first.scores, readings=first.readings)


def questions_of(entries: Packed[Entry], known: Sequence[Question]) -> Packed[Question]:
    """Make the questions; those that are ``known``, in the same places, are held once."""
    golds = [*map(gold_number, column(entries, "gold"))]
    return of_columns(
        Question,
        like=known,
        id=column(entries, "native_id"),
        text=column(entries, "text"),
        gold=(
            gold if number is None else str(number)
            for gold, number in zip(column(entries, "gold"), golds, strict=True)
        ),
        gold_text=(
            "" if number is None else gold or ""
            for gold, number in zip(column(entries, "gold"), golds, strict=True)
        ),
        metadata=map(_hashes, *(column(entries, name) for name in _HASHES)),
    )


def _hashes(*hashes: str | None) -> dict[str, str]:
    return {key: value for key, value in zip(_HASHES, hashes, strict=True) if value is not None}


def responses_of(answers: Answers) -> Packed[Response]:
    """Make the responses, question by question."""
    return of_columns(
        Response,
        question_id=answers.of_question("native_id"),
        sample=answers.told["sample"],
        text=answers.told["text"],
        token_ends=repeat(None),
        finish=answers.finishes,
        finish_source=answers.told["finish_source"],
        n_tokens=answers.told["n_tokens"],
    )


def grades_of(answers: Answers, names: Mapping[str, str], task: Task) -> Packed[Grade]:
    """Grade every answer by the log's graders, and by ours.

    ``names`` are those of the log's graders in the log, to what they are called in the task.
    """
    ours = {grader: v for grader, v in task.graders.items() if reads_text(grader, task)}
    read_as = replace(task, graders=ours)
    # a million answers have a handful of different scores between them
    shared: dict[tuple[float | None, ...], dict[str, float | None]] = {}
    grades = Packing(Grade, "question_id", "sample", "scores", "readings", "spans")
    known = ((answers.of_question(part), answers.told[part]) for part in ("scores", "readings"))
    for question_id, sample, text, gold, finish, scores, readings in zip(
        answers.of_question("native_id"),
        answers.told["sample"],
        answers.told["text"],
        answers.of_question("gold"),
        answers.finishes,
        *(map(_over, *both) for both in known),
        strict=True,
    ):
        graded = grade_text(text, gold, read_as, finished=finish != "length")
        scored = {name: scores.get(logged) for logged, name in names.items()} | graded.scores
        read = {name: readings[logged] for logged, name in names.items() if logged in readings}
        grades.add(
            question_id,
            sample,
            shared.setdefault(tuple(scored.values()), scored),
            graded.readings | read,
            graded.spans,
        )
    return grades.packed()


def _over(of_question: Mapping[str, Any], of_answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lay what is told of an answer over what is told of its question; most tell one of them."""
    return {**of_question, **of_answer} if of_question and of_answer else of_question or of_answer

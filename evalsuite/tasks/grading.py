"""A response graded by every grader of its task: scores, readings, spans.

Numbers are compared exactly, as fractions. The rewards of training call the same functions.
Without a text or a gold there is no score: a response is never wrong by default.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from evalsuite.records.run import Grade, Task
from evalsuite.tasks.graders import flexible, hash, strict, text as texts  # noqa: A004  the grader's name
from evalsuite.tasks.graders.numbers import format_number, gold_number

if TYPE_CHECKING:
    from evalsuite.records.run import Kind, Question, Response, RunSpec
    from evalsuite.tasks.graders.numbers import NumberInText

__all__ = [
    "NUMERIC_GRADERS",
    "TEXT",
    "TextGrade",
    "grade_response",
    "grade_text",
    "is_boxed",
    "kind_of",
    "numeric_task",
    "own_task",
    "read_numbers",
    "reads_text",
    "task_of_run",
]

NUMERIC_GRADERS = {
    strict.NAME: strict.VERSION,
    flexible.NAME: flexible.VERSION,
    hash.NAME: hash.VERSION,
}
"""Graders of ours to their versions; the third reads logs alone, whose models were not asked to
box their answers."""


TEXT = "text:"
"""Before the name of a task of ours whose answers are texts."""


def numeric_task(name: str, split: str = "test") -> Task:
    """Describe a task whose answers are numbers: strict decides, flexible looks further."""
    return Task(
        name=name,
        split=split,
        kind="number",
        graders={strict.NAME: strict.VERSION, flexible.NAME: flexible.VERSION},
        decides=strict.NAME,
    )


def kind_of(task: str) -> Kind:
    """Tell what the answers of a task of ours are, by its name.

    Examples
    --------
    >>> kind_of("gsm8k"), kind_of("text:capitals.jsonl")
    ('number', 'text')
    """
    return "text" if task.startswith(TEXT) else "number"


def own_task(name: str, split: str = "test") -> Task:
    """Describe a task of ours; where answers are texts, the same two graders read texts."""
    task = numeric_task(name, split)
    if kind_of(name) == "number":
        return task
    return replace(task, kind="text", graders=dict.fromkeys(task.graders, texts.VERSION))


def task_of_run(spec: RunSpec) -> Task:
    """Say what a run's responses are graded as: as its log was, else as its task's name says.

    Ours read them again, so their versions are today's and not those of the import.
    """
    task = spec.graded_as or own_task(spec.task, spec.split)
    if task.kind != "number":
        return task
    return replace(task, graders={g: NUMERIC_GRADERS.get(g, v) for g, v in task.graders.items()})


class TextGrade(NamedTuple):
    """What the graders of a task make of one text, by grader: as in a `Grade`."""

    scores: dict[str, float | None]
    readings: dict[str, str | None]
    spans: dict[str, tuple[int, int]]


def grade_response(response: Response, question: Question, task: Task) -> Grade:
    """Grade one response, whole or cut, as it stands.

    A response whose end was not recorded is read as a finished one. A grader that reads no text,
    such as another tool's own score, has neither score nor reading here.
    """
    finished = response.finish != "length"
    graded = grade_text(response.text, question.gold, task, finished=finished)
    return Grade(
        question_id=response.question_id,
        sample=response.sample,
        scores=graded.scores,
        readings=graded.readings,
        spans=graded.spans,
    )


def grade_text(text: str | None, gold: str | None, task: Task, *, finished: bool) -> TextGrade:
    """Grade a text against a gold; ``finished``: whether it ended by itself, as far as is known."""
    if task.kind == "text":
        return _graded_as_text(text, gold, task, finished=finished)
    right, number_of = gold_number(gold), _readings(text, task, finished=finished)
    graded = TextGrade({}, {}, {})
    before, written, is_right = None, None, False
    for grader in task.graders:
        number = number_of.get(grader)
        if number is not None and number is not before:  # graders share what one of them read
            before, written = number, format_number(number.value)
            is_right = number.value == right
        is_read = right is not None and grader in number_of
        graded.scores[grader] = float(number is not None and is_right) if is_read else None
        graded.readings[grader] = None if number is None else written
        if number is not None:
            graded.spans[grader] = number.span
    return graded


def _graded_as_text(body: str | None, gold: str | None, task: Task, *, finished: bool) -> TextGrade:
    """Grade texts by what they say; graders that are none of ours have no score here."""
    answers = {}
    if body is not None:
        ours = {
            strict.NAME: texts.read_box(body),
            flexible.NAME: texts.read_answer(body, finished=finished),
        }
        answers = {name: ours[name] for name in task.graders if reads_text(name, task)}
    right = None if gold is None else texts.normalised(gold)
    return TextGrade(
        scores={
            grader: None
            if right is None or grader not in answers
            else float((answer := answers[grader]) is not None and answer.value == right)
            for grader in task.graders
        },
        readings={
            grader: answer.written if (answer := answers.get(grader)) else None
            for grader in task.graders
        },
        spans={grader: answer.span for grader, answer in answers.items() if answer},
    )


def _readings(text: str | None, task: Task, *, finished: bool) -> dict[str, NumberInText | None]:
    if text is None or task.kind != "number":
        return {}
    numbers = read_numbers(text, finished=finished)
    if hash.NAME in task.graders:
        numbers[hash.NAME] = hash.read_hash(text, finished=finished)
    return {grader: numbers[grader] for grader in task.graders if grader in numbers}


def is_boxed(grade: Grade, task: Task) -> bool:
    """Tell whether a text reads the same where it had not ended: every grader of ours read a box.

    What the hash grader reads is none.
    """
    return grade.readings.get(strict.NAME) is not None and hash.NAME not in task.graders


def reads_text(grader: str, task: Task) -> bool:
    """Tell whether a grader of a task is one of ours; another tool's score comes with its log."""
    if task.kind == "text":  # a log's own graders never have these names
        return grader in (strict.NAME, flexible.NAME)
    return task.kind == "number" and grader in NUMERIC_GRADERS


def read_numbers(text: str, *, finished: bool) -> dict[str, NumberInText | None]:
    r"""Read a response with every numeric grader.

    ``finished``: whether it ended by itself.

    Examples
    --------
    >>> read_numbers("The answer is $18.00.", finished=True)["flexible"].value
    Fraction(18, 1)
    """
    boxed = strict.read_strict(text)
    further = boxed or (flexible.last_number(text) if finished else None)
    return {strict.NAME: boxed, flexible.NAME: further}

"""The graded table: one run cut once at every budget and graded once by every grader of its task.

Whoever needs a number of a run reads its table: pairs, budgets, graders, subsets, recipes, the
noise floor. Stored grades are not used where a grader reads text: an older grader may have made
them. What a log was read to is graded by the same graders a moment before, and is taken.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from evalsuite.comparing.budgets import cut_response, ended_within
from evalsuite.comparing.over_budgets.steps import reading_steps
from evalsuite.errors import InvalidInputError
from evalsuite.records.dataclass import dataclass
from evalsuite.records.packed import Packed, column, rearranged, with_columns
from evalsuite.records.paired import Outcomes
from evalsuite.tasks.grading import grade_response, reads_text, task_of_run

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from evalsuite.comparing.over_budgets.steps import Steps
    from evalsuite.records.run import Grade, Response, Run, Task

__all__ = [
    "GradedTable",
    "join_tables",
    "narrowed_grades",
    "reordered",
    "tabulate",
    "with_recorded",
]

_TRUNCATED = {"length": True, "stop": False}
"""Of a whole response, by how it ended; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedTable:
    """A graded run: one row a response, in the order of questions and samples."""

    run: Run
    task: Task
    headline_budget: int | None
    """None takes the responses as stored: a log that can't be cut."""
    responses: Sequence[Response]
    """As cut at the headline budget."""
    grades: Sequence[Grade]
    """At the headline budget: scores, readings, spans."""
    budgets: dict[int | None, Outcomes]
    """The columns at every budget, the headline's among them."""
    steps: tuple[Steps | None, ...]
    """What is read of each response at every budget up to the largest; None where unknown."""

    def at(self, budget: int | None) -> Outcomes:
        """Return the columns at one budget."""
        if budget not in self.budgets:
            raise InvalidInputError(
                "{model} is not graded at {budget} tokens; tabulate its run with this budget "
                "among the others",
                model=self.run.spec.model.name,
                budget=budget,
            )
        return self.budgets[budget]


def tabulate(
    run: Run,
    budgets: Iterable[int] = (),
    headline_budget: int | None = None,
    task: Task | None = None,
    *,
    is_graded: bool = False,
) -> GradedTable:
    """Cut and grade a whole run at every budget.

    ``headline_budget`` is the largest budget unless it names another; without any, the responses
    are graded as stored. ``task`` is the run's own unless it is read as another. ``is_graded``:
    today's graders made the run's grades, so that only what is cut has to be read again.
    """
    run, task = _in_order(run), task or task_of_run(run.spec)
    wanted = set(budgets)
    headline = headline_budget or max(wanted, default=None)
    recorded = _recorded(run, task, is_graded=is_graded)
    if is_graded and headline is None and isinstance(recorded, Packed):
        return _as_read(run, recorded, task)
    read = _reader(run, task, is_graded=is_graded)
    rows = [
        read(whole, _cut(whole, headline), other)
        for whole, other in zip(run.responses, recorded, strict=True)
    ]
    columns: dict[int | None, Outcomes] = {headline: _columns(rows, task)}
    for budget in sorted(wanted - {headline}):
        columns[budget] = _columns(_at_budget(run, budget, rows, recorded, read), task)
    return GradedTable(
        run=run,
        task=task,
        headline_budget=headline,
        responses=tuple(row.response for row in rows),
        grades=tuple(row.grade for row in rows),
        budgets=columns,
        steps=_steps(run, rows, task, max((*wanted, headline or 0))),
    )


def _as_read(run: Run, grades: Sequence[Grade], task: Task) -> GradedTable:
    """Take a log that is neither cut nor read again as it stands: there may be a million rows."""
    return GradedTable(
        run=run,
        task=task,
        headline_budget=None,
        responses=run.responses,
        grades=grades,
        budgets={None: _columns_as_read(run.responses, grades, task)},
        steps=(None,) * len(run.responses),
    )


def _steps(run: Run, rows: Sequence[_Row], task: Task, last: int) -> tuple[Steps | None, ...]:
    questions = {question.id: question for question in run.questions}
    return tuple(
        reading_steps(
            whole,
            questions[whole.question_id],
            task,
            last,
            grade=row.grade if row.response is whole else None,
        )
        for whole, row in zip(run.responses, rows, strict=True)
    )


def join_tables(parts: Sequence[GradedTable], run: Run) -> GradedTable:
    """Lay the tables of a run's parts end to end, in the order of the run; nothing is graded."""
    run, first = _in_order(run), parts[0]
    responses = [response for part in parts for response in part.responses]
    grades = [grade for part in parts for grade in part.grades]
    steps = [of_response for part in parts for of_response in part.steps]
    row_of = {(r.question_id, r.sample): row for row, r in enumerate(responses)}
    rows = tuple(row_of[r.question_id, r.sample] for r in run.responses)
    return GradedTable(
        run=run,
        task=first.task,
        headline_budget=first.headline_budget,
        responses=tuple(responses[row] for row in rows),
        grades=tuple(grades[row] for row in rows),
        budgets={
            budget: reordered(_end_to_end([part.at(budget) for part in parts]), rows)
            for budget in first.budgets
        },
        steps=tuple(steps[row] for row in rows),
    )


def reordered(columns: Outcomes, rows: Sequence[int]) -> Outcomes:
    """Take rows of some columns, in the order given."""
    return replace(
        columns,
        scores={
            grader: tuple(scores[row] for row in rows) for grader, scores in columns.scores.items()
        },
        truncated=tuple(columns.truncated[row] for row in rows),
        answered=tuple(columns.answered[row] for row in rows),
        tokens=tuple(columns.tokens[row] for row in rows),
    )


def _end_to_end(parts: Sequence[Outcomes]) -> Outcomes:
    return replace(
        parts[0],
        scores={
            grader: tuple(chain.from_iterable(part.scores[grader] for part in parts))
            for grader in parts[0].scores
        },
        truncated=tuple(chain.from_iterable(part.truncated for part in parts)),
        answered=tuple(chain.from_iterable(part.answered for part in parts)),
        tokens=tuple(chain.from_iterable(part.tokens for part in parts)),
    )


def _in_order(run: Run) -> Run:
    order = {question_id: i for i, question_id in enumerate(column(run.questions, "id"))}
    places = map(order.__getitem__, column(run.responses, "question_id"))
    keys = [*zip(places, column(run.responses, "sample"), strict=True)]
    rows = sorted(range(len(keys)), key=keys.__getitem__)
    if rows == [*range(len(keys))]:
        return run
    return replace(run, responses=rearranged(run.responses, rows))


class _Row(NamedTuple):
    """A response, whole or cut, and its grade."""

    response: Response
    grade: Grade


_Read = Callable[["Response", "Response", "Grade | None"], _Row]
"""Grades a cut, given the whole response before it and the grade that was recorded for that."""


def _reader(run: Run, task: Task, *, is_graded: bool) -> _Read:
    questions = {question.id: question for question in run.questions}
    others = _unread(task)

    def read(whole: Response, cut: Response, other: Grade | None) -> _Row:
        # another tool's score is about the response as stored and says nothing about a cut
        is_whole = cut.text == whole.text and cut.finish == whole.finish
        if other and is_whole and is_graded:
            return _Row(cut, other)
        grade = grade_response(cut, questions[cut.question_id], task)
        if other and is_whole:
            grade = _with_scores(grade, other, others)
        # One object where the grader reads what it read before: a run holds it anyway.
        return _Row(cut, other if other == grade else grade)

    return read


def _recorded(run: Run, task: Task, *, is_graded: bool) -> Sequence[Grade | None]:
    """Give the grade that each response of a run was recorded with."""
    grades = narrowed_grades(run.grades, task.graders) if is_graded else run.grades
    if [*_keys(grades)] == [*_keys(run.responses)]:
        return grades
    row_of = {key: row for row, key in enumerate(_keys(grades))}
    rows = [row_of.get(key) for key in _keys(run.responses)]
    if len(rows) == len(grades) and None not in rows:
        return rearranged(grades, rows)  # type: ignore[arg-type]  # none is None
    return [None if row is None else grades[row] for row in rows]


def _keys(records: Sequence[Response] | Sequence[Grade]) -> Iterator[tuple[str, int]]:
    """Name each by its question and its number among the answers to that."""
    return zip(column(records, "question_id"), column(records, "sample"), strict=True)


def _cut(whole: Response, budget: int | None) -> Response:
    return whole if budget is None else cut_response(whole, budget)


def _at_budget(
    run: Run,
    budget: int,
    headline: Sequence[_Row],
    recorded: Sequence[Grade | None],
    read: _Read,
) -> Iterator[_Row]:
    """Cut and grade row by row: all cuts together would be the run once more.

    What this budget cuts no more than the headline budget does is graded already.
    """
    for whole, known, other in zip(run.responses, headline, recorded, strict=True):
        cut = cut_response(whole, budget)
        yield known if cut is known.response else read(whole, cut, other)


def narrowed_grades(grades: Sequence[Grade], graders: Collection[str]) -> Sequence[Grade]:
    """Keep of some grades the scores of these graders, once where many have the same.

    What others read is left: it is looked up by grader alone.
    """
    shared: dict[object, Any] = {}
    wanted = set(graders)
    if all(wanted == scores.keys() for scores in column(grades, "scores")):
        return grades

    def part(scores: Mapping[str, float | None]) -> Any:
        kept = {grader: score for grader, score in scores.items() if grader in wanted}
        return shared.setdefault(tuple(kept.items()), kept)

    return with_columns(grades, scores=map(part, column(grades, "scores")))


def with_recorded(grade: Grade, recorded: Grade, task: Task) -> Grade:
    """Take from the run's own grades what no grader here reads from a text."""
    return _with_scores(grade, recorded, _unread(task))


def _unread(task: Task) -> list[str]:
    return [grader for grader in task.graders if not reads_text(grader, task)]


def _with_scores(grade: Grade, recorded: Grade, others: Sequence[str]) -> Grade:
    if not others:
        return grade
    scores = {grader: recorded.scores.get(grader) for grader in others}
    # a reading that is not there is not recorded; None would say that there was none to read
    readings = {g: reading for g, reading in grade.readings.items() if g not in others}
    readings |= {g: recorded.readings[g] for g in others if g in recorded.readings}
    return replace(grade, scores=grade.scores | scores, readings=readings)


def _columns_as_read(
    responses: Sequence[Response], grades: Sequence[Grade], task: Task
) -> Outcomes:
    """Take the columns of whole responses from columns, without a record for each row."""
    scores = [*column(grades, "scores")]
    readings = zip(column(responses, "text"), column(grades, "readings"), strict=True)
    return Outcomes(
        scores={g: tuple([of_row[g] for of_row in scores]) for g in task.graders},
        decides=task.decides,
        truncated=tuple(map(_TRUNCATED.get, column(responses, "finish"))),
        answered=tuple([_is_answered(text, of_row, task) for text, of_row in readings]),
        tokens=tuple(column(responses, "n_tokens")),
    )


def _is_answered(text: str | None, readings: Mapping[str, str | None], task: Task) -> bool | None:
    is_read = text is not None and task.decides in readings
    return readings[task.decides] is not None if is_read else None


def _columns(rows: Iterable[_Row], task: Task) -> Outcomes:
    scores: dict[str, list[float | None]] = {grader: [] for grader in task.graders}
    truncated: list[bool | None] = []
    answered: list[bool | None] = []
    tokens: list[int | None] = []
    for response, grade in rows:
        for grader, of_grader in scores.items():
            of_grader.append(grade.scores[grader])
        ended = ended_within(response, None)
        truncated.append(None if ended is None else not ended)
        answered.append(_is_answered(response.text, grade.readings, task))
        tokens.append(response.n_tokens)
    return Outcomes(
        scores={grader: tuple(of_grader) for grader, of_grader in scores.items()},
        decides=task.decides,
        truncated=tuple(truncated),
        answered=tuple(answered),
        tokens=tuple(tokens),
    )

"""Logs made of what is stored here: a run, or the rows beside a report.

They are those a reader would make of a log, so that one writer serves runs, reports and logs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.logs.formats.answers import finish_of
from evalsuite.logs.lines import hash_of
from evalsuite.logs.log import Entry, Harness, Log, LoggedAnswer
from evalsuite.tasks.grading import task_of_run
from evalsuite.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.paired import PairedRow, PairedText
    from evalsuite.records.run import Grade, Question, Response, Run

__all__ = ["log_of_run", "logs_of_report"]

_OURS = Harness(name="evalsuite", version=__version__)
_FURTHER = "flexible"


def log_of_run(run: Run) -> Log:
    """Lay out a run as a log, each sample with the scores of every grader that graded them all."""
    task, decoding = task_of_run(run.spec), run.spec.decoding
    graders = tuple(g for g in task.graders if all(x.scores.get(g) is not None for x in run.grades))
    graders = tuple(sorted(graders, key=lambda grader: grader != task.decides))
    if task.decides not in graders:
        raise InvalidInputError(
            "{model} has answers that {decides} could not grade; import the log again, with a "
            "score or a gold answer for each",
            model=run.spec.model.name,
            decides=task.decides,
        )
    graded = zip(run.responses, run.grades, strict=True)
    answers: dict[str, list[LoggedAnswer]] = {question.id: [] for question in run.questions}
    for response, grade in graded:
        answers[response.question_id].append(_answer(response, grade, graders))
    notes = run.log
    return Log(
        format="rows",
        harness=_OURS if notes is None else Harness(name=notes.harness, version=notes.version),
        model=run.spec.model.name,
        revision=run.spec.model.revision,
        task=run.spec.task,
        is_choice=task.kind == "choice",
        graders=graders,
        entries=tuple(_entry(q, tuple(answers[q.id])) for q in run.questions),
        files=(),
        max_new_tokens=decoding.max_new_tokens,
        temperature=decoding.temperature,
        top_p=decoding.top_p,
        seed=decoding.seed,
        stop=decoding.stop,
        dtype=None if run.spec.dtype == "unknown" else run.spec.dtype,
    )


def _entry(question: Question, answers: tuple[LoggedAnswer, ...]) -> Entry:
    about = question.metadata
    return Entry(
        native_id=question.id,
        document=str(about.get("document") or question.sha256 or hash_of(question.id)),
        target=about.get("target") or (None if question.gold is None else hash_of(question.gold)),
        prompt=about.get("prompt"),
        text=question.text,
        gold=question.gold,
        answers=answers,
    )


def _answer(response: Response, grade: Grade, graders: Sequence[str]) -> LoggedAnswer:
    return LoggedAnswer(
        sample=response.sample,
        text=response.text,
        finish=response.finish,
        finish_source=response.finish_source,
        n_tokens=response.n_tokens,
        scores={grader: grade.scores[grader] for grader in graders},
        readings={g: read for g, read in grade.readings.items() if g in graders},
    )


def logs_of_report(comparison: Comparison, rows: Sequence[PairedRow]) -> tuple[Log, Log]:
    """Lay out both sides of a report as logs, at its headline budget.

    Raises
    ------
    InvalidInputError
        If there are no rows.
    """
    if not rows:
        raise InvalidInputError(
            "there is no questions.jsonl beside these results, so there are no single answers to "
            "write; compare again, or export the runs"
        )
    return _side(comparison, rows, "base"), _side(comparison, rows, "trained")


def _side(comparison: Comparison, rows: Sequence[PairedRow], side: str) -> Log:
    decides = comparison.decides
    has_further = _FURTHER in comparison.graders and decides != _FURTHER
    graders = (decides, _FURTHER) if has_further else (decides,)
    budgets = [row.max_new_tokens for row in comparison.budgets]
    headline = comparison.headline_budget
    cut = budgets.index(headline) if headline in budgets else None
    entries: dict[str, list[LoggedAnswer]] = {}
    for row in rows:
        answer = _paired(row.sample, getattr(row, side), graders, cut, headline)
        entries.setdefault(row.question_id, []).append(answer)
    first = {row.question_id: row for row in reversed(rows)}
    source: dict[str, Any] = comparison.provenance.get(side) or {}
    decoding = source.get("decoding") or {}
    return Log(
        format="rows",
        harness=_OURS,
        model=getattr(comparison, side).name,
        revision=source.get("revision"),
        task=comparison.task,
        is_choice=False,
        graders=graders,
        entries=tuple(
            Entry(
                native_id=i,
                document=hash_of(i, first[i].question),
                target=None if first[i].gold is None else hash_of(first[i].gold),
                prompt=None,
                text=first[i].question,
                gold=first[i].gold,
                answers=tuple(answers),
            )
            for i, answers in entries.items()
        ),
        files=(),
        max_new_tokens=headline,
        temperature=decoding.get("temperature"),
        top_p=decoding.get("top_p"),
        seed=decoding.get("seed"),
        dtype=source.get("dtype"),
    )


def _paired(
    sample: int,
    answer: PairedText,
    graders: tuple[str, ...],
    cut: int | None,
    headline: int | None,
) -> LoggedAnswer:
    """Return an answer as it stood at the headline budget, where the report knows its cut."""
    end = answer.cuts[cut] if cut is not None and cut < len(answer.cuts) else None
    score = float(answer.strict) if answer.score is None else answer.score
    scores = (score, float(answer.flexible))
    readings = (answer.answer, answer.flexible_answer)
    return LoggedAnswer(
        sample=sample,
        text=answer.text if answer.text is None or end is None else answer.text[:end],
        finish=finish_of(answer.finish),
        n_tokens=answer.n_tokens if end is None else headline,
        scores=dict(zip(graders, scores, strict=False)),
        readings=dict(zip(graders, readings, strict=False)),
    )

"""Runs made of logs: the deciding grader chosen, ours beside it, and unknowns left unknown."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import sha256_of_file
from evalsuite.errors import InvalidInputError, listed
from evalsuite.records.codec import sha256_of_list
from evalsuite.records.log_notes import LogNotes, Tally
from evalsuite.records.run import (
    Grade,
    LoggedDecoding,
    ModelSpec,
    Question,
    Response,
    Run,
    RunSpec,
    Task,
)
from evalsuite.tasks.graders.numbers import gold_number
from evalsuite.tasks.grading import NUMERIC_GRADERS, grade_response, reads_text
from evalsuite.tasks.questions import questions_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evalsuite.logs.log import Entry, Log, LoggedAnswer
    from evalsuite.records.run import Kind

__all__ = ["PROMPT", "run_of_log"]

PROMPT = "as logged"
"""Name of every log's prompt; whether two logs sent the same one, their hashes tell."""


def run_of_log(
    log: Log,
    *,
    name: str | None = None,
    grader: str | None = None,
    known: Sequence[Question] = (),
) -> Run:
    """Make a run of a log.

    ``grader`` decides; without it the log's first one, or ours where the log has none. A score over
    several answers to a question makes them one response; any other keeps each as a sample.
    ``name`` is what to call the model, else what the log calls it. ``known`` are questions of
    another run, which are taken where the log has the same in the same place.

    Raises
    ------
    InvalidInputError
        Where the grader is none of the log's, or samples are missing.
    """
    task = _task(log, grader)
    is_whole = log.repeats > 1 and task.decides in log.question_graders
    samples, notes = 1 if is_whole else log.repeats, _notes(log)
    grades_of = _grading(log.graders, task, is_whole=is_whole)
    questions: list[Question] = []
    responses: list[Response] = []
    grades: list[Grade] = []
    entries, log = deque(log.entries), replace(log, entries=())
    while entries:  # as large as what is made of them: each is let go once it is used
        entry = entries.popleft()
        question = _known(_question(entry), known, len(questions))
        answers = _responses(entry, question, is_whole=is_whole)
        grades += grades_of(entry, question, answers)
        questions.append(question)
        responses += answers
    return Run(
        spec=_spec(log, task, tuple(questions), name, samples=samples),
        environment={
            "imported_from": log.files[0].name,
            "sha256": sha256_of_file(log.files[0]),
        },
        log=notes,
        questions=tuple(questions),
        responses=tuple(responses),
        grades=tuple(grades),
    )


def _known(question: Question, known: Sequence[Question], place: int) -> Question:
    """Hold a question once that two logs tell alike: there may be a million of them."""
    return known[place] if place < len(known) and known[place] == question else question


def _task(log: Log, grader: str | None) -> Task:
    kind = _kind(log)
    version = " ".join(filter(None, (log.harness.name, log.harness.version))) or "as logged"
    theirs = {_name(name): version for name in log.graders}
    ours = dict(NUMERIC_GRADERS) if kind == "number" else {}
    graders = theirs | ours
    if not graders:
        raise InvalidInputError(
            "{log} has no scores, and graders of ours read a log only where every answer has a "
            "text and a number as its gold; name its scores with --score COLUMN",
            log=log.files[0].name,
        )
    decides = grader or next(iter(graders), "")
    if decides not in graders:
        raise InvalidInputError(
            "{log} has no grader {decides!r}; it has {graders}",
            log=log.files[0].name,
            decides=decides,
            graders=listed(list(graders), 20),
        )
    if log.repeats > 1:
        # a score of a whole question and scores of its samples are no columns of one table
        is_whole = decides in log.question_graders
        graders = {g: v for g, v in graders.items() if (g in log.question_graders) == is_whole}
        kind = "score" if is_whole else kind
    return Task(name=log.task, split="", kind=kind, graders=graders, decides=decides)


def _name(grader: str) -> str:
    """Keep a harness's grader apart from ours, and from the dots of paths in results.json."""
    plain = grader.replace(".", "_")
    return f"{plain} (log)" if plain in NUMERIC_GRADERS else plain


def _kind(log: Log) -> Kind:
    if log.is_choice:
        return "choice"
    has_texts = all(answer.text is not None for entry in log.entries for answer in entry.answers)
    has_numbers = all(gold_number(entry.gold) is not None for entry in log.entries)
    return "number" if has_texts and has_numbers else "score"


def _question(entry: Entry) -> Question:
    hashes = {"document": entry.document, "target": entry.target, "prompt": entry.prompt}
    number = gold_number(entry.gold)
    return Question(
        id=entry.native_id,
        text=entry.text,
        gold=entry.gold if number is None else str(number),
        gold_text="" if number is None else entry.gold or "",
        metadata={key: value for key, value in hashes.items() if value is not None},
    )


def _responses(entry: Entry, question: Question, *, is_whole: bool) -> list[Response]:
    answers = [_together(entry.answers)] if is_whole else entry.answers
    return [
        Response(
            question_id=question.id,
            sample=answer.sample,
            text=answer.text,
            token_ends=None,
            finish=answer.finish,
            finish_source=answer.finish_source,
            n_tokens=answer.n_tokens,
        )
        for answer in answers
    ]


def _together(answers: tuple[LoggedAnswer, ...]) -> LoggedAnswer:
    """Show all answers that one score is about."""
    from evalsuite.logs.log import LoggedAnswer

    texts = [f"[{i} of {len(answers)}]\n{a.text}" for i, a in enumerate(answers, 1) if a.text]
    return LoggedAnswer(sample=0, text="\n\n".join(texts) or None)


def _spec(
    log: Log, task: Task, questions: tuple[Question, ...], name: str | None, *, samples: int
) -> RunSpec:
    path = log.files[0]
    called = name or _last_part(log.model) or path.stem
    return RunSpec(
        model=ModelSpec(name=called, source="log", location=path.name, revision=log.revision),
        task=log.task,
        split="",
        question_ids=tuple(question.id for question in questions),
        questions_sha256=questions_sha256(questions),
        prompt=PROMPT,
        prompts_sha256=sha256_of_list([q.id, q.metadata.get("prompt")] for q in questions),
        decoding=LoggedDecoding(
            max_new_tokens=log.max_new_tokens,
            samples=samples,
            temperature=log.temperature,
            top_p=log.top_p,
            seed=log.seed,
            stop=log.stop,
        ),
        dtype=log.dtype or "unknown",
        engine="imported",
        graded_as=task,
    )


def _last_part(model: str | None) -> str | None:
    """Name a model without the folders of the machine on which it lay."""
    return None if model is None else model.rpartition("/")[2]


def _notes(log: Log) -> LogNotes:
    """Keep what the log says of itself, for checks and provenance."""
    return LogNotes(
        format=log.format,
        harness=log.harness.name,
        version=log.harness.version,
        task_version=log.harness.task_version,
        model=_last_part(log.model),
        stated=Tally(n=log.stated.n, means=_renamed(log.stated.means)),
        counted=Tally(n=len(log.entries), means=_renamed(_means(log))),
        left_out=log.left_out,
    )


def _renamed(means: dict[str, float]) -> dict[str, float]:
    return {_name(name): mean for name, mean in means.items()}


def _means(log: Log) -> dict[str, float]:
    means = {}
    for name in log.graders:
        scores = [
            score
            for entry in log.entries
            for score in (
                [entry.scores[name]]
                if name in entry.scores
                else [answer.scores.get(name) for answer in entry.answers]
            )
        ]
        known = [score for score in scores if score is not None]
        if len(known) == len(scores):
            means[name] = sum(known) / len(known)
    return means


def _grading(
    graders: Sequence[str], task: Task, *, is_whole: bool
) -> Callable[[Entry, Question, Sequence[Response]], Iterator[Grade]]:
    """Make what grades the answers to one question: by the log's graders, and by ours."""
    names = {name: _name(name) for name in graders if _name(name) in task.graders}
    ours = [grader for grader in task.graders if reads_text(grader, task)]
    # a million answers have a handful of different scores between them, and a few thousand answers
    shared: dict[object, Any] = {}

    def grades(entry: Entry, question: Question, responses: Sequence[Response]) -> Iterator[Grade]:
        answers = entry.answers[:1] if is_whole else entry.answers
        for answer, response in zip(answers, responses, strict=True):
            grade = grade_response(response, question, task)
            scores = {**entry.scores, **answer.scores}
            readings = {**entry.readings, **answer.readings}
            theirs = {name: scores.get(logged) for logged, name in names.items()}
            both = {g: grade.scores[g] if g in ours else theirs.get(g) for g in task.graders}
            read = {name: readings[logged] for logged, name in names.items() if logged in readings}
            yield Grade(
                question_id=question.id,
                sample=answer.sample,
                scores=_one(shared, both),
                readings=_one(shared, {g: grade.readings[g] for g in ours} | read),
                spans=_one(shared, grade.spans),
            )

    return grades


def _one(shared: dict[object, Any], value: dict[str, Any]) -> Any:
    """Give one mapping for all that hold the same."""
    return shared.setdefault(tuple(value.items()), value)

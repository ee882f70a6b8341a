"""Runs made of logs: the deciding grader chosen, ours beside it, and unknowns left unknown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.disk.files import sha256_of_file
from evalsuite.errors import InvalidInputError, listed
from evalsuite.logs.log import Entry, grader_named
from evalsuite.logs.run_records import answers_to, grades_of, questions_of, responses_of
from evalsuite.records.codec import sha256_of_list
from evalsuite.records.dataclass import dataclass
from evalsuite.records.log_notes import LogNotes, Tally
from evalsuite.records.packed import Packed, column, inner_column, packed, rearranged
from evalsuite.records.run import LoggedDecoding, ModelSpec, Question, Run, RunSpec, Task
from evalsuite.tasks.graders.numbers import gold_number
from evalsuite.tasks.grading import NUMERIC_GRADERS
from evalsuite.tasks.questions import questions_sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.logs.log import Log
    from evalsuite.records.run import Kind

__all__ = ["PROMPT", "run_of_log"]

PROMPT = "as logged"
"""Name of every log's prompt; whether two logs sent the same one, their hashes tell."""


def run_of_log(
    log: Log,
    *,
    name: str | None = None,
    grader: str | None = None,
    known: Run | None = None,
) -> Run:
    """Make a run of a log.

    ``grader`` decides; without it the log's first one, or ours where the log has none. A score over
    several answers to a question makes them one response; any other keeps each as a sample.
    ``name`` is what to call the model, else what the log calls it. ``known`` is another run, whose
    questions are taken, in its order, where the log has the same.

    Raises
    ------
    InvalidInputError
        Where the grader is none of the log's, or samples are missing.
    """
    task = _task(log, grader)
    is_whole = log.repeats > 1 and task.decides in log.question_graders
    notes, entries = _notes(log), _asked_in_order(log.entries, known)
    # as large as what is made of them: they are let go as soon as they are laid out
    log = replace(log, entries=())
    questions = questions_of(entries, known.questions if known else ())
    answers = answers_to(entries, is_whole=is_whole, is_choice=log.is_choice)
    del entries
    return Run(
        spec=_spec(log, task, _asked(questions, known), name, samples=answers.samples),
        environment={
            "imported_from": log.files[0].name,
            "sha256": sha256_of_file(log.files[0]),
        },
        log=notes,
        questions=questions,
        responses=responses_of(answers),
        grades=grades_of(answers, _names(log, task), task),
    )


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
    decides = grader_named(grader, graders) if grader else next(iter(graders))
    if decides is None:
        raise InvalidInputError(
            "{log} has no grader {decides!r}; it has {graders}",
            log=log.files[0].name,
            decides=grader,
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


def _names(log: Log, task: Task) -> dict[str, str]:
    """Give the log's graders that the task has, with what they are called there."""
    return {name: _name(name) for name in log.graders if _name(name) in task.graders}


def _kind(log: Log) -> Kind:
    if log.is_choice:
        return "choice"
    if any(gold_number(gold) is None for gold in column(log.entries, "gold")):
        return "score"
    texts = inner_column(log.entries, "answers", "text")
    return "number" if all(text is not None for text in texts) else "score"


def _asked_in_order(asked: Sequence[Entry], known: Run | None) -> Packed[Entry]:
    """Lay questions into another run's order where both have the same numbers.

    A harness that asks many at a time logs them as they are answered. In one order, what two runs
    tell alike is held, hashed and matched once.
    """
    entries = asked if isinstance(asked, Packed) else packed(Entry, asked)
    if known is None or len(entries) != len(known.questions):
        return entries
    place_of = {native_id: i for i, native_id in enumerate(column(entries, "native_id"))}
    places = [place_of.get(question_id) for question_id in column(known.questions, "id")]
    if None in places or places == [*range(len(places))]:
        return entries
    return rearranged(entries, places)  # type: ignore[arg-type,return-value]  # none is None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a run's record says of its questions."""

    question_ids: tuple[str, ...]
    questions_sha256: str
    prompts_sha256: str


def _asked(questions: Sequence[Question], known: Run | None) -> _Asked:
    """Say it, or take what is said of the same questions: to hash a million takes seconds."""
    if known is not None and questions is known.questions:
        spec = known.spec
        return _Asked(
            question_ids=spec.question_ids,
            questions_sha256=spec.questions_sha256,
            prompts_sha256=spec.prompts_sha256,
        )
    return _Asked(
        question_ids=tuple(column(questions, "id")),
        questions_sha256=questions_sha256(questions),
        prompts_sha256=sha256_of_list(
            [question_id, about.get("prompt")]
            for question_id, about in zip(
                column(questions, "id"), column(questions, "metadata"), strict=True
            )
        ),
    )


def _spec(log: Log, task: Task, asked: _Asked, name: str | None, *, samples: int) -> RunSpec:
    path = log.files[0]
    called = name or _last_part(log.model) or path.stem
    return RunSpec(
        model=ModelSpec(name=called, source="log", location=path.name, revision=log.revision),
        task=log.task,
        split="",
        question_ids=asked.question_ids,
        questions_sha256=asked.questions_sha256,
        prompt=PROMPT,
        prompts_sha256=asked.prompts_sha256,
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
    means, of_questions = {}, log.question_graders
    for name in log.graders:
        told = (
            column(log.entries, "scores")
            if name in of_questions
            else inner_column(log.entries, "answers", "scores")
        )
        scores = [of_one.get(name) for of_one in told]
        known = [score for score in scores if score is not None]
        if len(known) == len(scores):
            means[name] = sum(known) / len(known)
    return means

"""Plain JSON-lines logs of answers, read into a run.

One object a line: ``id`` (or ``question_id``), ``text`` (or ``response``), optionally ``sample``,
``finish`` (``stop`` or ``length``) and ``n_tokens`` (end token not counted). An ``id`` that is a
whole number counts rows of the task's data from 0. Answers are graded again from their text; a
missing ``finish`` stays unknown and is never taken for finished; how the answers were made, the log
does not tell: it stays unknown where whoever imports it does not say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import chain, groupby, pairwise, repeat
from typing import TYPE_CHECKING, Any

from evalsuite.disk.files import sha256_of_file
from evalsuite.errors import Clause, InvalidInputError, at_line
from evalsuite.logs.formats.answers import finish_of
from evalsuite.logs.lines import MOST_DIGITS, json_lines, repeat_of
from evalsuite.records.codec import sha256_of
from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import (
    FLEXIBLE,
    STRICT,
    LoggedDecoding,
    ModelSpec,
    Question,
    Response,
    Run,
    RunSpec,
)
from evalsuite.tasks.grading import grade_response, task_of_run
from evalsuite.tasks.questions import questions_sha256

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from evalsuite.records.run import Grade

__all__ = [
    "MASK",
    "ImportedLog",
    "Origin",
    "grades_of",
    "masked_repeats",
    "read_answers",
]

MASK = "\u2591"
"""One character for one, so that token ends stay right."""

LONG_REPEAT = 40
"""Characters; shorter repeats are names and numbers that any answer needs."""

_FLAGS = (STRICT, FLEXIBLE)
"""Fields in which other scripts note what the graders of these names said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What whoever imports a log says of how its answers were made; None is not recorded."""

    temperature: float | None = None
    top_p: float | None = None
    seed: int | None = None
    dtype: str | None = None
    weights: str | None = None
    """Hash or commit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedLog:
    """A run read from a log, and what the reader should know about it."""

    run: Run
    notes: tuple[Clause, ...]


def grades_of(run: Run) -> Iterator[Grade]:
    """Grade the answers that `read_answers` gave, one after another, in their order."""
    task = task_of_run(run.spec)
    questions = chain.from_iterable(repeat(q, run.spec.decoding.samples) for q in run.questions)
    for response, question in zip(run.responses, questions, strict=True):
        yield grade_response(response, question, task)


def read_answers(
    path: Path,
    questions: tuple[Question, ...],
    *,
    name: str,
    task: str,
    split: str,
    prompt: str,
    max_new_tokens: int | None,
    origin: Origin = Origin(),  # noqa: B008  a frozen record
    token_ends: Callable[[str], tuple[int, ...]] | None = None,
    keep_question_texts: bool = True,
) -> ImportedLog:
    """Read a log of one model's answers to the questions of a task, in the order of its data.

    Two logs that are compared need equal ``task``, ``split`` and ``prompt``. ``max_new_tokens`` is
    the budget the answers were generated at; None where it is not known. ``token_ends`` finds token
    ends in a text; without it the answers can't be cut at smaller budgets. Without
    ``keep_question_texts`` the run holds no question's text, and what an answer repeats of its
    question, from 40 characters on, is masked too, sign by sign, so that token ends stay right.
    The run is not graded yet: of a million answers, the grades would take half of the memory.

    Raises
    ------
    InvalidInputError
        Naming the line and what is wrong: no JSON, unknown or repeated ids, no text.
    """
    index = {q.id: i for i, q in enumerate(questions)}
    logged: Counter[str] = Counter()
    responses = []
    for line, row in json_lines(path):
        responses.append(_response(row, at_line(path, line), questions, index, token_ends))
        logged.update(flag for flag in _FLAGS if isinstance(row.get(flag), bool))
        logged.update(f"{flag} right" for flag in _FLAGS if row.get(flag) is True)
    if not responses:
        raise InvalidInputError("{path} holds no answers; check the path", path=path)
    responses.sort(key=lambda r: index[r.question_id] * 10**MOST_DIGITS + r.sample)
    samples = _samples(responses, path)
    if not keep_question_texts:
        responses = [_masked(r, questions[index[r.question_id]].text) for r in responses]
    chosen = tuple(questions[index[r.question_id]] for r in responses[::samples])
    answered = chosen if keep_question_texts else tuple(map(_without_texts, chosen))
    spec = RunSpec(
        model=ModelSpec(name=name, source="log", location=path.name, weights=origin.weights),
        task=task,
        split=split,
        question_ids=tuple(q.id for q in answered),
        questions_sha256=questions_sha256(chosen),
        prompt=prompt,
        prompts_sha256=sha256_of([prompt, [q.id for q in answered]]),
        decoding=LoggedDecoding(
            max_new_tokens=max_new_tokens,
            samples=samples,
            temperature=origin.temperature,
            top_p=origin.top_p,
            seed=origin.seed,
        ),
        dtype=origin.dtype or "unknown",
        engine="imported",
    )
    run = Run(
        spec=spec,
        environment={"imported_from": path.name, "sha256": sha256_of_file(path)},
        questions=answered,
        responses=tuple(responses),
        grades=(),
    )
    return ImportedLog(run=run, notes=tuple(_notes(run, logged, len(questions))))


def _response(
    row: dict[str, Any],
    where: str,
    questions: tuple[Question, ...],
    index: dict[str, int],
    token_ends: Callable[[str], tuple[int, ...]] | None,
) -> Response:
    text = row.get("text", row.get("response"))
    if not isinstance(text, str):
        raise InvalidInputError("{where} has no text in 'text' or 'response'; add it", where=where)
    n_tokens = row.get("n_tokens")
    if n_tokens is not None and (isinstance(n_tokens, bool) or not isinstance(n_tokens, int)):
        raise InvalidInputError(
            "{where} has n_tokens {n_tokens}; use a whole number",
            where=where,
            n_tokens=repr(n_tokens)[:40],
        )
    ends = None if token_ends is None else token_ends(text)
    return Response(
        question_id=_question_id(row, where, questions, index),
        sample=repeat_of(row.get("sample", 0), where),
        text=text,
        token_ends=ends,
        finish=finish_of(row.get("finish", row.get("finish_reason"))),
        n_tokens=len(ends) if n_tokens is None and ends is not None else n_tokens,
    )


def _question_id(
    row: dict[str, Any], where: str, questions: tuple[Question, ...], index: dict[str, int]
) -> str:
    given = row.get("id", row.get("question_id"))
    if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < len(questions):
        return questions[given].id
    known = index.get(str(given))
    if known is None:
        raise InvalidInputError(
            "{where} answers question {question}, which the task does not have; check --task and "
            "--data",
            where=where,
            question=repr(given)[:80],
        )
    return questions[known].id  # the same text in memory, not one a row


def _samples(responses: list[Response], path: Path) -> int:
    """Count the answers to each question, which stand in order; each sample is there once."""
    keys = [(r.question_id, r.sample) for r in responses]
    repeated = {f"{one[0]} sample {one[1]}": None for one, two in pairwise(keys) if one == two}
    if repeated:
        raise InvalidInputError(
            "{path} answers {n_questions:,} questions more than once ({questions}); give repeated "
            "answers their own 'sample' number, or keep one",
            path=path,
            n_questions=len(repeated),
            questions=", ".join(list(repeated)[:3]),
        )
    counts = {sum(1 for _ in group) for _, group in groupby(responses, lambda r: r.question_id)}
    if len(counts) > 1:
        raise InvalidInputError(
            "{path} answers some questions {fewest} and others {most} times; make the number of "
            "samples equal",
            path=path,
            fewest=min(counts),
            most=max(counts),
        )
    return counts.pop()


def _without_texts(question: Question) -> Question:
    """Withhold what the source says, but keep its hash."""
    known = {} if question.sha256 is None else {"sha256": question.sha256}
    return replace(question, text=None, gold_text="", gold_steps=(), metadata=known)


def _masked(response: Response, question: str | None) -> Response:
    """Cover every stretch of the question that the answer repeats to the letter."""
    if response.text is None or question is None:
        return response
    return replace(response, text=masked_repeats(response.text, question))


def _notes(run: Run, logged: Counter[str], n_questions: int) -> Iterable[Clause]:
    """Say what disagrees with the log, and what it does not tell.

    ``logged`` counts the answers for which the log has a grader's own judgement, and which of them
    it calls right.
    """
    n = len(run.responses)
    yield Clause(
        "{answers:,} answers to {questions:,} of the task's {all:,} questions",
        answers=n,
        questions=len(run.questions),
        all=n_questions,
    )
    masked = sum(MASK in (r.text or "") for r in run.responses)
    if masked:
        yield Clause("{n:,} answers repeat their question; the repeats are masked", n=masked)
    unknown = sum(r.finish == "unknown" for r in run.responses)
    if unknown:
        yield Clause(
            "{n:,} answers do not say how they ended: their truncation can't be judged", n=unknown
        )
    if all(r.token_ends is not None for r in run.responses):
        off = sum(len(r.token_ends or ()) != r.n_tokens for r in run.responses)
        yield Clause(
            "token ends rebuilt; {off:,} of {n:,} answers differ from the log's token count",
            off=off,
            n=n,
        )
    else:
        yield Clause(
            "no token ends: the answers can't be cut at smaller budgets (pass --tokenizer)"
        )
    for flag in _FLAGS:
        if logged[flag] == n:
            ours = sum(grade.is_right(flag) is True for grade in grades_of(run))
            yield Clause(
                "{grader}: the log counts {logged:,} right, this grader {ours:,}",
                grader=flag,
                logged=logged[f"{flag} right"],
                ours=ours,
            )


def masked_repeats(text: str, question: str) -> str:
    """Cover every stretch of 40 characters and more that an answer has from its question.

    The time grows with the length of both, however often an answer repeats itself.
    """
    # Any longer repeat is a chain of stretches of exactly this length.
    starts = range(len(question) - LONG_REPEAT + 1)
    stretches = {question[i : i + LONG_REPEAT] for i in starts}
    pieces, end = [], 0
    for i in range(len(text) - LONG_REPEAT + 1 if stretches else 0):
        if text[i : i + LONG_REPEAT] in stretches:
            begin = max(i, end)
            pieces += [text[end:begin], MASK * (i + LONG_REPEAT - begin)]
            end = i + LONG_REPEAT
    return "".join([*pieces, text[end:]])

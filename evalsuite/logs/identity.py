"""Identity of logged questions: the same document with the same gold, whatever its number.

Questions are matched by the hash of their document, never by position and never by number alone.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from evalsuite.errors import Clause, NotComparableError, listed
from evalsuite.records.dataclass import dataclass
from evalsuite.records.packed import column, packed, with_columns
from evalsuite.records.run import Grade, Question, Response
from evalsuite.tasks.questions import questions_sha256

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from evalsuite.records.run import Run

__all__ = ["Match", "match_questions", "narrowed", "score_bounds"]

Of = TypeVar("Of", Response, Grade)
"""What is about one question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Questions of two logs laid beside each other."""

    shared: dict[str, str]
    """Id in trained to id in base, in the order of base."""
    base_only: tuple[str, ...]
    trained_only: tuple[str, ...]


def match_questions(base: Run, trained: Run, *, allow_missing: bool) -> Match:
    """Match the questions of two logs.

    Raises
    ------
    NotComparableError
        Where a document or a gold changed, where none is shared, or where one log has questions
        that the other lacks and nobody allowed it.
    """
    if base.questions is trained.questions:
        same = {question_id: question_id for question_id in column(base.questions, "id")}
        return Match(shared=same, base_only=(), trained_only=())
    match, changed = _matched(base, trained)
    numbers = set(match.trained_only)
    _refuse(
        [i for i in match.base_only if i in numbers],
        Clause("have the same number but another document"),
        Clause("compare logs of the same version of the task"),
    )
    _refuse(
        changed,
        Clause("have the same document but another gold answer"),
        Clause("score both models against the same golds"),
    )
    if not match.shared:
        raise NotComparableError(
            "the two logs share no question; check that both are of the same task and split"
        )
    if not allow_missing:
        _refuse(
            [*match.base_only, *match.trained_only],
            Clause("are in one log only"),
            Clause(
                "run both models on the same questions, or pass --allow-missing to compare the "
                "shared"
            ),
        )
    return match


def narrowed(run: Run, names: Mapping[str, str]) -> Run:
    """Keep the questions whose ids are in ``names``, under the names given there, in its order."""
    same = zip(names.items(), column(run.questions, "id"), strict=False)
    if len(names) == len(run.questions) and all(old == new == i for (old, new), i in same):
        return run
    places = {question_id: i for i, question_id in enumerate(column(run.questions, "id"))}
    kept = (run.questions[places[old]] for old in names)
    renamed = zip(kept, names.values(), strict=True)
    questions = packed(Question, (replace(question, id=new) for question, new in renamed))
    spec = replace(
        run.spec,
        question_ids=tuple(names.values()),
        questions_sha256=questions_sha256(questions),
    )
    return replace(
        run,
        spec=spec,
        questions=questions,
        responses=_renamed(Response, run.responses, names),
        grades=_renamed(Grade, run.grades, names),
    )


def _renamed(kind: type[Of], records: Sequence[Of], names: Mapping[str, str]) -> Sequence[Of]:
    """Keep what is about questions with a new name, under that."""
    asked = column(records, "question_id")
    if all(question_id in names for question_id in asked):
        return with_columns(
            records, question_id=map(names.__getitem__, column(records, "question_id"))
        )
    kept = (record for record in records if record.question_id in names)
    return packed(kind, (replace(each, question_id=names[each.question_id]) for each in kept))


def score_bounds(base: Run, trained: Run, match: Match, grader: str) -> tuple[float, float] | None:
    """Bound how far the missing answers could move the sum of differences: least and most.

    A question that base alone answered with score s adds between -s and 1 - s, one that trained
    alone answered with t between t - 1 and t. None where a score is unknown.
    """
    lost, won = _scores(base, match.base_only, grader), _scores(trained, match.trained_only, grader)
    if lost is None or won is None:
        return None
    least = -sum(lost) + sum(score - 1 for score in won)
    most = sum(1 - score for score in lost) + sum(won)
    return least, most


def _scores(run: Run, ids: Collection[str], grader: str) -> list[float] | None:
    """Return the mean score of each question."""
    sums: dict[str, list[float]] = {question_id: [] for question_id in ids}
    for grade in run.grades:
        if grade.question_id in sums:
            score = grade.scores.get(grader)
            if score is None:
                return None
            sums[grade.question_id].append(score)
    return [sum(scores) / len(scores) for scores in sums.values()]


def _matched(base: Run, trained: Run) -> tuple[Match, list[str]]:
    """Match documents, equal ones in their order; and name in base whose gold changed.

    Of a million questions only what one side tells is held, each under its place.
    """
    places: dict[tuple[str, int], int] = {}
    ids, golds, seen = [], [], Counter[str]()
    for place, question in enumerate(trained.questions):
        places[_key(question, seen)] = place
        ids.append(question.id)
        golds.append(_gold(question))
    shared, base_only, changed = {}, [], []
    seen.clear()
    for question in base.questions:
        found = places.pop(_key(question, seen), None)
        if found is None:
            base_only.append(question.id)
            continue
        shared[ids[found]] = question.id
        if golds[found] != _gold(question):
            changed.append(question.id)
    match = Match(
        shared=shared,
        base_only=tuple(base_only),
        trained_only=tuple([ids[place] for place in places.values()]),
    )
    return match, changed


def _key(question: Question, seen: Counter[str]) -> tuple[str, int]:
    """Key a question by its document; equal documents by their order as well."""
    document = str(question.metadata.get("document") or question.sha256 or question.id)
    seen[document] += 1
    return document, seen[document]


def _gold(question: Question) -> object:
    return question.metadata.get("target") or question.gold


def _refuse(offenders: Sequence[str], what: Clause, way_out: Clause) -> None:
    if offenders:
        raise NotComparableError(
            "{n_questions:,} questions {what} ({questions}); {way_out}",
            n_questions=len(offenders),
            what=what,
            questions=listed(offenders),
            way_out=way_out,
        )

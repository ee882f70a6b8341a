"""Pairs of graded tables, by question id, never by file order; what differs is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.comparing.tabulate import reordered
from evalsuite.errors import Clause, NotComparableError, listed
from evalsuite.records.dataclass import dataclass
from evalsuite.records.packed import column
from evalsuite.records.paired import PairedOutcomes
from evalsuite.tasks.graders.numbers import gold_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.paired import Outcomes
    from evalsuite.records.run import Question, Run

__all__ = ["PairedTables", "changed_prompts", "pair_tables", "same_graders", "same_questions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTables:
    """Base and trained on the same questions and samples."""

    base: GradedTable
    trained: GradedTable
    question_ids: tuple[str, ...]
    """Of every row, in the order of base's questions."""
    samples: tuple[int, ...]
    trained_rows: Sequence[int]
    """Where each row stands in the trained table; base's rows stand in order."""
    confidence_level: float
    """Of every interval that is made of them."""

    def at(self, budget: int | None) -> PairedOutcomes:
        """Lay out both models' columns at one budget.

        Raises
        ------
        NotComparableError
            Where the deciding grader gave some response no score from 0 to 1.
        """
        base, trained = self.base.at(budget), self.trained.at(budget)
        for table, columns in ((self.base, base), (self.trained, trained)):
            _refuse_ungraded(table, columns)
        return PairedOutcomes(
            question_ids=self.question_ids,
            samples=self.samples,
            max_new_tokens=budget,
            base=base,
            trained=reordered(trained, self.trained_rows),
            confidence_level=self.confidence_level,
        )


def pair_tables(
    base: GradedTable, trained: GradedTable, *, confidence_level: float = 0.95
) -> PairedTables:
    """Pair two graded tables.

    Raises
    ------
    NotComparableError
        If ids, golds, texts, samples or graders differ; the message counts and names offenders.
    """
    same_questions(base.run, trained.run)
    same_graders(base, trained)
    question_ids, samples = _columns(base)
    return PairedTables(
        base=base,
        trained=trained,
        question_ids=question_ids,
        samples=samples,
        trained_rows=_rows_of((question_ids, samples), _columns(trained)),
        confidence_level=confidence_level,
    )


Columns = tuple[tuple[str, ...], tuple[int, ...]]
"""Question id and sample of every row."""


def _columns(table: GradedTable) -> Columns:
    ids, samples = (column(table.responses, name) for name in ("question_id", "sample"))
    return tuple(ids), tuple(samples)


def _rows_of(base: Columns, trained: Columns) -> Sequence[int]:
    """Find each row of base in trained; most tables are in one order, and need no index."""
    if base == trained:
        return range(len(base[0]))
    rows = {key: row for row, key in enumerate(zip(*trained, strict=True))}
    odd = sorted(rows.keys() ^ set(zip(*base, strict=True)))
    if odd:
        raise NotComparableError(
            "{n_questions:,} answers exist in one run only ({questions}); finish both runs",
            n_questions=len(odd),
            questions=listed(odd),
        )
    return tuple(rows[key] for key in zip(*base, strict=True))


def _refuse_ungraded(table: GradedTable, columns: Outcomes) -> None:
    if columns.is_scored(columns.decides):
        return
    ids, scores = column(table.responses, "question_id"), columns.scores[columns.decides]
    rows = zip(ids, scores, strict=True)
    odd = [question_id for question_id, score in rows if score is None or not 0 <= score <= 1]
    raise NotComparableError(
        "{n_questions:,} answers of {model} are neither right nor wrong for the grader "
        "{decides!r} ({questions}): it needs their texts and golds; give a log that holds them, "
        "or leave these questions out of both runs",
        n_questions=len(odd),
        model=table.run.spec.model.name,
        decides=columns.decides,
        questions=listed(odd),
    )


def same_graders(base: GradedTable, trained: GradedTable) -> None:
    """Refuse two tables that are not graded alike."""
    left, right = base.task, trained.task
    if (left.graders, left.decides) != (right.graders, right.decides):
        raise NotComparableError(
            "base is graded by {base_graders} ({base_decides} decides), trained by "
            "{trained_graders} ({trained_decides} decides); grade both alike",
            base_graders=", ".join(left.graders),
            base_decides=left.decides,
            trained_graders=", ".join(right.graders),
            trained_decides=right.decides,
        )


def same_questions(base: Run, trained: Run) -> None:
    """Refuse two runs with other questions, golds or texts."""
    if base.questions == trained.questions:
        return
    left = {q.id: q for q in base.questions}
    right = {q.id: q for q in trained.questions}
    if left.keys() != right.keys():
        odd = sorted(left.keys() ^ right.keys())
        raise NotComparableError(
            "the runs ask different questions: {n_questions:,} ids are in one only ({questions}); "
            "run both models on the same questions",
            n_questions=len(odd),
            questions=listed(odd),
        )
    golds = sorted(i for i in left if _gold(left[i]) != _gold(right[i]))
    texts = sorted(
        i for i in left if left[i].text and right[i].text and left[i].text != right[i].text
    )
    for what, odd in ((Clause("gold answers"), golds), (Clause("texts"), texts)):
        if odd:
            raise NotComparableError(
                "{n_questions:,} questions have the same id but different {what} ({questions}); "
                "load both runs from the same data",
                n_questions=len(odd),
                what=what,
                questions=listed(odd),
            )


def changed_prompts(base: Run, trained: Run) -> int | None:
    """Count the questions whose prompts, as two runs recorded them, differ."""
    if base.questions is trained.questions:
        about = column(base.questions, "metadata")
        return None if any(of_one.get("prompt") is None for of_one in about) else 0
    sent = [{q.id: q.metadata.get("prompt") for q in run.questions} for run in (base, trained)]
    pairs = [(prompt, sent[1].get(question_id)) for question_id, prompt in sent[0].items()]
    if any(None in pair for pair in pairs):
        return None
    return [left != right for left, right in pairs].count(True)


def _gold(question: Question) -> object:
    """Compare golds as numbers where they are, so that 1,080 is 1080."""
    number = gold_number(question.gold)
    return question.gold if number is None else number

"""Files of the first schema are read: lines as they were written, and the recorded runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalsuite.disk.storage import load_run
from evalsuite.records.codec import from_json, to_line
from evalsuite.records.run import Grade, Question
from evalsuite.tasks.grading import grade_response, task_of_run

RECORDED = Path(__file__).parents[3] / "runs" / "recorded"
OLD_GRADE = (
    '{"answer":"6","flexible":true,"flexible_answer":"6","question_id":"q-0","sample":1,'
    '"span":[11,12],"strict":true}'
)
OLD_UNBOXED = (
    '{"answer":null,"flexible":true,"flexible_answer":"3.5","question_id":"q-1","sample":0,'
    '"span":[4,7],"strict":false}'
)
OLD_QUESTION = '{"gold":"7/2","gold_steps":[],"gold_text":"","id":"q-1","metadata":{},"text":""}'


def test_an_old_grade_becomes_scores_and_readings() -> None:
    assert from_json(Grade, OLD_GRADE) == Grade(
        question_id="q-0",
        sample=1,
        scores={"strict": 1.0, "flexible": 1.0},
        readings={"strict": "6", "flexible": "6"},
        spans={"strict": (11, 12), "flexible": (11, 12)},
    )


def test_an_old_grade_without_a_box_has_the_flexible_span_only() -> None:
    grade = from_json(Grade, OLD_UNBOXED)

    assert grade.readings == {"strict": None, "flexible": "3.5"}
    assert grade.spans == {"flexible": (4, 7)}


def test_a_grade_of_today_is_read_as_it_is() -> None:
    grade = from_json(Grade, OLD_GRADE)

    assert from_json(Grade, to_line(grade)) == grade


def test_the_empty_text_of_an_old_question_is_a_withheld_one() -> None:
    question = from_json(Question, OLD_QUESTION)

    assert (question.text, question.gold, question.sha256) == (None, "7/2", None)


@pytest.mark.parametrize("folder", sorted(RECORDED.iterdir()), ids=lambda f: f.name[:16])
def test_a_recorded_run_opens_and_its_grades_are_those_of_today(folder: Path) -> None:
    """Its files still have the hashes that were written with them."""
    run = load_run(folder)

    questions, task = {q.id: q for q in run.questions}, task_of_run(run.spec)

    assert run.grades == tuple(
        grade_response(r, questions[r.question_id], task) for r in run.responses
    )

"""One question of a stored run: its own answers, found by id or by row, and nothing else read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from builders import run

from evalsuite.disk.excerpt import load_excerpt
from evalsuite.disk.storage import load_run, write_grades, write_run
from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.run import Run

NAMES = ("q-0", 'a "b" \\u00e9', "1", "\u540d", "q-0 again")


@pytest.fixture
def stored(tmp_path: Path) -> Run:
    """Make a run whose ids and texts hold what would mislead a search for text."""
    whole = run([f'\\boxed{{7}} "id":"{name}" "question_id":"{name}"' for name in NAMES])
    names = dict(zip((q.id for q in whole.questions), NAMES, strict=True))
    renamed = replace(
        whole,
        spec=replace(whole.spec, question_ids=NAMES),
        questions=tuple(replace(q, id=names[q.id]) for q in whole.questions),
        responses=tuple(replace(r, question_id=names[r.question_id]) for r in whole.responses),
        grades=tuple(replace(g, question_id=names[g.question_id]) for g in whole.grades),
    )
    write_run(tmp_path, renamed)
    return load_run(tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_a_question_brings_its_own_answers(tmp_path: Path, stored: Run, name: str) -> None:
    excerpt = load_excerpt(tmp_path, name)

    place = 1 if name == "1" else NAMES.index(name)  # the row that comes first wins
    assert excerpt.questions == (stored.questions[place],)
    assert excerpt.responses == (stored.responses[place],)
    assert excerpt.grades == (stored.grades[place],)


def test_a_row_number_finds_the_same(tmp_path: Path, stored: Run) -> None:
    assert load_excerpt(tmp_path, "3") == load_excerpt(tmp_path, NAMES[3])


def test_what_is_not_there_is_named_with_the_number_of_rows(tmp_path: Path, stored: Run) -> None:
    with pytest.raises(InvalidInputError, match="row number below 5"):
        load_excerpt(tmp_path, "5")


def test_a_changed_run_is_refused_here_too(tmp_path: Path, stored: Run) -> None:
    (tmp_path / "responses.jsonl").write_text("", encoding="utf-8")

    with pytest.raises(InvalidInputError, match="changed after"):
        load_excerpt(tmp_path, "0")


def test_answers_without_their_grades_are_refused(tmp_path: Path, stored: Run) -> None:
    write_grades(tmp_path, stored.grades[:-1])

    with pytest.raises(
        InvalidInputError, match=r"grades\.jsonl does not hold what spec\.json asked"
    ):
        load_excerpt(tmp_path, NAMES[-1])

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import paired, run

from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import tabulate
from evalsuite.errors import NotComparableError
from evalsuite.tasks.grading import numeric_task

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"


def test_answers_without_a_text_are_refused_never_counted_as_wrong() -> None:
    base = run([RIGHT, WRONG, RIGHT])
    responses = (*base.responses[:2], replace(base.responses[2], text=None, token_ends=None))
    trained = replace(base, responses=responses)

    with pytest.raises(NotComparableError, match=r"1 answers of base are neither .*\(q-2\)"):
        paired(base, trained)


def test_questions_without_a_gold_are_refused() -> None:
    base = run([RIGHT, WRONG])
    bare = replace(base, questions=tuple(replace(q, gold=None) for q in base.questions))

    with pytest.raises(NotComparableError, match="2 answers of base are neither right nor wrong"):
        paired(bare, bare)


def test_golds_are_compared_as_numbers_not_as_texts() -> None:
    base = run([RIGHT, WRONG])
    written = replace(base, questions=tuple(replace(q, gold="7.0") for q in base.questions))

    assert paired(base, written).base.correct == paired(base, written).trained.correct


def test_a_withheld_text_is_no_different_text() -> None:
    base = run([RIGHT, WRONG])
    bare = replace(base, questions=tuple(replace(q, text=None) for q in base.questions))

    assert paired(base, bare) == paired(base, base)


def test_tables_of_other_graders_are_refused() -> None:
    base, lenient = run([RIGHT]), replace(numeric_task("test"), decides="flexible")

    with pytest.raises(NotComparableError, match=r"strict decides.*flexible decides"):
        pair_tables(tabulate(base), tabulate(base, task=lenient))


def test_another_grader_can_decide() -> None:
    lenient = replace(numeric_task("test"), decides="flexible")
    tables = [tabulate(run(texts), task=lenient) for texts in (["it is 8"], ["it is 7"])]

    outcomes = pair_tables(tables[0], tables[1]).at(None)

    assert (outcomes.base.correct, outcomes.trained.correct) == ((False,), (True,))

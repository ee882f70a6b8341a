from __future__ import annotations

from pathlib import Path

import pytest
from builders import run

from evalsuite.asking.early import judge_early, run_until_decided
from evalsuite.asking.evaluate import silent
from evalsuite.asking.plan import PlannedRun, select_questions
from evalsuite.asking.session import compare_planned
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError
from evalsuite.records.run import Run, SubsetSpec
from evalsuite.stats import mcnemar

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
ASKED = CompareSpec()


def planned(answers: Run) -> PlannedRun:
    selection = select_questions(
        answers.questions, SubsetSpec(seeds=(0,), size=9), task="test", split="test"
    )
    return PlannedRun(
        model=answers.spec.model, selection=selection, budgets=(64,), run=answers, folder=Path()
    )


def test_a_clear_gain_stops_long_before_the_end() -> None:
    base, trained = planned(run([WRONG] * 400)), planned(run([RIGHT] * 200 + [WRONG] * 200))

    early_base, early_trained, last_look = run_until_decided(base, trained, ASKED, progress=silent)

    assert last_look.reason == "improved"
    assert last_look.n < 400
    assert early_base.run is not None
    assert early_trained.run is not None
    assert len(early_base.run.questions) == len(early_trained.run.questions) == last_look.n


def test_what_is_said_after_looks_is_valid_at_every_look() -> None:
    base, trained = planned(run([WRONG] * 400)), planned(run([RIGHT] * 100 + [WRONG] * 300))
    early_base, early_trained, last_look = run_until_decided(base, trained, ASKED, progress=silent)

    judged = judge_early(compare_planned(early_base, early_trained, ASKED), last_look, ASKED)

    table = judged.table
    assert judged.mcnemar.exact == judged.mcnemar.mid_p == last_look.pvalue
    assert judged.mcnemar.exact > mcnemar(table.losses, table.gains).pvalue
    assert judged.gain.interval == last_look.interval
    assert judged.headline_set == "early"
    assert judged.stopped_early is not None
    assert judged.stopped_early.saved_answers == 2 * (400 - last_look.n)


def test_without_a_difference_every_question_is_asked_or_it_is_futile() -> None:
    same = [RIGHT if i % 2 else WRONG for i in range(200)]

    _, _, last_look = run_until_decided(
        planned(run(same)), planned(run(same)), ASKED, progress=silent
    )

    assert last_look.reason in ("futile", "equivalent", "exhausted")


def test_the_order_of_questions_is_seeded_not_the_files() -> None:
    """Gains at the end of the file are met as early as anywhere."""
    base, trained = planned(run([WRONG] * 400)), planned(run([WRONG] * 200 + [RIGHT] * 200))

    _, _, last_look = run_until_decided(base, trained, ASKED, progress=silent)

    assert last_look.n <= 128


def test_several_samples_are_refused() -> None:
    base = planned(run([WRONG] * 4))

    with pytest.raises(InvalidInputError, match="one sample"):
        run_until_decided(base, base, CompareSpec(samples=2, temperature=1.0), progress=silent)

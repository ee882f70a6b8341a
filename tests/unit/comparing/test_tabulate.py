"""A run is cut and graded once, and every number is read from its table."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builders import compare_runs, response, run
from recipe_builders import names_of, plan_of

import evalsuite.comparing.tabulate
from evalsuite.asking.groups.recipe import compare_recipe
from evalsuite.asking.plan import FinishedRun, PlannedRun, Selection, finished
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.budgets import cut_response
from evalsuite.comparing.compare import Design, compare_tables
from evalsuite.comparing.gain import accuracy_interval
from evalsuite.comparing.tables import PairedRows
from evalsuite.comparing.tabulate import join_tables, narrowed_grades, tabulate
from evalsuite.disk.storage import load_run
from evalsuite.errors import InvalidInputError
from evalsuite.records.run import Grade, Task
from evalsuite.tasks.grading import grade_response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.run import Question, Response, Run

RECORDED = Path(__file__).parents[3] / "runs" / "recorded"
RIGHT, WRONG, PLAIN = r"\boxed{7}", r"\boxed{8}", "it is 7"
BUDGETS = (8, 16, 24, 48, 64, 96)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count every call of the graders, by question."""
    calls: Counter[str] = Counter()

    def counting(answer: Response, question: Question, task: Task) -> Grade:
        calls[question.id] += 1
        return grade_response(answer, question, task)

    monkeypatch.setattr(evalsuite.comparing.tabulate, "grade_response", counting)
    return calls


def recorded(start: str) -> Run:
    """Take the first hundred questions of a recorded run."""
    whole = load_run(next(RECORDED.glob(f"{start}-*")))
    questions = whole.questions[:100]
    ids = {question.id for question in questions}
    return replace(
        whole,
        questions=questions,
        responses=tuple(r for r in whole.responses if r.question_id in ids),
        grades=tuple(g for g in whole.grades if g.question_id in ids),
    )


def graded(answers: Run) -> FinishedRun:
    selection = Selection(
        task="embedded",
        split="test",
        questions=answers.questions,
        subsets=((0, tuple(q.id for q in answers.questions[::2])),),
        headline_set="full",
    )
    plan = PlannedRun(
        model=answers.spec.model, selection=selection, budgets=BUDGETS, spec=answers.spec
    )
    return finished(plan, answers, CompareSpec())


def distinct_cuts(runs: Sequence[Run]) -> Counter[str]:
    """Count, by question, the different responses that the budgets leave of the stored ones."""
    cuts: Counter[str] = Counter()
    for answers in runs:
        for whole in answers.responses:
            cuts[whole.question_id] += len({cut_response(whole, budget) for budget in BUDGETS})
    return cuts


def test_five_seeds_at_six_budgets_grade_every_different_cut_of_a_run_once(
    counted: Counter[str],
) -> None:
    names = ("smol-base", "smol-binary", "smol-shaped", "smol-warmed", "smol-random", "smol-binary")
    runs = [recorded(name) for name in names]

    found = compare_recipe(plan_of(names_of(5)), [*map(graded, runs)], CompareSpec())

    assert len(found.comparisons) == 5
    assert len(found.budgets) == 6
    assert counted == distinct_cuts(runs)
    assert len(runs) < min(counted.values()) < max(counted.values()) < 6 * len(runs)


def test_a_table_of_base_serves_every_trained_model_and_the_rows(counted: Counter[str]) -> None:
    runs = [recorded(name) for name in ("smol-base", "smol-binary", "smol-shaped")]
    base, *trained = (tabulate(answers, BUDGETS) for answers in runs)
    for table in trained:
        compare_tables(base, table, Design(budgets=BUDGETS))
        PairedRows(base, table, BUDGETS)

    assert counted == distinct_cuts(runs)


def test_two_runs_or_their_tables_are_the_same_comparison() -> None:
    base, trained = run([RIGHT, PLAIN, WRONG]), run([RIGHT, RIGHT, PLAIN])
    design = Design(budgets=(9, 64), headline_budget=9)

    tables = [tabulate(side, (9, 64), 9) for side in (base, trained)]

    assert compare_tables(tables[0], tables[1], design) == compare_runs(base, trained, design)


def test_a_table_holds_readings_at_the_headline_budget_and_columns_at_all() -> None:
    table = tabulate(run([RIGHT + " and more", PLAIN]), (5, 10), 10)

    assert table.headline_budget == 10
    assert [grade.readings["flexible"] for grade in table.grades] == ["7", "7"]
    assert table.at(10).correct == (True, False)
    assert table.at(5).right("flexible") == (False, False)
    assert table.at(5).answered == (False, False)
    assert table.at(10).truncated == (True, False)


def test_a_budget_that_is_not_in_the_table_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="base is not graded at 9 tokens"):
        tabulate(run([RIGHT]), (64,)).at(9)


def test_readings_at_another_budget_than_the_headline_are_refused() -> None:
    table = tabulate(run([RIGHT]), (9, 64))

    with pytest.raises(InvalidInputError, match="headline budget is 9, but the tables hold"):
        compare_tables(table, table, Design(budgets=(9, 64), headline_budget=9))


def test_rows_stand_in_the_order_of_questions_whatever_the_order_of_the_file() -> None:
    whole = run([RIGHT, WRONG, PLAIN])

    shuffled = tabulate(replace(whole, responses=whole.responses[::-1]), (64,))

    assert shuffled == tabulate(whole, (64,))


def test_tables_of_parts_join_to_the_table_of_the_whole() -> None:
    whole = run([RIGHT, WRONG, PLAIN, RIGHT + " and more"])
    parts = [
        replace(
            whole,
            questions=tuple(whole.questions[i] for i in rows),
            responses=tuple(whole.responses[i] for i in rows),
        )
        for rows in ((3, 0), (2, 1))
    ]

    joined = join_tables([tabulate(part, (4, 64)) for part in parts], whole)

    assert joined == tabulate(whole, (4, 64))


def test_another_tools_score_is_kept_where_the_response_is_whole() -> None:
    task = Task(name="t", split="s", kind="score", graders={"theirs": "1"}, decides="theirs")
    whole = run([RIGHT, WRONG])
    scores = [
        Grade(question_id=f"q-{i}", sample=0, scores={"theirs": float(i)}, readings={})
        for i in range(2)
    ]

    table = tabulate(replace(whole, grades=tuple(scores)), (4, 64), task=task)

    assert table.at(64).scores["theirs"] == (0.0, 1.0)
    assert table.at(4).scores["theirs"] == (None, None)


def test_the_interval_of_each_side_and_budget_counts_questions() -> None:
    alone = run([RIGHT] * 6 + [WRONG] * 4)
    twice = replace(
        alone,
        responses=tuple(
            response(i, RIGHT if i + s < 6 else WRONG, sample=s) for i in range(10) for s in (0, 1)
        ),
    )

    for answers in (alone, twice):
        found = compare_runs(answers, answers, Design(budgets=(4, 64)))
        table = tabulate(answers, (4, 64))
        ids = [r.question_id for r in table.responses]
        for row in found.budgets:
            expected = accuracy_interval(table.at(row.max_new_tokens).correct, ids)
            assert row.base.interval == row.trained.interval == expected


def test_grades_that_are_narrowed_share_what_is_equal_and_whole_ones_stay() -> None:
    scores, readings = {"theirs": 1.0, "ours": 0.0}, {"theirs": "7", "ours": None}
    grades = [
        Grade(question_id=name, sample=0, scores=dict(scores), readings=dict(readings))
        for name in ("one", "two")
    ]

    first, second = narrowed_grades(grades, ["theirs"])

    assert first.scores == {"theirs": 1.0}
    assert first.scores is second.scores
    assert [first.question_id, second.question_id] == ["one", "two"]
    assert narrowed_grades(grades, ["ours", "theirs"])[0] is grades[0]


def test_grades_in_another_order_are_found_by_question() -> None:
    whole = run([RIGHT, WRONG, RIGHT])
    shuffled = replace(whole, grades=whole.grades[::-1])

    assert tabulate(shuffled, is_graded=True).grades == tabulate(whole).grades

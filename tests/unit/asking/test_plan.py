from __future__ import annotations

import pytest
from builders import question, run
from recipe_builders import planned

from evalsuite.asking.plan import Conditions, finished, plan_run, select_questions
from evalsuite.asking.spec import CompareSpec
from evalsuite.records.run import Decoding, ModelSpec, RunSpec, SubsetSpec
from evalsuite.tasks.prompts import load_prompt
from evalsuite.tasks.subsets import subset_indices

QUESTIONS = tuple(question(i) for i in range(30))
SUBSETS = SubsetSpec(seeds=(0, 1), size=5)


def test_the_full_split_is_asked_in_its_own_order() -> None:
    selection = select_questions(QUESTIONS, SUBSETS, task="t", split="s")

    assert selection.questions == QUESTIONS
    assert selection.headline_set == "full"


def test_without_the_full_split_only_the_union_is_asked() -> None:
    selection = select_questions(QUESTIONS, SUBSETS, task="t", split="s", full=False)

    union = {i for seed in SUBSETS.seeds for i in subset_indices(seed, SUBSETS.size, 30)}
    assert [q.id for q in selection.questions] == [f"q-{i}" for i in sorted(union)]
    assert selection.headline_set == "union"


def test_the_first_questions_alone_are_asked_and_have_no_subsets() -> None:
    selection = select_questions(QUESTIONS, SUBSETS, task="t", split="s", first=5)

    assert selection.questions == QUESTIONS[:5]
    assert (selection.subsets, selection.headline_set) == ((), "first")


def test_more_first_questions_than_there_are_is_the_full_split() -> None:
    selection = select_questions(QUESTIONS, SUBSETS, task="t", split="s", first=30)

    assert (selection.questions, selection.headline_set) == (QUESTIONS, "full")


def test_one_subset_alone_is_called_so() -> None:
    one = SubsetSpec(seeds=(42,), size=7)
    selection = select_questions(QUESTIONS, one, task="t", split="s", full=False)

    asked = sorted(subset_indices(42, 7, 30))
    assert [q.id for q in selection.questions] == [f"q-{i}" for i in asked]
    assert selection.headline_set == "subset"


def test_subsets_are_drawn_over_the_whole_split_in_both_cases() -> None:
    for full in (True, False):
        selection = select_questions(QUESTIONS, SUBSETS, task="t", split="s", full=full)

        assert selection.subsets[1] == (1, tuple(f"q-{i}" for i in subset_indices(1, 5, 30)))


@pytest.mark.parametrize("size", [30, 99])
@pytest.mark.parametrize("full", [True, False])
def test_a_split_no_larger_than_a_subset_has_none(size: int, full: bool) -> None:
    """Five identical rows would look like five confirmations."""
    selection = select_questions(
        QUESTIONS, SubsetSpec(seeds=(0, 1), size=size), task="t", split="s", full=full
    )

    assert selection.subsets == ()
    assert (selection.questions, selection.headline_set) == (QUESTIONS, "full")


def test_a_plan_sees_every_change_of_the_rendered_prompt() -> None:
    selection = select_questions(QUESTIONS, SUBSETS, task="t", split="s")
    model = ModelSpec(name="m", source="folder", location="m", weights="w")
    prompt = load_prompt("plain")
    conditions = Conditions(decoding=Decoding(max_new_tokens=8), dtype="float32", engine="hf")

    def sent(ending: str) -> tuple[RunSpec, dict[str, str]]:
        def render(messages: list[dict[str, str]]) -> str:
            return messages[-1]["content"] + ending

        return plan_run(model, selection, render, prompt=prompt, conditions=conditions)

    (first, prompts), (second, _) = sent(""), sent("!")

    assert prompts["q-3"] == "What is number 3?"
    assert first.prompts_sha256 != second.prompts_sha256
    assert first.questions_sha256 == second.questions_sha256
    assert Conditions.of(first) == Conditions.of(second) == conditions


def test_a_finished_run_is_graded_at_every_budget_and_stays_what_was_planned() -> None:
    graded = planned(run([r"\boxed{7}"], budget=400))

    assert set(graded.table.budgets) == set(graded.budgets)
    assert (graded.spec, graded.missing) == (graded.run.spec, 0)


def test_a_table_that_is_there_is_not_made_again() -> None:
    graded = planned(run([r"\boxed{7}"], budget=400))

    again = finished(graded, graded.run, CompareSpec(), table=graded.table)

    assert again.table is graded.table


def test_the_headline_budget_is_the_one_that_was_asked_for() -> None:
    graded = planned(run([r"\boxed{7}"], budget=400), headline_budget=24)

    assert graded.table.headline_budget == 24

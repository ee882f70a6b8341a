"""The rewards as TRL and verl call them."""

from __future__ import annotations

import pickle
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.training.reward_columns import RewardColumn, compute_score, reward_columns

if TYPE_CHECKING:
    from pathlib import Path


def _call(column: RewardColumn, texts: list[str], **context: Any) -> list[float | None]:
    return column(
        completions=[[{"role": "assistant", "content": text}] for text in texts],
        gold=["18"] * len(texts),
        gold_steps=[["16-7=9", "9*2=18"]] * len(texts),
        completion_ids=[[1, 2, 3]] * len(texts),
        **context,
    )


def test_correct_column_reads_chat_messages_and_plain_texts_alike() -> None:
    column = RewardColumn(name="correct", group_size=2)
    texts = [r"\boxed{18}", r"\boxed{17}"]
    plain = column(
        completions=texts, gold=["18", "18"], gold_steps=[[], []], completion_ids=[[1], [1]]
    )
    assert _call(column, texts) == plain == [1.0, 0.0]


def test_correct_column_logs_the_share_of_groups_without_signal() -> None:
    logged: dict[str, float] = {}
    column = RewardColumn(name="correct", group_size=2)
    texts = [r"\boxed{18}", r"\boxed{17}", "no", "no", r"\boxed{18}", r"\boxed{18}", "no", "no"]
    _call(column, texts, log_metric=logged.__setitem__)
    assert logged == {"groups_without_signal": 0.75, "groups_all_wrong": 0.5}


def test_partial_credit_column_obeys_the_gate() -> None:
    texts = ["16 - 7 = 9", "no", r"16 - 7 = 9. \boxed{3}", r"\boxed{18}"]
    free = RewardColumn(name="steps_f1", group_size=2)
    gated = RewardColumn(name="steps_f1", group_size=2, gate="mixed_only")
    assert _call(free, texts)[0] == 1.0
    assert _call(gated, texts) == [0.0, 0.0, 1.0, 0.0]


def test_overlong_column_uses_the_last_fifth_of_the_limit() -> None:
    column = RewardColumn(name="overlong", group_size=2, limit=10)
    lengths = [[0] * 8, [0] * 9, [0] * 10]
    scores = column(
        completions=[""] * 3, gold=["1"] * 3, gold_steps=[[]] * 3, completion_ids=lengths
    )
    assert scores == [0.0, -0.5, -1.0]


def test_random_column_is_fair_repeatable_and_new_at_every_step() -> None:
    column = RewardColumn(name="random", group_size=8, seed=5)
    texts = [""] * 4_000
    first = _call(column, texts, trainer_state=SimpleNamespace(global_step=1))
    again = _call(column, texts, trainer_state=SimpleNamespace(global_step=1))
    later = _call(column, texts, trainer_state=SimpleNamespace(global_step=2))
    assert first == again != later
    assert set(first) == {0.0, 1.0}
    assert sum(value or 0 for value in first) == pytest.approx(2_000, abs=120)


def test_columns_survive_pickling_for_trainers_with_worker_processes() -> None:
    columns, _ = reward_columns("shaped", group_size=4, gate="auto", limit=64, seed=1)
    assert pickle.loads(pickle.dumps(columns)) == columns  # noqa: S301  our own bytes


def test_unknown_column_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidInputError, match="steps_f1"):
        RewardColumn(name="vibes", group_size=8)


def test_verl_score_is_the_weighted_sum_of_its_columns() -> None:
    scored = compute_score("gsm8k", "16 - 7 = 9. ", "18", {"gold_steps": ["16-7=9", "9*2=18"]})
    assert scored == {"score": pytest.approx(0.3), "correct": 0, "format": 0, "steps_f1": 1.0}


def test_verl_score_reads_golds_with_thousands_separators() -> None:
    assert compute_score("gsm8k", r"\boxed{1080}", "1,080")["correct"] == 1.0


@pytest.mark.parametrize(
    ("gold", "rewards"), [("many", "shaped"), ("18", "vibes"), ("18", "random")]
)
def test_verl_score_refuses_what_it_cannot_score(gold: str, rewards: str) -> None:
    with pytest.raises(InvalidInputError):
        compute_score("gsm8k", "", gold, {"rewards": rewards})


def test_ours_can_be_called_as_the_lesson_calls_its_own() -> None:
    completions = [
        [{"role": "assistant", "content": r"\boxed{1,072}"}],
        [{"content": r"\boxed{71}"}],
    ]
    columns, _ = reward_columns("shaped", group_size=2, gate="none", limit=64, seed=0)
    correct, well_formatted, steps = (c(completions, ["1072", "72"]) for c in columns)
    assert (correct, well_formatted, steps) == ([1.0, 0.0], [1.0, 1.0], [None, None])


def test_answers_without_golds_can_not_be_scored() -> None:
    column = RewardColumn(name="correct", group_size=1)
    with pytest.raises(InvalidInputError, match="pass ground_truth or gold"):
        column([r"\boxed{1}"])
    with pytest.raises(InvalidInputError, match="'many' is not a number"):
        column([r"\boxed{1}"], ["many"])


def test_a_reward_that_counts_tokens_says_what_it_needs() -> None:
    with pytest.raises(InvalidInputError, match="pass completion_ids"):
        RewardColumn(name="repetition", group_size=1)(["x"], ["1"])


def test_random_rewards_differ_by_process_and_the_first_is_as_one_alone() -> None:
    def flips(process: int) -> list[float | None]:
        columns, _ = reward_columns(
            "random", group_size=2, gate="none", limit=9, seed=5, process=process
        )
        return columns[0](completions=[""] * 64)

    alone = RewardColumn(name="random", group_size=2, seed=5)([""] * 64)
    assert flips(0) == alone
    assert len({tuple(flips(process)) for process in range(3)}) == 3


def test_two_functions_of_one_name_are_refused(tmp_path: Path) -> None:
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("def same(completions): return [0] * len(completions)")
    rewards = f"{tmp_path / 'one.py'}:same,{tmp_path / 'two.py'}:same"
    with pytest.raises(InvalidInputError, match="logged as same"):
        reward_columns(rewards, group_size=2, gate="none", limit=9, seed=0)


def test_a_column_of_a_task_of_texts_compares_texts() -> None:
    columns, _ = reward_columns(
        "formatted", group_size=2, gate="none", limit=64, seed=0, kind="text"
    )
    answers = [r"\boxed{paris}", "Paris"]
    paid = [column(answers, gold=["Paris", "Paris"]) for column in columns]
    assert paid == [[1.0, 0.0], [1.0, 0.0]]

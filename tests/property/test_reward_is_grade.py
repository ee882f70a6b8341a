"""Training and evaluation read every text the same way."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given, strategies as st

from evalsuite.records.run import Question, Response
from evalsuite.tasks.graders.numbers import format_number
from evalsuite.tasks.grading import grade_response, numeric_task
from evalsuite.training.reward_columns import RewardColumn, compute_score
from evalsuite.training.rewards import correct, steps_f1, well_formatted

_FRAGMENTS = (
    "\\boxed{", "\\boxed", "{", "}", "18", "-18", "1,080", "$", "%", "=", " = ", "9+9", "<<", ">>",
    "\\text{", " dollars", ".", " ", "\n", "\u0661\u0668", "1/2", "0.5", "the answer is ",
)  # fmt: skip
_PIECES = st.sampled_from(_FRAGMENTS)
_TEXTS = st.one_of(st.text(max_size=60), st.lists(_PIECES, max_size=14).map("".join))
_GOLDS = st.one_of(
    st.sampled_from([Fraction(18), Fraction(1080), Fraction(1, 2)]),
    st.fractions(min_value=-10_000, max_value=10_000, max_denominator=100),
)


@given(text=_TEXTS, gold=_GOLDS, finished=st.booleans())
def test_correct_reward_is_the_strict_grade_finished_or_not(
    text: str, gold: Fraction, finished: bool
) -> None:
    response = Response(
        question_id="q",
        sample=0,
        text=text,
        token_ends=None,
        finish="stop" if finished else "length",
    )
    question = Question(id="q", text=None, gold=str(gold))
    grade = grade_response(response, question, numeric_task("any"))
    assert correct(text, gold) == grade.scores["strict"]


@given(text=_TEXTS, gold=_GOLDS)
def test_trl_column_and_verl_score_agree_with_the_pure_reward(text: str, gold: Fraction) -> None:
    column = RewardColumn(name="correct", group_size=2)
    scored = column(
        completions=[text, text],
        gold=[str(gold)] * 2,
        gold_steps=[[], []],
        completion_ids=[[], []],
    )
    assert scored == [correct(text, gold)] * 2
    if gold.denominator in (1, 2, 4, 5, 10, 20, 25, 50, 100):
        verl = compute_score("any", text, format_number(gold))
        assert verl["correct"] == correct(text, gold)


@given(text=_TEXTS, gold=_GOLDS)
def test_right_answers_earn_no_partial_credit_and_all_rewards_are_in_range(
    text: str, gold: Fraction
) -> None:
    partial = steps_f1(text, gold, ["10-1=9", f"9*2={format_number(gold)}"])
    assert partial is not None
    assert 0 <= partial <= 1
    assert well_formatted(text) in (0.0, 1.0)
    if correct(text, gold):
        assert partial == 0


@given(gold=st.integers(min_value=-10_000, max_value=10_000))
def test_the_gold_number_in_a_box_is_right_and_well_formatted(gold: int) -> None:
    text = f"so \\boxed{{{gold}}}"
    assert correct(text, Fraction(gold)) == well_formatted(text) == 1.0

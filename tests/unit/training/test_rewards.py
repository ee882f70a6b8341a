"""What rewards pay, above all for texts written to cheat them."""

from __future__ import annotations

import time
from fractions import Fraction
from itertools import product

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.training.rewards import (
    WEIGHTS,
    correct,
    gate_partial_credit,
    repetition,
    soft_overlong,
    steps_f1,
    well_formatted,
)

GOLD = Fraction(18)
STEPS = ("16-3-4=9", "9*2=18")
QUESTION = "Janet's ducks lay 16 eggs. She eats 3, bakes 4, and sells the rest for $2 each."
ALL_PAIRS = " ".join(
    f"{a} + {b} = {a + b}. {a} * {b} = {a * b}." for a, b in product((16, 3, 4, 2), repeat=2)
)

HACKS = {
    # name: text, correct, format, steps_f1
    "empty": ("", 0, 0, 0),
    "answer only": (r"\boxed{18}", 1, 1, 0),
    "one and one, ten times": ("1 + 1 = 2. " * 10, 0, 0, 0),
    "all pairs of the question's numbers": (ALL_PAIRS, 0, 0, 0),
    "all numbers of the question": ("16, 3, 4, 2", 0, 0, 0),
    "copied question": (QUESTION, 0, 0, 0),
    "boxes around every number": (r"\boxed{16} \boxed{3} \boxed{4} \boxed{18} \boxed{2}", 0, 0, 0),
    "boxes around every number, the right one last": (r"\boxed{16} \boxed{3} \boxed{18}", 1, 0, 0),
    "several numbers in one box": (r"\boxed{16, 9, 18}", 0, 0, 0),
    "unevaluated sum": (r"\boxed{9+9}", 0, 0, 0),
    "unevaluated fraction": (r"\boxed{36/2}", 0, 0, 0),
    "assignment in the box": (r"\boxed{x = 18}", 0, 0, 0),
    "tower of powers": (r"\boxed{9**9**9}", 0, 0, 0),
    "power": (r"\boxed{9^9}", 0, 0, 0),
    "integer of 10,000 digits": (r"\boxed{" + "18" * 5_000 + "}", 0, 0, 0),
    "results of 10,000 digits": ("9 * 2 = " + "9" * 10_000, 0, 0, 0),
    "unicode digits": ("\\boxed{\u0661\u0668}", 0, 0, 0),
    "fullwidth digits": ("\\boxed{\uff11\uff18}", 0, 0, 0),
    "superscript digits": ("\\boxed{\u00b9\u2078}", 0, 0, 0),
    "open box": (r"so \boxed{18", 0, 0, 0),
    "closed before opened": (r"18} \boxed", 0, 0, 0),
    "box in a box": (r"\boxed{\boxed{18}}", 1, 0, 0),
    "box in a box, another number outside": (r"\boxed{17 \boxed{18}}", 0, 0, 0),
    "one brace too many": (r"\boxed{18}}", 1, 1, 0),
    "right box, then an open one": (r"\boxed{18} \boxed{1", 1, 0, 0),
    "wrong box, then a right open one": (r"\boxed{17} \boxed{18", 0, 0, 0),
    "empty box": (r"\boxed{}", 0, 0, 0),
    "fraction of LaTeX": (r"\boxed{\frac{36}{2}}", 0, 0, 0),
    "copied instruction": ("Give the final numeric answer inside \\boxed{}.", 0, 0, 0),
    "copied instruction, then the answer": ("Put it inside \\boxed{}. \\boxed{18}", 1, 0, 0),
    "every number up to forty": (" ".join(f"= {n}." for n in range(41)), 0, 0, 0),
    "guesses as many as the cap allows": ("= 9. = 18. = 1. = 2.", 0, 0, 2 / 3),
    "the question's numbers as results": ("= 16. = 3. = 4. = 2.", 0, 0, 0),
    "braces without end": (r"\boxed{" * 50_000, 0, 0, 0),
    "calculator marks": ("<<16-3-4=9>><<9*2=18>>", 0, 0, 1.0),
    "calculator marks around nonsense": ("<<=9>><<=18>>", 0, 0, 1.0),
    "right steps, wrong box": (r"16-3-4 = 9. 9*2 = 18. \boxed{17}", 0, 1, 1.0),
    "right steps, right box": (r"16-3-4 = 9. 9*2 = 18. \boxed{18}", 1, 1, 0),
    "right steps, no box": ("16 - 3 - 4 = 9 eggs, so 9 * 2 = $18.", 0, 0, 1.0),
    "right answer, no steps": (r"I see it at once: \boxed{18}", 1, 1, 0),
    "right answer by another route": (
        r"2 * 16 = 32. 2 * 7 = 14. 32 - 14 = 18. \boxed{18}",
        1,
        1,
        0,
    ),
    "essay after the box": (r"\boxed{18} " + "and so on " * 20, 1, 0, 0),
    "unfinished chain": ("16 - 3 = 13 - 4 = 9", 0, 0, 1.0),
    "word in the box": (r"\boxed{eighteen}", 0, 0, 0),
    "magnitude": (r"\boxed{18 million}", 0, 0, 0),
    "percent and unit are no cheat": (r"\boxed{\$18.00 \text{ dollars}}", 1, 1, 0),
}


@pytest.mark.parametrize("name", HACKS)
def test_hack_earns_exactly_what_is_written_here(name: str) -> None:
    text, is_correct, is_formatted, partial = HACKS[name]
    assert correct(text, GOLD) == is_correct
    assert well_formatted(text) == is_formatted
    assert steps_f1(text, GOLD, STEPS) == pytest.approx(float(partial))


@pytest.mark.parametrize("name", HACKS)
def test_no_wrong_answer_is_worth_half_a_right_one_in_any_reward_set(name: str) -> None:
    text, is_correct, _, _ = HACKS[name]
    values = {
        "correct": correct(text, GOLD),
        "format": well_formatted(text),
        "steps_f1": steps_f1(text, GOLD, STEPS) or 0.0,
    }
    for rewards in ("binary", "formatted", "shaped"):
        total = sum(weight * values[column] for column, weight in WEIGHTS[rewards].items())
        assert total >= 1 if is_correct else total <= 0.4


def test_rewards_read_hostile_texts_in_linear_time() -> None:
    texts = (
        r"\boxed{" * 100_000,
        "= " * 100_000,
        "=" + " " * 100_000 + "9",
        "= 1" + ",000" * 50_000,
        "= 9." * 50_000,
        "=-" * 100_000,
    )
    started = time.process_time()
    for text in texts:
        correct(text, GOLD)
        well_formatted(text)
        steps_f1(text, GOLD, STEPS)
    assert time.process_time() - started < 5


def test_steps_f1_does_not_apply_without_gold_steps() -> None:
    assert steps_f1("9 * 2 = 18", GOLD, ()) is None


def test_steps_f1_of_a_one_step_problem_is_zero_as_there_is_nothing_between() -> None:
    assert steps_f1("9 * 2 = 18, so 19", GOLD, ("9*2=18",)) == 0


def test_steps_f1_falls_with_wrong_results_beside_right_ones() -> None:
    alone = steps_f1("16 - 7 = 9", GOLD, STEPS)
    with_wrong = steps_f1("16 - 7 = 9. 9 * 3 = 27", GOLD, STEPS)
    assert alone is not None
    assert with_wrong is not None
    assert 0 < with_wrong < alone


def test_soft_overlong_matches_equation_13_of_dapo() -> None:
    values = [soft_overlong(n, limit=100, cache=20) for n in (1, 80, 85, 90, 100, 101, 500)]
    assert values == [0.0, 0.0, -0.25, -0.5, -1.0, -1.0, -1.0]


@pytest.mark.parametrize(("limit", "cache"), [(100, 0), (100, 101), (0, 1)])
def test_soft_overlong_refuses_a_zone_outside_the_limit(limit: int, cache: int) -> None:
    with pytest.raises(InvalidInputError, match="cache"):
        soft_overlong(5, limit=limit, cache=cache)


def test_repetition_is_zero_for_short_and_fresh_texts_and_near_minus_one_for_a_loop() -> None:
    assert repetition([]) == 0.0
    assert repetition([1, 2]) == 0.0
    assert repetition(range(50)) == 0.0
    assert repetition([7] * 103) == pytest.approx(-0.99, abs=0.005)


def test_repetition_refuses_runs_of_no_token() -> None:
    with pytest.raises(InvalidInputError, match="n is 0"):
        repetition([1, 2, 3], n=0)


def test_gate_none_changes_nothing() -> None:
    assert gate_partial_credit([0, 0], [0.3, 0.1], group_size=2, gate="none") == [0.3, 0.1]


def test_gate_mixed_only_silences_groups_of_one_outcome() -> None:
    gated = gate_partial_credit(
        [0, 0, 1, 1, 1, 0], [0.3, 0.1, 0.2, 0.1, 0.0, 0.4], group_size=2, gate="mixed_only"
    )
    assert gated == [0.0, 0.0, 0.0, 0.0, 0.0, 0.4]


def test_gate_auto_pays_partial_credit_only_while_hardly_anything_is_right() -> None:
    weak = gate_partial_credit([0] * 16, [0.5] * 16, group_size=8, gate="auto")
    strong = gate_partial_credit([0] * 8 + [1] * 8, [0.5] * 16, group_size=8, gate="auto")
    assert weak == [0.5] * 16
    assert strong == [0.0] * 16


def test_a_gold_that_is_a_text_is_held_to_the_box() -> None:
    assert correct(r"\boxed{paris}", "Paris") == 1.0
    assert correct("Paris", "Paris") == 0.0
    assert well_formatted(r"It is \boxed{Paris}.", "text") == 1.0
    assert well_formatted(r"It is \boxed{Paris}.") == 0.0

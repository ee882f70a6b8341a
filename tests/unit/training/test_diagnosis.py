"""A log's meaning in words, and silence where nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.reporting.telling import advised_finding
from evalsuite.reporting.wording import words
from evalsuite.training.diagnosis import conclude, diagnose

if TYPE_CHECKING:
    from evalsuite.records.training import Diagnosis

_HEALTHY = {
    "loss": 0.0,
    "groups_without_signal": 0.3,
    "groups_all_wrong": 0.2,
    "reward_std": 0.4,
    "grad_norm": 0.5,
    "entropy": 0.2,
    "completions/clipped_ratio": 0.1,
    "completions/mean_length": 60.0,
}


def _told(finding: Diagnosis) -> str:
    return advised_finding(finding, words("en"))


def _codes(**changed: Any) -> list[str]:
    return [finding.code for finding in diagnose([_HEALTHY | changed] * 25)]


def test_loss_of_zero_alone_is_no_finding() -> None:
    assert _codes(loss=0.0) == []


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"groups_without_signal": 0.87}, "no_signal"),
        ({"reward_std": 0.0}, "no_gradient"),
        ({"grad_norm": 0.0}, "no_gradient"),
        ({"completions/clipped_ratio": 0.6}, "cut_off"),
        ({"entropy": 0.001}, "collapsed"),
    ],
)
def test_each_trouble_has_its_finding(changed: dict[str, float], code: str) -> None:
    assert _codes(**changed) == [code]


def test_entropy_at_a_tenth_of_the_start_is_a_collapse_too() -> None:
    log = [_HEALTHY | {"entropy": 0.5}] * 10 + [_HEALTHY | {"entropy": 0.04}] * 20
    assert [finding.code for finding in diagnose(log)] == ["collapsed"]
    assert diagnose([_HEALTHY | {"entropy": 0.5}] * 10 + [_HEALTHY | {"entropy": 0.1}] * 20) == ()


def test_no_signal_says_whether_questions_are_too_hard_or_too_easy() -> None:
    hard = diagnose([_HEALTHY | {"groups_without_signal": 0.9, "groups_all_wrong": 0.9}])
    easy = diagnose([_HEALTHY | {"groups_without_signal": 0.9, "groups_all_wrong": 0.0}])
    assert (
        "No signal: in the last steps all answers of a group were equally right in 90.0%"
        in _told(hard[0])
    )
    assert "too hard" in _told(hard[0])
    assert "too easy" in _told(easy[0])


def test_groups_without_outcome_signal_may_still_earn_partial_credit() -> None:
    row = _HEALTHY | {"groups_without_signal": 1.0, "rewards/correct/mean": 0.0}
    [binary] = diagnose([row])
    [shaped] = diagnose([row | {"rewards/steps_f1/mean": 0.2}])
    assert (binary.level, shaped.level) == ("problem", "warning")
    assert (
        "No signal: in the last steps all answers of a group were equally right in 100%"
        in _told(binary)
    )
    assert "such groups teach at most by partial credit" in _told(shaped)


def test_random_control_is_not_told_that_its_questions_are_too_hard() -> None:
    assert _codes(**{"groups_without_signal": 1.0, "rewards/random/mean": 0.5}) == []


def test_only_the_last_twenty_rows_count() -> None:
    bad = _HEALTHY | {"groups_without_signal": 1.0}
    assert diagnose([bad] * 30 + [_HEALTHY] * 20) == ()


def test_answers_that_fall_to_less_than_half_are_noticed() -> None:
    short = _HEALTHY | {"completions/mean_length": 20.0}
    assert [f.code for f in diagnose([_HEALTHY] * 20 + [short] * 20)] == ["shortened"]


def test_empty_log_and_missing_metrics_say_nothing() -> None:
    assert diagnose([]) == ()
    assert diagnose([{"loss": 0.0}]) == ()


def _row(**changed: Any) -> dict[str, Any]:
    return _HEALTHY | {"reward": 0.3, "rewards/correct/mean": 0.3} | changed


_DESTROYED = _row(
    **{"groups_without_signal": 1.0, "groups_all_wrong": 1.0, "rewards/correct/mean": 0.0}
)


@pytest.mark.parametrize("right_first", [1, 3, 12])
def test_a_model_that_unlearned_is_not_told_that_its_questions_are_too_hard(
    right_first: int,
) -> None:
    log = [_row()] * right_first + [_DESTROYED] * 12
    codes = [finding.code for finding in diagnose(log)]
    text = " ".join(_told(finding) for finding in diagnose(log))
    assert "fallen" in codes or right_first == 12
    assert "too hard" not in text or right_first == 12
    late = " ".join(_told(finding) for finding in diagnose([*log, *[_DESTROYED] * 20]))
    assert "may have unlearned" in late
    assert "too hard" not in late


def test_a_fall_on_held_out_questions_is_said_as_a_fact() -> None:
    look = {"heldout/change_high": -0.1, "heldout/start": 0.4, "heldout/accuracy": 0.1}
    findings = diagnose([_DESTROYED, look])
    assert [finding.code for finding in findings] == ["unlearned", "no_signal"]
    assert "Unlearned: of the held-out questions 40.0% were right at the start" in _told(
        findings[0]
    )
    assert "too hard" not in _told(findings[1])


def test_questions_that_were_always_too_hard_are_told_so() -> None:
    assert "too hard" in " ".join(_told(f) for f in diagnose([_DESTROYED] * 30))


def test_the_end_of_a_run_is_never_without_a_word() -> None:
    [healthy] = conclude([_row()] * 5)
    assert (healthy.code, healthy.level) == ("healthy", "note")
    assert "30.0% of the sampled answers were right in the first" in _told(healthy)
    [unknown] = conclude([])
    assert "is not known" in _told(unknown)


def test_a_run_of_two_logged_steps_that_learned_nothing_says_so() -> None:
    row = _DESTROYED | {"reward_std": 0.0, "grad_norm": 0.0, "completions/clipped_ratio": 0.9}
    codes = [finding.code for finding in conclude([row, row])]
    assert codes == ["nothing_learned", "no_signal", "cut_off"]


@pytest.mark.parametrize(
    ("steps", "nothing"), [((1,), True), ((1, 2, 3), True), ((2,), False), ((2, 4, 6), False)]
)
def test_a_gradient_of_zero_tells_of_steps_that_have_a_row_of_their_own(
    steps: tuple[int, ...], nothing: bool
) -> None:
    """A row about several steps holds the gradient of the last one alone."""
    log = [_row(grad_norm=0.0) | {"step": step} for step in steps]
    assert ("nothing_learned" in [f.code for f in conclude(log)]) is nothing
    assert ("no_gradient" in [f.code for f in diagnose(log)]) is nothing


def test_one_step_that_learned_is_not_nothing() -> None:
    row = _row(reward_std=0.0, grad_norm=0.0)
    assert "nothing_learned" not in [f.code for f in conclude([_row(), *[row] * 30])]

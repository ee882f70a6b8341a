"""What a log shows over time, and silence where only chance moved it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from evalsuite.reporting.telling import advised_finding
from evalsuite.reporting.wording import words
from evalsuite.training.diagnosis import conclude, diagnose
from evalsuite.training.failures.findings import lines_of

if TYPE_CHECKING:
    from evalsuite.records.training import Diagnosis

STEPS = 96


def rows(**courses: tuple[float, float, float]) -> list[dict[str, Any]]:
    """Write a log: each metric goes from one value to another, with scatter between the steps."""
    rng = np.random.default_rng(0)
    names = {"correct": "rewards/correct/mean", "format": "rewards/format/mean"}
    names |= {"length": "completions/mean_length"}
    steady = {
        "reward": (0.4, 0.4, 0.03),
        "correct": (0.4, 0.4, 0.03),
        "reward_std": (0.4, 0.4, 0.02),
    }
    return [
        {"step": step + 1}
        | {
            names.get(name, name): float(
                start + (end - start) * step / STEPS + noise * rng.normal()
            )
            for name, (start, end, noise) in (steady | courses).items()
        }
        for step in range(STEPS)
    ]


def told(finding: Diagnosis) -> str:
    return advised_finding(finding, words("en"))


def codes(log: list[dict[str, Any]]) -> list[str]:
    return [finding.code for finding in conclude(log)]


@pytest.mark.parametrize(
    ("courses", "code"),
    [
        ({"length": (80, 160, 5)}, "lengthened"),
        ({"format": (0.2, 0.9, 0.05), "reward": (0.4, 0.5, 0.03)}, "format_only"),
        ({"reward": (0.4, 0.8, 0.03), "correct": (0.4, 0.2, 0.03)}, "reward_up_accuracy_down"),
        ({"reward_std": (0.4, 0.02, 0.01)}, "spread_lost"),
        ({"clip_ratio/region_mean": (0.4, 0.4, 0.01)}, "ratios_clipped"),
    ],
)
def test_each_failure_is_named_with_the_lines_that_show_it(
    courses: dict[str, tuple[float, float, float]], code: str
) -> None:
    found = conclude(rows(**courses))
    assert [finding.code for finding in found] == [code]
    assert found[0].lines[-1]["step"] == STEPS
    assert all(len(line) > 1 for line in found[0].lines)
    assert [finding.code for finding in diagnose(rows(**courses))] == [code]


def test_length_and_format_that_come_with_right_answers_are_no_failure() -> None:
    learned = rows(length=(80, 160, 5), format=(0.2, 0.9, 0.05), correct=(0.2, 0.7, 0.03))
    assert codes(learned) == ["healthy"]


def test_a_reward_that_rises_while_held_out_accuracy_falls_is_said_once() -> None:
    look = {
        "step": STEPS,
        "heldout/start": 0.5,
        "heldout/accuracy": 0.2,
        "heldout/change_high": -0.1,
    }
    log = [*rows(reward=(0.4, 0.9, 0.03), correct=(0.4, 0.9, 0.03)), look]
    found = conclude(log)
    assert [finding.code for finding in found] == ["reward_up_heldout_down"]
    assert "fell from 50.0% to 20.0%" in told(found[0])
    assert found[0].lines[-1]["heldout/accuracy"] == 0.2


def test_a_training_that_runs_has_its_trends_looked_at_at_a_few_steps() -> None:
    log = rows(length=(80, 160, 5))
    assert [f.code for f in diagnose(log[:-1])] == [f.code for f in diagnose(log[:48])] != []
    bend = [*rows()[:48], *rows(length=(80, 400, 5))[48:95]]
    assert codes(bend) == ["lengthened"]
    assert diagnose(bend) == ()


@pytest.mark.parametrize("courses", [{"length": (80, 160, 5)}, {"format": (0.2, 0.9, 0.05)}])
def test_that_right_answers_did_not_rise_is_never_said_as_a_fact(courses: Any) -> None:
    [finding] = conclude(rows(**courses))
    assert "are not shown to have risen (" in told(finding)
    assert "did not" not in told(finding)
    assert "buys nothing" not in told(finding)


def test_a_column_beyond_1_is_no_share_of_right_answers() -> None:
    paid_two = rows(length=(80, 160, 5), correct=(1.9, 1.3, 0.05))
    [finding] = conclude(paid_two)
    assert (finding.code, finding.variant) == ("healthy", "")
    assert "Right answers were not logged" in told(finding)
    assert "%" not in told(finding)


def test_where_trends_could_not_be_judged_nothing_stands_out_says_so() -> None:
    [short], [whole] = conclude(rows()[:23]), conclude(rows()[:24])
    assert "Trends, which need 24 logged steps of a metric, could not be judged." in told(short)
    assert (short.variant, whole.variant) == ("right_short", "right")
    assert "Trends" not in told(whole)


def test_lines_are_the_first_one_between_and_the_last() -> None:
    log = [{"step": i, "entropy": 0.1 * i, "loss": 0.0} for i in range(5)]
    assert [line["step"] for line in lines_of("collapsed", log)] == [0, 2, 4]
    assert lines_of("collapsed", [{"step": 1, "loss": 0.0}]) == ()

"""The recorded real pair: what the tutorial's 300 tokens hide, number by number."""

from __future__ import annotations

from pathlib import Path

import pytest

import evalsuite
from evalsuite.records.comparison import Comparison

RUNS = Path(__file__).parents[2] / "runs"
BASE, TRAINED = "run:qwen-coder-0.5b-base", "run:qwen-coder-0.5b-trained"
BUDGETS = (200, 300, 512, 1024)


@pytest.fixture(scope="module")
def found() -> Comparison:
    comparison = evalsuite.compare(BASE, TRAINED, runs=RUNS, max_new_tokens=BUDGETS)
    assert isinstance(comparison, Comparison)
    return comparison


@pytest.mark.parametrize(
    ("budget", "losses", "gains", "base", "trained", "cut"),
    [
        (200, 24, 319, 0.070, 0.293, 0.867),
        (300, 97, 197, 0.219, 0.295, 0.378),
        (512, 132, 171, 0.265, 0.295, 0.030),
        (1024, 132, 171, 0.265, 0.295, 0.012),
    ],
)
def test_every_budget_gives_the_known_table(
    found: Comparison,
    budget: int,
    losses: int,
    gains: int,
    base: float,
    trained: float,
    cut: float,
) -> None:
    row = next(r for r in found.budgets if r.max_new_tokens == budget)

    assert (row.losses, row.gains) == (losses, gains)
    assert row.base.accuracy == pytest.approx(base, abs=5e-4)
    assert row.trained.accuracy == pytest.approx(trained, abs=5e-4)
    assert row.base.truncated / 1319 == pytest.approx(cut, abs=5e-4)


def test_the_headline_is_the_gain_when_nobody_is_cut_off(found: Comparison) -> None:
    assert found.verdict is not None
    assert found.verdict.decision == "improved"
    assert found.mcnemar.exact == pytest.approx(0.028866, abs=1e-6)
    assert "3.0 points" in found.verdict.headline


def test_at_300_tokens_the_gain_is_mostly_truncation() -> None:
    found = evalsuite.compare(BASE, TRAINED, runs=RUNS, max_new_tokens=BUDGETS, headline_budget=300)

    assert isinstance(found, Comparison)
    assert found.verdict is not None
    assert "mostly_truncation" in found.verdict.qualifiers
    assert "truncation_dominated" in found.verdict.qualifiers
    assert found.attribution is not None
    assert found.attribution.finished.gain > 0.06


@pytest.mark.parametrize(
    ("headline", "part", "low", "high"),
    [(200, 0.1941, 0.1724, 0.2158), (300, 0.0462, 0.0347, 0.0578), (512, 0.0, -0.002, 0.002)],
)
def test_finished_is_what_the_same_answers_lose_at_1024_tokens(
    headline: int, part: float, low: float, high: float
) -> None:
    found = at(headline)

    made = found.made_of
    assert made is not None
    assert made.finished is not None
    assert made.formatted is not None
    assert made.finished.gain == pytest.approx(part, abs=5e-5)
    # Student's t gives these ends; two more questions widen it a little
    assert made.finished.interval.low == pytest.approx(low, abs=5e-4)
    assert made.finished.interval.high == pytest.approx(high, abs=5e-4)
    total = made.finished.gain + made.formatted.gain + made.rest.gain
    assert total == pytest.approx(found.gain.estimate, abs=1e-12)


def at(headline: int) -> Comparison:
    found = evalsuite.compare(
        BASE, TRAINED, runs=RUNS, max_new_tokens=BUDGETS, headline_budget=headline
    )
    assert isinstance(found, Comparison)
    return found


def test_at_1024_tokens_finished_is_at_most_three_questions(found: Comparison) -> None:
    made = found.made_of
    assert made is not None
    assert made.finished is None
    assert made.finished_range is not None
    assert made.finished_range.low == pytest.approx(-1 / 1319)
    assert made.finished_range.high == pytest.approx(2 / 1319)


def test_the_gain_depends_on_the_budget_and_not_on_the_grader(found: Comparison) -> None:
    """+7.6 against +3.0 is a difference, p = 1e-17; +3.0 against +2.7 is not, p = .125."""
    assert found.verdict is not None
    assert "budget_dependent" in found.verdict.qualifiers
    assert "grader_dependent" not in found.verdict.qualifiers
    at_300 = found.budgets[1].difference
    assert at_300 is not None
    assert at_300.gain == pytest.approx(0.0462, abs=5e-5)
    assert at_300.exact < 1e-16
    flexible = found.graders["flexible"].difference
    assert flexible is not None
    assert (flexible.exact, flexible.lowered) == (0.125, 4)


def test_a_headline_at_300_tokens_tells_what_1024_show() -> None:
    verdict = at(300).verdict
    assert verdict is not None
    remarks = {remark.code: remark.statement for remark in verdict.remarks}

    told = remarks["budget_dependent"].values
    assert told["tokens"] == 1024
    assert told["gain"] == pytest.approx(0.0296, abs=5e-5)
    assert told["difference"] == pytest.approx(-0.0462, abs=5e-5)


def test_the_parts_sum_to_the_gain(found: Comparison) -> None:
    parts = found.attribution
    assert parts is not None
    total = sum(p.gains - p.losses for p in (parts.finished, parts.formatted, parts.reasoned))

    assert total == found.table.gains - found.table.losses


def test_no_question_text_is_recorded() -> None:
    for path in RUNS.glob("recorded/*-gsm8k-*/questions.jsonl"):
        assert '"text":""' in path.read_text(encoding="utf-8")
        assert '"gold_text":""' in path.read_text(encoding="utf-8")

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


def test_the_parts_sum_to_the_gain(found: Comparison) -> None:
    parts = found.attribution
    assert parts is not None
    total = sum(p.gains - p.losses for p in (parts.finished, parts.formatted, parts.reasoned))

    assert total == found.table.gains - found.table.losses


def test_no_question_text_is_recorded() -> None:
    for path in RUNS.glob("recorded/*-gsm8k-*/questions.jsonl"):
        assert '"text":""' in path.read_text(encoding="utf-8")
        assert '"gold_text":""' in path.read_text(encoding="utf-8")

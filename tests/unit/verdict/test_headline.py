"""The one sentence: exact wordings, one a decision, and what it must never say."""

import re
from collections.abc import Mapping
from dataclasses import replace
from string import Formatter
from typing import Any

import pytest
from verdict_builders import TABLE, at, of

from evalsuite.comparing.summary import compare_table
from evalsuite.records.comparison import Comparison, Interval, Seeds, Table
from evalsuite.records.verdict import Check, Policy
from evalsuite.reporting.telling import in_english
from evalsuite.reporting.wording import words
from evalsuite.verdict.narrow import other_reading
from evalsuite.verdict.pair import with_verdict

WORDINGS = {
    (222, 64, 293, 740): (
        "Yes: trained scores 17.4 points higher than base (95% CI 14.7 to 20.0; 1,319 questions)."
    ),
    (222, 293, 64, 740): (
        "No: trained scores 17.4 points lower than base (95% CI 14.7 to 20.0; 1,319 questions)."
    ),
    (258, 132, 171, 758): (
        "Yes, though it may be small: trained scores 3.0 points higher than base "
        "(95% CI 0.4 to 5.6; 1,319 questions)."
    ),
    (258, 171, 132, 758): (
        "No, though the loss may be small: trained scores 3.0 points lower than base "
        "(95% CI 0.4 to 5.6; 1,319 questions)."
    ),
    (600, 10, 30, 679): "A real but small gain: +1.5 points (0.6 to 2.5).",
    (600, 30, 10, 679): "A real but small loss: -1.5 points (-2.5 to -0.6).",
    (59, 6, 16, 80): (
        "Suggestive, not established: +6.2 points (0.5 to 12.4); "
        "the exact test does not confirm it."
    ),
    (600, 5, 6, 708): ("No difference beyond 2 points, and this run was large enough to say so."),
    (1, 0, 1, 3): "Can't tell: with 5 questions no result could have shown a difference.",
    (10, 1, 0, 9): (
        "Can't tell: the models differ on 1 of 20 questions, "
        "too few for any result to show a difference."
    ),
    (10, 6, 10, 24): (
        "Can't tell: +8.0 points fits anything from -8.1 to 24.0; "
        "about 420 questions would settle a gain of this size."
    ),
    (10, 10, 6, 24): (
        "Can't tell: -8.0 points fits anything from -24.0 to 8.1; "
        "about 420 questions would settle a loss of this size."
    ),
    (100, 24, 24, 52): "Can't tell: equal scores fit anything from -6.9 to 6.9 points.",
    (400, 201, 200, 518): "Can't tell: -0.1 points fits anything from -3.1 to 2.9.",
}


def judged(*table: int, policy: Policy | None = None, **changes: Any) -> Comparison:
    both, losses, gains, neither = table
    cells = Table(both=both, losses=losses, gains=gains, neither=neither)
    comparison = replace(compare_table(cells), **changes)
    return in_english(with_verdict(comparison, policy or Policy()))


def keys_of(comparison: Comparison) -> list[str]:
    assert comparison.verdict is not None
    return [statement.key for statement in comparison.verdict.statements]


def values_of(comparison: Comparison) -> Mapping[str, Any]:
    assert comparison.verdict is not None
    return comparison.verdict.statements[0].values


@pytest.mark.parametrize(("table", "sentence"), WORDINGS.items())
def test_headline_reads(table: tuple[int, int, int, int], sentence: str) -> None:
    verdict = judged(*table).verdict
    assert verdict is not None

    assert verdict.headline == sentence


def test_invalid_headline_gives_the_first_blocking_reason() -> None:
    checks = (
        Check(code="EVS011", level="warning", title="t", detail="other"),
        Check(
            code="EVS002",
            level="blocking",
            title="Same prompts",
            detail="the two runs used different prompts.",
        ),
    )
    verdict = judged(222, 64, 293, 740, checks=checks).verdict
    assert verdict is not None

    assert verdict.headline == "Not comparable: the two runs used different prompts."


@pytest.mark.parametrize("n", [5, 1319])
def test_a_model_against_itself_is_a_null_by_construction(n: int) -> None:
    verdict = judged(n // 3, 0, 0, n - n // 3, same_weights=True).verdict
    assert verdict is not None

    assert verdict.headline == (
        f"A model against itself: no question of {n:,} differs, as it must be."
    )
    assert verdict.decision in ("equivalent", "powerless")
    assert "one_checkpoint" not in verdict.qualifiers


def test_a_model_that_disagrees_with_itself_gets_the_usual_headline() -> None:
    verdict = judged(222, 64, 293, 740, same_weights=True).verdict
    assert verdict is not None

    assert verdict.headline.startswith("Yes: trained scores")


def test_union_of_subsets_is_said_in_a_second_sentence() -> None:
    comparison = judged(222, 64, 293, 740, headline_set="union")
    assert comparison.verdict is not None

    assert keys_of(comparison) == ["headline.improved", "headline.of_union"]
    assert comparison.verdict.headline.endswith(
        " This is the union of the subsets, not the full split."
    )


def test_suggestive_within_a_family_blames_the_family_not_the_test() -> None:
    policy = Policy(family=3, adjusted_pvalue=0.087)
    verdict = judged(258, 132, 171, 758, policy=policy).verdict
    assert verdict is not None

    assert verdict.headline == (
        "Suggestive, not established: +3.0 points (0.4 to 5.6); "
        "it does not hold up among the 3 comparisons made."
    )


def test_level_and_margin_are_those_of_the_policy() -> None:
    cells = Table(both=600, losses=5, gains=6, neither=708)
    comparison = compare_table(cells, confidence_level=0.9)
    policy = Policy(margin=0.015, confidence_level=0.9)
    comparison = in_english(with_verdict(comparison, policy))

    assert values_of(comparison)["level"] == 0.9
    assert comparison.verdict is not None
    assert comparison.verdict.headline.startswith("No difference beyond 1.5 points")


def test_questions_are_counted_once_when_each_was_answered_several_times() -> None:
    seeds = Seeds(root=0, subsets=(), subset_size=0, training=None, samples=4)
    comparison = judged(600, 5, 6, 709, seeds=seeds)

    assert values_of(comparison)["n"] == 330


def test_every_sentence_uses_only_known_values_and_can_occur() -> None:
    sentences = {k: v for k, v in words("en").sentences.items() if k.startswith("headline.")}
    used = {name for s in sentences.values() for _, name, _, _ in Formatter().parse(s) if name}

    narrowed = other_reading(of(*TABLE, headline_budget=300, budgets=(at(1024),)), "budget_only")
    assert used <= {*values_of(judged(222, 64, 293, 740)), *narrowed}
    reached = {keys_of(judged(*table))[0] for table in WORDINGS}
    assert set(sentences) - reached == {
        "headline.budget_only",
        "headline.form_only",
        "headline.invalid",
        "headline.itself",
        "headline.of_union",
        "headline.suggestive_in_family",
    }


@pytest.mark.parametrize("sentence", WORDINGS.values())
def test_no_headline_overclaims(sentence: str) -> None:
    """Never equality without a margin, never "significant", never a percent change."""
    assert not re.search(r"significan|prove|no effect|doubl|equal to", sentence)
    if "No difference" in sentence:
        assert re.search(r"beyond [\d.]+ points", sentence)
    assert len(sentence.split()) <= 24


def test_a_difference_that_rounds_to_nothing_still_shows_its_sign() -> None:
    comparison = judged(222, 64, 293, 740)
    tiny = replace(
        comparison,
        gain=replace(comparison.gain, estimate=0.0003, interval=Interval(low=1e-5, high=4e-4)),
    )
    verdict = in_english(with_verdict(tiny, Policy())).verdict
    assert verdict is not None

    assert verdict.headline == "A real but small gain: +0.03 points (0.001 to 0.04)."

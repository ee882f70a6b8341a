"""The one sentence: exact wordings, one a decision, and what it must never say."""

import re
from collections.abc import Mapping
from dataclasses import replace
from string import Formatter
from typing import Any

import pytest
from verdict_builders import TABLE, at as budget_at, of

from evalsuite.asking.spec import policy_of
from evalsuite.comparing.summary import compare_table
from evalsuite.records.comparison import Comparison, Interval, Seeds, Table
from evalsuite.records.gains import Clusters
from evalsuite.records.verdict import Check, Policy, Statement
from evalsuite.reporting.telling import headline_text, in_english
from evalsuite.reporting.wording import words
from evalsuite.verdict.pair import with_verdict
from evalsuite.verdict.qualifiers import other_reading

WORDINGS = {
    (222, 64, 293, 740): (
        "Yes: trained scores 17.4 points higher than base (95% CI 14.7 to 20.0; 1,319 questions)."
    ),
    (222, 293, 64, 740): (
        "No: trained scores 17.4 points lower than base (95% CI 14.7 to 20.0; 1,319 questions)."
    ),
    (258, 132, 171, 758): (
        "Yes: trained scores 3.0 points higher than base (95% CI 0.4 to 5.6; 1,319 questions); "
        "whether it exceeds the 2-point margin is open."
    ),
    (258, 171, 132, 758): (
        "No: trained scores 3.0 points lower than base (95% CI 0.4 to 5.6; 1,319 questions); "
        "whether it exceeds the 2-point margin is open."
    ),
    (600, 2, 15, 702): "A real but small gain: +1.0 points (0.4 to 1.7).",
    (600, 15, 2, 702): "A real but small loss: -1.0 points (-1.7 to -0.4).",
    (59, 6, 16, 80): (
        "Suggestive, not established: +6.2 points (0.5 to 12.4); "
        "the exact test does not confirm it."
    ),
    (63, 0, 4, 60): (
        "Suggestive, not established: +3.1 points (0.1 to 7.8); "
        "with only 4 questions that differ, the exact test could not have confirmed it."
    ),
    (600, 5, 6, 708): (
        "The difference is below 2 points either way (90% CI -0.4 to 0.5; 1,319 questions)."
    ),
    (1, 0, 1, 3): "Can't tell: with 5 questions no result could reach p ≤ 0.05 in the exact test.",
    (10, 1, 0, 9): (
        "Can't tell: as it turned out, the models differ on 1 of 20 questions, "
        "too few for an exact p ≤ 0.05."
    ),
    (10, 6, 10, 24): (
        "Can't tell: +8.0 points fits anything from -8.1 to 24.0; "
        "a true gain of 2 points needs about 6,400 questions (80% power)."
    ),
    (10, 10, 6, 24): (
        "Can't tell: -8.0 points fits anything from -24.0 to 8.1; "
        "a true loss of 2 points needs about 6,400 questions (80% power)."
    ),
    (100, 24, 24, 52): "Can't tell: equal scores fit anything from -6.9 to 6.9 points.",
    (400, 201, 200, 518): (
        "Can't tell: -0.1 points fits anything from -3.1 to 2.9; "
        "a true loss of 2 points needs about 6,100 questions (80% power)."
    ),
    (1000, 90, 116, 1100): "Can't tell: +1.1 points fits anything from -0.1 to 2.4.",
    (500, 0, 4, 449): (
        "Suggestive, not established: +0.4 points (0.02 to 1.1); "
        "with only 4 questions that differ, the exact test could not have confirmed it. "
        "It is below 2 points either way (90% CI 0.1 to 0.9)."
    ),
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


@pytest.mark.parametrize(
    ("part", "sentence"),
    [
        ("union", "This is the union of the subsets, not the full split."),
        ("subset", "This is one subset, not the full split."),
        ("first", "This is the first 1,319 questions, not the full split."),
    ],
)
def test_a_part_of_the_split_is_said_in_a_second_sentence(part: str, sentence: str) -> None:
    comparison = judged(222, 64, 293, 740, headline_set=part)
    assert comparison.verdict is not None

    assert keys_of(comparison) == ["headline.improved", f"headline.of_{part}"]
    assert comparison.verdict.headline.endswith(f" {sentence}")


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
    assert comparison.verdict.headline.startswith("The difference is below 1.5 points either way")


def test_questions_are_counted_once_when_each_was_answered_several_times() -> None:
    seeds = Seeds(root=0, subsets=(), subset_size=0, training=None, samples=4)
    comparison = judged(600, 5, 6, 709, seeds=seeds)

    assert values_of(comparison)["n"] == 330


def test_every_sentence_uses_only_known_values_and_can_occur() -> None:
    sentences = {k: v for k, v in words("en").sentences.items() if k.startswith("headline.")}
    used = {name for s in sentences.values() for _, name, _, _ in Formatter().parse(s) if name}

    narrowed = other_reading(
        of(*TABLE, headline_budget=300, budgets=(budget_at(1024),)), "budget_only"
    )
    assert used <= {*values_of(judged(222, 64, 293, 740)), *narrowed}
    reached = {key for table in WORDINGS for key in keys_of(judged(*table))}
    assert set(sentences) - reached == {  # each has a test of its own
        "headline.budget_only",
        "headline.equivalent_not_in_family",
        "headline.form_only",
        "headline.invalid",
        "headline.itself",
        "headline.levels",
        "headline.levels_plain",
        "headline.of_first",
        "headline.of_part",
        "headline.of_subset",
        "headline.of_union",
        "headline.suggestive_by_test",
        "headline.suggestive_in_family",
        "headline.suggestive_by_flips",  # several samples a question: below
        "headline.suggestive_by_mean",
    }


@pytest.mark.parametrize(
    ("exact", "mean", "says"),
    [
        (0.03, 0.08, "the sign-flip test rejects equal accuracy, Student's t over questions does"),
        (0.08, 0.03, "Student's t over questions rejects equal accuracy, the sign-flip test does"),
    ],
)
def test_samples_that_only_one_of_both_tests_tells_apart_are_suggestive(
    exact: float, mean: float, says: str
) -> None:
    clusters = Clusters(
        better=30, worse=14, same=56, gains=20.0, losses=12.0, center=0.08,
        standard_error=0.04, degrees_of_freedom=101, pvalue=mean,
    )  # fmt: skip
    comparison = judged(50, 12, 20, 18)
    several = replace(
        comparison,
        seeds=replace(comparison.seeds, samples=2),
        gain=replace(comparison.gain, clusters=clusters, method="cluster-t"),
        mcnemar=replace(comparison.mcnemar, exact=exact, mid_p=exact),
    )
    verdict = in_english(with_verdict(several, Policy())).verdict

    assert verdict is not None
    assert verdict.decision == "suggestive"
    assert says in verdict.headline


@pytest.mark.parametrize("sentence", WORDINGS.values())
def test_no_headline_overclaims(sentence: str) -> None:
    """Never equality without a margin and its interval, never "significant", no percent change."""
    assert not re.search(r"significan|prove|no effect|doubl|equal to", sentence)
    if "No difference" in sentence:
        assert re.search(r"beyond [\d.]+ points", sentence)
    if "difference is below" in sentence:
        assert re.search(r"below [\d.]+ points either way \(90% CI -?[\d.]+ to ", sentence)
    assert all(len(part.split()) <= 24 for part in re.split(r"(?<=\D\.) ", sentence))


def test_a_difference_that_rounds_to_nothing_still_shows_its_sign() -> None:
    comparison = judged(222, 64, 293, 740)
    tiny = replace(
        comparison,
        gain=replace(comparison.gain, estimate=0.0003, interval=Interval(low=1e-5, high=4e-4)),
    )
    verdict = in_english(with_verdict(tiny, Policy())).verdict
    assert verdict is not None

    assert verdict.headline == "A real but small gain: +0.03 points (0.001 to 0.04)."


def at(alpha: float | None, confidence: float | None, *table: int) -> Comparison:
    policy = policy_of(alpha=alpha, confidence=confidence)
    cells = Table(**dict(zip(("both", "losses", "gains", "neither"), table, strict=True)))
    comparison = compare_table(
        cells, confidence_level=policy.confidence_level, alpha=policy.alpha, margin=policy.margin
    )
    return in_english(with_verdict(comparison, policy))


@pytest.mark.parametrize(("alpha", "confidence"), [(0.01, None), (None, 0.99)])
def test_alpha_and_confidence_follow_from_each_other(
    alpha: float | None, confidence: float | None
) -> None:
    verdict = at(alpha, confidence, 258, 132, 171, 758).verdict
    assert verdict is not None

    assert (verdict.policy.alpha, verdict.policy.confidence_level) == (0.01, 0.99)
    assert verdict.headline.startswith("Can't tell: +3.0 points fits anything from -0.4 to 6.4;")


@pytest.mark.parametrize("table", [(258, 132, 171, 758), (80, 5, 16, 59)])
def test_a_level_of_its_own_is_told_beside_the_one_that_decided(table: tuple[int, ...]) -> None:
    comparison = at(0.05, 0.99, *table)
    assert comparison.verdict is not None

    assert keys_of(comparison) == ["headline.improved_open", "headline.levels"]
    assert re.search(
        r"Decided at alpha 0\.05: p = 0\.02\d, 95% CI [\d.]+ to [\d.]+; "
        r"the interval asked for is the 99% one\.$",
        comparison.verdict.headline,
    )


def test_a_level_of_its_own_is_told_where_only_one_interval_is_at_hand() -> None:
    comparison = judged(222, 64, 293, 740)
    clustered = replace(comparison.gain, method="cluster-t", confidence_level=0.99)
    verdict = with_verdict(replace(comparison, gain=clustered), Policy()).verdict
    assert verdict is not None

    assert verdict.statements[-1].key == "headline.levels_plain"


def test_at_a_tiny_alpha_a_test_without_its_interval_only_suggests() -> None:
    comparison = at(1e-4, None, 0, 0, 15, 5)

    assert keys_of(comparison) == ["headline.suggestive_by_test"]


def test_equivalence_that_a_family_takes_away_is_told_as_such() -> None:
    policy = Policy(family=5, adjusted_pvalue=1.0, adjusted_equivalence=0.08)
    comparison = judged(350, 26, 27, 316, policy=policy)

    assert keys_of(comparison) == ["headline.equivalent_not_in_family"]


def test_a_headline_of_an_earlier_version_is_shown_as_it_was_stored() -> None:
    comparison = judged(222, 64, 293, 740)
    assert comparison.verdict is not None
    old = Statement(key="headline.improved_perhaps_small", values={})
    stored = replace(comparison.verdict, statements=(old,), headline="Yes, as it was.")

    assert headline_text(stored, words("zh")) == "Yes, as it was."

"""Which qualifiers hold: a dependence is a difference that was tested."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from verdict_builders import TABLE, at, difference, grader, made, of, seeds

from evalsuite.records.comparison import StoppedEarly, Table
from evalsuite.records.verdict import Policy
from evalsuite.verdict.judge import judge
from evalsuite.verdict.qualifiers import is_established, larger_budget, may_be_finished

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.gains import GainDifference

POLICY = Policy()


def held(comparison: Comparison, policy: Policy = POLICY) -> tuple[str, ...]:
    return judge(comparison, policy).qualifiers


@pytest.mark.parametrize(
    ("against", "holds"),
    [
        (difference(0.046, 0.01), True),
        (difference(-0.046, 0.01), True),
        (difference(0.046, 0.01, adjusted=0.06), False),
        (difference(0.046, 0.05), False),
        (None, False),
    ],
)
def test_a_difference_is_established_by_its_test_and_its_interval(
    against: GainDifference | None, *, holds: bool
) -> None:
    assert is_established(against, POLICY) is holds


def test_a_difference_without_holm_is_taken_at_its_own_pvalue() -> None:
    alone = replace(difference(0.046, 0.01), exact=0.04, adjusted=None)

    assert is_established(alone, POLICY)
    assert not is_established(alone, Policy(alpha=0.01))


def test_a_budget_with_another_gain_is_a_dependence_whatever_the_decisions() -> None:
    """+7.6 at 300 tokens and +3.0 at 1,024 are both improved, and differ."""
    rows = (at(300, difference(0.046, 0.01)), at(1024))

    assert "budget_dependent" in held(of(*TABLE, headline_budget=1024, budgets=rows))


def test_another_decision_alone_is_no_dependence() -> None:
    """At the floor a gain is equivalent, and need not differ from one that is improved."""
    flat = replace(at(50, difference(0.01, 0.02, adjusted=0.3)), losses=3, gains=3, gain=0.0)
    table = Table(both=400, losses=90, gains=100, neither=729)
    graders = {
        "strict": grader(Table(both=222, losses=64, gains=293, neither=740)),
        "flexible": replace(grader(table), difference=difference(-0.003, 0.004, adjusted=0.125)),
    }
    comparison = of(*TABLE, headline_budget=1024, budgets=(flat, at(1024)), graders=graders)

    assert not {"budget_dependent", "grader_dependent"} & set(held(comparison))


def test_a_grader_that_sees_another_gain_is_a_dependence() -> None:
    graders = {"flexible": replace(grader(Table(both=1, losses=1, gains=1, neither=1)),
                                   difference=difference(-0.1, 0.02))}  # fmt: skip

    assert "grader_dependent" in held(of(*TABLE, graders=graders))


def test_a_sample_with_another_gain_is_a_dependence_and_another_decision_is_none() -> None:
    told = ("improved", "inconclusive")
    alike = (difference(0.01, 0.02, adjusted=0.4), difference(-0.01, 0.02, adjusted=0.4))
    unlike = (difference(0.1, 0.02), difference(-0.1, 0.02))

    for differences, holds in ((alike, False), (unlike, True), ((), False)):
        sampled = seeds(samples=2, decisions_by_sample=told, differences=differences)
        assert ("seed_sensitive" in held(of(*TABLE, seeds=sampled))) is holds


def test_after_a_look_stopped_the_run_no_fixed_size_test_is_claimed() -> None:
    rows = (at(300, difference(0.046, 0.01)), at(1024))
    early = StoppedEarly(
        n=200, n_planned=1319, reason="improved", saved_answers=0, pvalue=0.01, e_value=100.0
    )
    comparison = of(*TABLE, headline_budget=1024, budgets=rows, stopped_early=early)

    assert "budget_dependent" not in held(comparison)


def test_the_largest_budget_is_named_only_where_it_is_above_the_headline() -> None:
    rows = (at(200), at(1024), at(300))

    above = larger_budget(of(*TABLE, headline_budget=300, budgets=rows))
    assert above is not None
    assert above.max_new_tokens == 1024
    assert larger_budget(of(*TABLE, headline_budget=1024, budgets=rows)) is None
    assert larger_budget(of(*TABLE)) is None


@pytest.mark.parametrize(
    ("exact", "gain", "dominated"),
    [(0.2, 0.05, True), (0.001, 0.05, False), (0.001, -0.05, True), (0.05, 0.05, False)],
)
def test_a_gain_that_a_larger_budget_does_not_show_is_dominated_by_cutting(
    exact: float, gain: float, *, dominated: bool
) -> None:
    rows = (at(300), at(1024, exact=exact, gain=gain))
    comparison = of(*TABLE, headline_budget=300, budgets=rows)

    assert ("truncation_dominated" in held(comparison)) is dominated


def test_half_of_the_gain_or_more_is_mostly_that_part() -> None:
    """229 questions net: 115 are at least half of them, 114 are not."""
    for net, holds in ((115, True), (114, False)):
        cut = held(of(*TABLE, made_of=made(finished=net / 1319, formatted=0.0)))
        form = held(of(*TABLE, made_of=made(finished=0.0, formatted=net / 1319)))

        assert ("mostly_truncation" in cut) is holds
        assert ("mostly_format" in form) is holds
        assert "mostly_format" not in cut


def test_an_unread_form_is_not_taken_for_none() -> None:
    assert "mostly_format" not in held(of(*TABLE, made_of=made()))


def test_finished_is_a_count_only_where_no_larger_budget_is_stored() -> None:
    assert not may_be_finished(of(*TABLE, made_of=made(finished=0.1)))
    assert not may_be_finished(of(*TABLE, made_of=made()))

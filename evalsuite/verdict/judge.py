"""The judge: one door for every kind of comparison, with one rules function behind it for each.

A rules function takes a record and a policy and gives a Verdict of keys and values. A new kind of
group registers its own with ``rules.register``, and ``remarks.register`` what an old file of it
needs stated; nothing else here knows how many kinds there are.
"""

from __future__ import annotations

from dataclasses import replace
from functools import singledispatch
from typing import TYPE_CHECKING, Any, TypeVar, cast

from evalsuite.records.comparison import Comparison
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.records.groups.family import Family
from evalsuite.records.groups.recipe import RecipeComparison
from evalsuite.records.groups.suite import SuiteComparison
from evalsuite.verdict.groups.curve import rules_of_curve
from evalsuite.verdict.groups.family import remarks_of_family, rules_of_family
from evalsuite.verdict.groups.recipe import rules_of_recipe
from evalsuite.verdict.groups.recipe_remarks import remarks_of_recipe
from evalsuite.verdict.groups.suite import rules_of_suite
from evalsuite.verdict.pair import rules_of_pair
from evalsuite.verdict.remarks import remarks_of

if TYPE_CHECKING:
    from evalsuite.records.groups.family import Group
    from evalsuite.records.judged import Judged
    from evalsuite.records.verdict import Policy, Remark, Verdict

__all__ = ["judge", "restated", "rules"]

Record = TypeVar("Record", bound="Judged")


@singledispatch
def rules(judged: Any, policy: Policy) -> Verdict:  # noqa: ARG001  the signature of every rules function
    """Return the verdict on one kind of record."""
    raise TypeError(
        f"{type(judged).__name__} has no rules: register a function with rules.register"
    )


rules.register(Comparison, rules_of_pair)
rules.register(Family, rules_of_family)
rules.register(RecipeComparison, rules_of_recipe)
rules.register(CurveComparison, rules_of_curve)
rules.register(SuiteComparison, rules_of_suite)


@singledispatch
def remarks(judged: Any, stored: Verdict) -> tuple[Remark, ...]:  # noqa: ARG001  likewise
    """State the qualifiers that were stored; kinds younger than statements have stored them."""
    return ()


remarks.register(Comparison, lambda pair, old: remarks_of(pair, old.policy, old.qualifiers))
remarks.register(
    RecipeComparison, lambda recipe, old: remarks_of_recipe(recipe, old.policy, old.qualifiers)
)
remarks.register(Family, lambda family, old: remarks_of_family(family, old.qualifiers))


def judge(judged: Comparison | Group, policy: Policy) -> Verdict:
    """Decide what a comparison, or a group of comparisons, shows, from numbers and checks alone.

    With a family above 1 the policy carries this comparison's Holm-adjusted p-value, which
    `evalsuite.verdict.groups.family.judge_together` fills in. A ``verdict`` that is there is
    ignored. The English ``headline`` stays empty: outputs tell it from the statements.

    Raises
    ------
    InvalidInputError
        For a policy that breaks a rule, and for a family without an adjusted p-value.
    TypeError
        For a kind of group that has registered no rules.
    """
    return rules(judged, policy)


def restated(judged: Record) -> Record:
    """Give records of earlier versions, parts included, the statements of the verdicts they hold.

    Files of schema 1 hold English only, so they are judged again from their numbers by their own
    policy. A verdict that today's rules would not give keeps its English and says nothing else;
    qualifiers are stated as they were stored, without numbers that were not.
    """
    record: Any = judged
    if record.parts != (record,):
        record = replace(record, comparisons=tuple(map(restated, record.parts)))
    stored = record.verdict
    if stored is None:
        first = record.parts[0].verdict
        if isinstance(record, Family) and first is not None:
            record = replace(record, verdict=judge(record, first.policy))
    elif not (stored.statements and stored.remarks):
        again = judge(record, stored.policy)
        if again.decision == stored.decision:
            complete = replace(
                stored,
                statements=stored.statements or again.statements,
                remarks=stored.remarks or remarks(record, stored),
            )
            record = replace(record, verdict=complete)
    return cast("Record", record)

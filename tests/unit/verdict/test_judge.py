"""One judge for every kind: what a new kind of group costs, and what a family says together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import pytest
from report_builders import built, family_of

from evalsuite.records.groups.family import Group
from evalsuite.records.verdict import Policy, Statement, Verdict
from evalsuite.reporting.telling import in_english
from evalsuite.reporting.wording import words
from evalsuite.verdict.judge import judge, rules

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve(Group):
    """A toy group: checkpoints in order of step."""

    comparisons: tuple[Comparison, ...]
    parts_name: ClassVar[str] = "checkpoints"


@rules.register
def rules_of_curve(curve: Curve, policy: Policy) -> Verdict:
    gains = [comparison.gain.estimate for comparison in curve.comparisons]
    is_rising = gains == sorted(gains)
    return Verdict(
        decision="improved" if is_rising else "inconclusive",
        qualifiers=(),
        headline="",
        statements=(Statement(key="models.rest_undecided", values={"k": len(gains)}),),
        scope="checkpoint",
        policy=policy,
    )


def test_a_new_kind_of_group_is_one_record_and_one_rules_function() -> None:
    curve = Curve(comparisons=(built((30, 6, 2, 22))[0], built((30, 4, 12, 14))[0]))

    verdict = judge(curve, Policy())

    assert verdict.decision == "improved"
    assert words("en").tell(verdict.statements[0]) == "2 undecided"


def test_a_record_without_rules_is_an_error_of_ours() -> None:
    with pytest.raises(TypeError, match=r"rules\.register"):
        judge("nothing", Policy())  # type: ignore[arg-type]  # a kind nobody registered


def test_a_family_counts_its_models_and_warns_of_picking_the_best() -> None:
    family = family_of([built((30, 4, 40, 26))[0], built((30, 14, 14, 42))[0]])
    assert family.verdict is not None

    assert family.verdict.decision == "mixed"
    assert family.verdict.qualifiers[0] == "picked"
    assert [statement.key for statement in family.verdict.statements] == [
        "models.higher",
        "models.rest",
        "models.best",
    ]
    assert family.verdict.headline.endswith("being picked as the best of 2 flatters it.")


def test_every_row_has_its_own_decision() -> None:
    comparison = in_english(built((30, 4, 40, 26))[0])

    assert {row.decision for row in comparison.budgets} <= {"improved", "inconclusive", "powerless"}
    assert {row.decision for row in comparison.graders.values()} == {"improved"}

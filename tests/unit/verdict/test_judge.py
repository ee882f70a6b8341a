"""One judge for every kind: what a family says together."""

from __future__ import annotations

from report_builders import built, family_of

from evalsuite.reporting.telling import in_english


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

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from report_builders import built

from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.seeds import seeds
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison


def blocks_of(comparison: Comparison) -> tuple[Any, ...]:
    section = seeds(Page(comparison, words("en")))
    assert section is not None
    return section.blocks


def test_a_training_seed_that_is_not_recorded_is_unknown() -> None:
    comparison, _ = built()
    assert comparison.seeds.training is None

    pairs = {name: str(phrase) for name, phrase in blocks_of(comparison)[0].pairs}

    assert "unknown" in pairs.values()
    assert "0, 1" in pairs.values()


@pytest.mark.parametrize(
    ("temperature", "begins"),
    [
        (0.0, "Decoding was greedy: asking again gives the same answers"),
        (0.7, "One answer was sampled for each question"),
        (None, "How answers were decoded is not recorded"),
    ],
)
def test_what_asking_again_would_give_depends_on_a_recorded_temperature(
    temperature: float | None, begins: str
) -> None:
    side = {"decoding": {"temperature": temperature}}
    comparison = replace(built()[0], provenance={"base": side, "trained": side})

    notes = [str(block.phrase) for block in blocks_of(comparison)[1:]]

    assert sum(note.startswith(begins) for note in notes) == 1


@pytest.mark.parametrize(
    ("training", "begins"),
    [(None, "One training run"), (1, "One training run"), (3, "Two to four"), (5, "Five or more")],
)
def test_how_many_trainings_stand_behind_the_model_bounds_the_claim(
    training: int | None, begins: str
) -> None:
    comparison, _ = built()
    comparison = replace(comparison, seeds=replace(comparison.seeds, training=training))

    assert str(blocks_of(comparison)[-1].phrase).startswith(begins)


@pytest.mark.parametrize("figures", [{"coverage": [0.9]}, {"coverage": 0.95}, "x", None])
def test_a_self_check_in_another_form_is_not_shown(figures: object) -> None:
    comparison = built()[0]
    assert "self_check" in comparison.diagnostics

    other = replace(comparison, diagnostics={"self_check": figures})

    assert len(blocks_of(other)) == len(blocks_of(comparison)) - 1

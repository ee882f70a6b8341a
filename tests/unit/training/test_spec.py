"""A preset's settings become the specification of one training."""

from __future__ import annotations

import pytest

from evalsuite.errors import InvalidInputError, UnknownModelError
from evalsuite.records.training import HeldOut, Packing
from evalsuite.training.settings import train_spec


def test_the_start_model_is_the_one_named_not_the_one_of_the_preset() -> None:
    preset = {"train": {"model": "nowhere", "warmup": {"solutions": "gold"}, "rewards": "shaped"}}

    spec = train_spec(preset, model="base", seed=3)

    assert (spec.model.name, spec.rewards, spec.seed) == ("base", "shaped", 3)


def test_a_table_of_held_out_questions_becomes_its_record() -> None:
    spec = train_spec({"train": {"heldout": {"questions": 50}}}, model="base", seed=0)

    assert spec.heldout == HeldOut(questions=50)


def test_a_value_that_no_training_has_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="rewards is 'vibes'"):
        train_spec({"train": {"rewards": "vibes"}}, model="base", seed=0)


def test_a_start_model_that_is_nowhere_is_refused() -> None:
    with pytest.raises(UnknownModelError, match="no-such-model"):
        train_spec({"train": {}}, model="no-such-model", seed=0)


def test_packed_weights_are_for_an_adapter_alone() -> None:
    packed = {"train": {"packing": {"bits": 4}}}
    with pytest.raises(InvalidInputError, match="can't be trained, only an adapter on them; add"):
        train_spec(packed, model="base", seed=0)
    packed["train"]["adapter"] = "lora"  # type: ignore[assignment]  # of JSON
    assert train_spec(packed, model="base", seed=0).packing == Packing(bits=4)


@pytest.mark.parametrize(("packing", "complaint"), [({"bits": 3}, "3 bits"), ({"bit": 4}, "'bit'")])
def test_a_packing_that_is_none_is_refused(packing: dict[str, int], complaint: str) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        train_spec({"train": {"adapter": "lora", "packing": packing}}, model="base", seed=0)

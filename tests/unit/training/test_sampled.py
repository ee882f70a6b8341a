"""What our engine can't sample for a training is refused before anything is loaded."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.models.names import resolve
from evalsuite.records.training import TrainSpec
from evalsuite.training.options import build_config
from evalsuite.training.sampled import check_sampling

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")  # TRL's and torch's own

GRPO = {"per_device_train_batch_size": 8, "num_generations": 4, "use_cpu": True}


def asked(adapter: Any = "full", **grpo: Any) -> TrainSpec:
    return TrainSpec(model=resolve("base"), adapter=adapter, engine="hf", grpo=GRPO | grpo)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        (asked("lora"), "an adapter in training"),
        (asked(top_k=20), "it does not know top_k"),
        (asked(generation_kwargs={"num_beams": 2}, min_p=0.1), "know generation_kwargs, min_p"),
        (asked(repetition_penalty=1.2), "know repetition_penalty"),
    ],
)
def test_what_our_engine_can_not_sample_is_refused(
    spec: TrainSpec, reason: str, tmp_path: Path
) -> None:
    config = build_config(spec, output=tmp_path / "out", reward_weights=[1.0])

    with pytest.raises(InvalidInputError, match=reason) as told:
        check_sampling(spec, config)

    assert "leave --engine out" in str(told.value)
    check_sampling(replace(spec, engine="trl"), config)


def test_a_temperature_and_a_share_of_the_law_are_sampled(tmp_path: Path) -> None:
    spec = asked(temperature=0.7, top_p=0.9)

    check_sampling(spec, build_config(spec, output=tmp_path / "out", reward_weights=[1.0]))

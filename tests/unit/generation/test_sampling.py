"""Logits that are not finite choose nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from evalsuite.errors import RunFailedError
from evalsuite.generation.batched import BatchedEngine
from evalsuite.generation.engine import requests_for
from evalsuite.generation.sampling import choose
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding

if TYPE_CHECKING:
    from evalsuite.models.load import Dtype

BROKEN = [float("nan"), float("inf")]


@pytest.mark.parametrize("value", BROKEN)
@pytest.mark.parametrize(("temperature", "top_p"), [(0.0, 1.0), (1.0, 1.0), (1.0, 0.9)])
def test_a_row_that_is_not_finite_is_named(value: float, temperature: float, top_p: float) -> None:
    logits = torch.zeros(2, 100)
    logits[1, 70] = value
    uniforms = torch.full((2,), 0.5, dtype=torch.float64) if temperature else None

    choice = choose(
        logits, Decoding(max_new_tokens=8, temperature=temperature, top_p=top_p), uniforms
    )

    assert choice.close.tolist()[1]
    with pytest.raises(RunFailedError, match=r"not finite .* question b"):
        choice.check(["a", "b"])


def test_logits_that_rule_tokens_out_are_sound() -> None:
    logits = torch.full((1, 100), float("-inf"))
    logits[0, 3] = 1.0

    choice = choose(logits, Decoding(max_new_tokens=8), None)

    choice.check(["a"])
    assert choice.tokens.tolist() == [3]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("engine", [SlotEngine, BatchedEngine])
def test_an_engine_stops_at_logits_that_are_not_finite(
    engine: type[SlotEngine | BatchedEngine], dtype: Dtype
) -> None:
    loaded = load_model(resolve("base"), device="cpu", dtype=dtype)
    running = engine(loaded)
    with torch.no_grad():
        loaded.model.get_input_embeddings().weight[:] = float("nan")
    prompt = running.render([{"role": "user", "content": "2 + 2?"}])

    with pytest.raises(RunFailedError, match="not finite"):
        list(running.generate(requests_for({"a": prompt, "b": prompt}), Decoding(max_new_tokens=8)))


@pytest.mark.parametrize("engine", [SlotEngine, BatchedEngine])
def test_a_tokenizer_of_a_larger_model_is_refused(
    engine: type[SlotEngine | BatchedEngine],
) -> None:
    loaded = load_model(resolve("base"), device="cpu")
    loaded.tokenizer.add_tokens(["<beyond>"])
    requests = requests_for({"a": "<beyond> 2 + 2?"})

    with pytest.raises(RunFailedError, match="writes token 666 and the model knows 666 tokens"):
        list(engine(loaded).generate(requests, Decoding(max_new_tokens=8)))

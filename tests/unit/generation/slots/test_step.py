"""A step in one call is the step layer by layer, for every batch and number of threads."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from random_models import random_model

from evalsuite.generation.slots.arena import Arena, PromptPass, StepPass
from evalsuite.generation.slots.packed import PackedDecoder
from evalsuite.generation.slots.step import whole_step

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
TOLERANCE = {"float32": 1e-4, "bfloat16": 5e-2}
HELD = [3, 9, 1, 14, 6, 2, 11]


@pytest.fixture(autouse=True)
def threads() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def decoder_of(config: str, dtype: str = "float32", **changes: int) -> PackedDecoder:
    decoder = PackedDecoder(random_model(config, changes, dtype))
    if decoder._whole is None:
        pytest.skip("torch multiplies on this machine")
    return decoder


@torch.inference_mode()
def steps(decoder: PackedDecoder, n_steps: int = 3, rows: int | None = None) -> torch.Tensor:
    """Read prompts of different length, then decode; shape (steps, rows, vocabulary)."""
    held = HELD[:rows]
    arena = Arena(len(held))
    arena.block_rows = 3  # rows lie in three blocks, the last one shorter
    arena.reserve([max(HELD)] * len(held))
    generator = torch.Generator().manual_seed(1)
    size = (len(HELD), max(HELD) + n_steps)
    ids = torch.randint(decoder._model.embedding.shape[0], size, generator=generator)[: len(held)]
    positions = torch.arange(max(HELD)).expand(len(held), -1)
    prompts = PromptPass(arena, range(len(held)), device="cpu")
    decoder.read(ids[:, : max(HELD)], positions, prompts)
    dtype = decoder._model.embedding.dtype
    logits = []
    for step in range(n_steps):
        at = torch.tensor(held) + step
        step_pass = StepPass(arena, at.tolist(), dtype=dtype, device="cpu")
        logits.append(decoder.step(ids[torch.arange(len(held)), at], at, step_pass))
    return torch.stack(logits)


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("config", ["LlamaConfig", "Qwen2Config", "Qwen3Config", "MistralConfig"])
def test_one_call_computes_what_the_layers_compute(config: str, dtype: str) -> None:
    decoder = decoder_of(config, dtype)
    whole = steps(decoder)
    decoder._whole = None

    found = steps(decoder)

    worst = (whole.float() - found.float()).abs().max() / found.float().abs().max()
    assert worst <= TOLERANCE[dtype]
    assert not torch.equal(whole[0], whole[1])


def test_a_row_has_the_same_bits_in_every_batch_and_with_any_threads() -> None:
    decoder = decoder_of("LlamaConfig")
    torch.set_num_threads(1)
    alone = steps(decoder)

    for threads in (2, 3, 9):  # more than rows too
        torch.set_num_threads(threads)
        assert torch.equal(steps(decoder), alone)
    torch.set_num_threads(1)
    assert torch.equal(steps(decoder, rows=2), alone[:, :2])


def test_a_step_before_any_prompt_goes_layer_by_layer() -> None:
    """Blocks are made in the shape of the first keys that come."""
    decoder = decoder_of("LlamaConfig")
    arena = Arena(2)
    ids, held = torch.tensor([4, 5]), torch.tensor([0, 0])
    first = StepPass(arena, [0, 0], dtype=torch.float32, device="cpu")

    assert first.blocks(2) is None
    with torch.inference_mode():
        logits = decoder.step(ids, held, first)
    assert first.blocks(2) is not None
    with torch.inference_mode():
        again = decoder.step(ids, held, first)
    torch.testing.assert_close(again, logits, rtol=1e-4, atol=1e-5)


def test_a_model_of_which_torch_computes_a_part_has_no_whole_step() -> None:
    decoder = decoder_of("LlamaConfig")
    other = replace(decoder._model, norm=decoder._model.norm.double())
    strided = replace(decoder._model, norm=decoder._model.norm.repeat(2)[::2])

    assert whole_step(decoder._model, None) is None
    assert whole_step(other, decoder._kernels) is None
    assert whole_step(strided, decoder._kernels) is None


@pytest.mark.parametrize("preferred", [torch.float16, torch.bfloat16, torch.float64], ids=str)
def test_the_type_that_a_program_prefers_changes_no_bit_and_no_room(
    preferred: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one of half the bytes the C functions would write past the end of what they are given."""
    decoder = decoder_of("LlamaConfig")
    expected = steps(decoder)
    made: list[torch.dtype] = []
    empty = torch.empty

    def noted(*shape: Any, **more: Any) -> torch.Tensor:
        tensor = empty(*shape, **more)
        made.append(tensor.dtype)
        return tensor

    monkeypatch.setattr(torch, "empty", noted)
    torch.set_default_dtype(preferred)
    try:
        found = steps(decoder)
        assert decoder._kernels is not None
        largest = decoder._kernels.two_largest(found[0])
    finally:
        torch.set_default_dtype(torch.float32)

    assert torch.equal(found, expected)
    assert [t.dtype for t in largest] == [torch.int64, torch.float32, torch.float32]
    assert made
    assert set(made) <= {torch.float32, torch.int64}

"""A block gives back what was stored, in spans of keys or in one."""

from __future__ import annotations

import pytest
import torch

from evalsuite.generation.slots.block import SlotBlock

ROWS, HEADS, WIDTH, ROOM = 3, 2, 4, 128
SPANS = [pytest.param(16, id="spans"), pytest.param(ROOM, id="one span")]


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def block_of(span: int, tokens: int = 0) -> SlotBlock:
    """Hold the same tokens in every row that is asked for."""
    key, value = drawn(ROWS, HEADS, tokens, WIDTH), drawn(ROWS, HEADS, tokens, WIDTH, seed=1)
    block = SlotBlock.empty(key, value, rows=ROWS, room=ROOM, span=span)
    block.store(torch.arange(ROWS), key, value)
    return block


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("tokens", [0, 1, 15, 16, 17, 64, 100, ROOM])
def test_tokens_are_stored_where_they_are_read(span: int, tokens: int) -> None:
    block = block_of(span, tokens)

    keys = block.transposed_keys(ROWS, ROOM)

    assert torch.equal(keys[..., :tokens].transpose(2, 3), drawn(ROWS, HEADS, tokens, WIDTH))
    assert torch.equal(block.values[:, :, :tokens], drawn(ROWS, HEADS, tokens, WIDTH, seed=1))
    assert not keys[..., tokens:].any()
    assert not block.values[:, :, tokens:].any()


@pytest.mark.parametrize("span", SPANS)
def test_one_more_token_stands_behind_those_of_its_row_alone(span: int) -> None:
    block, before = block_of(span, 40), block_of(span, 40)
    rows, at = torch.tensor([0, 2]), torch.tensor([40, 15])
    key, value = drawn(2, HEADS, WIDTH, seed=2), drawn(2, HEADS, WIDTH, seed=3)

    block.store_one(rows, at, key, value)

    keys, expected = block.transposed_keys(ROWS, ROOM), before.transposed_keys(ROWS, ROOM).clone()
    for index, (row, place) in enumerate(zip(rows.tolist(), at.tolist(), strict=True)):
        expected[row, :, :, place] = key[index]
        before.values[row, :, place] = value[index]
    assert torch.equal(keys, expected)
    assert torch.equal(block.values, before.values)


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("held", [1, 16, 40, ROOM])
def test_a_row_moves_with_all_it_holds(span: int, held: int) -> None:
    block = block_of(span, ROOM)
    copied = block.row(0, held)

    block.set_row(2, held, copied)

    keys, expected = block.transposed_keys(ROWS, held), drawn(ROWS, HEADS, ROOM, WIDTH)
    assert torch.equal(keys[2].transpose(1, 2), expected[0, :, :held])
    assert torch.equal(keys[:2].transpose(2, 3), expected[:2, :, :held])
    assert torch.equal(block.values[2, :, :held], block.values[0, :, :held])


@pytest.mark.parametrize("span", SPANS)
@pytest.mark.parametrize("room", [32, 64, 256])
def test_a_block_of_another_length_holds_the_same(span: int, room: int) -> None:
    block, kept = block_of(span, 100), min(room, 100)

    other = block.resized(rows=ROWS, room=room, span=room if span == ROOM else span)

    assert other.room == room
    assert other.nbytes == block.nbytes * room // ROOM
    assert torch.equal(other.transposed_keys(ROWS, kept), block.transposed_keys(ROWS, kept))
    assert torch.equal(other.values[:, :, :kept], block.values[:, :, :kept])
    assert not other.transposed_keys(ROWS, room)[..., 100:].any()


def test_keys_of_one_span_are_read_where_they_lie() -> None:
    """Torch's products would else copy all that is held in every step."""
    block = block_of(ROOM, 5)

    assert block.transposed_keys(2, 16).data_ptr() == block.keys.data_ptr()

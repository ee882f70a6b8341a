"""Room in the arena: seldom made, never more than rows may need, and given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from evalsuite.generation.engine import requests_for
from evalsuite.generation.slots.arena import Arena
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding
from evalsuite.tasks.questions import load_questions

if TYPE_CHECKING:
    import pytest

HEADS, WIDTH = 2, 4


def arena_of(slots: int, longest: int | None = None) -> Arena:
    arena = Arena(slots, longest)
    arena.reserve([0] * slots)
    arena.blocks(0, torch.zeros(slots, HEADS, 1, WIDTH), torch.zeros(slots, HEADS, 1, WIDTH))
    return arena


def room_of(arena: Arena) -> int:
    layers = arena.made_blocks(1)
    assert layers is not None
    (block,) = layers[0]
    assert block.keys.shape[2] * block.keys.shape[4] == block.room
    return block.room


def test_room_is_made_seldom_however_far_answers_get() -> None:
    """Each time all that is held is copied: every 64 tokens would be 156 copies."""
    arena = arena_of(2)
    rooms = []
    for held in range(10_000):
        arena.reserve([held, held // 2])
        rooms.append(room_of(arena))

    assert all(room > held for held, room in enumerate(rooms))
    assert len(set(rooms)) <= 9  # log(10,000 / 576) / log(1.5), and the first
    assert max(rooms) <= 1.5 * 10_000 + 64
    assert all(room % 64 == 0 for room in rooms)


def test_there_is_no_more_room_than_rows_may_come_to_need() -> None:
    arena = arena_of(2, longest=500)
    for held in range(500):
        arena.reserve([held, 0])

    assert room_of(arena) == 512


def test_room_is_given_back_when_long_rows_have_ended_but_not_for_a_little() -> None:
    arena = arena_of(2)
    arena.reserve([3000, 100])
    long = room_of(arena)

    arena.reserve([long // 2, 100], trim=True)
    assert room_of(arena) == long
    arena.reserve([100], trim=False)
    assert room_of(arena) == long
    arena.reserve([100], trim=True)
    assert room_of(arena) == 640
    arena.reserve([1], trim=True)
    assert room_of(arena) == 640


def test_what_rows_hold_survives_growing_and_shrinking() -> None:
    arena = arena_of(2)
    arena.reserve([100, 90])
    layers = arena.made_blocks(1)
    assert layers is not None
    (block,) = layers[0]
    block.keys.copy_(torch.randn(block.keys.shape))
    block.values.copy_(torch.randn(block.values.shape))
    before = block.transposed_keys(2, 90).clone(), block.values[:, :, :90].clone()

    arena.reserve([2000, 90])
    grown = room_of(arena)
    arena.reserve([100, 90], trim=True)

    layers = arena.made_blocks(1)
    assert layers is not None
    (block,) = layers[0]
    assert grown > 2000 > room_of(arena)
    assert torch.equal(block.transposed_keys(2, 90), before[0])
    assert torch.equal(block.values[:, :, :90], before[1])
    assert torch.isfinite(block.keys).all()


def test_the_answers_of_a_run_are_given_all_their_room_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    copied: list[int] = []
    resize = Arena._resize

    def noted(arena: Arena, index: int, room: int) -> None:
        if arena._layers and arena._room[index]:
            copied.append(room)
        resize(arena, index, room)

    engine = SlotEngine(load_model(resolve("base"), device="cpu"))
    asked = load_questions("embedded", "test")[:32]
    prompts = {q.id: engine.render([{"role": "user", "content": q.text or ""}]) for q in asked}
    monkeypatch.setattr(Arena, "_resize", noted)

    answers = list(engine.generate(requests_for(prompts), Decoding(max_new_tokens=128)))

    assert max(answer.n_tokens or 0 for answer in answers) > 64  # one would have grown
    assert copied == []


def first_keys(arena: Arena) -> int:
    layers = arena.made_blocks(1)
    assert layers is not None
    return layers[0][0].keys.data_ptr()


def test_an_arena_that_begins_anew_keeps_its_room_and_forgets_the_prefix() -> None:
    arena = arena_of(2, longest=2000)
    arena.reserve([1500, 0])
    arena.prefix[0] = (torch.zeros(1), torch.zeros(1))
    kept, room = first_keys(arena), room_of(arena)

    arena.begin(longest=2000)
    arena.reserve([900, 3], trim=True)

    assert arena.prefix == {}
    assert (first_keys(arena), room_of(arena)) == (kept, room)
    assert arena.n_bytes == 2 * 2 * HEADS * WIDTH * room * 4


def test_an_arena_that_begins_anew_may_come_to_hold_more() -> None:
    arena = arena_of(2, longest=500)

    arena.begin(longest=1000)
    rooms = set()
    for held in range(1000):
        arena.reserve([held, 0])
        rooms.add(room_of(arena))

    assert sorted(rooms) == [512, 1024]  # not by 64 tokens, as beyond an end that is known

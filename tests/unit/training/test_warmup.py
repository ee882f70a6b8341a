"""Warm-up batches: like lengths together, styles mixed, nothing lost."""

from __future__ import annotations

from evalsuite.training.warmup import _in_batches_of_like_length

_DEMONSTRATIONS = [
    ([{"role": "user", "content": "x" * (7 * i % 90 + 1)}], f"answer {i}") for i in range(640)
]


def test_order_is_a_shuffle_of_all_demonstrations_and_depends_on_the_seed() -> None:
    orders = [_in_batches_of_like_length(_DEMONSTRATIONS, 16, seed) for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert sorted(a for _, a in orders[0]) == sorted(a for _, a in _DEMONSTRATIONS)


def test_prompts_of_one_batch_are_of_like_length() -> None:
    ordered = _in_batches_of_like_length(_DEMONSTRATIONS, 16, 0)
    lengths = [len(messages[-1]["content"]) for messages, _ in ordered]
    spreads = [max(lengths[i : i + 16]) - min(lengths[i : i + 16]) for i in range(0, 640, 16)]
    assert sum(spreads) / len(spreads) < 20


def test_fewer_demonstrations_than_a_batch_are_kept() -> None:
    assert len(_in_batches_of_like_length(_DEMONSTRATIONS[:5], 16, 0)) == 5

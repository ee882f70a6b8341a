from __future__ import annotations

import hashlib

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.records.shard import Shard, shard_of

IDS = [f"q-{i}" for i in range(1000)]


def test_a_question_is_in_the_shard_its_hash_says() -> None:
    for question_id in IDS[:50]:
        left = int(hashlib.sha256(question_id.encode()).hexdigest(), 16) % 8

        assert shard_of(question_id, 8) == Shard(index=left + 1, count=8)


@pytest.mark.parametrize("count", [1, 2, 3, 8, 50])
def test_every_question_is_in_exactly_one_shard(count: int) -> None:
    shards = [Shard(index=i, count=count) for i in range(1, count + 1)]

    assert all(sum(shard.holds(q) for shard in shards) == 1 for q in IDS)


def test_shards_are_about_equally_large() -> None:
    held = [sum(Shard(index=i, count=8).holds(q) for q in IDS) for i in range(1, 9)]

    assert min(held) > 90
    assert max(held) < 160


def test_a_shard_of_half_the_count_holds_two_shards() -> None:
    """Mixing 1/4 with the eighths of the other quarters covers every question once."""
    quarter = {q for q in IDS if Shard(index=1, count=4).holds(q)}
    eighths = {q for q in IDS if any(Shard(index=i, count=8).holds(q) for i in (1, 5))}

    assert quarter == eighths


def test_a_hostile_question_id_has_a_shard() -> None:
    assert shard_of("a\ud800b\x00", 3).index in (1, 2, 3)


@pytest.mark.parametrize(
    "text", ["0/4", "5/4", "1/0", "1", "1/2/3", "a/b", "-1/4", "1/4 ", "²/4", ""]
)
def test_what_is_no_shard_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match="write the second of eight as 2/8"):
        Shard.parse(text)

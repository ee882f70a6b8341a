"""Random streams by name, and numbers drawn one by one."""

from __future__ import annotations

import pytest

from evalsuite.seeds import derive_seed, draws, stream


def test_the_parts_of_a_name_do_not_run_together() -> None:
    assert derive_seed(0, "ab", "c") != derive_seed(0, "a", "bc")
    assert derive_seed(0, 1) != derive_seed(0, "1")


@pytest.mark.parametrize("n", [1, 2, 7, 20, 1_319, 2**31 + 1, 3 * 2**30, 2**32 - 1])
def test_numbers_drawn_one_by_one_are_those_of_numpy(n: int) -> None:
    """Of 3 * 2**30 one half in four is drawn again."""
    below, rng = draws(stream(3, "test", n)), stream(3, "test", n)
    for other in (n, 5, n):  # what an earlier draw left over counts for the next one
        assert [below(other) for _ in range(300)] == [int(rng.integers(other)) for _ in range(300)]

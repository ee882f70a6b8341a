"""What the tiny base is made of is checked before anything is trained."""

from __future__ import annotations

import pytest

from evalsuite.embedded.base_maker import BaseSpec
from evalsuite.errors import InvalidInputError


@pytest.mark.parametrize("name", ["demonstrations", "steps", "batch_size"])
def test_a_base_refuses_a_size_of_zero(name: str) -> None:
    sizes = {"demonstrations": 10, "steps": 1, "batch_size": 1} | {name: 0}

    with pytest.raises(InvalidInputError, match=f"{name} is 0"):
        BaseSpec(**sizes, learning_rate=1e-3)

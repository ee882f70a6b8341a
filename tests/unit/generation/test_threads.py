"""How many CPU threads compute, and what is left behind."""

from __future__ import annotations

import pytest
import torch

from evalsuite.generation.threads import at_most, thread_count


def test_the_number_of_threads_is_set_back_also_after_an_error() -> None:
    before = torch.get_num_threads()

    def interrupted() -> None:
        with thread_count(before + 1) as in_use:
            assert in_use == torch.get_num_threads() == before + 1
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert torch.get_num_threads() == before


def test_what_is_asked_for_is_no_more_than_the_model_should_use() -> None:
    with thread_count(2):
        assert (at_most(8), at_most(1), at_most(None)) == (2, 1, None)

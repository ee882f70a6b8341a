"""Commands as real processes, each forked from one that has imported the model libraries.

Properties are about values, not about how busy the machine is: no deadline an example.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from forked import MODEL_LIBRARIES, Forks
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

settings.register_profile("no-deadline", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("no-deadline")


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Begin the parent of every command, with its kernels compiled; two thirds of a start go."""
    folder = tmp_path_factory.mktemp("forks")
    with Forks(folder, *MODEL_LIBRARIES, variables={"COLUMNS": "100"}) as running:
        running.warm(folder, "compare", "base", "trained", "--first", "2", "-q")
        yield running

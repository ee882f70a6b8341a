"""Commands as real processes, each forked from one that has imported the model libraries.

Properties are about values, not about how busy the machine is: no deadline an example. Coverage
is that of the workers: neither what they start nor what repeats lines a thousand times is measured,
for that takes half as long again, and the unit tests run the same lines once.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest
from forked import TRAINING_LIBRARIES, Forks
from hub_server import HubForks, hub_forks
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPEATING = {"calibration", "faults", "property", "reference"}
"""Folders of tests that simulate, enumerate, kill or draw examples."""

if "PYTEST_XDIST_WORKER" in os.environ:  # measured by now; its own processes shall not be
    for variable in [name for name in os.environ if name.startswith("COVERAGE_")]:
        del os.environ[variable]

# A run that was begun with nohup passes on that a hang-up is ignored, and tests send one.
if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Libraries and thousands of tests are held to the end: to search them as often as Python does takes
# a tenth of the unit tests.
gc.set_threshold(20_000, 20, 20)

settings.register_profile("no-deadline", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.load_profile("no-deadline")


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """Begin the parent of every command, with its kernels compiled; two thirds of a start go."""
    folder = tmp_path_factory.mktemp("forks")
    with Forks(folder, *TRAINING_LIBRARIES, variables={"COLUMNS": "100"}) as running:
        running.warm(folder, "compare", "base", "trained", "--first", "2", "-q")
        running.warm(folder, call="forked:draw_warm_up")
        yield running


@pytest.fixture(scope="session")
def known_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HubForks]:
    """Serve the Hub of every test, and begin the parent of the processes that know it."""
    with hub_forks(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def fresh_hub(known_hub: HubForks) -> HubForks:
    """Give an empty Hub to processes that have kept nothing of it."""
    known_hub.forget()
    return known_hub


@pytest.fixture(scope="session")
def length_reward(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write a reward that pays every answer something else, so that one step moves the weights."""
    path = tmp_path_factory.mktemp("rewards") / "length.py"
    path.write_text(
        "def length(completions):\n    return [len(c[0]['content']) for c in completions]\n"
    )
    return f"{path}:length"


@pytest.fixture(autouse=True, scope="module")
def _measured_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take the tracer away from what repeats: it would take twice as long."""
    library = sys.modules.get("coverage")  # there only where something is measured
    measuring = library and library.Coverage.current()
    if measuring is None or _REPEATING.isdisjoint(request.path.parts):
        yield
        return
    measuring.stop()
    yield
    measuring.start()

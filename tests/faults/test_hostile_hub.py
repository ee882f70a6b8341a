"""Whatever the Hub answers, a model is the right one or ends in one line; no token goes astray."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from forked import MODEL_LIBRARIES, Forks, Started
from hostile_hub import BEHAVIOURS, PATIENCE, TOKEN, HostileHub, hostile_hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CALL = "hostile_hub:use"
SECONDS = 240.0
"""Of wall time on a busy machine; the client itself tries six times, with pauses of 8 seconds."""
ONCE_A_KIND = (
    *("right", "all-on-another-host", "list-on-another-host", "loop", "to-a-file"),
    *("flipped-weights", "etag-is-a-path", "commit-is-a-path", "cut-settings", "no-json"),
    *(
        "names-that-lead-out",
        "silent-weights",
        "gated",
        "missing",
        "limited-in-words",
        "teapot",
        "limited-for-ever",
        "dripping-headers",
        "dripping-list-headers",
        "unsized",
        "unsized-weights-without-end",
        "larger-than-any-disk",
        "packed-list",
    ),
)
"""In the short form."""
WAITED_FOR = ("limited-in-words", "silent-weights")


@pytest.fixture(scope="module")
def hub() -> Iterator[HostileHub]:
    with hostile_hub() as servers:
        yield servers


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home") / "below" / "home"


@pytest.fixture(scope="module")
def forks(hub: HostileHub, home: Path) -> Iterator[Forks]:
    home.mkdir(parents=True)
    variables = {"HF_ENDPOINT": hub.hub, "HF_HOME": str(home), "HF_TOKEN": TOKEN}
    variables |= {"HF_HUB_DOWNLOAD_TIMEOUT": PATIENCE, "HF_HUB_ETAG_TIMEOUT": PATIENCE}
    variables |= {"HF_HUB_OFFLINE": "", "HF_HUB_DISABLE_XET": "1"}
    modules = (*MODEL_LIBRARIES, "transformers.models.llama", "hostile_hub", "huggingface_hub")
    with Forks(home, *modules, variables=variables) as running:
        running.warm(home, "hostile/right", call=CALL)
        yield running


@pytest.fixture(scope="module")
def waiting(forks: Forks, home: Path) -> dict[str, Started]:
    """Begin at once what only waits: clients asked to come back, and one of a silent server."""
    return {name: forks.start(home, f"hostile/{name}", call=CALL) for name in WAITED_FOR}


@pytest.mark.parametrize(
    "name",
    [n if n in ONCE_A_KIND else pytest.param(n, marks=pytest.mark.faults) for n in BEHAVIOURS],
)
def test_a_hostile_hub_gets_one_line_and_no_token(
    forks: Forks, hub: HostileHub, home: Path, waiting: dict[str, Started], name: str
) -> None:
    behaviour = BEHAVIOURS[name]

    if name in waiting:
        outcome = waiting[name].ended(SECONDS)
        assert outcome is not None, "still running"
    else:
        outcome = forks.run(home, f"hostile/{name}", call=CALL, seconds=SECONDS)

    said = outcome.output + outcome.errors
    assert outcome.code in (0, 2, 5), said
    assert behaviour.words in outcome.output
    assert len(outcome.output.splitlines()) == 1
    assert len(outcome.output) < 1000
    assert outcome.output.strip().isprintable()
    assert "Traceback" not in said
    assert TOKEN[:9] not in said
    assert hub.tokens_elsewhere == []
    assert outcome.megabytes < 1000
    assert outcome.seconds < 10
    assert list(home.parent.parent.rglob("owned*")) == []

"""Data sets of the Hub, over a real server on loopback, each reader a process of its own."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hub_server import TOKEN, HubServer, hub_server, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ = """
import sys
from evalsuite.errors import EvalsuiteError
from evalsuite.tasks.questions import load_questions
for name in sys.argv[1:]:
    try:
        found = load_questions(name, columns={"question": "problem", "answer": "solution"})
        print(*(f"{q.id}:{q.text}:{q.gold}" for q in found), sep=";", flush=True)
    except EvalsuiteError as error:
        print(type(error).__name__, error, flush=True)
"""
_READ_WITH_STDERR = f"""
import sys
sys.stderr = sys.stdout  # what a library says would stand among the lines
{_READ}"""
TEST = "data/test-00000-of-00001.parquet"


@pytest.fixture
def hub() -> Iterator[HubServer]:
    with hub_server() as server:
        yield server


def parquet(**columns: list[str]) -> bytes:
    arrow: Any = pytest.importorskip("pyarrow")
    written = io.BytesIO()
    pytest.importorskip("pyarrow.parquet").write_table(arrow.table(columns), written)
    return written.getvalue()


def sums(*texts: str) -> dict[str, bytes]:
    """Write a data set with columns of other names, and a split that nobody asks for."""
    return {
        TEST: parquet(problem=list(texts), solution=["4"] * len(texts)),
        TEST.replace("test", "train"): parquet(problem=["1 + 1?"], solution=["2"]),
    }


def read(hub: HubServer, home: Path, *names: str, **variables: str) -> list[str]:
    """Read each data set; the lines say what came of it."""
    return lines_of(_READ, hub, home, names, variables)


def test_a_data_set_that_was_read_once_is_read_again_without_a_network(
    hub: HubServer, tmp_path: Path
) -> None:
    hub.repository("datasets/acme/sums").push(sums("2 + 2?", "3 + 1?"))

    online = read(hub, tmp_path, "hf:acme/sums")
    hub.shutdown()
    hub.server_close()
    names = ("hf:acme/sums", "hf:acme/other")
    offline = lines_of(_READ_WITH_STDERR, hub, tmp_path, names, {})

    assert online == ["sums-test-0:2 + 2?:4;sums-test-1:3 + 1?:4"]
    assert len(offline) == 2
    assert offline[0] == online[0]
    assert offline[1].startswith("RunFailedError can't load acme/other from the Hub")
    assert "check the network" in offline[1]


def test_a_data_set_that_moved_is_read_as_it_is_now(hub: HubServer, tmp_path: Path) -> None:
    repository = hub.repository("datasets/acme/sums")
    repository.push(sums("2 + 2?"))
    before = read(hub, tmp_path, "hf:acme/sums")
    repository.push(sums("1 + 3?"))

    assert (before, read(hub, tmp_path, "hf:acme/sums")) == (
        ["sums-test-0:2 + 2?:4"],
        ["sums-test-0:1 + 3?:4"],
    )


def test_what_the_hub_refuses_is_one_line_with_the_way_out(hub: HubServer, tmp_path: Path) -> None:
    hub.repository("datasets/acme/gated", is_gated=True).push(sums("2 + 2?"))
    hub.repository("datasets/acme/empty").push({"README.md": b"nothing"})
    hub.repository("datasets/acme/cut").push({TEST: b"PAR1 and no more"})
    hub.repository("datasets/acme/named").push({TEST: parquet(q=["2 + 2?"], a=["4"])})
    only_train = sums("2 + 2?")
    del only_train[TEST]
    hub.repository("datasets/acme/train").push(only_train)
    names = ("gated", "none", "empty", "cut", "named", "train", "train:small")

    lines = read(hub, tmp_path, *(f"hf:acme/{name}" for name in names))
    with_token = read(hub, tmp_path, "hf:acme/gated", HF_TOKEN=TOKEN)

    assert len(lines) == len(names)
    assert "set HF_TOKEN where it is gated" in lines[0]
    assert "acme/none" in lines[1]
    assert "check the name" in lines[1]
    assert lines[2].startswith("RunFailedError can't load acme/empty")
    assert lines[3].startswith("RunFailedError can't load acme/cut")
    assert "row 1 has no 'problem' (it has a, q); say where it stands" in lines[4]
    assert "choose another --split" in lines[5]
    assert "hf:ORG/NAME:CONFIG" in lines[6]
    assert with_token == ["gated-test-0:2 + 2?:4"]

"""Data sets of the Hub, over a real server on loopback, each reader a process."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from hub_server import TOKEN

if TYPE_CHECKING:
    from pathlib import Path

    from hub_server import HubForks

READ = "hub_server:read_data_sets"
TEST = "data/test-00000-of-00001.parquet"


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


def read(hub: HubForks, folder: Path, *names: str, **variables: str) -> list[str]:
    """Read each data set; the lines say what came of it."""
    return hub.run(folder, *names, call=READ, variables=variables).output.splitlines()


def test_a_data_set_that_was_read_once_is_read_again_without_a_network(
    fresh_hub: HubForks, tmp_path: Path
) -> None:
    fresh_hub.server.repository("datasets/acme/sums").push(sums("2 + 2?", "3 + 1?"))

    online = read(fresh_hub, tmp_path, "hf:acme/sums")
    fresh_hub.server.leave()
    done = fresh_hub.run(tmp_path, "hf:acme/sums", "hf:acme/other", call=READ)
    offline = [*done.output.splitlines(), *done.errors.splitlines()]  # libraries say nothing

    assert online == ["sums-test-0:2 + 2?:4;sums-test-1:3 + 1?:4"]
    assert len(offline) == 2
    assert offline[0] == online[0]
    assert offline[1].startswith("RunFailedError can't load acme/other from the Hub")
    assert "check the network" in offline[1]


def test_a_data_set_that_moved_is_read_as_it_is_now(fresh_hub: HubForks, tmp_path: Path) -> None:
    repository = fresh_hub.server.repository("datasets/acme/sums")
    repository.push(sums("2 + 2?"))
    before = read(fresh_hub, tmp_path, "hf:acme/sums")
    repository.push(sums("1 + 3?"))

    assert (before, read(fresh_hub, tmp_path, "hf:acme/sums")) == (
        ["sums-test-0:2 + 2?:4"],
        ["sums-test-0:1 + 3?:4"],
    )


def test_what_the_hub_refuses_is_one_line_with_the_way_out(
    fresh_hub: HubForks, tmp_path: Path
) -> None:
    fresh_hub.server.repository("datasets/acme/gated", is_gated=True).push(sums("2 + 2?"))
    fresh_hub.server.repository("datasets/acme/empty").push({"README.md": b"nothing"})
    fresh_hub.server.repository("datasets/acme/cut").push({TEST: b"PAR1 and no more"})
    fresh_hub.server.repository("datasets/acme/named").push({TEST: parquet(q=["2 + 2?"], a=["4"])})
    only_train = sums("2 + 2?")
    del only_train[TEST]
    fresh_hub.server.repository("datasets/acme/train").push(only_train)
    names = ("gated", "none", "empty", "cut", "named", "train", "train:small")

    lines = read(fresh_hub, tmp_path, *(f"hf:acme/{name}" for name in names))
    with_token = read(fresh_hub, tmp_path, "hf:acme/gated", HF_TOKEN=TOKEN)

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

"""The whole command against real servers over loopback, killed and failing ones included."""

from __future__ import annotations

import json
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest
from chat_server import serving
from run_processes import SLOW_MACHINE, wait_for

from evalsuite.asking.answering.runs import finish_run
from evalsuite.asking.session import compare_planned, plan_session
from evalsuite.asking.spec import CompareSpec
from evalsuite.cli.main import main
from evalsuite.disk.storage import load_run
from evalsuite.reporting.telling import in_english

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from _pytest.capture import CaptureResult
    from chat_server import ChatServer
    from forked import Forks

    from evalsuite.records.run import Run

    Command = Callable[..., CaptureResult[str]]

SMALL = ("--task", "embedded", "--no-full", "--seeds", "1", "--subset-size", "12")
SECRET = "sk-not-to-be-written-anywhere"  # noqa: S105  it opens nothing


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[ChatServer, ChatServer]]:
    with serving("base", root="/models/base") as base, serving("trained") as trained:
        yield base, trained


@pytest.fixture(autouse=True)
def healthy(servers: tuple[ChatServer, ChatServer]) -> None:
    for server in servers:
        server.always, server.before = None, lambda: None
        server.bodies.clear()
        server.faults.clear()


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run the command in this process, which has the model library loaded already."""
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)

    def call(*arguments: str, code: int = 0, folder: Path = tmp_path) -> CaptureResult[str]:
        monkeypatch.chdir(folder)
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        told = capsys.readouterr()
        assert ended.value.code == code, told.err
        return told

    return call


def stored(folder: Path, start: str = "") -> Run:
    (found,) = (folder / "runs").glob(f"{start}*")
    return load_run(found)


def test_servers_give_the_answers_and_the_verdict_of_our_own_engine(
    servers: tuple[ChatServer, ChatServer], tmp_path: Path, run: Command
) -> None:
    base, trained = servers
    asked = CompareSpec(
        task="embedded", full=False, subsets=1, subset_size=12, runs=tmp_path / "ours"
    )
    ours = [finish_run(one, asked) for one in plan_session(("base", "trained"), asked)]

    done = run("compare", base.name, trained.name, *SMALL, "--json")

    results = json.loads(done.out)
    expected = in_english(compare_planned(ours[0], ours[1], asked))
    assert expected.verdict is not None
    assert results["verdict"]["headline"] == expected.verdict.headline
    for one, name in zip(ours, ("base", "trained"), strict=True):
        assert one.run is not None
        assert stored(tmp_path, name).responses == one.run.responses
    levels = {check["code"]: check["level"] for check in results["checks"]}
    assert levels["EVS007"] == "passed"
    assert levels["EVS050"] == "warning"
    assert (levels["EVS006"], levels["EVS008"], levels["EVS053"]) == ("not_applicable",) * 3
    assert results["provenance"]["base"]["engine"] == "endpoint"
    assert results["provenance"]["base"]["model"]["base"] == "/models/base"
    written = [p.read_text(encoding="utf-8") for p in tmp_path.rglob("*") if p.is_file()]
    assert not any(SECRET in text for text in (*written, done.out, done.err))
    asked_before = len(base.bodies)
    again = run("compare", base.name, trained.name, *SMALL)
    assert "complete, reused" in again.err
    assert len(base.bodies) == asked_before


def test_a_killed_run_goes_on_where_it_was_and_ends_in_the_same_bytes(
    forks: Forks, servers: tuple[ChatServer, ChatServer], tmp_path: Path, run: Command
) -> None:
    _, server = servers
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    whole.mkdir()
    cut.mkdir()
    arguments = ("run", server.name, *SMALL, "--concurrency", "2")
    run(*arguments, folder=whole)
    server.bodies.clear()
    server.before = lambda: time.sleep(0.6)  # 3.6 s in all; answers are on the disk within a second
    process = forks.start(cut, *arguments, variables={"OPENAI_API_KEY": SECRET})
    wait_for(process, cut, 1)
    process.send(signal.SIGKILL)
    process.ended(SLOW_MACHINE)
    (journal,) = cut.glob("runs/*/responses.jsonl")
    kept = journal.read_bytes().count(b"\n")
    assert 0 < kept < 12
    server.bodies.clear()
    server.before = lambda: None

    run(*arguments, folder=cut)

    assert len(server.bodies) == 12 - kept
    assert stored(cut).responses == stored(whole).responses
    assert journal.read_bytes() == next(whole.glob("runs/*/responses.jsonl")).read_bytes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_two_servers_under_way_are_left_at_once_and_keep_their_answers(
    forks: Forks,
    servers: tuple[ChatServer, ChatServer],
    tmp_path: Path,
    run: Command,
    number: signal.Signals,
) -> None:
    """One of them is silent by then: what ends the command does not wait for its answer."""
    base, trained = servers
    silence = threading.Event()
    base.before = lambda: time.sleep(0.1)
    trained.before = lambda: None if len(trained.bodies) <= 3 else _wait(silence)
    arguments = ("compare", base.name, trained.name, *SMALL, "--concurrency", "1")
    process = forks.start(tmp_path, *arguments, variables={"OPENAI_API_KEY": SECRET})
    try:
        wait_for_journals(tmp_path, {"base": 2, "trained": 3})
        process.send(number)
        ended = process.ended(SLOW_MACHINE / 2)
    finally:
        silence.set()
    assert ended is not None
    assert ended.code == 128 + number
    assert "Traceback" not in ended.errors
    assert "fatal" not in ended.errors.lower()
    kept = sum(_answered(tmp_path).values())
    assert 5 <= kept < 24
    for server in servers:
        server.bodies.clear()
        server.before = lambda: None

    run(*arguments)

    assert sum(len(server.bodies) for server in servers) == 24 - kept


def _wait(silence: threading.Event) -> None:
    silence.wait(SLOW_MACHINE)


def _answered(folder: Path) -> dict[str, int]:
    journals = folder.glob("runs/*/responses.jsonl")
    return {p.parent.name.partition("-")[0]: p.read_bytes().count(b"\n") for p in journals}


def wait_for_journals(folder: Path, least: dict[str, int]) -> None:
    """Wait until each journal holds so many answers."""
    until = time.monotonic() + SLOW_MACHINE
    while any(_answered(folder).get(name, 0) < n for name, n in least.items()):
        assert time.monotonic() < until, _answered(folder)
        time.sleep(0.02)


def test_a_failing_server_costs_no_answer(
    servers: tuple[ChatServer, ChatServer], tmp_path: Path, run: Command
) -> None:
    _, server = servers
    server.faults = ["ok"] * 5 + [(400, {}, b'{"error": {"message": "worker died"}}')]
    arguments = ("run", server.name, *SMALL, "--concurrency", "1")

    failed = run(*arguments, code=5)

    assert "worker died" in failed.err
    assert "start the same command again" in failed.err
    assert "Traceback" not in failed.err
    server.bodies.clear()
    run(*arguments)
    assert len(server.bodies) == 12 - 5


def test_the_same_name_at_another_url_is_another_run(
    servers: tuple[ChatServer, ChatServer], tmp_path: Path, run: Command
) -> None:
    _, server = servers
    asked = CompareSpec(
        task="embedded", full=False, subsets=1, subset_size=4, runs=tmp_path / "runs"
    )
    with serving("trained") as other:
        planned = plan_session((server.name, other.name), asked)

        folders = {finish_run(one, asked).folder for one in planned}

    assert len(folders) == 2


def test_a_server_is_not_compared_with_our_own_engine(
    servers: tuple[ChatServer, ChatServer], tmp_path: Path, run: Command
) -> None:
    _, server = servers

    done = run("compare", "base", server.name, *SMALL, code=4)

    assert "base by hf in float32, trained by endpoint in unknown" in done.err
    assert not server.bodies
    run("run", "base", *SMALL)
    run("run", server.name, *SMALL)
    stored_runs = sorted((tmp_path / "runs").iterdir())
    names = [f"run:{folder}" for folder in stored_runs]
    done = run("compare", *names, *SMALL, "--json", code=4)
    results = json.loads(done.out)
    levels = {check["code"]: check["level"] for check in results["checks"]}
    assert results["verdict"]["decision"] == "invalid"
    assert levels["EVS007"] == "blocking"


def test_servers_of_different_kinds_are_not_comparable(
    servers: tuple[ChatServer, ChatServer], tmp_path: Path, run: Command
) -> None:
    base, _ = servers
    asked = CompareSpec(task="embedded", full=False, subsets=1, subset_size=4, runs=tmp_path)
    with serving("trained", owned_by="vllm") as other:
        done = [finish_run(one, asked) for one in plan_session((base.name, other.name), asked)]

    comparison = in_english(compare_planned(done[0], done[1], asked))

    check = next(c for c in comparison.checks if c.code == "EVS007")
    assert check.level == "blocking"
    assert check.detail == "base on endpoint tests, trained on endpoint vllm"


def test_resolve_tells_what_the_server_says(
    servers: tuple[ChatServer, ChatServer], tmp_path: Path, run: Command
) -> None:
    base, _ = servers

    done = run("models", "resolve", base.name)

    assert "/models/base" in done.out
    assert "tests" in done.out
    assert base.url in done.out

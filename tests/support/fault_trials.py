"""Trials of commands on a failing disk: each in a process of its own, then the command again.

Run as ``python -m fault_trials FOLDER STEP SCENARIO...``: every STEP-th operation of each scenario
fails in every way there is. Prints one JSON object a scenario. No model library is loaded: answers
come from a scripted server, and processes are forked from one that has imported everything.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from builders import run
from faulty_disk import KILL, FaultyDisk

from evalsuite.cli.main import main
from evalsuite.disk.storage import write_grades, write_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FAULTS = (KILL, errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EMFILE)
CLEAN_CODES = {0, 2, 5}
N_QUESTIONS = 12
SECONDS = 120.0
STABLE = re.compile(
    r".*(spec\.json|(questions|responses|grades)\.jsonl|complete\.json|results\.json"
    r"|summary\.md|report\.html|evalsuite\.toml)"
)
"""Files that must be the same bytes; ``complete.json`` but for the hash of the environment."""
MakeDisk = Callable[..., Any]
"""Makes what fails: ``(root, at=, fault=, is_lasting=)`` with ``install`` and ``count``."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one process ended."""

    code: int
    """Negative for a signal."""
    errors: str
    operations: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that a fault did and must not do."""

    kind: str
    """``traceback``, ``exit code``, ``locked``, ``lost``, ``doubled`` or ``different``."""
    where: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A command, how it goes on after a fault, and what there must be in the end."""

    name: str
    command: list[str]
    again: Callable[[Path], list[str]]
    """The command after a fault, by what that left behind."""
    state: Callable[[Path], dict[str, Any]]
    """What must be the same as without a fault, by name."""
    is_done_codes: frozenset[int] = frozenset({0})
    disk: MakeDisk = field(default=FaultyDisk)


def prepared(folder: Path, url: str) -> dict[str, Scenario]:
    """Lay what the commands read into a folder, and give every scenario."""
    texts = [rf"{i} and \boxed{{7}}" if i % 3 else "no" for i in range(N_QUESTIONS)]
    better = [rf"\boxed{{7}} {i}" for i in range(N_QUESTIONS)]
    for name, answers in (("one", texts), ("two", better), ("gone", texts)):
        stored = run(answers, name=name)
        write_run(folder / "runs" / f"{name}-test-64-00000000", stored)
    regraded = run(texts, name="old")
    write_run(folder / "runs" / "old-test-64-00000000", regraded)
    write_grades(folder / "runs" / "old-test-64-00000000", run(better).grades)
    rows = [{"question": f"{i}+1?", "answer": i + 1} for i in range(N_QUESTIONS)]
    (folder / "asked.jsonl").write_text("".join(json.dumps(r) + "\n" for r in rows))
    log = [{"id": i, "text": f"\\boxed{{{i + 1}}}", "finish": "stop"} for i in range(N_QUESTIONS)]
    (folder / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in log))
    compare = ["compare", "run:one", "run:two", "--subset-size", "5", "-o", "report"]
    generate = ["run", f"openai:scripted@{url}", "--task", "asked.jsonl", "--concurrency", "1"]
    ended(folder, [*compare[:-1], "earlier"])
    shards = [*generate, "--max-new-tokens", "17"]
    for share in ("1/2", "2/2"):  # real shards, each by a process of its own
        assert ended(folder, [*shards, "--shard", share]).code == 0
    (sharded,) = (path.parent.name for path in folder.glob("runs/*/shard-1-of-2.json"))
    commands = {
        "run": [*generate, "--max-new-tokens", "16"],
        "compare": compare,
        "report": ["report", "earlier", "-o", "again.html"],
        "regrade": ["regrade", "run:old"],
        "merge": ["runs", "merge", sharded],
        "import": ["import", "log.jsonl", "--name", "x", "--task", "t", "--data", "asked.jsonl"],
        "alias": ["models", "alias", "名", "run:one"],
        "remove": ["runs", "rm", "gone-test-64-00000000", "--yes"],
    }
    return {name: _repeated(name, command) for name, command in commands.items()}


def _repeated(name: str, command: list[str]) -> Scenario:
    """Make a scenario that goes on by the same command."""
    return Scenario(
        name=name,
        command=command,
        again=lambda _folder: command,
        state=fingerprints,
        # What a removal had removed before it was cut off is no run any more.
        is_done_codes=frozenset({0, 2} if name == "remove" else {0}),
    )


def ended(folder: Path, command: list[str], disk: Any = None) -> Outcome:
    """Run one command in a forked process."""
    said = folder.with_name(f"{folder.name}-said")
    counted = folder.with_name(f"{folder.name}-counted")
    process = os.fork()
    if process == 0:
        _be_the_command(folder, command, disk, said, counted)
    deadline = time.monotonic() + SECONDS
    while True:
        pid, status = os.waitpid(process, os.WNOHANG)
        if pid:
            break
        if time.monotonic() > deadline:
            os.kill(process, 9)
        time.sleep(0.002)
    operations = int(counted.read_text() or 0) if counted.is_file() else 0
    return Outcome(os.waitstatus_to_exitcode(status), said.read_text(errors="replace"), operations)


def _be_the_command(folder: Path, command: list[str], disk: Any, said: Path, counted: Path) -> None:
    os.chdir(folder)
    target = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(target, 1)
    os.dup2(target, 2)
    count = os.open(counted, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    code: Any = 99
    if disk is not None:
        disk.install()
    try:
        main(command)
    except SystemExit as end:
        code = end.code
    os.write(count, str(0 if disk is None else disk.count).encode())
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else 98)


def fingerprints(folder: Path) -> dict[str, str]:
    """Hash what must be the same; other files by their name alone, some not at all.

    Locks stay; ``sessions.jsonl`` of a finished run is removed by whoever owns it next.
    """
    hashes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.endswith((".lock", "sessions.jsonl")):
            content = path.read_bytes() if STABLE.fullmatch(path.name) else b""
            content = re.sub(rb'"environment.json": "[0-9a-f]{64}"', b"", content)
            hashes[str(path.relative_to(folder))] = hashlib.sha256(content).hexdigest()
    return hashes


def trials(
    folder: Path, scenario: Scenario, step: int, *, are_spread: bool = False
) -> dict[str, Any]:
    """Fail a command at operations in every way; count what went wrong.

    ``step`` is the distance between operations; ``are_spread`` makes it their number.
    """
    whole = folder / "whole"
    shutil.copytree(folder / "template", whole)
    counting = ended(whole, scenario.command, scenario.disk(whole, at=0, fault=KILL))
    assert counting.code == 0, counting.errors
    expected = scenario.state(whole)
    shutil.rmtree(whole)
    tried = _faults_at(counting.operations, step, are_spread=are_spread)
    wrong = [w for at, fault in tried for w in _wrong_of(folder, scenario, expected, at, fault)]
    return {
        "scenario": scenario.name,
        "operations": counting.operations,
        "trials": len(tried),
        "kills": sum(fault == KILL for _, fault in tried),
        "wrong": [[w.kind, w.where, w.detail] for w in wrong],
    }


def _faults_at(operations: int, step: int, *, are_spread: bool) -> list[tuple[int, int]]:
    """Give operations with their faults; short forms take another fault at each operation."""
    if step == 1 and not are_spread:
        return [(at, fault) for at in range(1, operations + 1) for fault in FAULTS]
    points: Sequence[int] = range(1, operations + 1, step)
    if are_spread:
        points = [1 + i * operations // step for i in range(step)]
    return [(at, FAULTS[turn % len(FAULTS)]) for turn, at in enumerate(points)]


def _wrong_of(
    folder: Path, scenario: Scenario, expected: dict[str, Any], at: int, fault: int
) -> Iterator[Wrong]:
    trial = folder / "trial"
    shutil.rmtree(trial, ignore_errors=True)
    shutil.copytree(folder / "template", trial)
    lasting = fault == errno.ENOSPC and at % 2 == 0
    disk = scenario.disk(trial, at=at, fault=fault, is_lasting=lasting)
    first = ended(trial, scenario.command, disk)
    second = ended(trial, scenario.again(trial))
    where = f"{'kill' if fault == KILL else errno.errorcode[fault]} at {at}"
    for outcome in (first, second):
        if "Traceback" in outcome.errors:
            yield Wrong("traceback", where, outcome.errors[-300:])
    if first.code not in CLEAN_CODES and not (fault == KILL and first.code == -9):
        yield Wrong("exit code", where, f"{first.code}: {first.errors[-300:]}")
    if second.code not in scenario.is_done_codes:
        yield Wrong("locked", where, f"{second.code}: {second.errors[-300:]}")
        return
    after = scenario.state(trial)
    names = sorted(
        name for name in after.keys() | expected.keys() if after.get(name) != expected.get(name)
    )
    if names:
        yield Wrong(_kind(trial), where, ", ".join(names))


def _kind(folder: Path) -> str:
    """Tell whether answers are doubled or lost, or something else is different."""
    for journal in folder.glob("runs/*/responses.jsonl"):
        lines = [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]
        keys = [(line["question_id"], line["sample"]) for line in lines]
        if len(set(keys)) < len(keys):
            return "doubled"
        if len(keys) < N_QUESTIONS:
            return "lost"
    return "different"


class _Scripted(BaseHTTPRequestHandler):
    """A server whose answer follows from the question."""

    def do_GET(self) -> None:
        self._send({"data": [{"id": "scripted", "owned_by": "tests"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        digest = hashlib.sha256(json.dumps(body["messages"]).encode()).digest()
        text = rf"\boxed{{{digest[0] % 9}}}"
        choice = {"message": {"content": text}, "finish_reason": "stop"}
        self._send({"choices": [choice], "usage": {"completion_tokens": 5}, "model": "scripted"})

    def _send(self, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


def serve() -> tuple[str, int]:
    """Start the scripted server in a process of its own; give its URL and process."""
    server = HTTPServer(("127.0.0.1", 0), _Scripted)
    process = os.fork()
    if process == 0:
        server.serve_forever()
    server.server_close()
    return f"http://127.0.0.1:{server.server_port}/v1", process


def _import_everything(folder: Path, scenarios: Iterable[Scenario]) -> None:
    """Run every command once in this process, so that forks of it import nothing."""
    warm = folder / "warm"
    shutil.copytree(folder / "template", warm)
    os.chdir(warm)
    for scenario in scenarios:
        with suppress(SystemExit):
            main(scenario.command)
    os.chdir(folder)


def report(folder: Path, step: int, names: list[str]) -> None:
    """Run the trials of some scenarios, or of all."""
    url, server = serve()
    try:
        (folder / "template").mkdir(parents=True)
        scenarios = prepared(folder / "template", url)
        shown = os.dup(1)
        os.dup2(2, 1)  # what the commands say is not this one's output
        _import_everything(folder, scenarios.values())
        for name in names or list(scenarios):
            line = json.dumps(trials(folder, scenarios[name], step)) + "\n"
            os.write(shown, line.encode())
    finally:
        os.kill(server, 9)
        os.waitpid(server, 0)


if __name__ == "__main__":
    report(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])

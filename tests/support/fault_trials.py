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
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

from builders import run
from faulty_disk import KILL, FaultyDisk

from evalsuite.cli.main import main
from evalsuite.disk.storage import write_grades, write_run

FAULTS = (KILL, errno.ENOSPC, errno.EIO, errno.EACCES, errno.EROFS, errno.EMFILE)
CLEAN_CODES = {0, 2, 5}
N_QUESTIONS = 12
SECONDS = 120.0
STABLE = re.compile(
    r".*(spec\.json|(questions|responses|grades)\.jsonl|complete\.json|results\.json"
    r"|summary\.md|report\.html|evalsuite\.toml)"
)
"""Files that must be the same bytes; ``complete.json`` but for the hash of the environment."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one process ended."""

    code: int
    """Negative for a signal."""
    errors: str
    operations: int


def prepared(folder: Path, url: str) -> dict[str, list[str]]:
    """Lay what the commands read into a folder, and give the command of each scenario."""
    texts = [rf"{i} and \boxed{{7}}" if i % 3 else "no" for i in range(N_QUESTIONS)]
    better = [rf"\boxed{{7}} {i}" for i in range(N_QUESTIONS)]
    for name, answers in (("one", texts), ("two", better)):
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
    generate = ["run", f"openai:scripted@{url}", "--task", "asked.jsonl", "--max-new-tokens", "16"]
    ended(folder, [*compare[:-1], "earlier"])
    return {
        "run": [*generate, "--concurrency", "1"],
        "compare": compare,
        "report": ["report", "earlier", "-o", "again.html"],
        "regrade": ["regrade", "run:old"],
        "import": ["import", "log.jsonl", "--name", "x", "--task", "t", "--data", "asked.jsonl"],
        "alias": ["models", "alias", "名", "run:one"],
    }


def ended(folder: Path, command: list[str], disk: FaultyDisk | None = None) -> Outcome:
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


def _be_the_command(
    folder: Path, command: list[str], disk: FaultyDisk | None, said: Path, counted: Path
) -> None:
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


def trials(folder: Path, name: str, command: list[str], *, step: int) -> dict[str, Any]:
    """Fail a command at every ``step``-th operation in every way; count what went wrong."""
    template, whole = folder / "template", folder / "whole"
    shutil.copytree(template, whole)
    counting = ended(whole, command, FaultyDisk(whole, at=0, fault=KILL))
    assert counting.code == 0, counting.errors
    expected = fingerprints(whole)
    shutil.rmtree(whole)
    n_trials, wrong = 0, []
    # Short forms take another fault at each operation, so that every fault has its turn.
    points = range(1, counting.operations + 1, step)
    for turn, at in enumerate(points):
        chosen = FAULTS if step == 1 else (FAULTS[turn % len(FAULTS)],)
        for fault in chosen:
            n_trials += 1
            wrong += _wrong_of(folder, command, expected, at, fault)
    return {
        "scenario": name,
        "operations": counting.operations,
        "trials": n_trials,
        "wrong": wrong,
    }


def _wrong_of(
    folder: Path, command: list[str], expected: dict[str, str], at: int, fault: int
) -> list[str]:
    trial = folder / "trial"
    shutil.copytree(folder / "template", trial)
    lasting = fault == errno.ENOSPC and at % 2 == 0
    first = ended(trial, command, FaultyDisk(trial, at=at, fault=fault, is_lasting=lasting))
    second = ended(trial, command)
    where = f"{'kill' if fault == KILL else errno.errorcode[fault]} at {at}"
    wrong = []
    if "Traceback" in first.errors + second.errors:
        wrong.append(f"{where}: traceback: {(first.errors + second.errors)[-300:]}")
    if first.code not in CLEAN_CODES and not (fault == KILL and first.code == -9):
        wrong.append(f"{where}: exit code {first.code}: {first.errors[-300:]}")
    if second.code != 0:
        wrong.append(f"{where}: does not go on: {second.errors[-300:]}")
    elif (after := fingerprints(trial)) != expected:
        names = sorted(dict(after.items() ^ expected.items()))
        wrong.append(f"{where}: other files: {', '.join(names)}")
    shutil.rmtree(trial)
    return wrong


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


def _import_everything(folder: Path, commands: dict[str, list[str]]) -> None:
    """Run every command once in this process, so that forks of it import nothing."""
    warm = folder / "warm"
    shutil.copytree(folder / "template", warm)
    os.chdir(warm)
    for command in commands.values():
        with suppress(SystemExit):
            main(command)
    os.chdir(folder)


def report(folder: Path, step: int, names: list[str]) -> None:
    """Run the trials of some scenarios, or of all."""
    url, server = serve()
    try:
        (folder / "template").mkdir(parents=True)
        commands = prepared(folder / "template", url)
        shown = os.dup(1)
        os.dup2(2, 1)  # what the commands say is not this one's output
        _import_everything(folder, commands)
        for name in names or list(commands):
            line = json.dumps(trials(folder, name, commands[name], step=step)) + "\n"
            os.write(shown, line.encode())
    finally:
        os.kill(server, 9)
        os.waitpid(server, 0)


if __name__ == "__main__":
    report(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])

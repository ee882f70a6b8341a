"""The same bytes whatever the environment: hash seed, time zone, language, umask, folder."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ROOT = Path(__file__).parents[2]
QUESTIONS = [{"question": f"{i}+1?", "answer": i + 1} for i in range(12)]
ONE_BY_ONE = """
import json, sys
from evalsuite.cli.main import main
for command in json.loads(sys.argv[1]):
    try:
        main(command)
    except SystemExit as end:
        if end.code:
            raise
"""
ANSWERS = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl")
"""Of a run; the rest tells when, how fast and in how much memory it was made."""


class _Scripted(BaseHTTPRequestHandler):
    """A server whose answer follows from the model and the question."""

    def do_GET(self) -> None:
        models = [{"id": name, "owned_by": "tests"} for name in ("one", "two")]
        self._send({"data": models})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        number = int(re.findall(r"(\d+)\+1\?", body["messages"][-1]["content"])[-1])
        is_right = number % (3 if body["model"] == "one" else 4) != 0
        text = rf"İı ß \boxed{{{number + (1 if is_right else 2)}}}"
        choice = {"message": {"content": text}, "finish_reason": "stop"}
        self._send({"choices": [choice], "usage": {"completion_tokens": 5}, "model": body["model"]})

    def _send(self, value: Any) -> None:
        content = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Scripted)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def _commands(home: Path, *commands: list[str], umask: int, environment: dict[str, str]) -> None:
    """Run commands one after the other in a process of this environment."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", ONE_BY_ONE, json.dumps(commands)],
        cwd=home,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        umask=umask,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode(errors="replace")


def _compare(url: str) -> list[str]:
    models = [f"openai:{name}@{url}" for name in ("one", "two")]
    options = ["--task", "asked.jsonl", "--max-new-tokens", "16", "--subset-size", "5"]
    return ["compare", *models, *options, "--concurrency", "3"]


def _answers(home: Path, url: str, *, umask: int = 0o022, **environment: str) -> dict[str, str]:
    """Generate two runs from nothing; hash what they hold."""
    home.mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in QUESTIONS)
    (home / "asked.jsonl").write_text(lines, encoding="utf-8")
    command = [*_compare(url), "--no-report"]
    _commands(home, command, umask=umask, environment=environment)
    return _hashes(path for name in ANSWERS for path in home.glob(f"runs/*/{name}"))


def _report(
    home: Path, runs: Path, url: str, *, umask: int = 0o022, **environment: str
) -> dict[str, str]:
    """Compare runs that are there, and write every kind of report; hash them whole."""
    home.mkdir(parents=True)
    shutil.copy(runs / "asked.jsonl", home)
    for folder in (runs / "runs").glob("*/"):
        shutil.copytree(folder, home / "runs" / folder.name)
    _commands(
        home,
        [*_compare(url), "-o", "report"],
        ["report", "report", "--lang", "zh", "-o", "report/chinese.html"],
        ["report", "report", "--format", "latex"],
        umask=umask,
        environment=environment,
    )
    return _hashes((home / "report").iterdir())


def _hashes(files: Iterable[Path]) -> dict[str, str]:
    return {
        f"{path.parent.name}/{path.name}": hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(files)
    }


def _turkish(folder: Path) -> Path:
    """Compile the locale in which i is no small I, as most machines lack it."""
    folder.mkdir()
    command = ["localedef", "-i", "tr_TR", "-f", "UTF-8", str(folder / "tr_TR.UTF-8")]
    if shutil.which("localedef") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("this system can't compile the Turkish locale")
    return folder


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs lie that every environment reports on."""
    folder: Path = tmp_path_factory.mktemp("plain")
    return folder / "home"


@pytest.fixture(scope="module")
def answers(home: Path, url: str) -> dict[str, str]:
    return _answers(home, url, PYTHONHASHSEED="0", TZ="UTC", LC_ALL="C.UTF-8")


@pytest.fixture(scope="module")
def report(home: Path, answers: dict[str, str], url: str) -> dict[str, str]:
    again = home.with_name("again")
    return _report(again, home, url, PYTHONHASHSEED="0", TZ="UTC", LC_ALL="C.UTF-8")


@pytest.mark.parametrize(
    ("environment", "umask", "folder"),
    [
        ({"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, 0o077, "home"),
        ({"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "1"}, 0o022, "home"),
        ({"TZ": "Asia/Kathmandu", "PYTHONHASHSEED": "random"}, 0o000, "a folder/名 {x}"),
    ],
    ids=["language-C-and-umask", "turkish-and-hash-seed", "time-zone-and-folder"],
)
def test_every_file_has_the_same_bytes(
    home: Path,
    answers: dict[str, str],
    report: dict[str, str],
    url: str,
    tmp_path: Path,
    environment: dict[str, str],
    umask: int,
    folder: str,
) -> None:
    if "tr_TR.UTF-8" in environment.values():
        environment = environment | {"LOCPATH": str(_turkish(tmp_path / "locales"))}

    assert len(answers) == 2 * len(ANSWERS)
    assert _answers(tmp_path / "fresh" / folder, url, umask=umask, **environment) == answers
    assert {"report/results.json", "report/report.html"} <= report.keys()
    assert _report(tmp_path / "same" / folder, home, url, umask=umask, **environment) == report

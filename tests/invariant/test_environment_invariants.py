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
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
QUESTIONS = [{"question": f"{i}+1?", "answer": i + 1} for i in range(12)]
VOLATILE = {"environment.json"}
"""Seconds, memory and date."""


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


def _written(home: Path, url: str, *, umask: int = 0o022, **environment: str) -> dict[str, str]:
    """Generate, compare and report from nothing; hash every file by its name."""
    home.mkdir(parents=True)
    lines = "".join(json.dumps(row) + "\n" for row in QUESTIONS)
    (home / "asked.jsonl").write_text(lines, encoding="utf-8")
    models = [f"openai:{name}@{url}" for name in ("one", "two")]
    options = ["--task", "asked.jsonl", "--max-new-tokens", "16", "--subset-size", "5"]
    for command in (
        ["compare", *models, *options, "--concurrency", "3", "-o", "report"],
        ["report", "report", "--lang", "zh", "-o", "report/chinese.html"],
        ["report", "report", "--format", "latex"],
    ):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "evalsuite", *command],
            cwd=home,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
            umask=umask,
            capture_output=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr.decode(errors="replace")
    files = [p for p in sorted(home.rglob("*")) if p.is_file() and p.suffix != ".lock"]
    return {
        str(path.relative_to(home)): hashlib.sha256(_without_the_hour(path, home)).hexdigest()
        for path in files
        if path.name not in VOLATILE
    }


def _without_the_hour(path: Path, home: Path) -> bytes:
    """Leave out what tells when, how fast and in how much memory a run was made."""
    text = path.read_text(encoding="utf-8")
    for key in ("finished_utc", "seconds", "tokens_per_second", "peak_rss_mb"):
        text = re.sub(rf'"{key}": ("[^"]*"|[\d.]+|null)', f'"{key}": 0', text)
    text = re.sub(r'"environment.json": "[0-9a-f]{64}"', "", text)
    text = re.sub(r'(type="text/plain" id="results">)[^<]*', r"\1", text)
    return text.replace(str(home), "HOME").encode()


def _turkish(folder: Path) -> Path:
    """Compile the locale in which i is no small I, as most machines lack it."""
    folder.mkdir()
    command = ["localedef", "-i", "tr_TR", "-f", "UTF-8", str(folder / "tr_TR.UTF-8")]
    if shutil.which("localedef") is None or subprocess.run(command, check=False).returncode:
        pytest.skip("this system can't compile the Turkish locale")
    return folder


@pytest.fixture(scope="module")
def plain(url: str, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("plain")
    return _written(folder / "home", url, PYTHONHASHSEED="0", TZ="UTC", LC_ALL="C.UTF-8")


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
    plain: dict[str, str],
    url: str,
    tmp_path: Path,
    environment: dict[str, str],
    umask: int,
    folder: str,
) -> None:
    if "tr_TR.UTF-8" in environment.values():
        environment = environment | {"LOCPATH": str(_turkish(tmp_path / "locales"))}

    written = _written(tmp_path / folder, url, umask=umask, **environment)

    assert {"report/results.json", "report/report.html"} <= written.keys()
    assert sum(name.endswith("responses.jsonl") for name in written) == 2
    assert written == plain

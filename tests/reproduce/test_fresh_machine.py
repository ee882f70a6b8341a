"""README command one in a fresh clone and a fresh environment; the compare with sockets blocked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = "import socket\nfor n in ('connect','connect_ex'): setattr(socket.socket, n, None)\n"


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_a_fresh_clone_installs_and_answers_in_a_minute(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    first = next(c for c in re.findall(r"^\$ (.+)$", readme, re.MULTILINE) if "pip install -c" in c)
    install, _, compare = first.partition(" && ")
    clone, venv = tmp_path / "clone", tmp_path / "venv"
    subprocess.run(["git", "clone", "-q", str(ROOT), str(clone)], check=True)
    subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True)
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    environment["PATH"] = f"{venv}/bin:{environment['PATH']}"
    subprocess.run(install, shell=True, cwd=clone, env=environment, check=True)  # noqa: S602  the README's own line
    (site,) = venv.glob("lib/python*/site-packages")
    (site / "sitecustomize.py").write_text(BLOCK, encoding="utf-8")
    work = tmp_path / "work"
    work.mkdir()

    seconds = []
    for _ in range(2):
        started = time.monotonic()
        done = subprocess.run(
            compare.split(), cwd=work, env=environment, capture_output=True, text=True, check=True
        )
        seconds.append(time.monotonic() - started)

    print(f"first compare {seconds[0]:.1f} s, second {seconds[1]:.1f} s")
    assert done.stdout.startswith("Yes: trained scores")
    assert "to generate" not in done.stderr
    assert list(work.glob("reports/*/report.html"))

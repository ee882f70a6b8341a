"""The command as a process: what its exit code and its last line say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from evalsuite.cli.main import main

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "reports" / "qwen-grpo-pair" / "results.json"


def evalsuite(*arguments: str, cwd: Path, **more: Any) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | more.pop("env", {})
    return subprocess.run(
        [sys.executable, "-P", "-m", "evalsuite", *arguments],
        cwd=cwd,
        env=environment,
        text=True,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more,
    )


@pytest.mark.parametrize("arguments", [("gate", str(RESULTS)), ("table", "1", "2", "3", "4")])
def test_a_closed_pipe_is_neither_done_nor_a_gate(tmp_path: Path, arguments: Any) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = evalsuite(*arguments, cwd=tmp_path, stdout=closed)

    assert done.returncode == 141
    assert done.stderr == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_under_the_output_is_one_line(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = evalsuite("table", "1", "2", "3", "4", cwd=tmp_path, stdout=full)

    assert done.returncode == 5
    assert done.stderr.count("\n") == 2
    assert "No space left" in done.stderr


@pytest.mark.parametrize("where", ["closed", "full"])
@pytest.mark.parametrize("arguments", [("gate", "nowhere"), ("show", "nope"), ("nowhere",)])
def test_an_error_that_nobody_can_read_keeps_its_code(
    tmp_path: Path, arguments: tuple[str, ...], where: str
) -> None:
    """Python would end with 1, which under ``gate`` says that a checkpoint may not ship."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed, Path("/dev/full").open("w") as full:
        done = evalsuite(*arguments, cwd=tmp_path, stderr=closed if where == "closed" else full)

    assert done.returncode == 2


def test_a_terminal_of_another_encoding_ends_no_command(tmp_path: Path) -> None:
    done = evalsuite(
        "models", "alias", "名", "base", cwd=tmp_path, env={"PYTHONIOENCODING": "latin-1"}
    )

    assert done.returncode == 0
    assert "\\u540d = base" in done.stdout


def test_debug_shows_the_traceback_wherever_it_stands(tmp_path: Path) -> None:
    plain = evalsuite("show", "nope", cwd=tmp_path)
    shown = evalsuite("show", "nope", "--debug", cwd=tmp_path)
    by_environment = evalsuite("show", "nope", cwd=tmp_path, env={"EVALSUITE_DEBUG": "1"})

    assert plain.stderr.splitlines()[1].startswith("hint: ")
    for done in (shown, by_environment):
        assert "Traceback" in done.stderr
        assert done.stderr.endswith(plain.stderr)
        assert done.returncode == plain.returncode == 2


def test_a_file_that_may_not_be_read_is_no_gate_that_is_not_met(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "results.json").write_bytes(RESULTS.read_bytes())

    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    with pytest.raises(SystemExit) as ended:
        main(["gate", str(tmp_path)])

    assert ended.value.code == 5
    assert "Permission denied\nhint: give yourself the right" in capsys.readouterr().err

"""Every command of the README, run as written."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)

ELSEWHERE = {
    (
        "python -m pip install -c constraints.txt '.[models]' "
        "&& evalsuite compare base trained --seeds 5"
    ),
    "python -m pip install nox && nox -s tests",
    "evalsuite train --preset tiny --output runs/tiny",
    "evalsuite train --preset tiny --seeds 5",
    "evalsuite compare base 'trained@*' --seeds 5",
}
"""Run by test_training_seeds.py (fewer steps), by tests/reproduce (minutes) and by .ci/run."""

NEEDS_HUB = {
    "evalsuite models alias base hf:Qwen/Qwen2.5-0.5B-Instruct",
    "evalsuite compare base trained --seeds 5 --task gsm8k --max-new-tokens 300,512,1024",
}
"""Without a network these end in one line that names the ways out, and exit code 5."""

NEEDS_SERVER = {line for line in COMMANDS if "openai:" in line}
"""As with the Hub: one line, exit code 5."""

NEEDS_VLLM = {"evalsuite compare base trained --engine vllm"}
"""Where vLLM is not installed: one line with the pip command, exit code 2."""

CODES = dict.fromkeys(NEEDS_HUB | NEEDS_SERVER, 5) | dict.fromkeys(
    NEEDS_VLLM if find_spec("vllm") is None else (), 2
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out what the README assumes: the project's runs and reports, and one own model."""
    made = tmp_path_factory.mktemp("readme")
    shutil.copytree(ROOT / "runs" / "recorded", made / "runs" / "recorded")
    shutil.copytree(ROOT / "reports" / "qwen-grpo-pair", made / "reports" / "qwen-grpo-pair")
    shutil.copytree(
        ROOT / "evalsuite" / "embedded" / "trained", made / "runs" / "my-grpo" / "model"
    )
    return made


@pytest.mark.parametrize("line", [c for c in COMMANDS if c not in ELSEWHERE])
def test_a_command_of_the_readme_works(folder: Path, line: str) -> None:
    program, *arguments = shlex.split(line)
    assert program == "evalsuite"

    done = subprocess.run(
        [sys.executable, "-m", "evalsuite", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1", "HF_HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    assert done.returncode == CODES.get(line, 0), done.stderr
    assert "Traceback" not in done.stderr


def test_commands_run_elsewhere_are_still_in_the_readme() -> None:
    assert set(COMMANDS) >= ELSEWHERE | NEEDS_HUB | NEEDS_VLLM
    assert len(NEEDS_SERVER) == 1


@pytest.mark.parametrize(
    ("variable", "shard"), [("SLURM_ARRAY_TASK_ID=3", 3), ("JOB_COMPLETION_INDEX=3", 4)]
)
def test_the_job_of_the_readme_answers_its_shard(tmp_path: Path, variable: str, shard: int) -> None:
    """As SLURM counts from 1 and Kubernetes from 0; a handful of questions stands for all."""
    (job,) = re.findall(r"```bash\n(.*?)\n```", README, re.DOTALL)
    program = tmp_path / "evalsuite"
    small = "--no-full --seeds 1 --subset-size 16"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m evalsuite "$@" {small}\n', "utf-8")
    program.chmod(0o755)

    subprocess.run(
        ["bash", "-euc", f"{variable}\n{job.replace('/shared', str(tmp_path))}"],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        check=True,
        timeout=300,
    )

    (record,) = tmp_path.glob("runs/*/shard-*.json")
    assert record.name == f"shard-{shard}-of-8.json"


def test_the_python_of_the_readme_runs(folder: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)

    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )

    assert done.stdout.startswith("Yes")


def test_files_the_readme_links_to_exist() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []

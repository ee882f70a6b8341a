"""What works without any model library, and what is said where one is needed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOGS = ROOT / "tests" / "harnesses" / "logs" / "lm_eval"
REPORT = ROOT / "reports" / "qwen-grpo-pair"
ABSENT = (
    *("torch", "transformers", "tokenizers", "trl", "peft", "datasets", "accelerate", "yaml"),
    *("huggingface_hub", "safetensors", "gguf", "pyarrow", "pandas"),
)
LAUNCH = f"""
import sys
from importlib.machinery import PathFinder

class Light(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        absent = name.partition(".")[0] in {ABSENT!r}
        return None if absent else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Light
from evalsuite.cli.main import main
main(sys.argv[1:])
"""
RUNS = ("--runs", str(ROOT / "runs"))
PAIR = ("run:qwen-coder-0.5b-base", "run:qwen-coder-0.5b-trained", *RUNS)


def evalsuite(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command as after a plain ``pip install evalsuite``."""
    return subprocess.run(
        [sys.executable, "-P", "-c", LAUNCH, *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": str(ROOT), "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("compare", "--help"),
        ("train", "--help"),
        ("table", "59", "6", "16", "80"),
        ("power", "--base", "0.2", "--gain", "0.2"),
        ("compare", *PAIR, "--max-new-tokens", "300,1024", "--no-report"),
        ("compare", str(LOGS / "base"), str(LOGS / "trained"), "--task", "word_problems"),
        ("compare", "run:smol-warmed", "run:smol-binary", "run:smol-shaped", *RUNS),
        ("logs", str(LOGS / "base")),
        ("report", str(REPORT), "-o", "report.html"),
        ("gate", str(REPORT)),
        ("show", PAIR[0], "3", *RUNS),
        ("runs", "verify", *RUNS),
        ("doctor",),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_command_about_answers_needs_no_model_library(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = evalsuite(tmp_path, *arguments)

    assert done.returncode == 0, done.stderr
    assert "pip install" not in done.stderr
    if arguments[0] == "report":
        assert (tmp_path / "report.html").stat().st_size > 100_000


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "base"),
        ("train", "--preset", "tiny"),
        ("compare", "base", "trained"),
        ("compare", "hf:some/model", "trained"),
        ("compare", "base", "trained", "--dry-run"),
        ("models", "resolve", "base"),
    ],
    ids=" ".join,
)
def test_a_command_about_models_says_what_to_install(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = evalsuite(tmp_path, *arguments)

    assert done.returncode == 2
    assert done.stdout == ""
    line, hint = done.stderr.splitlines()
    assert line.startswith("error: this needs ")
    assert hint == "hint: run: pip install 'evalsuite[models]'"


def test_a_parquet_file_says_the_extra_that_reads_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"{name}.parquet").write_bytes(b"PAR1PAR1")

    done = evalsuite(tmp_path, "compare", "a.parquet", "b.parquet")

    assert done.returncode == 2
    assert done.stderr.endswith("run: pip install 'evalsuite[parquet]'\n")

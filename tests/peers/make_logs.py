"""Logs of the real harnesses: the embedded models asked generated word problems, on CPU.

Runs with this project's Python and starts the harness with its own:
``python tests/peers/make_logs.py lm-eval PYTHON FOLDER``.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from evalsuite.models.names import embedded_folder
from evalsuite.tasks.questions import load_questions

__all__ = ["make_inspect_logs", "make_lm_eval_logs"]

HERE = Path(__file__).parent
N, N_MORE = 24, 12
"""Questions of the first and the second task."""


def make_lm_eval_logs(python: str, folder: Path) -> None:
    """Ask base and trained, then base with another prompt, fewer and changed documents."""
    _workplace(folder)
    for model in ("base", "trained"):
        _lm_eval(
            python, folder, model, model, "both_problems,larger,word_problems_partial,"
            "word_problems_repeats",
        )  # fmt: skip
    _lm_eval(python, folder, "base", "prompt", "word_problems", "--system_instruction", "Think.")
    _lm_eval(python, folder, "base", "limit", "word_problems", "--limit", "12")
    changed = folder / "data" / "word_problems_changed.jsonl"
    shutil.copy(changed, folder / "data" / "word_problems.jsonl")
    _lm_eval(python, folder, "base", "changed", "word_problems")


def make_inspect_logs(python: str, folder: Path) -> None:
    """Ask base and trained once and four times, and base with another prompt, logged as JSON."""
    _workplace(folder)
    for model in ("base", "trained"):
        _inspect(python, folder, model, f"{model}1", "-M", "do_sample=false")
        _inspect(python, folder, model, f"{model}4", "-T", "epochs=4")
    prompt = ("-T", "system=Think.", "-M", "do_sample=false", "--log-format", "json")
    _inspect(python, folder, "base", "prompt", *prompt)


def _workplace(folder: Path) -> None:
    """Lay out tasks, data and models under relative names: logs write down what they are given."""
    for name in ("tasks", "data", "models"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for path in (HERE / "lm_eval_tasks").iterdir():
        if path.is_file():
            text = path.read_text(encoding="utf-8").replace("DATA/", "data/")
            (folder / "tasks" / path.name).write_text(text, encoding="utf-8")
    for model in ("base", "trained"):
        shutil.copytree(embedded_folder() / model, folder / "models" / model, dirs_exist_ok=True)
    rows = [{"question": q.text, "answer": q.gold_text} for q in load_questions("embedded", "test")]
    changed = [dict(row) for row in rows[:N]]
    changed[3]["answer"] = f"{changed[3]['answer']} "
    changed[7]["question"] = f"{changed[7]['question']} Think."
    larger = [_pair(i) for i in range(N)]
    for name, written in (
        ("word_problems", rows[:N]),
        ("word_problems_more", rows[N : N + N_MORE]),
        ("word_problems_changed", changed),
        ("larger", larger),
    ):
        lines = "".join(json.dumps(row) + "\n" for row in written)
        (folder / "data" / f"{name}.jsonl").write_text(lines, encoding="utf-8")


def _pair(i: int) -> dict[str, Any]:
    first, second = i * 7 % 23, (i * 11 + 3) % 23 + 23 * (i % 2)
    return {
        "question": f"Which is larger, {first} or {second}?",
        "first": str(first),
        "second": str(second),
        "label": int(second > first),
    }


def _lm_eval(python: str, folder: Path, model: str, name: str, tasks: str, *more: str) -> None:
    arguments = f"pretrained=models/{model},dtype=float32"
    _run(
        folder,
        *(python, "-m", "lm_eval", "run", "--model", "hf", "--model_args", arguments),
        *("--tasks", tasks, "--include_path", "tasks", "--device", "cpu", "--batch_size", "16"),
        *("--apply_chat_template", "--log_samples", "--output_path", f"out/{name}", *more),
    )


def _inspect(python: str, folder: Path, model: str, name: str, *more: str) -> None:
    shutil.copy(HERE / "inspect_task.py", folder / "inspect_task.py")
    _run(
        folder,
        *(python, "-m", "inspect_ai", "eval", "inspect_task.py@word_problems"),
        *("--model", "hf/local", "-M", f"model_path=models/{model}", "-M", "device=cpu"),
        *("--log-dir", f"out/{name}", "--display", "none", *more),
    )


def _run(folder: Path, *command: str) -> None:
    # offline, lest each run asks the Hub a dozen times for models that lie here
    threads = {"OMP_NUM_THREADS": "2", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    environment = {k: v for k, v in os.environ.items() if not re.match(r"PYTHON|VIRTUAL", k)}
    subprocess.run(command, cwd=folder, check=True, env=environment | threads)


if __name__ == "__main__":
    harness, python_of_harness, target = sys.argv[1:]
    make = make_lm_eval_logs if harness == "lm-eval" else make_inspect_logs
    make(python_of_harness, Path(target))

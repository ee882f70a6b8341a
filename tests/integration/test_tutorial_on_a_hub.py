"""The tutorial preset as a reader of the lesson types it, over a Hub on loopback."""

from __future__ import annotations

import io
import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.models.names import embedded_folder
from evalsuite.tasks.wordproblems import word_problems

if TYPE_CHECKING:
    from pathlib import Path

    from hub_server import HubForks

BASE, TRAINED = "Qwen/Qwen2.5-0.5B-Instruct", "banghua/Qwen2.5-0.5B-GRPO"
CARD = b"""---
configs:
- config_name: main
  data_files:
  - {split: train, path: main/train-*}
  - {split: test, path: main/test-*}
---
"""
ASKED = ("--max-new-tokens", "96", "--no-report")
TRAIN = "train --preset tutorial -c cpu.yaml --max-steps 1 --max-new-tokens 16 -o out"


@pytest.fixture
def hub(fresh_hub: HubForks) -> HubForks:
    """Serve the lesson's names; behind them are the embedded pair and generated questions."""
    server = fresh_hub.server
    server.repository(BASE).push_folder(embedded_folder() / "base")
    server.repository(TRAINED).push_folder(embedded_folder() / "trained")
    splits = {
        f"main/{split}-00000-of-00001.parquet": _parquet(split) for split in ("train", "test")
    }
    server.repository("datasets/openai/gsm8k").push({"README.md": CARD} | splits)
    return fresh_hub


def _parquet(split: Any) -> bytes:
    arrow: Any = pytest.importorskip("pyarrow")
    questions = word_problems(split, n=40)
    table = {
        "question": [question.text for question in questions],
        "answer": [f"As it stands.\n#### {question.gold}" for question in questions],
    }
    written = io.BytesIO()
    pytest.importorskip("pyarrow.parquet").write_table(arrow.table(table), written)
    return written.getvalue()


def _ran(hub: HubForks, folder: Path, *arguments: str) -> str:
    """Run one command to its end without a traceback, and give all that it said."""
    done = hub.run(folder, *arguments)
    return done.errors + done.output


def test_the_published_pair_is_judged_until_one_is_trained_and_offline_as_online(
    hub: HubForks, tmp_path: Path
) -> None:
    (tmp_path / "cpu.yaml").write_text("save_strategy: 'no'\nuse_cpu: true\n", encoding="utf-8")
    compare = ("compare", "base", "trained", "--preset", "tutorial", "--first", "20", *ASKED)

    published = _ran(hub, tmp_path, *compare)
    trained = _ran(hub, tmp_path, *TRAIN.split())
    printed = re.search(r"now: evalsuite (compare .*)", trained)
    assert printed is not None
    own = _ran(hub, tmp_path, *shlex.split(printed[1]), "--first", "20", *ASKED)
    hub.server.leave()
    again = _ran(hub, tmp_path, *compare)
    by_name = ("compare", BASE, TRAINED, "--task", "gsm8k", "--first", "19", *ASKED)
    offline = _ran(hub, tmp_path, *by_name)

    assert f"{TRAINED} (hub {TRAINED}@" in published
    assert "trained  trained (folder out/model): 20 answers to generate" in own
    assert "trained  trained (folder out/model): complete, reused" in again
    assert f"{TRAINED} (hub {TRAINED}@" in offline
    assert "19/19" in offline

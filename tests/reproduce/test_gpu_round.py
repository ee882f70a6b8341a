"""The round for a machine with a GPU, in its small form on whatever machine this is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[1] / "support" / "gpu_round.py"


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_the_small_round_answers_trains_and_judges(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(SCRIPT), str(tmp_path), "--small"], check=True)

    found = json.loads((tmp_path / "round.json").read_text(encoding="utf-8"))
    assert list(found) == ["engines", "batches", "training"]
    assert all(rate["tokens_per_second"] > 0 for rate in found["batches"].values())
    assert all(part["headline"] for part in found["training"].values())
    assert len(list(tmp_path.glob("reports/*/report.html"))) == 2

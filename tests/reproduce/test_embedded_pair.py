"""Make the embedded pair again from nothing, say how it compares, and judge it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


def _evalsuite(folder: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "evalsuite", *arguments]
    result = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, check=True)
    return result.stdout


@pytest.mark.slow
# 36 minutes on two busy cores, and on busier ones not done in an hour.
@pytest.mark.timeout(8 * 3_600)
def test_pair_made_again_from_nothing_is_the_shipped_one_or_says_why_not(tmp_path: Path) -> None:
    """Same bytes with the same libraries and processor; the same verdict on every machine."""
    told = _evalsuite(
        tmp_path, "train", "--preset", "tiny", "--from-scratch", "--seeds", "2", "-o", "pair"
    )
    print(told)
    for name in ("base", "trained", "trained-seed1"):
        [sentence] = [line for line in told.splitlines() if line.startswith(f"{name}: ")]
        assert "the same bytes" in sentence or "other bytes" in sentence
    result = json.loads(
        _evalsuite(tmp_path, "compare", "base", "trained", "--preset", "tiny", "--json")
    )
    print(result["verdict"]["headline"])
    assert result["verdict"]["decision"] == "improved"
    assert 0.15 < result["base"]["accuracy"] < 0.45
    assert result["gain"]["estimate"] > 0.15

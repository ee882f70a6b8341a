"""The recorded SmolLM2 runs: what 20 GRPO steps gave with binary, shaped and random rewards."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import evalsuite
from evalsuite.records.comparison import Comparison
from evalsuite.stats import holm

ROOT = Path(__file__).parents[2]
RECORDED = ROOT / "runs" / "recorded"
ARMS = ("binary", "shaped", "random")


def _compare(base: str, trained: str) -> Comparison:
    found = evalsuite.compare(
        f"run:smol-{base}", f"run:smol-{trained}", runs=ROOT / "runs", max_new_tokens=(48, 64, 96)
    )
    assert isinstance(found, Comparison)  # one training seed
    return found


@pytest.fixture(scope="module")
def against_warmed() -> dict[str, Comparison]:
    return {arm: _compare("warmed", arm) for arm in ARMS}


def _manifest(name: str) -> dict[str, Any]:
    [folder] = RECORDED.glob(f"smol-{name}-*")
    found: dict[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("arm", "losses", "gains", "decision", "headline"),
    [
        ("binary", 60, 26, "regressed", "No: smol-binary scores 8.5 points lower"),
        ("shaped", 39, 24, "inconclusive", "Can't tell: -3.8 points fits anything"),
        ("random", 133, 21, "regressed", "No: smol-random scores 28.0 points lower"),
    ],
)
def test_each_arm_against_its_start_is_what_the_records_say(
    against_warmed: dict[str, Comparison],
    arm: str,
    losses: int,
    gains: int,
    decision: str,
    headline: str,
) -> None:
    found = against_warmed[arm]
    assert (found.table.losses, found.table.gains) == (losses, gains)
    assert found.base.n == 400
    assert found.verdict is not None
    assert found.verdict.decision == decision
    assert found.verdict.headline.startswith(headline)


def test_losses_are_of_reasoning_not_of_form_or_length(
    against_warmed: dict[str, Comparison],
) -> None:
    for found in against_warmed.values():
        assert found.attribution is not None
        assert found.attribution.formatted.losses + found.attribution.finished.losses <= 2


def test_the_three_arms_were_judged_as_one_family(against_warmed: dict[str, Comparison]) -> None:
    adjusted = holm([against_warmed[arm].mcnemar.exact for arm in ARMS])
    assert [p <= 0.05 for p in adjusted] == [True, False, True]


def test_shaped_rewards_lost_less_than_binary_ones() -> None:
    found = _compare("binary", "shaped")
    assert (found.table.losses, found.table.gains) == (16, 35)
    assert found.mcnemar.exact == pytest.approx(0.010974, abs=1e-6)


def test_base_to_trained_holds_the_warm_up_too_and_looks_like_a_gain() -> None:
    """Why the next step after a warm-up names both comparisons."""
    warm_up, both = _compare("base", "warmed"), _compare("base", "binary")
    assert (warm_up.table.losses, warm_up.table.gains) == (0, 173)
    assert (both.table.losses, both.table.gains) == (0, 139)
    assert both.verdict is not None
    assert both.verdict.decision == "improved"
    assert both.base.truncated == 253
    assert "mostly_truncation" in both.verdict.qualifiers


def test_arms_differ_in_their_rewards_alone_and_start_from_the_recorded_model() -> None:
    """Same start, questions, order, seed, token budget and steps."""
    manifests = {arm: _manifest(arm) for arm in ARMS}
    for key in ("start", "questions", "steps", "threads", "versions", "world_size"):
        assert len({json.dumps(m[key], sort_keys=True) for m in manifests.values()}) == 1, key
    specs = [{k: v for k, v in m["spec"].items() if k != "gate"} for m in manifests.values()]
    assert [spec.pop("rewards") for spec in specs] == list(ARMS)
    assert specs[0] == specs[1] == specs[2]
    assert specs[0]["grpo"]["max_steps"] == manifests["binary"]["steps"] == 20
    assert manifests["binary"]["start"] == _manifest("warmed")
    assert "SmolLM2-135M-Instruct.Q4_1" in _manifest("warmed")["base"]["name"]


@pytest.mark.parametrize("arm", ARMS)
def test_log_of_an_arm_holds_every_step_with_its_outcome(arm: str) -> None:
    [folder] = RECORDED.glob(f"smol-{arm}-*")
    rows = [json.loads(row) for row in (folder / "train_log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 21))
    assert all("rewards/correct/mean" in row and "groups_without_signal" in row for row in rows)


def test_a_comparison_of_stored_runs_loads_no_model_library(tmp_path: Path) -> None:
    for name in ("smol-base", "smol-binary"):
        [folder] = RECORDED.glob(f"{name}-*")
        shutil.copytree(folder, tmp_path / "runs" / folder.name)
    unwanted = ("torch", "transformers", "tokenizers", "datasets", "pandas", "scipy.optimize")
    code = (
        "import sys\n"
        "from evalsuite.cli.main import main\n"
        "sys.argv = ['evalsuite', 'compare', 'run:smol-base', 'run:smol-binary']\n"
        "try:\n"
        "    main()\n"
        "except SystemExit: pass\n"
        f"print([m for m in {unwanted!r} if m in sys.modules], file=sys.stderr)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )

    assert list(tmp_path.glob("reports/*/report.html"))
    assert done.stderr.strip().splitlines()[-1] == "[]"

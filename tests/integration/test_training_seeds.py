"""Several real training seeds, from the command to the recipe's report: a few steps each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from scipy.stats import ttest_1samp

if TYPE_CHECKING:
    from forked import Forks, Outcome

ROOT = Path(__file__).parents[2]
RECIPE = """\
per_device_train_batch_size: 16
num_generations: 4
max_steps: 2
learning_rate: 1.0e-3
save_strategy: "no"
use_cpu: true
max_completion_length: 32
"""
SMALL = ("--no-full", "--seeds", "2", "--subset-size", "60", "--max-new-tokens", "24,48")


@pytest.fixture(scope="module")
def folder(forks: Forks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train two recipes with two seeds each."""
    work = tmp_path_factory.mktemp("work")
    (work / "grpo.yaml").write_text(RECIPE, encoding="utf-8")
    for rewards in ("binary", "random"):
        asked = ("--rewards", rewards, "--alias", rewards, "-o", f"runs/{rewards}")
        base = f"path:{ROOT / 'evalsuite' / 'embedded' / 'base'}"
        options = ("--task", "embedded", "--questions", "40", "--prompt", "plain")
        run(forks, work, "train", base, "-c", "grpo.yaml", "--seeds", "2", *options, *asked)
    return work


def run(forks: Forks, work: Path, *arguments: str, code: int = 0) -> Outcome:
    done = forks.run(work, *arguments, variables={"HF_HUB_OFFLINE": "1"}, seconds=500)
    assert done.code == code, done.errors
    return done


def compared(forks: Forks, work: Path, *names: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run(forks, work, "compare", *names, *SMALL, "--json").output)
    return found


@pytest.fixture(scope="module")
def found(forks: Forks, folder: Path) -> dict[str, Any]:
    """Compare the binary recipe with its base."""
    return compared(forks, folder, "base", "binary@*")


def test_training_with_seeds_ends_in_a_claim_about_these_runs(found: dict[str, Any]) -> None:
    gains = [row["gain"] for row in found["recipe"]["seeds"]]

    assert [row["seed"] for row in found["recipe"]["seeds"]] == [0, 1]
    assert found["gain"]["estimate"] == pytest.approx(sum(gains) / 2)
    assert found["verdict"]["scope"] == "checkpoints"
    headline = found["verdict"]["headline"]
    assert any(f"2 {word}" in headline for word in ("runs", "pairs", "checkpoints"))
    levels = {check["code"]: check["level"] for check in found["checks"]}
    assert (levels["EVS080"], levels["EVS081"], levels["EVS082"]) == ("passed",) * 3
    assert levels["EVS084"] == "warning"
    scope = found["recipe"]["scopes"]["recipe_same_questions"]
    if scope["interval"] is not None:
        low, high = ttest_1samp(gains, 0).confidence_interval(0.95)
        assert scope["interval"]["low"] == pytest.approx(max(low, -1))
        assert scope["interval"]["high"] == pytest.approx(min(high, 1))


def test_the_seeds_share_their_settings_and_not_their_weights(found: dict[str, Any]) -> None:
    trainings = found["provenance"]["trainings"]

    assert found["recipe"]["settings"]["rewards"] == "binary"
    assert found["recipe"]["settings"]["grpo.learning_rate"] == 1e-3
    assert trainings["binary@0"]["weights"] != trainings["binary@1"]["weights"]


def test_two_recipes_differ_in_the_one_setting_that_was_changed(forks: Forks, folder: Path) -> None:
    found = compared(forks, folder, "random@*", "binary@*")

    assert found["recipe"]["paired_by_seed"] is True
    assert found["recipe"]["differing"] == {"rewards": ["random", "binary"]}
    assert [row["base"] for row in found["recipe"]["seeds"]] == ["random@0", "random@1"]


def test_seeds_of_two_recipes_under_one_name_are_refused(forks: Forks, folder: Path) -> None:
    toml = (folder / "evalsuite.toml").read_text(encoding="utf-8")
    mixed = toml.replace("runs/binary/seed-1", "runs/random/seed-1", 1)
    (folder / "mixed").mkdir()
    (folder / "mixed" / "evalsuite.toml").write_text(
        mixed.replace('"path:runs/', f'"path:{folder}/runs/'), encoding="utf-8"
    )

    done = run(forks, folder / "mixed", "compare", "base", "binary@*", *SMALL, code=4)

    assert "are not one recipe: rewards is 'binary' and 'random'" in done.errors
    assert "Traceback" not in done.errors

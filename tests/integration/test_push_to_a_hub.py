"""The push of a trained model, as a TRL file asks for it, to a Hub on loopback."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hub_server import TOKEN

from evalsuite.models.names import embedded_folder

if TYPE_CHECKING:
    from pathlib import Path

    from hub_server import HubForks

BASE = "acme/base"
ASKED = """
push_to_hub: true
hub_model_id: me/mine
per_device_train_batch_size: 4
num_generations: 4
max_steps: 1
save_steps: 1
use_cpu: true
"""


@pytest.fixture
def hub(fresh_hub: HubForks) -> HubForks:
    fresh_hub.server.repository(BASE).push_folder(embedded_folder() / "base")
    return fresh_hub


def trained(hub: HubForks, folder: Path, *arguments: str) -> tuple[int, str]:
    """Train one step with a push; gives the exit code and what was said on stderr."""
    (folder / "push.yaml").write_text(ASKED, encoding="utf-8")
    usual = ("--questions", "40", "--max-new-tokens", "16", "--task", "embedded", "-o", "out")
    command = ("train", *arguments, "-c", "push.yaml", *usual)
    done = hub.run(folder, *command, variables={"HF_TOKEN": TOKEN})
    return done.code, done.errors


def test_the_finished_model_is_pushed_with_its_card_and_nothing_beside_it(
    hub: HubForks, tmp_path: Path
) -> None:
    code, told = trained(hub, tmp_path, f"path:{embedded_folder() / 'base'}")

    assert code == 0, told
    repository = hub.server.repositories["me/mine"]
    _, pushed = repository.commits.values()
    commit = list(repository.commits)[-1]
    assert f"the model is pushed to me/mine on the Hub, commit {commit[:8]}" in told
    assert not [name for name in pushed if "/" in name or name.endswith((".bin", "l", ".lock"))]
    assert pushed["model.safetensors"] == (tmp_path / "out/model/model.safetensors").read_bytes()
    assert "fine-tuned version of base, which is not on the Hub" in pushed["README.md"].decode()
    assert str(tmp_path).encode() not in b"".join(pushed.values())
    # Nothing of a checkpoint lies beside the model, as the trainer's own push would leave it.
    assert not (tmp_path / "out" / "model.safetensors").exists()
    again = hub.run(tmp_path, "models", "resolve", "me/mine", "--json")
    assert json.loads(again.output)["revision"] == commit


def test_an_adapter_of_a_model_on_the_hub_names_it_there(hub: HubForks, tmp_path: Path) -> None:
    code, told = trained(hub, tmp_path, BASE, "--lora")

    assert code == 0, told
    pushed = list(hub.server.repositories["me/mine"].commits.values())[-1]
    settings = json.loads(pushed["adapter_config.json"])
    assert settings["base_model_name_or_path"] == BASE
    assert settings["revision"] == list(hub.server.repositories[BASE].commits)[-1]
    assert f"fine-tuned version of [{BASE}](" in pushed["README.md"].decode()


def test_a_push_that_fails_at_the_end_leaves_a_finished_training_and_the_way_to_push_it(
    hub: HubForks, tmp_path: Path
) -> None:
    hub.server.takes_commits = False

    code, told = trained(hub, tmp_path, f"path:{embedded_folder() / 'base'}")

    assert code != 0
    said = " ".join(told.split())
    assert "the model is in out/model and could not be pushed to me/mine" in said
    assert "hint: push it with: hf upload me/mine out/model" in said
    assert (tmp_path / "out" / "manifest.json").is_file()
    code, told = trained(hub, tmp_path, f"path:{embedded_folder() / 'base'}", "--resume")
    assert code == 0, told
    left = "a finished training is not pushed again; to push its model: hf upload me/mine out/model"
    assert left in " ".join(told.split())

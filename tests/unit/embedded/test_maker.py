"""The shipped pair is what its manifest says, and a reproduction is told in words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from evalsuite.asking.engines import asker_of
from evalsuite.asking.spec import read_preset
from evalsuite.disk.files import sha256_of_file
from evalsuite.embedded.maker import Reproduction, compare_with_shipped, ship_pair
from evalsuite.models.load import load_model
from evalsuite.models.names import EMBEDDED, embedded_folder, resolve
from evalsuite.records.codec import plain
from evalsuite.records.run import Decoding
from evalsuite.reporting.wording import words
from evalsuite.tasks.prompts import load_prompt
from evalsuite.tasks.questions import questions_sha256
from evalsuite.tasks.wordproblems import GENERATOR_VERSION, word_problems
from evalsuite.training.log import CONTAMINATION
from evalsuite.training.manifest import versions
from evalsuite.training.questions.splits import split_questions
from evalsuite.training.rewards import REWARD_VERSION
from evalsuite.training.settings import train_spec

_MANIFEST = json.loads((embedded_folder() / "manifest.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", EMBEDDED)
def test_shipped_weights_are_those_of_the_manifests(name: str) -> None:
    found = sha256_of_file(embedded_folder() / name / "model.safetensors")
    own = json.loads((embedded_folder() / name / "manifest.json").read_text(encoding="utf-8"))
    assert found == _MANIFEST["weights_sha256"][name]
    assert found == own["weights_sha256"]["model.safetensors"]


def test_what_the_manifest_says_of_the_pair_is_what_the_terminal_says() -> None:
    assert _MANIFEST["note"] == read_preset("tiny")["note"]
    assert _MANIFEST["note"] == words("en").text("plan.embedded_note")


def test_manifest_is_of_this_recipe_these_rewards_and_this_test_split() -> None:
    recipe = read_preset("tiny")
    assert _MANIFEST["recipe"] == {key: recipe[key] for key in ("warmup", "train")}
    assert _MANIFEST["note"] == recipe["note"]
    assert _MANIFEST["reward_version"] == REWARD_VERSION
    assert _MANIFEST["generator_version"] == GENERATOR_VERSION
    assert _MANIFEST["test"]["sha256"] == questions_sha256(word_problems("test"))


@pytest.mark.parametrize("name", EMBEDDED)
def test_shipped_folder_holds_no_pickle_no_path_and_its_log(name: str) -> None:
    folder = embedded_folder() / name
    assert not {p.suffix for p in folder.iterdir()} & {".bin", ".pt", ".pth", ".pkl"}
    for path in [*folder.glob("*.json"), *folder.glob("*.jsonl")]:
        text = path.read_text(encoding="utf-8")
        assert not [place for place in ("/home/", "/root/", "/Users/") if place in text], path
        assert str(Path.cwd()) not in text, path
    assert (folder / "train_log.jsonl").stat().st_size > 1_000


@pytest.mark.parametrize(("name", "seed"), [("trained", 0), ("trained-seed1", 1)])
def test_shipped_records_are_those_that_a_training_writes_today(name: str, seed: int) -> None:
    spec = train_spec(read_preset("tiny"), model="embedded:base", seed=seed)
    own = json.loads((embedded_folder() / name / "manifest.json").read_text(encoding="utf-8"))
    check = split_questions(spec).contamination(spec)
    assert own["contamination"] == plain(check.found)
    listed = (embedded_folder() / name / CONTAMINATION).read_text(encoding="utf-8")
    assert listed == check.lines
    asked = asker_of(resolve(f"embedded:{name}"), load_prompt("plain"))
    record = asked.record(Decoding(max_new_tokens=64))
    assert own["prompt_record"] == plain(record)


def test_shipped_models_end_on_the_end_token_of_their_chat_template() -> None:
    loaded = load_model(resolve("base"), device="cpu")
    assert loaded.notes == ()
    assert loaded.tokenizer.convert_tokens_to_ids("<|end|>") in loaded.eos_ids


def test_note_says_what_base_was_made_to_do_and_what_grpo_changed() -> None:
    assert resolve("trained").note == _MANIFEST["note"]
    assert "base" in _MANIFEST["note"]
    assert "GRPO" in _MANIFEST["note"]


def test_shipped_model_compared_with_itself_is_the_same_bytes() -> None:
    found = compare_with_shipped("base", embedded_folder() / "base")
    assert found.sentence == "base: the same bytes as the shipped weights."


@pytest.mark.parametrize(
    ("shipped", "differing", "words"),
    [
        (None, (), "nothing to compare with"),
        ("b", ("torch 2 (shipped: 1)",), "made with torch 2 (shipped: 1); another processor, too"),
        ("b", (), "another processor rounds differently"),
    ],
)
def test_reproduction_says_why_bytes_may_differ(
    shipped: str | None, differing: tuple[str, ...], words: str
) -> None:
    found = Reproduction(name="x", made="a", shipped=shipped, differing=differing)
    assert words in found.sentence


def test_another_number_of_threads_is_told_beside_the_versions(tmp_path: Path) -> None:
    shutil.copytree(embedded_folder() / "base", tmp_path / "run" / "model")
    (tmp_path / "run" / "model" / "manifest.json").unlink()
    (tmp_path / "run" / "manifest.json").write_text('{"threads": 7}')
    found = compare_with_shipped("trained", tmp_path / "run" / "model")
    assert "threads 7 (shipped: 2)" in found.differing
    assert "other bytes" in found.sentence


def test_shipping_again_changes_nothing_but_the_library_versions(tmp_path: Path) -> None:
    ship_pair(embedded_folder(), preset=read_preset("tiny"), destination=tmp_path)
    again = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert again["weights_sha256"] == _MANIFEST["weights_sha256"]
    assert again["versions"] == versions()
    for path in (embedded_folder() / "trained").iterdir():
        assert (tmp_path / "trained" / path.name).read_bytes() == path.read_bytes()

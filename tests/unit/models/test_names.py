from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from builders import run

from evalsuite.disk.storage import run_folder, write_run
from evalsuite.errors import InvalidInputError, RunFailedError, UnknownModelError
from evalsuite.models.names import embedded_folder, read_aliases, resolve, write_alias
from evalsuite.tasks import hub

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def folder_model(path: Path) -> Path:
    path.mkdir(parents=True)
    (path / "config.json").write_text("{}", encoding="utf-8")
    (path / "model.safetensors").write_bytes(b"weights")
    return path


def test_without_aliases_base_and_trained_are_embedded(here: Path) -> None:
    assert not list(here.iterdir())
    for name in ("base", "trained"):
        found = resolve(name)
        assert found.source == "embedded"
        assert found.weights is not None
        assert found.note


def test_a_folder_called_base_does_not_shadow_the_embedded_one(here: Path) -> None:
    folder_model(here / "base")

    assert resolve("base").source == "embedded"
    assert resolve("path:base").source == "folder"


def test_an_alias_wins_and_keeps_its_name(here: Path) -> None:
    folder_model(here / "mine")
    write_alias("base", "path:mine")

    found = resolve("base")

    assert (found.name, found.source, found.location) == ("base", "folder", "mine")


def test_writing_an_alias_leaves_the_rest_of_the_file(here: Path) -> None:
    text = '# mine\n[compare]\nseeds = 3\n\n[models.base]\nsource = "hf:a/b"\nextra = 1\n\n[gate]\n'
    (here / "evalsuite.toml").write_text(text, encoding="utf-8")

    write_alias("base", 'path:with "quotes"')
    write_alias("trained@1", "hf:c/d")

    assert read_aliases() == {"base": 'path:with "quotes"', "trained@1": "hf:c/d"}
    written = (here / "evalsuite.toml").read_text(encoding="utf-8")
    assert "# mine" in written
    assert "seeds = 3" in written
    assert "[gate]" in written


def test_aliases_may_live_in_pyproject(here: Path) -> None:
    text = '[tool.evalsuite.models]\nbase = "hf:a/b"\n'
    (here / "pyproject.toml").write_text(text, encoding="utf-8")

    assert read_aliases() == {"base": "hf:a/b"}


def test_the_weights_hash_sees_every_file_that_changes_answers(here: Path) -> None:
    path = folder_model(here / "m")
    first = resolve("path:m").weights
    (path / "notes.txt").write_text("x", encoding="utf-8")
    assert resolve("path:m").weights == first
    (path / "tokenizer.json").write_text("{}", encoding="utf-8")

    assert resolve("path:m").weights != first


def test_pickled_weights_are_refused(here: Path) -> None:
    path = folder_model(here / "m")
    (path / "model.safetensors").unlink()
    (path / "pytorch_model.bin").write_bytes(b"x")

    with pytest.raises(InvalidInputError, match="no safetensors"):
        resolve("path:m")


def test_an_adapter_names_its_base(here: Path) -> None:
    path = here / "adapter"
    path.mkdir()
    config = {"base_model_name_or_path": "org/base"}
    (path / "adapter_config.json").write_text(json.dumps(config), encoding="utf-8")
    (path / "adapter_model.safetensors").write_bytes(b"x")

    found = resolve("adapter")

    assert (found.source, found.base) == ("adapter", "org/base")


def test_a_training_folder_means_its_newest_checkpoint(here: Path) -> None:
    for step in (9, 10, 2):
        folder_model(here / "out" / f"checkpoint-{step}")

    assert resolve("out").location.endswith("checkpoint-10")


def test_a_run_is_found_by_its_start_and_refused_when_ambiguous(here: Path) -> None:
    for budget in (32, 64):
        made = run(["7"], name="mine", budget=budget)
        write_run(run_folder(here / "runs", made.spec), made)

    with pytest.raises(UnknownModelError, match="could be any of"):
        resolve("mine")
    name = run_folder(here / "runs", made.spec).name
    assert resolve(f"run:{name}").source == "run"


def test_a_folder_is_meant_before_runs_that_begin_with_its_name(here: Path) -> None:
    folder_model(here / "mine")
    for budget in (32, 64):
        made = run(["7"], name="mine", budget=budget)
        write_run(run_folder(here / "runs", made.spec), made)

    assert resolve("mine").source == "folder"
    assert resolve(run_folder(here / "runs", made.spec).name).source == "run"
    with pytest.raises(UnknownModelError, match="could be any of"):
        resolve("run:mine")


@pytest.mark.parametrize("name", ["tained", "no-such", "path:nowhere", "run:none", "alias:none"])
def test_a_name_that_leads_nowhere_says_where_it_was_sought(here: Path, name: str) -> None:
    with pytest.raises(UnknownModelError):
        resolve(name)


def test_a_misspelt_name_gets_a_suggestion(here: Path) -> None:
    with pytest.raises(UnknownModelError, match="did you mean trained"):
        resolve("tained")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("./my-grp", "did you mean ./my-grpo?"),
        ("my-grp", "did you mean my-grpo?"),
        ("path:deep/gpro", "did you mean deep/grpo?"),
    ],
)
def test_a_misspelt_path_gets_the_name_beside_it(here: Path, typed: str, offered: str) -> None:
    folder_model(here / "my-grpo")
    folder_model(here / "deep" / "grpo")
    (here / "my-grp.txt").write_text("no model", encoding="utf-8")

    with pytest.raises(UnknownModelError) as caught:
        resolve(typed)

    assert offered in str(caught.value)
    assert ".txt" not in str(caught.value)


def test_an_unreachable_hub_is_not_swapped_for_anything(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.prepare_hub.cache_clear()
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_OFFLINE", "")

    with pytest.raises(RunFailedError, match=r"network.*path:FOLDER.*embedded"):
        resolve("some-org/some-model")
    hub.prepare_hub.cache_clear()


def test_a_broken_config_is_one_clear_error(here: Path) -> None:
    (here / "evalsuite.toml").write_text("[models", encoding="utf-8")

    with pytest.raises(InvalidInputError, match=r"can't read evalsuite\.toml"):
        resolve("base")


def test_embedded_weights_are_safetensors_only() -> None:
    suffixes = {p.suffix for p in embedded_folder().rglob("*") if p.is_file()}

    assert not suffixes & {".bin", ".pt", ".pth", ".pkl"}


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("512", "numbers of one option are joined by commas, 300,512, without spaces; known names"),
        ("~/base", "write the home folder out, for ~ within quotes stays as it is; known names"),
        (r".\base", "write / between folders; known names"),
    ],
)
def test_a_slip_of_typing_is_told_instead_of_a_near_name(
    here: Path, name: str, way_out: str
) -> None:
    with pytest.raises(UnknownModelError) as error:
        resolve(name, runs=here / "runs")

    assert error.value.clause.parted({})[1].startswith(way_out)

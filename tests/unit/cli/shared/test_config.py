from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from evalsuite.asking.spec import default_budgets, default_prompt, read_preset
from evalsuite.cli.main import COMMANDS, cli, main
from evalsuite.cli.shared.config import read_defaults
from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_section_holds_the_defaults_of_its_command(tmp_path: Path) -> None:
    text = '[models.base]\nsource = "x"\n[compare]\nsubset-size = 50\nmax-new-tokens = [64, 96]\n'
    (tmp_path / "evalsuite.toml").write_text(text, encoding="utf-8")

    found = read_defaults(COMMANDS, tmp_path)

    assert found == {"compare": {"subset_size": 50, "max_new_tokens": "64,96"}}


def test_pyproject_may_hold_them_too_and_seeds_is_another_name_of_subsets(tmp_path: Path) -> None:
    text = "[tool.evalsuite.compare]\nseeds = 3\n"
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")

    assert read_defaults(COMMANDS, tmp_path) == {"compare": {"subsets": 3}}


def test_a_mistyped_section_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "evalsuite.toml").write_text("[comprae]\nseeds = 3\n", encoding="utf-8")

    with pytest.raises(InvalidInputError, match=r"did you mean \[compare\]"):
        read_defaults(COMMANDS, tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "[compare]\nsubset-sise = 3\n",
            "no option 'subset-sise'\nhint: did you mean subset-size",
        ),
        ("[gate]\nmax-los-rate = 0.1\n", r"did you mean max-loss-rate\?"),
        ("[runs.lst]\nruns = 'x'\n", r"did you mean list\?"),
        ("compare = 3\n", "is no section"),
    ],
)
def test_a_mistyped_option_is_an_error_with_a_suggestion(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    complaint: str,
) -> None:
    (tmp_path / "evalsuite.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as ended:
        main(["table", "1", "2", "3", "4"])

    assert ended.value.code == 2
    assert re.search(complaint, capsys.readouterr().err)


def test_every_option_of_a_command_may_stand_in_its_section(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "[compare]\nseeds = 3\nmax-new-tokens = [64]\n[train]\npreset = 'tiny'\n"
    (tmp_path / "evalsuite.toml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as ended:
        main(["table", "1", "2", "3", "4"])

    assert ended.value.code == 0


def test_without_a_file_there_are_no_defaults(tmp_path: Path) -> None:
    assert read_defaults(COMMANDS, tmp_path) == {}


@pytest.mark.parametrize("name", ["tiny", "smol", "tutorial"])
def test_every_preset_asks_the_way_it_trains(name: str) -> None:
    preset = read_preset(name)

    assert preset["train"]["model"]
    assert preset["compare"]["task"] == preset["train"]["task"] in {"embedded", "gsm8k"}
    assert preset["compare"]["prompt"] == preset["train"]["prompt"]


def test_a_preset_that_trains_its_pair_leaves_the_names_to_the_aliases_of_training() -> None:
    assert "models" not in read_preset("smol")
    assert {"base", "trained"} <= set(read_preset("tutorial")["models"])


def test_the_tiny_preset_and_the_embedded_default_agree() -> None:
    preset = read_preset("tiny")["compare"]

    assert tuple(preset["max_new_tokens"]) == default_budgets("embedded")
    assert preset["prompt"] == default_prompt("embedded")


def test_the_tutorial_preset_is_the_lessons_pair() -> None:
    preset = read_preset("tutorial")

    assert "Qwen/Qwen2.5-0.5B-Instruct" in preset["models"]["base"]
    assert "banghua/Qwen2.5-0.5B-GRPO" in preset["models"]["trained"]
    assert 300 in preset["compare"]["max_new_tokens"]


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_loads_and_has_help(name: str) -> None:
    import click

    command = cli.get_command(click.Context(cli), name)

    assert command is not None
    assert command.get_short_help_str()


def test_a_date_is_the_value_of_no_option(tmp_path: Path) -> None:
    (tmp_path / "evalsuite.toml").write_text("[compare]\nsubsets = 1979-05-27\n", encoding="utf-8")

    with pytest.raises(InvalidInputError, match=r"subsets of \[compare\] .* a date or time"):
        read_defaults(COMMANDS, tmp_path)

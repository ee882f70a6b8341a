from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner, Result

from evalsuite.cli.main import COMMANDS, cli
from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = '[models]\nmine = "path:./m"\n[compare]\nmargin = 3.0\nmax-new-tokens = [64, 128]\n'
    (tmp_path / "evalsuite.toml").write_text(text, "utf-8")
    monkeypatch.chdir(tmp_path)


def config(*arguments: str, **variables: str) -> Result:
    return CliRunner().invoke(cli, ["config", *arguments], env=variables)


def settings(*arguments: str, **variables: str) -> dict[tuple[str, str], tuple[Any, str]]:
    done = config(*arguments, "--json", **variables)
    assert done.exit_code == 0, done.output
    rows = json.loads(done.output)["settings"]
    return {(r["command"], r["option"]): (r["value"], r["origin"]) for r in rows}


def test_without_a_command_only_what_is_set_is_told() -> None:
    assert settings() == {
        ("models", "mine"): ("path:./m", "evalsuite.toml"),
        ("compare", "margin"): (3.0, "evalsuite.toml"),
        ("compare", "max-new-tokens"): ([64, 128], "evalsuite.toml"),
    }


def test_a_variable_wins_over_the_file() -> None:
    told = settings("compare", EVALSUITE_COMPARE_MARGIN="1.5")

    assert told["compare", "margin"] == (1.5, "EVALSUITE_COMPARE_MARGIN")
    assert told["compare", "subsets"] == (5, "default")


def test_a_command_within_a_group_has_its_own_variable() -> None:
    told = settings(EVALSUITE_RUNS_LIST_RUNS="elsewhere")

    assert told["runs list", "runs"] == ("elsewhere", "EVALSUITE_RUNS_LIST_RUNS")


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_tells_its_settings(name: str) -> None:
    assert config(name).exit_code == 0


def test_what_is_told_is_what_the_command_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALSUITE_COMPARE_SUBSETS", "7")
    told = settings("compare", EVALSUITE_COMPARE_SUBSETS="7")
    compare = cli.get_command(click.Context(cli), "compare")
    assert compare is not None
    parent = click.Context(cli, auto_envvar_prefix="EVALSUITE")
    parent.default_map = {"compare": {"margin": 3.0, "max_new_tokens": "64,128"}}
    with compare.make_context("compare", [], parent=parent) as context:
        assert context.params["subsets"] == told["compare", "subsets"][0] == 7
        assert context.params["margin"] == told["compare", "margin"][0]
        assert list(context.params["max_new_tokens"]) == told["compare", "max-new-tokens"][0]


def test_what_holds_for_all_commands_is_one_row_with_its_origin(tmp_path: Path) -> None:
    text = (tmp_path / "evalsuite.toml").read_text("utf-8")
    (tmp_path / "evalsuite.toml").write_text(f'lang = "zh"\n{text}lang = "en"\n', "utf-8")

    chosen = {key: row for key, row in settings().items() if key[1] == "lang"}

    assert chosen == {
        ("all", "lang"): ("zh", "evalsuite.toml"),
        ("compare", "lang"): ("en", "evalsuite.toml"),
    }
    assert settings("gate")["gate", "lang"] == ("zh", "evalsuite.toml")
    assert settings(EVALSUITE_LANG="en")["all", "lang"] == ("en", "EVALSUITE_LANG")
    by_variable = settings("gate", EVALSUITE_LANG="en")
    assert by_variable["gate", "lang"] == ("en", "EVALSUITE_LANG")


def test_a_wrong_value_is_an_error_as_in_the_command() -> None:
    done = config("compare", EVALSUITE_COMPARE_MARGIN="wide")

    assert done.exit_code == 2
    assert "'wide' is not a valid float" in done.output


def test_a_value_that_json_has_no_number_for_is_text() -> None:
    told = settings("compare", EVALSUITE_COMPARE_MARGIN="nan")

    assert told["compare", "margin"] == ("nan", "EVALSUITE_COMPARE_MARGIN")


def test_a_misspelt_command_is_answered_with_the_near_one() -> None:
    done = config("comprae")

    assert isinstance(done.exception, InvalidInputError)
    assert "did you mean compare" in str(done.exception)

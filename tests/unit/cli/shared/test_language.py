from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from evalsuite.cli.main import cli, main
from evalsuite.cli.shared.language import chosen_for_all, language_of
from evalsuite.errors import InvalidInputError

SUMMARY = "reports/qwen-grpo-pair"
ROOT = Path(__file__).parents[4]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def told(*more: str, **variables: str) -> str:
    """Have a report told on stdout."""
    line = ["report", str(ROOT / SUMMARY), "--format", "md", "-o", "-", *more]
    done = CliRunner().invoke(cli, line, env=variables)
    assert done.exit_code == 0, done.output
    return "zh" if "百分点" in done.stdout else "en"


PLACES = (
    ("--lang", "--lang"),
    ("EVALSUITE_REPORT_LANG", "variable"),
    ("[report]", "section"),
    ("EVALSUITE_LANG", "variable"),
    ("lang", "line"),
)
"""Where a language is chosen, the strongest first."""


@pytest.mark.parametrize("strongest", range(len(PLACES)), ids=[place[0] for place in PLACES])
def test_the_nearer_choice_wins_and_an_error_is_told_in_the_same_language(strongest: int) -> None:
    chosen = {
        place: "zh" if number == strongest else "en"
        for number, (place, _) in enumerate(PLACES)
        if number >= strongest
    }
    head = f'lang = "{chosen["lang"]}"\n'
    section = f'[report]\nlang = "{chosen["[report]"]}"\n' if "[report]" in chosen else ""
    Path("evalsuite.toml").write_text(head + section, "utf-8")
    variables = {name: lang for name, lang in chosen.items() if name.startswith("EVALSUITE")}
    more = ("--lang", chosen["--lang"]) if "--lang" in chosen else ()

    assert told(*more, **variables) == "zh"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        assert language_of(["report", "nowhere", *more]) == "zh"


def test_without_a_choice_it_is_english() -> None:
    assert told() == "en"
    assert language_of([]) == "en"


def test_a_command_within_a_group_has_its_own_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("evalsuite.toml").write_text('[runs.list]\nlang = "zh"\n', "utf-8")

    assert language_of(["runs", "list"]) == "zh"
    assert language_of(["runs", "verify"]) == "en"
    monkeypatch.setenv("EVALSUITE_RUNS_VERIFY_LANG", "zh")
    assert language_of(["--debug", "runs", "verify", "--json"]) == "zh"


@pytest.mark.parametrize(
    ("line", "lang"),
    [
        (["compare", "--lang=zh"], "zh"),
        (["compare", "--lang", "en", "--lang", "zh"], "zh"),
        (["compare", "--lang", "fr"], "en"),
        (["compare", "--lang"], "en"),
        (["\0", "\udc80", "--lang=zh", "--nowhere"], "zh"),
    ],
)
def test_the_language_of_any_command_line_is_told(line: list[str], lang: str) -> None:
    assert language_of(line) == lang


@pytest.mark.parametrize(
    "text",
    ["[compare", "lang = 3\n", "lang = ['zh']\n", "[lang]\na = 1\n", "compare = 'zh'\n", "\0"],
)
def test_the_language_is_told_beside_broken_settings(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("evalsuite.toml").write_text(text, "utf-8")

    assert language_of(["compare"]) == "en"
    monkeypatch.setenv("EVALSUITE_LANG", "zh")
    assert language_of(["compare"]) == "zh"


@pytest.mark.parametrize("written", ["'fr'", "3", "['zh']", "''"])
def test_a_language_that_is_none_ends_every_command_with_one_line(
    written: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("evalsuite.toml").write_text(f"lang = {written}\n", "utf-8")

    with pytest.raises(SystemExit) as ended:
        main(["completion", "bash"])

    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert told.startswith("error: lang in evalsuite.toml is ")
    assert told.endswith("\nhint: use en or zh\n")


@pytest.mark.parametrize("written", ["zh", "zh_CN", "zh_CN.UTF-8", "zh-Hans", "ZH"])
def test_the_variable_may_be_written_as_a_locale(
    written: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALSUITE_LANG", written)

    chosen = chosen_for_all()
    assert chosen is not None
    assert (chosen.lang, language_of(["compare"])) == ("zh", "zh")


def test_a_variable_that_is_no_language_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALSUITE_LANG", "chinese")

    with pytest.raises(InvalidInputError, match="EVALSUITE_LANG is 'chinese'; use en or zh"):
        chosen_for_all()


def test_a_mistyped_line_of_the_settings_is_an_error_with_the_near_name() -> None:
    Path("evalsuite.toml").write_text('lagn = "zh"\n', "utf-8")

    done = CliRunner().invoke(cli, ["table", "1", "2", "3", "4"])

    assert isinstance(done.exception, InvalidInputError)
    assert "did you mean lang?" in str(done.exception)


def test_what_is_typed_is_completed_beside_a_language_that_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EVALSUITE_LANG", "fr")
    compare = cli.get_command(click.Context(cli), "compare")
    assert compare is not None

    with compare.make_context("compare", [], resilient_parsing=True) as context:
        assert context.params["lang"] == "en"


def test_the_language_before_a_command_wins_over_its_variable_and_yields_to_its_option(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EVALSUITE_RUNS_LIST_LANG", "en")
    line = ["--lang", "zh", "runs", "list", "--runs", "nowhere"]

    before = CliRunner().invoke(cli, line)
    behind = CliRunner().invoke(cli, [*line, "--lang", "en"])

    assert before.output.startswith("nowhere/ 里没有运行")
    assert behind.output.startswith("no runs in nowhere/")
    assert (language_of(line), language_of([*line, "--lang", "en"])) == ("zh", "en")


def test_the_settings_say_that_the_language_was_typed() -> None:
    done = CliRunner().invoke(cli, ["--lang", "zh", "config", "compare"])

    (line,) = (line for line in done.output.splitlines() if " lang " in line)
    assert line.split() == ["compare", "lang", "zh", "--lang"]

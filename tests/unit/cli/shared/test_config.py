from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from evalsuite.asking.spec import default_budgets, default_prompt, read_preset
from evalsuite.cli.main import COMMANDS, cli, main
from evalsuite.cli.shared.config import read_defaults
from evalsuite.cli.shared.options import SeededSubset
from evalsuite.errors import InvalidInputError


def test_a_section_holds_the_defaults_of_its_command(tmp_path: Path) -> None:
    text = '[models.base]\nsource = "x"\n[compare]\nsubset-size = 50\nmax-new-tokens = [64, 96]\n'
    (tmp_path / "evalsuite.toml").write_text(text, encoding="utf-8")

    found = read_defaults(click.Context(cli), tmp_path)

    assert found == {"compare": {"subset_size": "50", "max_new_tokens": "64,96"}}


def test_pyproject_may_hold_them_too_and_seeds_is_another_name_of_subsets(tmp_path: Path) -> None:
    text = "[tool.evalsuite.compare]\nseeds = 3\n"
    (tmp_path / "pyproject.toml").write_text(text, encoding="utf-8")

    assert read_defaults(click.Context(cli), tmp_path) == {"compare": {"subsets": "3"}}


def test_a_mistyped_section_is_an_error_with_a_suggestion(tmp_path: Path) -> None:
    (tmp_path / "evalsuite.toml").write_text("[comprae]\nseeds = 3\n", encoding="utf-8")

    with pytest.raises(InvalidInputError, match=r"did you mean \[compare\]"):
        read_defaults(click.Context(cli), tmp_path)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "[compare]\nsubset-sise = 3\n",
            "no option 'subset-sise'\nhint: did you mean subset-size",
        ),
        ("[gate]\nmax-los-rate = 0.1\n", r"did you mean max-loss-rate\?"),
        ("[runs.lst]\nruns = 'x'\n", r"did you mean list\?"),
        ("[compare]\nformatt = 'md'\n", "did you mean format"),
        ("[compare]\nsubsets = 3\nseeds = 4\n", "sets one option twice, again as 'seeds'"),
        ("compare = 3\n", "is no section"),
        ("[runs]\nlist = 3\n", r"\[runs\.list\] in evalsuite\.toml is no section"),
        ("[runs.list]\nrunz = 'x'\n", r"\[runs\.list\] in .* has no option 'runz'\nhint: .*runs"),
        (
            "[compare]\nmargin = {a = 1}\n",
            r"margin of \[compare\] in .*\nhint: write a text, a number",
        ),
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


@pytest.mark.parametrize(
    ("variable", "complaint"),
    [
        (
            "COMPARE_FORMATT",
            "no option of evalsuite compare\nhint: did you mean EVALSUITE_COMPARE_FORMAT?",
        ),
        (
            "RUNS_LST_JSON",
            "no option of evalsuite runs\nhint: did you mean EVALSUITE_RUNS_LIST_JSON?",
        ),
        ("COMPARE_NO_FULL", "did you mean EVALSUITE_COMPARE_FULL?"),
        ("COMPARE_XYZ", "no option of evalsuite compare\nhint: see `evalsuite compare --help`"),
        ("COMPAER_LANG", "sets nothing\nhint: did you mean EVALSUITE_COMPARE_LANG?"),
        ("LANGUAGE", "sets nothing\nhint: did you mean EVALSUITE_LANG?"),
    ],
)
def test_a_mistyped_variable_is_an_error_with_the_near_name(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    complaint: str,
) -> None:
    monkeypatch.setenv(f"EVALSUITE_{variable}", "1")

    with pytest.raises(SystemExit) as ended:
        main(["table", "1", "2", "3", "4"])

    assert ended.value.code == 2
    assert f"EVALSUITE_{variable} " in (told := capsys.readouterr().err)
    assert complaint in told


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        *(("DEBUG", "0"), ("KERNELS", "0"), ("LANG", "en")),
        *(("CHROMIUM", "/usr/bin/chromium"), ("BENCH_TOKENS", "64"), ("LM_EVAL_LOGS", "logs")),
        ("COMPARE_FORMATT", ""),
    ],
)
def test_variables_that_are_no_option_stay_their_owners_business(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(f"EVALSUITE_{variable}", value)

    assert CliRunner().invoke(cli, ["table", "1", "2", "3", "4"]).exit_code == 0


def _options(name: str) -> list[tuple[str, click.Option]]:
    """List the options of a command, and of those within, each with the name of its section."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    inner = command.commands.items() if isinstance(command, click.Group) else ()
    sections = [(name, command), *((f"{name}.{key}", each) for key, each in inner)]
    return [
        (section, option)
        for section, each in sections
        for option in each.params
        if isinstance(option, click.Option)
    ]


WITH_SECTION = sorted(COMMANDS.keys() - {"models"})
"""The section of models holds the aliases."""
REPEATABLE = [
    pytest.param(section, option, id=f"{section} {option.opts[0]}")
    for name in WITH_SECTION
    for section, option in _options(name)
    if option.multiple
]


def _word(option: click.Option) -> str:
    """Write a word that the option takes."""
    choices = option.type.choices if isinstance(option.type, click.Choice) else ()
    return str([*choices, "7"][0])


def _setting(written: str, section: str, option: str) -> dict[str, Any]:
    """Write a settings file and have it told, as the command would read it."""
    Path("evalsuite.toml").write_text(written, encoding="utf-8")
    done = CliRunner().invoke(cli, ["config", section.partition(".")[0], "--json"])
    assert done.exit_code == 0, (written, done.output, done.exception)
    rows = json.loads(done.output)["settings"]
    command = section.replace(".", " ")
    (row,) = [r for r in rows if (r["command"], r["option"]) == (command, option)]
    return dict(row)


def _value(option: click.Option) -> str:
    """Write a value that the option takes."""
    if option.is_flag:
        return "true"
    if isinstance(option.type, click.Path) and not option.type.file_okay:
        return "."
    if isinstance(option.type, click.FloatRange):
        return "0.5"
    return "42:20" if isinstance(option.type, SeededSubset) else _word(option)


def _origins(name: str, **variables: str) -> dict[tuple[str, str], str]:
    done = CliRunner().invoke(cli, ["config", name, "--json"], env=variables)
    assert done.exit_code == 0, (done.output, done.exception)
    return {(r["command"], r["option"]): r["origin"] for r in json.loads(done.output)["settings"]}


def _rounds(name: str) -> list[list[tuple[str, click.Option, str]]]:
    """List every option with its section and one of its names; each name has its turn."""
    named = [
        (section, option, [opt for opt in option.opts if opt.startswith("--")])
        for section, option in _options(name)
    ]
    most = max((len(names) for _, _, names in named), default=0)
    return [
        [(section, option, names[min(turn, len(names) - 1)]) for section, option, names in named]
        for turn in range(most)
    ]


@pytest.mark.parametrize("name", WITH_SECTION)
def test_every_option_may_stand_in_its_section_by_each_of_its_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "7").touch()
    for every in _rounds(name):
        sections: dict[str, list[str]] = {}
        for section, option, opt in every:
            line = f'{opt.removeprefix("--")} = "{_value(option)}"\n'
            sections.setdefault(section, [f"[{section}]\n"]).append(line)
        text = "".join(chain.from_iterable(sections.values()))
        Path("evalsuite.toml").write_text(text, encoding="utf-8")

        assert set(_origins(name).values()) == {"evalsuite.toml"}


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_option_may_be_set_by_the_variables_of_its_names(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "7").touch()
    for every in _rounds(name):
        variables = {
            re.sub(r"\W", "_", f"EVALSUITE_{section}_{opt[2:]}").upper(): _value(option)
            for section, option, opt in every
        }

        assert sorted(_origins(name, **variables).values()) == sorted(variables)


def test_the_name_of_the_functions_parameter_is_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("evalsuite.toml").write_text("[compare]\ncolumn-id = 'q'\n", encoding="utf-8")
    monkeypatch.setenv("EVALSUITE_COMPARE_FORM", "md")

    origins = _origins("compare")

    assert origins["compare", "id"] == "evalsuite.toml"
    assert origins["compare", "format"] == "EVALSUITE_COMPARE_FORM"


@pytest.mark.parametrize(("section", "option"), REPEATABLE)
def test_an_option_that_may_be_repeated_takes_a_text_and_a_list(
    section: str, option: click.Option, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    word, name = _word(option), max(option.opts, key=len).removeprefix("--")
    expected = [option.type.convert(word, option, None)]

    one = _setting(f'[{section}]\n{name} = "{word}"\n', section, name)
    two = _setting(f'[{section}]\n{name} = ["{word}", "{word}"]\n', section, name)

    assert (one["value"], two["value"]) == (expected, expected * 2)


@pytest.mark.parametrize("value", ["5", "true", "[1, 2]", "{a = 1}"])
@pytest.mark.parametrize("name", WITH_SECTION)
def test_a_value_of_another_kind_is_one_line(
    name: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for section, option in _options(name):
        text = f"[{section}]\n{option.opts[-1].lstrip('-')} = {value}\n"
        Path("evalsuite.toml").write_text(text, encoding="utf-8")

        done = CliRunner().invoke(cli, ["config", name])

        assert isinstance(done.exception, (type(None), SystemExit, InvalidInputError)), text


def test_without_a_file_there_are_no_defaults(tmp_path: Path) -> None:
    assert read_defaults(click.Context(cli), tmp_path) == {}


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
    command = cli.get_command(click.Context(cli), name)

    assert command is not None
    assert command.get_short_help_str()

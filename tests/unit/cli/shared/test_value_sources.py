"""A bad value that nobody typed is told by the variable or the file that holds it."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from evalsuite.cli.main import main
from evalsuite.cli.shared.value_sources import SourcedContext, source_of

COMPARE = ["compare", "base", "trained", "--dry-run"]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def error_of(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    with pytest.raises(SystemExit) as ended:
        main(argv)
    assert ended.value.code == 2
    return capsys.readouterr().err.splitlines()[0]


@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        (
            "EVALSUITE_COMPARE_MARGIN",
            "two",
            "error: Invalid value for EVALSUITE_COMPARE_MARGIN: 'two' is not a valid float",
        ),
        ("EVALSUITE_COMPARE_ALPHA", "7", "error: EVALSUITE_COMPARE_ALPHA: alpha is 7.0, but "),
        ("EVALSUITE_COMPARE_SUBSET_SIZE", "-3", "error: EVALSUITE_COMPARE_SUBSET_SIZE: 5 subsets"),
        ("EVALSUITE_COMPARE_TASK", "none.jsonl", "error: EVALSUITE_COMPARE_TASK: task 'none.json"),
    ],
)
def test_a_variable_is_named_where_its_value_is_bad(
    variable: str,
    value: str,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(variable, value)

    assert error_of(COMPARE, capsys).startswith(line)


@pytest.mark.parametrize(
    ("setting", "line"),
    [
        (
            'margin = "two"',
            "error: Invalid value for margin of [compare] in evalsuite.toml: 'two' is not",
        ),
        ("subset_size = -3", "error: subset_size of [compare] in evalsuite.toml: 5 subsets of -3"),
    ],
)
def test_key_and_file_are_named_where_a_setting_is_bad(
    setting: str, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("evalsuite.toml").write_text(f"[compare]\n{setting}\n", encoding="utf-8")

    assert error_of(COMPARE, capsys).startswith(line)


def test_what_was_typed_is_told_as_an_option_whatever_else_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVALSUITE_COMPARE_ALPHA", "7")
    monkeypatch.setenv("EVALSUITE_COMPARE_TASK", "none.jsonl")

    line = error_of([*COMPARE, "--task", "nowhere.jsonl", "--alpha", "0.1"], capsys)

    assert line.startswith("error: task 'nowhere.jsonl' is neither")


def test_a_variable_that_the_error_is_not_about_is_not_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EVALSUITE_COMPARE_SUBSETS", "5")
    monkeypatch.setenv("EVALSUITE_COMPARE_ALPHA", "0.01")

    line = error_of([*COMPARE, "--grader", "x"], capsys)

    assert line.startswith("error: --grader x chooses")


def test_in_chinese_key_and_file_are_named_in_chinese(capsys: pytest.CaptureFixture[str]) -> None:
    Path("evalsuite.toml").write_text('[runs.list]\njson = "maybe"\n', encoding="utf-8")
    with pytest.raises(SystemExit):
        main(["runs", "list", "--lang", "zh"])

    assert capsys.readouterr().err.startswith(
        "错误：evalsuite.toml 的 [runs.list] 里的 json 的值无效：'maybe'"
    )


def test_a_default_has_no_source() -> None:
    command = click.Command("x", params=[click.Option(["--n"], default=1)])
    context = SourcedContext(command, info_name="x")
    with context:
        command.parse_args(context, [])

    assert source_of(context, command.params[0]) is None

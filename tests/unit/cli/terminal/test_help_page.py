"""Help in Chinese: complete, without a stale entry, and set out by the columns that are seen."""

from __future__ import annotations

import inspect
import re
from functools import cache
from typing import TYPE_CHECKING

import click
import pytest
from chinese_lines import english_words
from click.testing import CliRunner

from evalsuite.cli.main import EXAMPLES, GROUPS, cli, main
from evalsuite.cli.terminal.grouped import HEADINGS, GroupedCommand
from evalsuite.cli.terminal.help_page import HelpPage, metavar_told
from evalsuite.reporting.clauses import help_texts
from evalsuite.reporting.outputs.inert import columns

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HAN = re.compile("[\u4e00-\u9fff]")
CHINESE = help_texts("zh")
LATIN = ("Every Eval Ever", "JSON lines")
"""Names and kinds of files that are written alike in both languages."""


class Looked(dict[str, str]):
    """A table that remembers what was looked up."""

    def __init__(self, texts: dict[str, str]) -> None:
        super().__init__(texts)
        self.up: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.up.add(key)
        return super().get(key, default)


def contexts(
    command: click.Command, name: str = "evalsuite", above: click.Context | None = None
) -> Iterator[click.Context]:
    context = command.context_class(
        command, parent=above, info_name=name, **command.context_settings
    )
    yield context
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            inner = command.get_command(context, each)
            assert inner is not None
            yield from contexts(inner, each, context)


@cache
def pages() -> dict[str, str]:
    """Write every page in Chinese, as wide as a terminal of 80 columns has it."""
    written = {}
    for context in contexts(cli):
        page = HelpPage(LOOKED, width=78)
        context.command.format_help(context, page)
        written[context.command_path] = page.getvalue()
    return written


LOOKED = Looked(dict(CHINESE))


def english_texts() -> Iterator[str]:
    """Collect what stands at commands and options, as their authors wrote it."""
    yield from GROUPS
    yield from (meaning for group in GROUPS.values() for meaning in group.values())
    yield from HEADINGS
    yield from (f"# {meaning}" for _, meaning in EXAMPLES)
    for context in contexts(cli):
        command = context.command
        for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
            lines = paragraph.splitlines()
            yield from lines[1:] if lines[0] == "\b" else (" ".join(lines),)
        if isinstance(command, GroupedCommand):
            yield from (f"# {meaning}" for _, meaning in command.examples)
        for option in command.get_params(context):
            text = option.help or "" if isinstance(option, click.Option) else ""
            yield re.sub(r"(^|  )\[default: [^]]+\]$", "", text)


def test_every_text_has_its_chinese() -> None:
    texts = set(english_texts()) - {""}

    assert len(texts) > 200
    assert sorted(texts - CHINESE.keys()) == []


def test_every_option_says_what_it_is() -> None:
    assert [
        f"{context.command_path} {option.name}"
        for context in contexts(cli)
        for option in context.command.params
        if isinstance(option, click.Option) and not option.help
    ] == []


def test_the_table_has_no_entry_that_no_page_looks_up() -> None:
    pages()

    assert sorted(CHINESE.keys() - LOOKED.up) == []


def test_the_chinese_of_a_text_is_chinese_and_keeps_its_options() -> None:
    for english, chinese in CHINESE.items():
        if re.search(r"[a-z]{2,} [a-z]", english) and "evalsuite completion" not in english:
            assert HAN.search(chinese), english
        for option in re.findall(r"--[a-z][a-z-]+", english):
            assert option in chinese, english


def test_every_command_has_its_page() -> None:
    assert len(pages()) > 30
    assert {"evalsuite", "evalsuite compare", "evalsuite runs rm"} <= pages().keys()


@pytest.mark.parametrize("path", list(pages()))
def test_no_page_holds_english(path: str) -> None:
    page = pages()[path].partition(f"{CHINESE['Examples']}：")[0]
    for name in LATIN:
        page = page.replace(name, "·")

    assert english_words(re.sub(r"evalsuite[^\n]*", "", page)) == []
    assert re.findall(r"\b(?!JSON|GRPO|EVALSUITE|GPU|URL)[A-Z]{4,}\b", page.splitlines()[0]) == []


@pytest.mark.parametrize("path", list(pages()))
def test_a_page_fits_80_columns_and_no_line_begins_with_a_stop(path: str) -> None:
    for line in pages()[path].splitlines():
        assert columns(line) <= 80 or not HAN.search(line), line  # choices stay whole
        assert not line.lstrip().startswith(tuple("。，、；：）]”")), line


@pytest.mark.parametrize("path", list(pages()))
def test_meanings_begin_below_each_other(path: str) -> None:
    for block in pages()[path].split("\n\n"):
        rows = [row for row in block.splitlines() if re.match(r"  -.*\S {2,}\S", row)]
        begins = {columns(re.match(r"(  -.*?\S) {2,}(?=\S)", row)[0]) for row in rows}  # type: ignore[index]

        assert len(begins) <= 1, block


def shown(*line: str, **variables: str) -> str:
    done = CliRunner().invoke(cli, [*line, "--help"], env=variables, prog_name="evalsuite")
    assert done.exit_code == 0
    return done.output


@pytest.mark.parametrize("line", [["--lang", "zh"], ["--lang", "zh", "runs"]])
def test_help_is_told_in_the_language_before_the_command(line: list[str]) -> None:
    assert shown(*line).startswith("用法：evalsuite ")


def test_help_is_told_in_the_language_of_its_command_variable_or_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    compare = "用法：evalsuite compare [选项] [训练前] [训练后]...\n"

    assert shown("compare", "--lang", "zh").startswith(compare)
    assert shown("compare", EVALSUITE_LANG="zh_CN.UTF-8").startswith(compare)
    assert shown("compare", EVALSUITE_COMPARE_LANG="zh").startswith(compare)
    assert shown("compare", "--lang", "en", EVALSUITE_LANG="zh").startswith("Usage: ")
    (tmp_path / "evalsuite.toml").write_text('lang = "zh"\n', "utf-8")
    assert shown("compare").startswith(compare)
    assert shown("runs", "list").startswith("用法：evalsuite runs list [选项]\n")


def test_english_pages_are_those_of_click() -> None:
    page = shown("compare")

    assert page.startswith("Usage: evalsuite compare [OPTIONS] [BASE] [TRAINED]...\n")
    assert not HAN.search(page)


def test_a_program_without_a_command_shows_its_chinese_help(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EVALSUITE_LANG", "zh")

    with pytest.raises(SystemExit):
        main([])

    assert capsys.readouterr().err.startswith("用法：evalsuite [选项] 命令 [参数]...\n")


def test_values_have_chinese_names_and_choices_stay() -> None:
    told = [
        metavar_told(text, CHINESE)
        for text in (
            "--threads INTEGER RANGE",
            "--subset SEED:N",
            "--columns question=NAME,answer=NAME",
            "-o, --output DIRECTORY",
            "--to [lm-eval|parquet]",
            "[OPTIONS] PATH",
        )
    ]

    assert told == [
        "--threads 整数",
        "--subset 种子:N",
        "--columns question=列,answer=列",
        "-o, --output 文件夹",
        "--to [lm-eval|parquet]",
        "[选项] 路径",
    ]


def test_a_bracket_behind_a_meaning_keeps_together() -> None:
    page = HelpPage(
        {"default: {value}": "默认：{value}", "A text.": "八个字的说明文字。"}, width=50
    )
    page.write_dl([("--name " + "x" * 20, "A text.  [default: en]  [x>=1]")])

    assert page.getvalue().splitlines() == [
        f"--name {'x' * 20}  八个字的说明文字。",
        f"{'':29}[默认：en]  [x>=1]",
    ]

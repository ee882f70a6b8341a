"""What click refuses, told in Chinese; real commands refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from evalsuite.cli.shared.refusals import TEMPLATES, as_clause
from evalsuite.errors import Clause
from evalsuite.reporting.clauses import error_templates

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def group() -> None:
    """Hold the commands."""


@group.command()
@click.argument("word")
@click.option("--count", type=click.IntRange(1), required=True)
@click.option("--share", type=float)
@click.option("--kind", type=click.Choice(["one", "two"]))
@click.option("--flag", is_flag=True)
@click.option("--file", type=click.Path(exists=True, dir_okay=False))
@click.option("--folder", type=click.Path(exists=True, file_okay=False))
@click.option("--pair", nargs=2)
def refuse(**_: object) -> None:
    """Take nothing that a test gives."""


def refusal(*words: str) -> str:
    with pytest.raises(click.UsageError) as caught:
        group.main(list(words), prog_name="x", standalone_mode=False)
    return as_clause(caught.value.format_message()).told(error_templates("zh"))


@pytest.mark.parametrize(
    ("words", "chinese"),
    [
        (["refuze"], "没有命令 'refuze'；是不是想写 'refuse'？"),
        (["nothing"], "没有命令 'nothing'"),
        (["refuse", "a", "--cuont", "1"], "没有选项 '--cuont'；是不是想写 '--count'？"),
        (["refuse", "a", "--zzz"], "没有选项 '--zzz'"),
        (["refuse", "--count", "1"], "缺少参数 'WORD'"),
        (["refuse", "a"], "缺少选项 '--count'"),
        (["refuse", "a", "b", "--count", "1"], "多出一个参数（b）"),
        (["refuse", "a", "b", "c", "--count", "1"], "多出几个参数（b c）"),
        (["refuse", "a", "--count"], "选项 '--count' 需要一个值"),
        (["refuse", "a", "--count", "1", "--pair", "1"], "选项 '--pair' 需要 2 个值"),
        (["refuse", "a", "--flag=1", "--count", "1"], "选项 '--flag' 不接受值"),
        (["refuse", "a", "--count", "many"], "'--count' 的值无效：'many' 不是整数"),
        (["refuse", "a", "--count", "0"], "'--count' 的值无效：0 不在范围 x>=1 之内"),
        (["refuse", "a", "--share", "x"], "'--share' 的值无效：'x' 不是数字"),
        (["refuse", "a", "--kind", "x"], "'--kind' 的值无效：'x' 不在可选的 'one', 'two' 之中"),
        (["refuse", "a", "--file", "no"], "'--file' 的值无效：文件 'no' 不存在"),
        (["refuse", "a", "--file", "."], "'--file' 的值无效：文件 '.' 是文件夹"),
        (["refuse", "a", "--folder", "no"], "'--folder' 的值无效：文件夹 'no' 不存在"),
    ],
)
def test_a_refusal_of_click_is_told_in_chinese(words: list[str], chinese: str) -> None:
    assert refusal(*words) == chinese


def test_a_folder_that_is_a_file_is_told_in_chinese(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert "是文件" in refusal("refuse", "a", "--folder", str(file))


def test_the_empty_text_is_no_value_that_is_offered() -> None:
    clause = as_clause("'maybe' is not a valid boolean. Recognized values: , 0, 1, yes")

    assert clause == "'maybe' is not a valid boolean. Recognized values: 0, 1, yes"


def test_english_stays_what_click_said() -> None:
    said = "Invalid value for '--n' / '-n': 'x: y. z' is not one of 'a', 'b'."
    assert as_clause(said).told({}) == said[:-1]


def test_a_message_of_ours_keeps_its_template() -> None:
    own = Clause("{value!r} is no subset", value="x")
    told = as_clause("Invalid value for '--also': 'x' is no subset", own)

    assert told.told({own.template: "{value!r} 不是子集"}) == (
        "Invalid value for '--also': 'x' 不是子集"
    )


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_a_person_typed_is_no_message(template: str) -> None:
    typed = f"Got unexpected extra argument ({template * 2000})"

    assert as_clause(typed) == typed


def test_an_unknown_message_stays_as_it_is() -> None:
    assert as_clause("Of a later version {n}.") == "Of a later version {n}"

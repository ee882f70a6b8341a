"""Each bad command line prints what the golden files hold: words, exit code, nothing on stdout."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from bad_commands import ERROR, KEY, Bad, answer_to, ending, read_golden, warm
from forked import Forks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOLDEN, CHINESE = read_golden(), read_golden("zh")
_HAN = re.compile("[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Forks]]:
    folder = tmp_path_factory.mktemp("bad") / "template"
    with Forks(folder.parent) as light:
        warm(folder, light)
        yield folder, light


def test_the_golden_file_holds_no_crash_and_no_verdict() -> None:
    assert len(GOLDEN) > 60
    for bad in GOLDEN:
        code, _, words = bad.answer.partition("\n")
        assert code in ("2", "4", "5"), bad.line
        assert words, bad.line
        assert "Traceback" not in words
        assert "stdout:" not in words
        assert KEY not in words


@pytest.mark.parametrize("bad", GOLDEN, ids=lambda bad: bad.line)
def test_a_bad_command_line_has_its_exact_message(
    project: tuple[Path, Forks], forks: Forks, bad: Bad
) -> None:
    assert answer_to(bad.line, *project, forks) == bad.answer


@pytest.mark.parametrize("bad", CHINESE, ids=lambda bad: bad.line)
def test_a_bad_command_line_has_its_exact_message_in_chinese(
    project: tuple[Path, Forks], forks: Forks, bad: Bad
) -> None:
    assert answer_to(bad.line, *project, forks, lang="zh") == bad.answer


def test_the_same_command_lines_end_alike_in_chinese() -> None:
    assert [bad.line for bad in CHINESE] == [bad.line for bad in GOLDEN]
    for english, chinese in zip(GOLDEN, CHINESE, strict=True):
        expected = ending(english.answer, ERROR["en"])
        assert chinese.answer.partition("\n")[0] == expected.partition("\n")[0], english.line
        assert chinese.answer.count("\n") == expected.count("\n"), english.line


def test_every_line_of_an_error_has_chinese_in_it() -> None:
    for bad in CHINESE:
        _, first, *rest = bad.answer.split("\n")
        assert first.startswith("错误："), bad.line
        assert all(line.startswith("提示：") for line in rest), bad.line
        for line in (first, *rest):
            assert _HAN.search(line.partition("：")[2]), line

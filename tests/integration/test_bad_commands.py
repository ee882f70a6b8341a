"""Each bad command line prints what the golden file holds: words, exit code, nothing on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from bad_commands import KEY, Bad, answer_to, read_golden, warm
from forked import Forks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOLDEN = read_golden()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Forks]]:
    folder = tmp_path_factory.mktemp("bad") / "template"
    with Forks(folder.parent) as forks:
        warm(folder, forks)
        yield folder, forks


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
def test_a_bad_command_line_has_its_exact_message(project: tuple[Path, Forks], bad: Bad) -> None:
    template, forks = project

    assert answer_to(bad.line, template, forks) == bad.answer

"""Whatever a server does, a command ends in time with one line or with what was really said."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from forked import Forks
from hostile_servers import BEHAVIOURS, KEY, misbehaving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

RUN = ("--task", "questions.jsonl", "--max-new-tokens", "16", "--concurrency", "2")
CALL = "hostile_servers:impatient_command"
SECONDS = 45.0
"""Of wall time on a busy machine; a server that drips would hold a command for minutes."""


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    folder = tmp_path_factory.mktemp("warm")
    _ask(folder)
    modules = ("hostile_servers", "numpy", "evalsuite.asking.evaluate")
    with Forks(folder, *modules) as running, misbehaving(BEHAVIOURS["a right answer"]) as server:
        running.warm(folder, "run", f"openai:tiny@{server.url}", *RUN, call=CALL)
        yield running


def _ask(folder: Path) -> None:
    rows = [{"question": f"{i}+1?", "answer": i + 1} for i in range(2)]
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "questions.jsonl").write_text(text, encoding="utf-8")


def _stored(folder: Path) -> str:
    """Everything below the run store, names of files included."""
    pieces = [
        f"{path}\n{path.read_text(encoding='utf-8') if path.is_file() else ''}"
        for path in sorted((folder / "runs").rglob("*"))
    ]
    return "\n".join(pieces)


def test_there_are_eighty_behaviours() -> None:
    assert len(BEHAVIOURS) > 80


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_hostile_server_gets_one_line_and_no_key(tmp_path: Path, forks: Forks, name: str) -> None:
    behaviour = BEHAVIOURS[name]
    _ask(tmp_path)

    with misbehaving(behaviour) as server:
        outcome = forks.run(
            tmp_path,
            *("run", f"openai:tiny@{server.url}", *RUN),
            call=CALL,
            variables={"OPENAI_API_KEY": KEY},
            seconds=SECONDS,
        )

    errors, stored = outcome.errors, _stored(tmp_path)
    assert outcome.code == behaviour.code, errors
    assert "Traceback" not in errors
    assert KEY[:9] not in errors + outcome.output + stored
    assert not server.elsewhere_was_asked
    assert outcome.megabytes < 1000
    assert not set(errors + outcome.output) & {"\x1b", "\x07", "\u202e"}
    if behaviour.code == 0:
        assert behaviour.words in stored
    else:
        assert behaviour.words in errors
        lines = [line for line in errors.splitlines() if line.startswith("error: ")]
        assert len(lines) == 1
        assert len(lines[0]) < 1000

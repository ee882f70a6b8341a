"""The ledger of a run store: a line a comparison, each once, and whole lines alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.disk.ledger import add_to_ledger, read_ledger, read_looks
from evalsuite.records.ledger import LedgerLine

if TYPE_CHECKING:
    from pathlib import Path

LINE = LedgerLine(questions="q", models=("base", "trained"), settings="s")


def test_a_comparison_is_counted_once_among_those_on_its_questions(tmp_path: Path) -> None:
    others = [replace(LINE, settings="t"), replace(LINE, questions="elsewhere")]

    numbers = [add_to_ledger(tmp_path / "runs", line) for line in (LINE, *others, LINE)]

    assert numbers == [1, 2, 1, 1]
    assert read_ledger(tmp_path / "runs") == (LINE, *others)


def test_a_line_torn_by_a_crash_is_none_and_is_written_over(tmp_path: Path) -> None:
    add_to_ledger(tmp_path, LINE)
    with (tmp_path / "ledger.jsonl").open("a") as file:
        file.write('{"questions": "q", "mod')

    assert read_ledger(tmp_path) == (LINE,)
    assert add_to_ledger(tmp_path, replace(LINE, settings="t")) == 2
    assert len(read_ledger(tmp_path)) == 2


def test_a_store_without_a_ledger_has_seen_nothing(tmp_path: Path) -> None:
    assert read_ledger(tmp_path / "nowhere") == ()


def test_looks_are_those_of_the_questions_asked_about(tmp_path: Path) -> None:
    looked = replace(LINE, design="planned", seed=0)
    for line in (LINE, looked, replace(looked, questions="elsewhere")):
        add_to_ledger(tmp_path, line)

    assert read_looks(tmp_path, "q") == (looked,)
    assert read_looks(tmp_path / "nowhere", "q") == ()


def test_a_comparison_that_is_there_waits_for_nobody(tmp_path: Path) -> None:
    looked = replace(LINE, design="planned", seed=0)
    for line in (LINE, looked):
        add_to_ledger(tmp_path, line)
    (tmp_path / ".ledger.lock").unlink()

    numbers = [add_to_ledger(tmp_path, LINE)]
    was_locked = (tmp_path / ".ledger.lock").exists()
    numbers.append(add_to_ledger(tmp_path, looked))

    assert numbers == [1, 2]
    assert not was_locked
    assert (tmp_path / ".ledger.lock").exists()

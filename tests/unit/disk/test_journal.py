from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from builders import ScriptedEngine, question, response, run, text_of

from evalsuite.asking.evaluate import evaluate
from evalsuite.disk.journal import JournalScope, hold, journal_lines, read_answers
from evalsuite.disk.storage import journal_scope, load_run, open_journal, run_folder
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import to_line

TEXTS = {f"q-{i}": rf"{i} is \boxed{{7}}" for i in range(12)}
QUESTIONS = tuple(question(i) for i in range(12))
PROMPTS = {q.id: text_of(q) for q in QUESTIONS}
SPEC = run([""] * 12).spec
SCOPE = journal_scope(SPEC)


def begun(root: Path, n: int = 5) -> Path:
    """Start a run, and leave it with n answers."""
    folder = run_folder(root, SPEC)
    with open_journal(folder, SPEC, QUESTIONS) as journal:
        journal.append([response(i, TEXTS[f"q-{i}"]) for i in range(n)])
    return folder / "responses.jsonl"


def finish(root: Path) -> None:
    evaluate(SPEC, QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), root)


def test_no_single_flipped_bit_of_a_checked_line_changes_an_answer(tmp_path: Path) -> None:
    journal = begun(tmp_path, 2)
    first, second = journal.read_bytes().splitlines(keepends=True)
    answers = list(journal_lines(journal, SCOPE))

    refused = 0
    for position in range(len(second) - 1):
        for bit in range(8):
            flipped = bytearray(second)
            flipped[position] ^= 1 << bit
            journal.write_bytes(first + flipped)
            try:
                read = list(journal_lines(journal, SCOPE))
            except InvalidInputError:
                refused += 1
            else:  # such as a newline in the middle, which leaves a torn line
                assert read == answers, (position, bit)

    assert refused >= 8 * (len(second) - 1) - 8


def test_a_damaged_line_is_named_with_a_way_out(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    content = journal.read_bytes().replace(b"3 is", b"8 is")
    journal.write_bytes(content)

    with pytest.raises(InvalidInputError, match=r"responses\.jsonl line 4 is damaged.*delete"):
        finish(tmp_path)
    lines = content.splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:3] + lines[4:]))
    finish(tmp_path)

    assert load_run(journal.parent).responses[3].text == TEXTS["q-3"]


def test_the_journal_of_another_run_is_refused(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    other = replace(SPEC, model=replace(SPEC.model, weights="others"))
    folder = run_folder(tmp_path / "other", other)
    with open_journal(folder, other, QUESTIONS) as opened:
        opened.append([response(0, "another model's words")])
    journal.write_bytes((folder / "responses.jsonl").read_bytes())

    with pytest.raises(InvalidInputError, match="answer of another run"):
        finish(tmp_path)


def test_an_answer_that_was_not_asked_is_named_instead_of_counted(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    with journal.open("a", encoding="ascii") as file:
        file.write(SCOPE.line_of(response(99, "never asked")))

    with pytest.raises(InvalidInputError, match=r"line 6 answers question q-99 .*not asked"):
        finish(tmp_path)


def test_a_journal_from_before_checksums_is_continued(tmp_path: Path) -> None:
    journal = begun(tmp_path, 0)
    old = "".join(to_line(response(i, TEXTS[f"q-{i}"])) for i in range(5))
    journal.write_text(old, encoding="ascii")

    finish(tmp_path)
    finish(tmp_path / "whole")

    whole = run_folder(tmp_path / "whole", SPEC) / "responses.jsonl"
    assert journal.read_bytes() == whole.read_bytes()


def test_a_line_that_lost_its_checksum_is_no_old_line(tmp_path: Path) -> None:
    journal = begun(tmp_path, 1)
    with journal.open("a", encoding="ascii") as file:
        file.write(to_line(response(1, "from nowhere")))

    with pytest.raises(InvalidInputError, match="line 2 is damaged"):
        finish(tmp_path)


@pytest.mark.parametrize("name", [".lock", "responses.jsonl"])
def test_a_link_in_a_run_folder_is_not_written_through(tmp_path: Path, name: str) -> None:
    journal = begun(tmp_path, 0)
    victim = tmp_path / "victim"
    victim.write_text("precious", encoding="utf-8")
    (journal.parent / name).unlink(missing_ok=True)
    (journal.parent / name).symlink_to(victim)

    with pytest.raises(InvalidInputError, match="no plain file"):
        finish(tmp_path)

    assert victim.read_text(encoding="utf-8") == "precious"


def test_a_resumed_run_tells_where_every_answer_was_made(tmp_path: Path) -> None:
    class Elsewhere(ScriptedEngine):
        def describe(self) -> dict[str, object]:
            return super().describe() | {"torch": "9.9"}

    folder = run_folder(tmp_path, SPEC)
    with open_journal(folder, SPEC, QUESTIONS) as journal:
        journal.begin_session(Elsewhere(TEXTS).describe())
        journal.append([response(i, TEXTS[f"q-{i}"]) for i in range(5)])

    finish(tmp_path)

    first, second = load_run(folder).environment["sessions"]
    assert (first["answers"], first["environment"]) == (5, {"torch": "9.9"})
    assert second["answers"] == 7
    assert not (folder / "sessions.jsonl").exists()


def test_a_damaged_note_of_sessions_is_one_line(tmp_path: Path) -> None:
    journal = begun(tmp_path)
    journal.with_name("sessions.jsonl").write_text('{"answers":"some"}\n', encoding="utf-8")

    with pytest.raises(InvalidInputError, match=r"sessions\.jsonl is not a SessionStart"):
        finish(tmp_path)


def test_an_uninterrupted_run_tells_of_no_sessions(tmp_path: Path) -> None:
    finish(tmp_path)

    assert "sessions" not in load_run(run_folder(tmp_path, SPEC)).environment


def test_answers_of_a_session_nobody_noted_have_an_unknown_environment(tmp_path: Path) -> None:
    journal = begun(tmp_path)

    finish(tmp_path)

    assert load_run(journal.parent).environment["sessions"][0] == {
        "answers": 5,
        "environment": None,
    }


def test_a_write_that_fails_half_way_is_not_made_up_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A buffered file would write all of it again when it is closed, behind the half."""

    class HalfFull(io.FileIO):
        def write(self, content: Any) -> int:
            super().write(memoryview(content)[: len(content) // 2])
            raise OSError(28, "No space left on device")

    folder = run_folder(tmp_path, SPEC)

    def opened(path: Path, mode: str = "r", *more: Any, **options: Any) -> Any:
        if path.name == "responses.jsonl" and mode == "ab":
            return HalfFull(path, "a")
        return io.open(path, mode, *more, **options)  # noqa: UP020  Path.open is replaced

    monkeypatch.setattr(Path, "open", opened)
    with (
        pytest.raises(OSError, match="No space"),
        open_journal(folder, SPEC, QUESTIONS) as journal,
    ):
        journal.append([response(i, TEXTS[f"q-{i}"]) for i in range(5)])
    monkeypatch.undo()

    finish(tmp_path)

    assert len(load_run(folder).responses) == 12


def test_a_checksum_covers_its_run() -> None:
    other = JournalScope(fingerprint="other", wanted=SCOPE.wanted)

    assert SCOPE.line_of(response(1, "x")) != other.line_of(response(1, "x"))


def test_a_finishing_run_leaves_the_files_of_a_shard_that_works(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, SPEC)
    folder.mkdir(parents=True)
    for name in ("shard-1-of-2.jsonl", "shard-2-of-2.jsonl"):
        (folder / name).write_text("", encoding="ascii")
    code = (
        "import sys; from pathlib import Path; from evalsuite.disk.journal import hold\n"
        "with hold(Path(sys.argv[1]), 'it'): print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder / ".shard-1-of-2.lock")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as working:
        assert working.stdout is not None
        working.stdout.readline()
        finish(tmp_path)
        working.kill()

    assert [p.name for p in folder.glob("shard-*")] == ["shard-1-of-2.jsonl"]
    with hold(folder / ".shard-1-of-2.lock", "it"):  # the lock outlived the run's end
        pass


def test_who_opened_a_journal_is_one_session_however_often_it_generates(tmp_path: Path) -> None:
    with open_journal(run_folder(tmp_path, SPEC), SPEC, QUESTIONS) as journal:
        for i in range(3):
            journal.begin_session({"engine": "scripted"})
            journal.append([response(i, TEXTS[f"q-{i}"])])
        noted = journal.sessions()

    assert [session.answers for session in noted] == [3]


_WRITES_AND_DIES = """
import os, signal, sys
from pathlib import Path
from test_journal import QUESTIONS, SPEC, TEXTS
from builders import response
from evalsuite.disk.storage import open_journal

with open_journal(Path(sys.argv[1]), SPEC, QUESTIONS) as journal:
    for i in range(7):
        journal.write([response(i, TEXTS[f"q-{i}"])])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_kill_costs_no_answer_that_was_written_even_before_the_disk_is_waited_for(
    tmp_path: Path,
) -> None:
    folder = run_folder(tmp_path, SPEC)
    places = os.pathsep.join([str(Path(__file__).parent), *sys.path])

    dead = subprocess.run(
        [sys.executable, "-c", _WRITES_AND_DIES, str(folder)],
        env=os.environ | {"PYTHONPATH": places},
        check=False,
    )

    assert dead.returncode == -signal.SIGKILL
    assert [question for question, _ in read_answers(folder, SCOPE)] == [f"q-{i}" for i in range(7)]


def test_answers_count_as_done_when_the_disk_has_them(tmp_path: Path) -> None:
    with open_journal(run_folder(tmp_path, SPEC), SPEC, QUESTIONS) as journal:
        journal.write([response(0, TEXTS["q-0"])])
        written = list(journal.done)
        journal.sync()

        assert (written, len(journal.done)) == ([], 1)

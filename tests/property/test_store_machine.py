"""The run store under any order of work, kills, full disks and owners: nothing lost, none locked.

Each step is a process of its own, killed or failed at one of its file operations; after it the
store must hold every answer that it held before, each once and as it was given.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from builders import Job, ScriptedEngine
from faulty_disk import KILL, FaultyDisk
from hypothesis import Phase, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from evalsuite.asking.answering.shards import answer_shard
from evalsuite.asking.evaluate import evaluate
from evalsuite.cli.main import main
from evalsuite.cli.shared.exits import ending_of
from evalsuite.disk.files import leftover_parts
from evalsuite.disk.journal import journals, read_answers
from evalsuite.disk.removal import remove_run
from evalsuite.disk.storage import (
    held_run,
    is_complete,
    journal_scope,
    load_run,
    run_folder,
    write_grades,
)
from evalsuite.disk.verification import verify_run
from evalsuite.records.shard import Shard
from evalsuite.tasks.grading import grade_response, task_of_run

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/fd").exists(), reason="the failing disk finds names by Linux's /proc"
)

N = 8
JOB = Job(N)
TEXTS, QUESTIONS, PROMPTS, SPEC = JOB.texts, JOB.questions, JOB.prompts, JOB.spec
SCOPE = journal_scope(SPEC)
GOOD_ENDS = {0, 2, 5, 130, -9}
"""Done, refused, failed, interrupted, killed: never a gate's code, and no crash."""

Fault = tuple[int, int] | None
FAULTS = st.none() | st.tuples(
    st.integers(1, 60), st.sampled_from([KILL, KILL, errno.ENOSPC, errno.EIO, errno.EMFILE])
)
SHARES = st.sampled_from(["1/2", "2/2", "1/3", "2/3", "3/3"])


def ended(work: Callable[[], Any], root: Path, fault: Fault = None) -> int:
    """Do work in a process of its own, on a disk that fails where it is told to."""
    process = os.fork()
    if process == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        if fault is not None:
            FaultyDisk(root, at=fault[0], fault=fault[1]).install()
        code: Any = 0
        try:
            work()
        except SystemExit as end:
            code = end.code
        except BaseException as error:  # noqa: BLE001  as the command line does
            code = ending_of(error).code
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


class StoreMachine(RuleBasedStateMachine):
    """One run in one store, with every command that writes there."""

    @initialize()
    def begin(self) -> None:
        self.home = Path(tempfile.mkdtemp())
        self.root = self.home / "runs"
        self.folder = run_folder(self.root, SPEC)
        self.held: set[tuple[str, int]] = set()
        self.has_old_grades = False
        whole = evaluate(SPEC, QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), self.home / "whole")[1]
        self.whole = {name: (whole / name).read_bytes() for name in Job.STABLE}

    def generate(self, root: Path, stop_after: int | None) -> None:
        evaluate(SPEC, QUESTIONS, PROMPTS, ScriptedEngine(TEXTS, stop_after=stop_after), root)

    def work(self, work: Callable[[], Any], fault: Fault = None) -> int:
        code = ended(work, self.root, fault)
        assert code in GOOD_ENDS
        assert fault is None or code != -9 or fault[1] == KILL
        return code

    @rule(stop_after=st.none() | st.integers(0, N), fault=FAULTS)
    def start_or_resume(self, stop_after: int | None, fault: Fault) -> None:
        self.work(lambda: self.generate(self.root, stop_after), fault)

    @rule(share=SHARES, stop_after=st.none() | st.integers(0, N), fault=FAULTS)
    def answer_a_shard(self, share: str, stop_after: int | None, fault: Fault) -> None:
        engine = ScriptedEngine(TEXTS, stop_after=stop_after)
        self.work(
            lambda: answer_shard(Shard.parse(share), JOB.planned(), engine, root=self.root), fault
        )

    @rule(share=SHARES, fault=FAULTS)
    def bring_a_shard_from_elsewhere(self, share: str, fault: Fault) -> None:
        other = self.home / "elsewhere"
        shutil.rmtree(other, ignore_errors=True)
        answer_shard(Shard.parse(share), JOB.planned(), ScriptedEngine(TEXTS), root=other)
        self.command("runs", "merge", str(run_folder(other, SPEC)), fault=fault)

    @precondition(lambda self: (self.folder / "spec.json").is_file())
    @rule(fault=FAULTS)
    def merge(self, fault: Fault) -> None:
        self.command("runs", "merge", str(self.folder), fault=fault)

    @precondition(lambda self: is_complete(self.folder))
    @rule()
    def have_grades_of_an_older_version(self) -> None:
        stored = load_run(self.folder)
        by_id, task = {q.id: q for q in QUESTIONS}, task_of_run(SPEC)
        wrong = replace(stored.responses[0], text=r"\boxed{8}")
        grades = [grade_response(r, by_id[r.question_id], task) for r in stored.responses]
        write_grades(
            self.folder, [grade_response(wrong, by_id[wrong.question_id], task), *grades[1:]]
        )
        self.has_old_grades = True

    @precondition(lambda self: is_complete(self.folder))
    @rule(fault=FAULTS)
    def regrade(self, fault: Fault) -> None:
        if self.command("regrade", f"run:{self.folder.name}", fault=fault) == 0:
            self.has_old_grades = False

    @precondition(lambda self: self.folder.is_dir())
    @rule(fault=FAULTS)
    def remove(self, fault: Fault) -> None:
        self.command("runs", "rm", self.folder.name, "--yes", fault=fault)
        self.held = self.answers()
        self.has_old_grades &= is_complete(self.folder)

    @precondition(lambda self: bool(self.journals()) and not is_complete(self.folder))
    @rule(data=st.data())
    def tear_the_last_line(self, data: st.DataObject) -> None:
        """Leave half a line, as a power cut does; finished shards are not written to any more."""
        path = data.draw(st.sampled_from(self.journals()))
        if not path.with_suffix(".json").is_file():
            with path.open("ab") as file:
                file.write(b'{"question_id": "q-3", "te')

    @precondition(lambda self: self.folder.is_dir())
    @rule()
    def ask_for_it_twice_at_once(self) -> None:
        with held_run(self.folder):
            before = self.listing()
            code = self.work(lambda: self.generate(self.root, None))
            assert code == (0 if is_complete(self.folder) else 5)
            removal = self.work(lambda: remove_run(self.folder))
            assert removal == 5
            assert self.listing() == before

    def command(self, *arguments: str, fault: Fault) -> int:
        def work() -> None:
            os.chdir(self.home)
            main([*arguments, "--runs", str(self.root)])

        return self.work(work, fault)

    def journals(self) -> list[Path]:
        return journals(self.folder) if self.folder.is_dir() else []

    def listing(self) -> dict[str, bytes]:
        files = [p for p in self.folder.iterdir() if p.is_file() and p.suffix != ".lock"]
        return {path.name: path.read_bytes() for path in files}

    def answers(self) -> set[tuple[str, int]]:
        return set(read_answers(self.folder, SCOPE)) if self.folder.is_dir() else set()

    @invariant()
    def nothing_is_lost_or_different(self) -> None:
        now = read_answers(self.folder, SCOPE) if self.folder.is_dir() else {}
        assert self.held <= now.keys(), "lost"
        assert all(answer.text == TEXTS[key[0]] for key, answer in now.items()), "different"
        self.held = set(now)

    @invariant()
    def nothing_is_doubled(self) -> None:
        for path in self.journals():
            whole = [line for line in path.read_bytes().splitlines(keepends=True) if b"\n" in line]
            asked = [json.loads(line)["question_id"] for line in whole]
            assert len(asked) == len(set(asked)), f"doubled in {path.name}"

    @invariant()
    def nothing_needs_a_hand(self) -> None:
        if (self.folder / "spec.json").is_file():
            assert verify_run(self.folder).is_sound, verify_run(self.folder)

    @invariant()
    def a_complete_run_is_the_straight_one(self) -> None:
        if is_complete(self.folder):
            load_run(self.folder)
            names = Job.STABLE[:-1] if self.has_old_grades else Job.STABLE
            for name in names:
                assert (self.folder / name).read_bytes() == self.whole[name], name

    def teardown(self) -> None:
        try:
            if hasattr(self, "folder"):
                self.end()
        finally:
            shutil.rmtree(self.home, ignore_errors=True)

    def end(self) -> None:
        """Whatever happened, the same command finishes the run as if nothing had."""
        assert self.work(lambda: self.generate(self.root, None)) == 0, "locked"
        assert self.command("regrade", f"run:{self.folder.name}", fault=None) == 0
        self.has_old_grades = False
        self.a_complete_run_is_the_straight_one()
        assert leftover_parts(self.folder) == []


TestStore = StoreMachine.TestCase
TestStore.settings = settings(
    max_examples=settings().max_examples // 10,
    stateful_step_count=12,
    deadline=None,
    # Each example is real processes: of a failure the first form is told, the shortest takes hours.
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)

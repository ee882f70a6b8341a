from __future__ import annotations

import os
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from chat_server import serving

import evalsuite.asking.answering.at_once
import evalsuite.asking.answering.runs as answering
from evalsuite.asking.answering.at_once import run_at_once
from evalsuite.asking.answering.runs import finish_run, finish_runs
from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.evaluate import silent
from evalsuite.asking.session import plan_session
from evalsuite.asking.spec import CompareSpec
from evalsuite.disk.storage import open_journal, run_folder
from evalsuite.errors import RunFailedError
from evalsuite.records.comparison import Comparison

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from evalsuite.asking.evaluate import Progress
    from evalsuite.asking.plan import PlannedRun

    State = dict[str, float]

PAIR = ("base", "trained")
N = 12
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
needs_two_cores = pytest.mark.skipif(CORES < 2, reason="one core answers one model at a time")


def spec_of(folder: Path, **more: Any) -> CompareSpec:
    return CompareSpec(
        task="embedded", full=False, subsets=1, subset_size=N, runs=folder / "runs", **more
    )


class Shown:
    """What was shown, and under which name."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.states: list[State] = []

    def __call__(self, name: str) -> Progress:
        self.names.append(str(name))
        return self._take

    def _take(self, **state: float) -> None:
        self.states.append(state)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the runs that were answered at once, each time."""
    seen: list[int] = []
    really = run_at_once

    def counted(pieces: Any, tell: Any) -> Any:
        seen.append(len(pieces))
        return really(pieces, tell)

    monkeypatch.setattr(evalsuite.asking.answering.at_once, "run_at_once", counted)
    return seen


def files_of(planned: PlannedRun, root: Path) -> dict[str, bytes]:
    folder = run_folder(root, planned.spec)
    names = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl")
    return {name: (folder / name).read_bytes() for name in names if (folder / name).is_file()}


@needs_two_cores
def test_tiny_models_at_once_write_what_they_write_one_after_another(
    tmp_path: Path, at_once: list[int]
) -> None:
    together, alone = spec_of(tmp_path / "together"), spec_of(tmp_path / "alone")
    planned, shown = plan_session(PAIR, together), Shown()

    done = finish_runs(planned, PAIR, together, shown)

    assert at_once == [2]
    one_by_one = [finish_run(run, alone) for run in plan_session(PAIR, alone)]
    for ours, theirs, run in zip(done, one_by_one, planned, strict=True):
        assert ours.run.responses == theirs.run.responses
        assert ours.run.grades == theirs.run.grades
        written = files_of(run, together.runs)
        assert "responses.jsonl" in written
        assert written == files_of(run, alone.runs)
    assert [run.model.name for run in done] == list(PAIR)
    assert shown.names == ["both models"]
    assert {state["total"] for state in shown.states} == {2 * N}
    first, last = shown.states[0], shown.states[-1]
    assert (first["done"], first["tokens"], first["seconds"]) == (0, 0, 0.0)
    assert last["done"] == 2 * N
    assert last["tokens"] == sum(r.n_tokens or 0 for run in done for r in run.run.responses)


@pytest.mark.parametrize("more", [{"threads": 1}, {"threads": 2}], ids=["one", "two"])
def test_threads_that_were_asked_for_are_not_passed(
    tmp_path: Path, at_once: list[int], more: dict[str, int]
) -> None:
    """One thread is one model at a time; two for each model would be four."""
    spec = spec_of(tmp_path, **more)

    finish_runs(plan_session(PAIR, spec), PAIR, spec, Shown())

    assert at_once == []


def test_a_model_beside_itself_is_asked_once(tmp_path: Path, at_once: list[int]) -> None:
    spec, names = spec_of(tmp_path), ("base", "base")

    first, second = finish_runs(plan_session(names, spec), names, spec, Shown())

    assert at_once == []
    assert first.folder == second.folder
    assert first.run.responses == second.run.responses


@needs_two_cores
def test_runs_that_are_there_need_no_model(
    tmp_path: Path, at_once: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also those that another process finished after the plan was made."""
    spec, shown = spec_of(tmp_path), Shown()
    planned = plan_session(PAIR, spec)
    finished = [finish_run(run, spec) for run in planned]

    def never(*_: object) -> None:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(answering, "load_engine", never)
    again = finish_runs(planned, PAIR, spec, shown)

    assert [run.run.responses for run in again] == [run.run.responses for run in finished]
    assert at_once == []
    assert shown.states == []


@needs_two_cores
def test_progress_begins_with_the_answers_that_are_there(tmp_path: Path) -> None:
    spec, shown = spec_of(tmp_path), Shown()
    planned = plan_session(PAIR, spec)
    folders = [run_folder(spec.runs, run.spec) for run in planned]
    for run in planned:
        finish_run(run, spec)
    for folder, kept in zip(folders, (5, 3), strict=True):
        (folder / "complete.json").unlink()
        lines = (folder / "responses.jsonl").read_bytes().splitlines(keepends=True)
        (folder / "responses.jsonl").write_bytes(b"".join(lines[:kept]))

    finish_runs(planned, PAIR, spec, shown)

    assert shown.states[0] | {"truncated": 0} == {
        "done": 8,
        "total": 2 * N,
        "tokens": 0,
        "truncated": 0,
        "seconds": 0.0,
    }
    assert [state["done"] for state in shown.states] == sorted(s["done"] for s in shown.states)


@pytest.fixture
def meeting() -> Iterator[tuple[str, str]]:
    """Serve the pair on two hosts that answer no first question before the other has one too."""
    barrier = threading.Barrier(2)
    with serving("base") as base, serving("trained") as trained:
        for server in (base, trained):
            server.before = _first_time(barrier)
        yield base.name, trained.name


def _first_time(barrier: threading.Barrier) -> Callable[[], None]:
    waited = threading.Event()

    def wait() -> None:
        if not waited.is_set():
            waited.set()
            barrier.wait(60)

    return wait


def test_servers_on_two_hosts_answer_at_the_same_time(
    tmp_path: Path, meeting: tuple[str, str], at_once: list[int]
) -> None:
    spec = spec_of(tmp_path, concurrency=1)

    done = finish_runs(plan_session(meeting, spec), meeting, spec, Shown())

    assert at_once == [2]
    assert [len(run.run.responses) for run in done] == [N, N]
    ours = [finish_run(run, spec) for run in plan_session(PAIR, spec)]
    assert [run.run.responses for run in done] == [run.run.responses for run in ours]


def test_two_servers_are_asked_at_the_same_time_between_looks_too(
    tmp_path: Path, meeting: tuple[str, str], at_once: list[int]
) -> None:
    spec = spec_of(tmp_path, concurrency=1, stop_early=True)

    compared = run_comparison(plan_comparison(meeting, spec))

    assert at_once == [2] * 5  # planned looks
    assert [len(run.run.responses) for run in compared.pairs[0]] == [N, N]


@needs_two_cores
def test_looks_come_to_the_same_whether_models_answer_at_once_or_in_turn(
    tmp_path: Path, at_once: list[int]
) -> None:
    judged, shown = [], Shown()
    for name, more in (("together", {}), ("in turn", {"threads": 1})):
        spec = spec_of(tmp_path / name, stop_early=True, looks="anytime", **more)
        plan = plan_comparison(PAIR, replace(spec, subset_size=200))
        judged.append(run_comparison(plan, reporter=shown).judged)

    together, in_turn = judged
    assert isinstance(together, Comparison)
    assert isinstance(in_turn, Comparison)
    assert together.stopped_early is not None
    assert together.stopped_early == in_turn.stopped_early
    assert together.gain == in_turn.gain
    assert len(at_once) == -(-together.stopped_early.n // 64)
    assert set(at_once) == {2}
    assert shown.names == ["both models"] * 2
    assert [s["done"] for s in shown.states if s["done"]][-1] == 2 * together.stopped_early.n


def test_several_tasks_of_two_servers_are_waves_with_names(
    tmp_path: Path, at_once: list[int]
) -> None:
    """Each host answers one task at a time."""
    spec, shown = spec_of(tmp_path), Shown()
    with serving("base") as base, serving("trained") as trained:
        first = plan_session((base.name, trained.name), spec)
        second = plan_session((base.name, trained.name), replace(spec, subset_size=4))
        planned = (first[0], second[0], first[1], second[1])
        labels = ("base on a", "base on b", "trained on a", "trained on b")

        done = finish_runs(planned, labels, spec, shown)

    assert at_once == [2, 2]
    assert shown.names == ["base on a + trained on a", "base on b + trained on b"]
    assert [len(run.run.responses) for run in done] == [N, 4, N, 4]
    assert [run.model.name for run in done] == ["base", "base", "trained", "trained"]


def test_two_models_of_one_server_wait_for_each_other(tmp_path: Path, at_once: list[int]) -> None:
    """What was asked to be under way at a URL is not doubled."""
    spec = spec_of(tmp_path, concurrency=2)
    with serving("base") as server:
        both = plan_session((server.name, f"{server.name},{server.url}/"), spec)
        other = replace(both[0].model, name="other")
        planned = (both[0], replace(both[0], model=other, spec=replace(both[0].spec, model=other)))

        finish_runs(planned, ("base", "other"), spec, Shown())

        assert server.busiest == 2
        assert len(server.bodies) == 2 * N
    assert at_once == []


def test_a_server_that_fails_ends_the_other_and_keeps_its_answers(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, concurrency=1)
    with serving("base") as base, serving("trained") as trained:
        told = threading.Event()
        answered: list[int] = []

        def slowly() -> None:
            """Answer five, then none before the other server has failed."""
            answered.append(1)
            if len(answered) > 5:
                told.wait(60)

        base.before = slowly
        trained.faults = [(400, {}, b'{"error": {"message": "worker died"}}')]
        trained.before = lambda: _until(lambda: len(answered) > 5)
        planned = plan_session((base.name, trained.name), spec)

        with pytest.raises(RunFailedError, match="worker died"):
            finish_runs(planned, PAIR, spec, lambda _: silent)

        journal = run_folder(spec.runs, planned[0].spec) / "responses.jsonl"
        assert journal.read_bytes().count(b"\n") == 5
        # The run is nobody's by now, though the server is still silent.
        with open_journal(journal.parent, planned[0].spec, planned[0].selection.questions) as left:
            assert len(left.done) == 5
        told.set()
        base.bodies.clear()
        base.before = trained.before = lambda: None

        done = finish_runs(planned, PAIR, spec, Shown())

        assert len(base.bodies) == N - 5
        assert [len(run.run.responses) for run in done] == [N, N]


def _until(is_so: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(600):
        if is_so():
            return
        waiting.wait(0.1)
    raise AssertionError("it never came to that")

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builders import ScriptedEngine, question, response, run, text_of
from log_builders import as_log

from evalsuite.asking.evaluate import evaluate
from evalsuite.disk.files import sha256_of_file
from evalsuite.disk.imported import store_run
from evalsuite.disk.journal import hold
from evalsuite.disk.storage import (
    find_runs,
    fingerprint,
    held_run,
    is_complete,
    load_run,
    open_journal,
    run_folder,
    write_grades,
    write_run,
)
from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.records.run import ModelSpec, RunSpec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.records.run import Decoding, Response

RECORDED = Path(__file__).parents[3] / "runs" / "recorded"
TEXTS = {f"q-{i}": r"\boxed{7}" if i % 3 else "no idea" for i in range(40)}
QUESTIONS = tuple(question(i) for i in range(40))
PROMPTS = {q.id: text_of(q) for q in QUESTIONS}
STABLE = ("spec.json", "questions.jsonl", "responses.jsonl", "grades.jsonl")


def spec() -> RunSpec:
    return run([""] * 40).spec


def test_a_run_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    original = run([r"\boxed{7}", "a\ud800b"])
    write_run(tmp_path / "r", original)

    assert load_run(tmp_path / "r") == original


def test_the_fingerprint_ignores_the_name_and_sees_everything_else() -> None:
    base = spec()
    renamed = run(
        [""] * 40, model=ModelSpec(name="x", source="folder", location="y", weights="base")
    )
    retrained = run(
        [""] * 40, model=ModelSpec(name="base", source="folder", location="base", weights="w")
    )

    assert fingerprint(renamed.spec) == fingerprint(base)
    assert fingerprint(retrained.spec) != fingerprint(base)
    for change in (
        {"budget": 65},
        {"prompt": "boxed@1"},
        {"dtype": "bfloat16"},
        {"engine": "vllm"},
    ):
        assert fingerprint(run([""] * 40, **change).spec) != fingerprint(base)


def test_an_interrupted_run_ends_in_the_same_bytes(tmp_path: Path) -> None:
    evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path / "whole")
    journal = run_folder(tmp_path / "torn", spec()) / "responses.jsonl"
    for n_lines in (9, 18, 27, 35):  # what was answered before Ctrl-C
        engine = ScriptedEngine(TEXTS, stop_after=9 if n_lines < 35 else 8)
        with pytest.raises(KeyboardInterrupt):
            evaluate(spec(), QUESTIONS, PROMPTS, engine, tmp_path / "torn")
        assert journal.read_bytes().count(b"\n") == n_lines
        with journal.open("ab") as file:
            file.write(b'{"question_id": "q-0", "torn')
    evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path / "torn")

    whole, torn = run_folder(tmp_path / "whole", spec()), run_folder(tmp_path / "torn", spec())
    for name in STABLE:
        assert (torn / name).read_bytes() == (whole / name).read_bytes()


def test_a_finished_run_is_stored_in_the_order_of_its_questions(tmp_path: Path) -> None:
    """The scripted engine answers in reverse."""
    run, _ = evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path)

    assert [r.question_id for r in run.responses] == [q.id for q in QUESTIONS]


def test_a_resumed_run_asks_only_what_is_missing(tmp_path: Path) -> None:
    with open_journal(run_folder(tmp_path, spec()), spec(), QUESTIONS) as journal:
        journal.append([response(i, TEXTS[f"q-{i}"]) for i in range(25)])
    engine = ScriptedEngine(TEXTS)

    evaluate(spec(), QUESTIONS, PROMPTS, engine, tmp_path)

    assert sorted(engine.asked) == sorted((f"q-{i}", 0) for i in range(25, 40))


def test_a_complete_run_generates_nothing(tmp_path: Path) -> None:
    first, folder = evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path)
    engine = ScriptedEngine({})

    second, _ = evaluate(spec(), QUESTIONS, PROMPTS, engine, tmp_path)

    assert engine.asked == []
    assert second == first
    assert find_runs(tmp_path) == (folder,)


def test_an_unfinished_run_is_not_loaded(tmp_path: Path) -> None:
    with open_journal(run_folder(tmp_path, spec()), spec(), QUESTIONS):
        pass

    assert not is_complete(run_folder(tmp_path, spec()))
    with pytest.raises(InvalidInputError, match="no complete run"):
        load_run(run_folder(tmp_path, spec()))


@pytest.mark.parametrize("name", STABLE)
def test_a_file_changed_after_completion_is_noticed(tmp_path: Path, name: str) -> None:
    _, folder = evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path)
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write("\n")

    with pytest.raises(InvalidInputError, match="changed after"):
        load_run(folder)


def test_two_processes_on_one_run_do_not_both_work(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, spec())
    folder.mkdir(parents=True)
    code = (
        "import fcntl,sys,time; f=open(sys.argv[1],'a+'); fcntl.flock(f,fcntl.LOCK_EX);"
        "f.truncate(0); f.write('4711'); f.flush(); print('held',flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(folder / ".lock")], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            with (
                pytest.raises(RunFailedError, match="process 4711 is working"),
                open_journal(folder, spec(), QUESTIONS),
            ):
                pass
        finally:
            holder.kill()


def test_a_killed_process_leaves_its_run_free(tmp_path: Path) -> None:
    lock = tmp_path / ".lock"
    code = (
        "import sys,time; from pathlib import Path; from evalsuite.disk.journal import hold\n"
        "with hold(Path(sys.argv[1]), 'it'): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(lock)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            with (
                pytest.raises(RunFailedError, match=f"process {holder.pid} on .* working on it"),
                hold(lock, "it"),
            ):
                pass
        finally:
            holder.kill()

    with hold(lock, "it"):
        assert lock.read_text(encoding="ascii").startswith(f"{os.getpid()} on ")


def test_a_folder_that_cannot_be_locked_is_one_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / ".lock").mkdir()

    with (
        pytest.raises(RunFailedError, match=r"can't lock .*choose a folder"),
        hold(tmp_path / ".lock", "it"),
    ):
        pass


def test_an_engine_that_returns_too_little_fails_the_run(tmp_path: Path) -> None:
    class Lazy(ScriptedEngine):
        def generate(self, requests: Sequence[Request], decoding: Decoding) -> Iterator[Response]:
            yield from super().generate(requests[:3], decoding)

    with pytest.raises(RunFailedError, match="3 of 40 answers"):
        evaluate(spec(), QUESTIONS, PROMPTS, Lazy(TEXTS), tmp_path)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "..", "con\x00", "x" * 300, "模型"])
def test_a_hostile_model_name_is_a_plain_folder_name(tmp_path: Path, name: str) -> None:
    model = ModelSpec(name=name, source="log", location="x")
    folder = run_folder(tmp_path, run([""], model=model).spec)

    assert folder.parent == tmp_path
    assert len(folder.name) < 120
    assert folder.name.isascii()


def test_stop_strings_are_part_of_the_fingerprint_and_their_absence_is_not() -> None:
    plain = spec()
    stopping = replace(plain, decoding=replace(plain.decoding, stop=("\n\nQ:",)))

    assert fingerprint(stopping) != fingerprint(plain)


def test_a_penalty_is_part_of_the_fingerprint_and_its_absence_is_not() -> None:
    plain = spec()
    penalised = replace(plain, decoding=replace(plain.decoding, repetition_penalty=1.1))

    assert fingerprint(penalised) != fingerprint(plain)


@pytest.mark.parametrize("folder", find_runs(RECORDED), ids=lambda f: f.name)
def test_recorded_runs_keep_the_name_their_fingerprint_gives_them(folder: Path) -> None:
    assert folder.name.endswith(fingerprint(load_run(folder).spec)[:8])


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


def test_a_regrade_cut_off_anywhere_leaves_a_run_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, folder = evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path)
    before = files_of(folder)
    regraded = [replace(grade, readings={"strict": "5"}) for grade in original.grades]
    real, states = os.replace, []

    def noted(source: str, target: str) -> None:
        real(source, target)
        states.append(files_of(folder))

    monkeypatch.setattr(os, "replace", noted)
    write_grades(folder, regraded)
    monkeypatch.undo()

    assert len(states) == 3
    for state in [before, *states]:
        for name, content in state.items():
            (folder / name).write_bytes(content)
        assert load_run(folder).grades in (original.grades, tuple(regraded))
    assert b"next_grades" not in (folder / "complete.json").read_bytes()


def test_grades_that_nobody_announced_are_still_noticed(tmp_path: Path) -> None:
    _, folder = evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path)
    write_grades(folder, load_run(folder).grades[::-1])
    (folder / "grades.jsonl").write_bytes(b"")

    with pytest.raises(InvalidInputError, match="changed after"):
        load_run(folder)


@pytest.mark.parametrize("written", ["{}", '{"sha256": []}', '{"sha256": {"spec.json": null}}'])
def test_a_completion_that_names_no_hashes_is_refused(tmp_path: Path, written: str) -> None:
    _, folder = evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path)
    (folder / "complete.json").write_text(written, encoding="utf-8")

    with pytest.raises(InvalidInputError, match="does not hold the hashes"):
        load_run(folder)


def test_a_read_error_is_neither_a_hash_nor_a_changed_file(tmp_path: Path) -> None:
    _, folder = evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path)
    (folder / "grades.jsonl").unlink()
    (folder / "grades.jsonl").mkdir()

    with pytest.raises(OSError, match="directory"):
        load_run(folder)


def test_an_import_replaces_a_run_of_other_answers_whole(tmp_path: Path) -> None:
    first, second = run(["a", "b"]), run([r"\boxed{7}", "b"])
    folder = run_folder(tmp_path, first.spec)
    store_run(folder, first)

    store_run(folder, second)

    assert load_run(folder) == second


def test_what_a_kill_at_the_end_left_goes_with_the_next_owner(tmp_path: Path) -> None:
    _, folder = evaluate(spec(), QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), tmp_path)
    for name in ("sessions.jsonl", "shard-1-of-2.jsonl"):
        (folder / name).write_text("", encoding="ascii")

    with held_run(folder):
        pass

    assert not list(folder.glob("s*s*-*.jsonl")) + list(folder.glob("sessions*"))


@pytest.mark.parametrize("name", ["questions.jsonl", "responses.jsonl", "grades.jsonl"])
def test_files_of_two_runs_are_no_run_whatever_their_hashes_say(tmp_path: Path, name: str) -> None:
    write_run(tmp_path / "whole", run(["a", "b", "c"]))
    write_run(tmp_path / "part", run(["a", "b"]))
    (tmp_path / "whole" / name).write_bytes((tmp_path / "part" / name).read_bytes())
    complete = tmp_path / "whole" / "complete.json"
    written = json.loads(complete.read_bytes())
    written["sha256"][name] = sha256_of_file(tmp_path / "whole" / name)
    complete.write_text(json.dumps(written), encoding="utf-8")

    with pytest.raises(InvalidInputError, match=f"{name} does not hold what spec.json asked for"):
        load_run(tmp_path / "whole")


def test_grades_are_left_out_only_where_our_own_graders_read_anew(tmp_path: Path) -> None:
    ours, log = run(["a", "b"]), as_log(run(["a", "b"]))
    store_run(tmp_path / "ours", ours)
    store_run(tmp_path / "log", log)

    assert load_run(tmp_path / "ours", own_grades=False) == replace(ours, grades=())
    assert load_run(tmp_path / "log", own_grades=False).grades == log.grades

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from builders import Job, ScriptedEngine, response, run

from evalsuite.asking.answering.shards import (
    answer_shard,
    finish_from_shards,
    merge_runs,
    run_shard,
)
from evalsuite.asking.evaluate import evaluate
from evalsuite.asking.spec import CompareSpec
from evalsuite.disk.storage import is_complete, load_run, open_journal, run_folder
from evalsuite.errors import InvalidInputError, NotComparableError, RunFailedError
from evalsuite.records.run import Decoding, ModelSpec
from evalsuite.records.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

JOB = Job(40)
TEXTS, QUESTIONS, PROMPTS, SPEC = JOB.texts, JOB.questions, JOB.prompts, JOB.spec


def shard(name: str, root: Path, texts: dict[str, str] = TEXTS, **more: Any) -> ScriptedEngine:
    """Answer one shard and return the engine, which knows what it was asked."""
    engine = ScriptedEngine(texts, **more)
    answer_shard(Shard.parse(name), JOB.planned(), engine, root=root)
    return engine


def whole(root: Path) -> Path:
    return evaluate(SPEC, QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), root)[1]


def assert_same_files(folder: Path, other: Path) -> None:
    for name in Job.STABLE:
        assert (folder / name).read_bytes() == (other / name).read_bytes(), name


def test_merged_shards_end_in_the_same_bytes_as_one_process(tmp_path: Path) -> None:
    for i in range(1, 5):
        shard(f"{i}/4", tmp_path / "shards")

    merged = merge_runs([run_folder(tmp_path / "shards", SPEC)], tmp_path / "shards")

    assert merged.run == load_run(merged.folder)
    assert_same_files(merged.folder, whole(tmp_path / "whole"))
    assert not list(merged.folder.glob("*shard-*"))


def test_shards_from_other_machines_are_brought_together(tmp_path: Path) -> None:
    copies = [tmp_path / f"machine-{i}" for i in (1, 2, 3)]
    for i, machine in enumerate(copies):
        shard(f"{i + 1}/3", machine)

    merged = merge_runs([run_folder(m, SPEC) for m in copies], tmp_path / "runs")

    assert merged.folder == run_folder(tmp_path / "runs", SPEC)
    assert_same_files(merged.folder, whole(tmp_path / "whole"))


def test_a_shard_answers_its_own_questions_only(tmp_path: Path) -> None:
    shares = [shard(f"{i}/3", tmp_path).asked for i in (1, 2, 3)]

    assert sorted(key for keys in shares for key in keys) == sorted((q.id, 0) for q in QUESTIONS)


def test_shards_of_different_counts_may_be_mixed(tmp_path: Path) -> None:
    """Shard 1/4 has answered 1/8 and 5/8; what another journal holds is not asked again."""
    for name in ("1/4", "2/8", "3/8", "4/8", "6/8", "7/8", "8/8"):
        shard(name, tmp_path / "mixed")
    again = shard("5/8", tmp_path / "mixed")

    merged = merge_runs([run_folder(tmp_path / "mixed", SPEC)], tmp_path / "mixed")

    assert again.asked == []
    assert_same_files(merged.folder, whole(tmp_path / "whole"))


def test_what_is_missing_is_counted_by_shard_and_the_rest_is_kept(tmp_path: Path) -> None:
    copies = [tmp_path / "a", tmp_path / "b"]
    shard("1/4", copies[0])
    shard("3/4", copies[1])
    held = {i: sum(Shard(index=i, count=4).holds(q.id) for q in QUESTIONS) for i in (1, 2, 3, 4)}

    merged = merge_runs([run_folder(m, SPEC) for m in copies], tmp_path / "runs")

    assert merged.run is None
    assert not is_complete(merged.folder)
    assert merged.missing == (("2/4", held[2]), ("4/4", held[4]))
    assert merged.answers == held[1] + held[3]


def test_a_normal_run_goes_on_from_shards(tmp_path: Path) -> None:
    first = shard("1/4", tmp_path / "runs")
    engine = ScriptedEngine(TEXTS)

    finished, folder = evaluate(SPEC, QUESTIONS, PROMPTS, engine, tmp_path / "runs")

    assert sorted(engine.asked + first.asked) == sorted((q.id, 0) for q in QUESTIONS)
    assert list(finished.environment["shards"]) == ["1/4"]
    assert_same_files(folder, whole(tmp_path / "whole"))


def test_a_normal_run_goes_on_from_a_merge_that_lacked_answers(tmp_path: Path) -> None:
    first = shard("2/4", tmp_path / "elsewhere")
    merge_runs([run_folder(tmp_path / "elsewhere", SPEC)], tmp_path / "runs")
    engine = ScriptedEngine(TEXTS)

    _, folder = evaluate(SPEC, QUESTIONS, PROMPTS, engine, tmp_path / "runs")

    assert not set(engine.asked) & set(first.asked)
    assert_same_files(folder, whole(tmp_path / "whole"))


def test_a_run_whose_shards_are_all_there_is_finished_without_a_model(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, SPEC)
    assert finish_from_shards(folder) is None
    shard("1/2", tmp_path)
    assert finish_from_shards(folder) is None
    shard("2/2", tmp_path)

    assert finish_from_shards(folder) == load_run(folder)


def test_merging_again_changes_nothing(tmp_path: Path) -> None:
    for name in ("1/2", "2/2"):
        shard(name, tmp_path / "copy")
    folder = run_folder(tmp_path / "copy", SPEC)
    merged = merge_runs([folder], tmp_path / "runs")
    before = {p.name: p.read_bytes() for p in merged.folder.iterdir()}

    again = merge_runs([folder, folder, merged.folder], tmp_path / "runs")

    assert again.run == merged.run
    assert {p.name: p.read_bytes() for p in merged.folder.iterdir()} == before


def test_merging_twice_with_answers_missing_keeps_each_once(tmp_path: Path) -> None:
    shard("1/2", tmp_path / "copy")
    folders = [run_folder(tmp_path / "copy", SPEC)]

    first = merge_runs(folders, tmp_path / "runs")
    before = (first.folder / "responses.jsonl").read_bytes()
    merge_runs(folders, tmp_path / "runs")

    assert (first.folder / "responses.jsonl").read_bytes() == before
    assert before.count(b"\n") == first.answers


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"dtype": "bfloat16"}, r"dtype \(float32, bfloat16\)"),
        ({"engine": "vllm"}, r"engine \(hf, vllm\)"),
        ({"prompt": "boxed@1"}, r"prompt \(plain@1, boxed@1\)"),
        ({"prompts_sha256": "other"}, "prompts as rendered"),
        ({"budget": 32}, r"decoding \(max_new_tokens 64, 32\)"),
        (
            {"decoding": Decoding(max_new_tokens=64, temperature=0.7, seed=3)},
            r"decoding \(temperature 0.0, 0.7; seed 0, 3\)",
        ),
        (
            {"model": ModelSpec(name="other", source="folder", location="x", weights="w")},
            r"model \(base, other\)",
        ),
        ({"questions_sha256": "other"}, r"questions \(40, 40\)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else None,
)
def test_folders_of_different_runs_are_refused_by_name(
    tmp_path: Path, change: dict[str, Any], named: str
) -> None:
    other = run([""] * 40, **change).spec
    folders = [run_folder(tmp_path / str(i), spec) for i, spec in enumerate((SPEC, other))]
    for folder, spec in zip(folders, (SPEC, other), strict=True):
        with open_journal(folder, spec, QUESTIONS):
            pass

    with pytest.raises(NotComparableError, match=f"they differ in {named}; merge") as refused:
        merge_runs(folders, tmp_path / "runs")

    assert "\n" not in str(refused.value)
    assert not (tmp_path / "runs").exists()


def test_two_answers_to_one_question_are_refused(tmp_path: Path) -> None:
    shard("1/2", tmp_path / "a")
    shard("1/2", tmp_path / "b", TEXTS | dict.fromkeys(TEXTS, "another answer"))

    with pytest.raises(InvalidInputError, match=r"answers question q-\d+ \(sample 0\) differently"):
        merge_runs([run_folder(tmp_path / m, SPEC) for m in "ab"], tmp_path / "runs")


def test_an_answer_that_contradicts_a_finished_run_is_refused(tmp_path: Path) -> None:
    whole(tmp_path / "runs")
    shard("1/2", tmp_path / "b", TEXTS | dict.fromkeys(TEXTS, "another answer"))

    with pytest.raises(InvalidInputError, match="differently"):
        merge_runs([run_folder(tmp_path / "b", SPEC)], tmp_path / "runs")


def test_an_answer_to_a_question_that_was_not_asked_is_refused(tmp_path: Path) -> None:
    folder = run_folder(tmp_path / "a", SPEC)
    with open_journal(folder, SPEC, QUESTIONS, shard=Shard.parse("1/2")) as journal:
        journal.append([replace(response(1, "7"), question_id="q-99")])

    with pytest.raises(InvalidInputError, match=r"question q-99 .* was not asked"):
        merge_runs([folder], tmp_path / "runs")


def test_a_shard_that_changed_after_it_was_finished_is_noticed(tmp_path: Path) -> None:
    shard("1/2", tmp_path)
    folder = run_folder(tmp_path, SPEC)
    journal = folder / "shard-1-of-2.jsonl"
    journal.write_text(journal.read_text("utf-8").replace("no idea", "an idea"), "utf-8")

    with pytest.raises(InvalidInputError, match="changed after its shard was finished"):
        merge_runs([folder], tmp_path)


def test_questions_that_do_not_fit_the_run_are_noticed(tmp_path: Path) -> None:
    for name in ("1/2", "2/2"):
        shard(name, tmp_path)
    path = run_folder(tmp_path, SPEC) / "questions.jsonl"
    path.write_text(path.read_text("utf-8").replace('"gold":"7"', '"gold":"8"', 1), "utf-8")

    with pytest.raises(InvalidInputError, match="does not hold the questions that were asked"):
        merge_runs([path.parent], tmp_path)


def test_a_torn_shard_is_continued_and_ends_in_the_same_bytes(tmp_path: Path) -> None:
    journal = run_folder(tmp_path / "torn", SPEC) / "shard-1-of-1.jsonl"
    for n_lines in (9, 18, 27):
        with pytest.raises(KeyboardInterrupt):
            shard("1/1", tmp_path / "torn", stop_after=9)
        assert journal.read_bytes().count(b"\n") == n_lines
        with journal.open("ab") as file:
            file.write(b'{"question_id": "q-0", "torn')
    shard("1/1", tmp_path / "torn")

    merged = merge_runs([run_folder(tmp_path / "torn", SPEC)], tmp_path / "torn")

    assert_same_files(merged.folder, whole(tmp_path / "whole"))


def test_a_shard_that_is_being_written_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    """Its last line may be half written: its writer is alive, so nothing is cut off."""
    with pytest.raises(KeyboardInterrupt):
        shard("1/2", tmp_path, stop_after=9)
    folder = run_folder(tmp_path, SPEC)
    journal = folder / "shard-1-of-2.jsonl"
    with journal.open("ab") as file:
        file.write(b'{"question_id": "q-0", "half')
    before = journal.read_bytes()

    merged = merge_runs([folder], tmp_path)

    assert merged.answers == before.count(b"\n") == 9
    assert journal.read_bytes() == before


def test_a_finished_shard_is_not_answered_again(tmp_path: Path) -> None:
    shard("1/2", tmp_path)

    record = run_shard(JOB.planned(), CompareSpec(runs=tmp_path), Shard.parse("1/2"))

    assert record.responses == sum(Shard.parse("1/2").holds(q.id) for q in QUESTIONS)


def test_a_finished_run_has_nothing_for_a_shard(tmp_path: Path) -> None:
    done = replace(JOB.planned(), run=load_run(whole(tmp_path)))

    with pytest.raises(InvalidInputError, match="nothing to answer"):
        run_shard(done, CompareSpec(runs=tmp_path), Shard.parse("1/2"))


def test_one_shard_is_answered_by_one_process_at_a_time(tmp_path: Path) -> None:
    folder = run_folder(tmp_path, SPEC)

    with open_journal(folder, SPEC, QUESTIONS, shard=Shard.parse("1/2")):
        with pytest.raises(RunFailedError, match=r"process \d+ on .* working on shard 1/2 of"):
            shard("1/2", tmp_path)
        other = shard("2/2", tmp_path)

    assert other.asked


def test_shards_machines_are_told_once_where_they_agree(tmp_path: Path) -> None:
    for name in ("1/2", "2/2"):
        shard(name, tmp_path)
    folder = run_folder(tmp_path, SPEC)
    for i, machine in ((1, {"cpus": 2}), (2, {"cpus": 8})):
        path = folder / f"shard-{i}-of-2.json"
        record = json.loads(path.read_text("utf-8"))
        record["environment"] |= machine | {"seconds": 2.0, "tokens": 100 * i, "peak_rss_mb": i}
        path.write_text(json.dumps(record), encoding="utf-8")

    merged = merge_runs([folder], tmp_path)

    assert merged.run is not None
    environment = merged.run.environment
    assert (environment["engine"], environment["prompt_template"]) == ("hf", "{question}")
    assert (environment["seconds"], environment["tokens"], environment["tokens_per_second"]) == (
        4.0,
        300,
        75.0,
    )
    assert environment["peak_rss_mb"] == 2
    assert "cpus" not in environment
    assert {name: e["cpus"] for name, e in environment["shards"].items()} == {"1/2": 2, "2/2": 8}
    assert "engine" not in environment["shards"]["1/2"]


@pytest.mark.parametrize("left", ["shard-1-of-2.jsonl", "shard-2-of-2.json"])
def test_a_merge_killed_while_it_cleans_up_is_still_a_finished_run(
    tmp_path: Path, left: str
) -> None:
    for name in ("1/2", "2/2"):
        shard(name, tmp_path)
    folder = run_folder(tmp_path, SPEC)
    shutil.copy(folder / left, tmp_path / left)
    merge_runs([folder], tmp_path)
    shutil.copy(tmp_path / left, folder / left)

    assert merge_runs([folder], tmp_path).run == load_run(folder)


@pytest.fixture
def crash(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """End the process, so to speak, before the n-th file of a finished run is written."""
    import evalsuite.disk.storage
    from evalsuite.disk.files import write_atomically as whole_write

    def plan(after: int) -> None:
        written: list[str] = []

        def write(path: Path, text: str) -> None:
            if len(written) == after:
                raise KeyboardInterrupt
            written.append(path.name)
            whole_write(path, text)

        monkeypatch.setattr(evalsuite.disk.storage, "write_atomically", write)

    return plan


@pytest.mark.parametrize("after", range(6))
def test_a_merge_killed_while_it_writes_is_finished_by_the_next(
    tmp_path: Path, crash: Callable[[int], None], monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    for name in ("1/2", "2/2"):
        shard(name, tmp_path / "runs")
    folder = run_folder(tmp_path / "runs", SPEC)
    crash(after)
    with pytest.raises(KeyboardInterrupt):
        merge_runs([folder], tmp_path / "runs")
    monkeypatch.undo()

    merged = merge_runs([folder], tmp_path / "runs")

    assert merged.run is not None
    assert set(merged.run.environment) >= {"engine", "shards"}
    assert_same_files(folder, whole(tmp_path / "whole"))


def test_a_shard_that_a_merge_brought_is_not_begun_again(tmp_path: Path) -> None:
    """Beside its record an empty journal would count as damaged, and lock the run."""
    shard("1/2", tmp_path / "elsewhere")
    merge_runs([run_folder(tmp_path / "elsewhere", SPEC)], tmp_path / "runs")

    again = shard("1/2", tmp_path / "runs")

    assert again.asked == []
    assert not list(run_folder(tmp_path / "runs", SPEC).glob("shard-*.jsonl"))


def test_a_merge_of_a_finished_run_takes_away_what_an_interrupted_one_left(tmp_path: Path) -> None:
    folder = whole(tmp_path)
    left = folder / "shard-1-of-2.jsonl"
    left.write_bytes(b"")

    merge_runs([folder], tmp_path)

    assert not left.exists()

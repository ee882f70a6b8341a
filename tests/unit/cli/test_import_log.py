from __future__ import annotations

import json
from typing import TYPE_CHECKING

from click.testing import CliRunner

from evalsuite.cli.import_log import command
from evalsuite.disk.storage import find_runs, load_run
from evalsuite.disk.verification import verify_run
from evalsuite.records.run import LoggedDecoding

if TYPE_CHECKING:
    from pathlib import Path


def test_without_a_token_limit_the_limit_and_all_else_stay_unknown(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"id": 0, "text": r"\boxed{30}"}) + "\n", encoding="utf-8")

    done = CliRunner().invoke(
        command,
        [str(log), "--name", "m", "--task", "embedded", "--runs", str(tmp_path / "runs")],
    )

    assert done.exit_code == 0, done.output
    (folder,) = find_runs(tmp_path / "runs")
    assert folder.name.startswith("m-embedded-unknown-")
    assert load_run(folder).spec.decoding == LoggedDecoding(max_new_tokens=None, samples=1)


def test_what_the_options_say_of_the_answers_is_recorded(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(json.dumps({"id": 0, "text": r"\boxed{30}"}) + "\n", encoding="utf-8")
    said = [
        "--temperature",
        "0.7",
        "--top-p",
        "0.9",
        "--seed",
        "3",
        "--dtype",
        "bfloat16",
        "--weights",
        "abc",
    ]

    done = CliRunner().invoke(
        command,
        [str(log), "--name", "m", "--task", "embedded", "--runs", str(tmp_path / "runs"), *said],
    )

    assert done.exit_code == 0, done.output
    spec = load_run(next(iter(find_runs(tmp_path / "runs")))).spec
    assert spec.decoding == LoggedDecoding(
        max_new_tokens=None, samples=1, temperature=0.7, top_p=0.9, seed=3
    )
    assert (spec.dtype, spec.model.weights) == ("bfloat16", "abc")


def test_a_log_with_its_own_scores_that_changed_replaces_its_run_whole(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    rows = [{"id": i, "text": f"answer {i}", "right": 1} for i in range(3)]
    asked = [str(log), "--name", "m", "--score", "right", "--runs", str(tmp_path / "runs")]

    for changed in ("answer 0", "another answer"):
        rows[0]["text"] = changed
        log.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        done = CliRunner().invoke(command, asked)
        assert done.exit_code == 0, done.output

    (folder,) = find_runs(tmp_path / "runs")
    assert verify_run(folder).is_sound
    assert load_run(folder).responses[0].text == "another answer"

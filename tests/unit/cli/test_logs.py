from __future__ import annotations

import json
from importlib.resources import files
from typing import TYPE_CHECKING

from click.testing import CliRunner
from log_builders import inspect_sample, lm_eval_row, write_inspect, write_lm_eval

from evalsuite.cli.logs import command

if TYPE_CHECKING:
    from pathlib import Path


def told(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_it_tells_what_is_recorded_and_what_is_not(tmp_path: Path) -> None:
    write_lm_eval(tmp_path, [lm_eval_row(i, 1.0) for i in range(3)])

    text = told(str(tmp_path))

    assert "lm-eval 0.4.13, version 1.0, 0-shot" in text
    assert "numbers: 3 questions, one answer to each" in text
    assert "texts all, ends not recorded, token counts not recorded, prompts all" in text
    assert "token limit 32, temperature 0.0, precision float32" in text


def test_every_task_is_listed_unless_one_is_chosen(tmp_path: Path) -> None:
    for task in ("one", "two"):
        write_lm_eval(tmp_path, [lm_eval_row(0, 1.0)], task=task)

    assert len(json.loads(told(str(tmp_path), "--json"))["logs"]) == 2
    (only,) = json.loads(told(str(tmp_path), "--json", "--task", "two"))["logs"]
    assert only["task"] == "two"


def test_files_of_one_name_are_told_with_their_folders(tmp_path: Path) -> None:
    for name in ("a/log.eval", "b/log.eval", "b/other.eval"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_inspect(tmp_path / name, [inspect_sample(1, "C")])

    summaries = json.loads(told(str(tmp_path), "--json"))["logs"]

    assert [summary["file"] for summary in summaries] == ["a/log.eval", "b/log.eval", "other.eval"]


def test_epochs_and_ends_of_inspect_are_counted(tmp_path: Path) -> None:
    samples = [inspect_sample(1, "C", epoch=epoch) for epoch in (1, 2)]
    write_inspect(tmp_path / "log.eval", samples)

    (summary,) = json.loads(told(str(tmp_path), "--json"))["logs"]

    assert (summary["repeats"], summary["ends"], summary["token_counts"]) == (2, 2, 0)
    assert summary["dtype"] is None


def test_ends_are_inferred_by_the_options_of_logs_and_never_called_recorded(
    tmp_path: Path,
) -> None:
    rows = [lm_eval_row(i, 1.0) for i in range(3)]
    rows[0]["resps"] = [["<think>so"]]
    write_lm_eval(tmp_path, rows)
    base = str(files("evalsuite") / "embedded" / "base")

    (plain,) = json.loads(told(str(tmp_path), "--json"))["logs"]
    (lengths,) = json.loads(told(str(tmp_path), "--json", "--log-tokenizer", base))["logs"]

    assert (plain["ends"], plain["ends_inferred"]) == (0, 1)
    assert (lengths["ends"], lengths["ends_inferred"]) == (0, 3)
    assert "  inferred  ends 1 of 3\n" in told(str(tmp_path))


def test_hostile_names_reach_no_terminal(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    row = {"id": 0, "score": 1, "task": "a\u001b[31mred", "model": "m\u202eevil"}
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")

    text = told(str(path))

    assert "\u001b" not in text
    assert "\u202e" not in text

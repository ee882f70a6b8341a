"""Small logs that the real harnesses wrote; `nox -s harnesses` makes new ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import NotComparableError
from evalsuite.logs.detect import find_files, read_file
from evalsuite.logs.runs import run_of_log
from evalsuite.records.comparison import Comparison

LOGS = Path(__file__).parent / "logs"


@pytest.mark.parametrize("folder", ["lm_eval", "inspect"])
def test_accuracies_are_those_of_the_harness_to_the_last_digit(folder: str) -> None:
    logs = [log for file in find_files(str(LOGS / folder)) for log in read_file(file)]

    notes = [run_of_log(log).log for log in logs]

    assert len(logs) == {"lm_eval": 6, "inspect": 2}[folder]
    for log in notes:
        assert log is not None
        assert log.stated.means
        assert log.counted.means == pytest.approx(log.stated.means, abs=1e-15)
        assert log.stated.n == log.counted.n


def test_a_command_line_of_two_folders_gives_a_verdict_without_torch(tmp_path: Path) -> None:
    script = (
        "import sys; from evalsuite.cli.main import cli; "
        f"cli.main(['compare', {str(LOGS / 'lm_eval' / 'base')!r}, "
        f"{str(LOGS / 'lm_eval' / 'trained')!r}, '--task', 'word_problems', "
        f"'-o', {str(tmp_path)!r}], standalone_mode=False); "
        "print('heavy:', [m for m in ('torch', 'transformers', 'trl') if m in sys.modules])"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    )

    results = json.loads((tmp_path / "results.json").read_text(encoding="utf-8"))
    assert "heavy: []" in done.stdout
    assert results["decides"] == "exact_match,strict-match"
    assert results["verdict"]["decision"] == "improved"
    assert results["truncation"]["base"] is None
    assert "cut off at" not in done.stdout


@pytest.mark.harnesses
@pytest.mark.parametrize(("name", "n"), [("LM_EVAL", 13), ("INSPECT", 5)])
def test_logs_made_just_now_are_read_to_the_last_digit(name: str, n: int) -> None:
    folder = os.environ[f"EVALSUITE_{name}_LOGS"]

    logs = [log for file in find_files(folder) for log in read_file(file)]

    assert len(logs) == n
    for log in logs:
        notes = run_of_log(log).log
        assert notes is not None
        assert notes.counted.means == pytest.approx(notes.stated.means, abs=1e-15)
        assert notes.stated.n == notes.counted.n


@pytest.mark.harnesses
@pytest.mark.parametrize(
    ("other", "complaint"), [("changed", "another document"), ("limit", "in one log only")]
)
def test_other_documents_are_refused(other: str, complaint: str) -> None:
    folder = Path(os.environ["EVALSUITE_LM_EVAL_LOGS"])
    spec = CompareSpec(task="word_problems")

    with pytest.raises(NotComparableError, match=complaint):
        plan_comparison((str(folder / "base"), str(folder / other)), spec)


@pytest.mark.harnesses
@pytest.mark.parametrize(
    ("harness", "base", "task"), [("LM_EVAL", "base", "word_problems"), ("INSPECT", "base1", None)]
)
def test_another_prompt_is_doubted(harness: str, base: str, task: str | None) -> None:
    folder = Path(os.environ[f"EVALSUITE_{harness}_LOGS"])
    names = str(folder / base), str(folder / "prompt")

    judged = run_comparison(plan_comparison(names, CompareSpec(task=task))).judged

    assert isinstance(judged, Comparison)
    assert judged.changed_prompts == judged.base.n


def test_a_table_that_trl_wrote_has_the_rewards_of_its_training_log() -> None:
    """Step 8 of a training on word problems; its train_log.jsonl says 0.296875 and 0.53125."""
    (log,) = read_file(find_files(str(LOGS / "trl"))[0])
    counted = run_of_log(log).log

    assert (log.format, len(log.entries), log.repeats) == ("trl", 8, 8)
    assert counted is not None
    assert counted.counted.means == {"correct": 0.296875, "format": 0.53125}


def test_reviews_that_evalscope_wrote_have_its_accuracy_its_repeats_and_its_ends() -> None:
    """Of its mock model, two questions twice; its report says 50%."""
    (file,) = find_files(str(LOGS / "evalscope"))
    (log,) = read_file(file)
    notes = run_of_log(log).log

    assert notes is not None
    assert notes.counted.means == {"accuracy": 0.5}
    assert [[a.finish for a in entry.answers] for entry in log.entries] == [
        ["stop", "stop"],
        ["stop", "length"],
    ]


def test_a_dump_that_verls_own_function_wrote_is_read() -> None:
    (log,) = read_file(find_files(str(LOGS / "verl"))[0])

    assert (log.format, log.graders) == ("verl", ("score", "acc", "reward"))
    assert [entry.gold for entry in log.entries] == ["1", "2"]


def test_traces_that_verifiers_wrote_have_its_reward_its_repeats_and_its_ends() -> None:
    """Of a server that always names the first number, six tasks twice; vf-eval says 0.17."""
    (log,) = read_file(find_files(str(LOGS / "verifiers"))[0])
    notes = run_of_log(log).log
    ends = {entry.text: [a.finish for a in entry.answers] for entry in log.entries}

    assert notes is not None
    assert notes.counted.means == {"correct": 2 / 12}
    assert (log.model, log.harness.version, log.repeats) == ("tests/first", "0.4.0", 2)
    assert ends.pop("Which is larger, 6 or 10?") == ["length", "length"]
    assert all(each == ["stop", "stop"] for each in ends.values())

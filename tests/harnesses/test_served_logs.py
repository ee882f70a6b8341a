"""Small logs that NeMo Evaluator, NeMo-Skills, olmo-eval and HELM wrote of our word problems.

The embedded pair was served to each over loopback, with 20 tokens an answer, so that some are cut.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError
from evalsuite.logs.detect import find_files, read_file, read_one
from evalsuite.logs.runs import run_of_log
from evalsuite.records.comparison import Comparison

if TYPE_CHECKING:
    from evalsuite.logs.log import Log

LOGS = Path(__file__).parent / "logs"
STATED = {
    "nemo_evaluator": {"reward", "answer_line"},
    "nemo_skills": {"symbolic_correct"},
    "olmo_eval": {"accuracy:exact_match"},
    "helm": {"final_number_exact_match", "exact_match"},
}
TASKS = {"olmo_eval": "wp"}


def log_of(tool: str, model: str, task: str | None = None) -> Log:
    return read_one(str(LOGS / tool / model), task=task or TASKS.get(tool))


def ends(log: Log) -> dict[str, int]:
    return Counter(answer.finish for entry in log.entries for answer in entry.answers)


@pytest.mark.parametrize("tool", STATED)
def test_accuracies_are_those_of_the_tool_to_the_last_digit(tool: str) -> None:
    for model in ("base", "trained"):
        notes = run_of_log(log_of(tool, model)).log

        assert notes is not None
        assert notes.stated.means.keys() >= STATED[tool] <= notes.counted.means.keys()
        for grader in STATED[tool]:
            assert notes.counted.means[grader] == pytest.approx(
                notes.stated.means[grader], abs=1e-15
            )
        assert notes.stated.n == notes.counted.n


@pytest.mark.parametrize("tool", STATED)
def test_two_folders_are_compared_and_agree_with_their_own_results(tool: str) -> None:
    names = str(LOGS / tool / "base"), str(LOGS / tool / "trained")

    judged = run_comparison(plan_comparison(names, CompareSpec(task=TASKS.get(tool)))).judged

    assert isinstance(judged, Comparison)
    assert judged.changed_prompts in (0, None)
    assert judged.decides in STATED[tool]


def test_nemo_evaluator_tells_ends_tokens_and_decoding() -> None:
    log = log_of("nemo_evaluator", "base")
    answers = [answer for entry in log.entries for answer in entry.answers]

    assert (log.harness.version, log.model, log.task) == ("0.4.0", "base", "word_problems")
    assert (log.max_new_tokens, log.temperature, log.repeats) == (20, 0.7, 2)
    assert set(ends(log)) == {"stop", "length"}
    assert all(a.n_tokens == 20 for a in answers if a.finish == "length")
    # the server counts the end token, which is no token of the answer
    assert all(a.n_tokens < 20 for a in answers if a.finish == "stop" and a.n_tokens)


def test_a_further_scorer_of_nemo_evaluator_states_right_of_all(tmp_path: Path) -> None:
    """Both kept runs have none right, of which any formula makes 0."""
    folder = shutil.copytree(LOGS / "nemo_evaluator" / "trained", tmp_path / "trained")
    (bundle,) = folder.glob("*/eval-*.json")
    written = json.loads(bundle.read_text("utf-8"))
    score = written["benchmark"]["scores"]["scorer:answer_line"]
    assert (score["correct"], score["total"]) == (0, 16)
    score["correct"] = 3
    bundle.write_text(json.dumps(written), "utf-8")

    assert read_one(str(folder)).stated.means == {"reward": 0.3125, "answer_line": 3 / 16}


def test_requests_that_failed_are_not_wrong_answers_of_nemo_evaluator() -> None:
    folder = str(LOGS / "nemo_evaluator" / "failing")
    with pytest.raises(InvalidInputError, match=r"2 of 16 samples in word_problems/.* failed"):
        read_one(folder)

    log = read_one(folder, allow_missing=True)

    assert "1" not in {entry.native_id for entry in log.entries}
    assert (len(log.entries), log.stated.means) == (7, {})
    assert ends(log)["unknown"] == 0


def test_a_judges_own_end_is_not_that_of_the_answer_it_judged() -> None:
    """Of the answer that was neither empty nor equal to its gold, whose judge ran on."""
    log = log_of("nemo_skills", "judged")
    plain = read_one(
        str(LOGS / "nemo_skills" / "base" / "eval-results" / "wp" / "output-rs0.jsonl")
    )

    before, after = (
        {e.native_id: e.answers[0].finish for e in each.entries} for each in (plain, log)
    )

    assert log.graders == ("symbolic_correct", "judge_correct")
    assert ends(log)["unknown"] == 1
    assert all(after[i] in (before[i], "unknown") for i in before)


def test_judgements_are_read_as_nemo_skills_reads_them() -> None:
    log = log_of("nemo_skills", "judged")
    rows = (LOGS / "nemo_skills/judged/eval-results/wp/output-rs0.jsonl").read_text().splitlines()
    verdicts = [json.loads(row)["judgement"].split("Judgement:")[-1].strip() for row in rows]

    scores = [entry.answers[0].scores["judge_correct"] for entry in log.entries]

    assert scores == [float(verdict.lower().startswith("yes")) for verdict in verdicts]
    assert {0.0, 1.0} == set(scores)


def test_seeds_of_nemo_skills_are_samples_and_one_of_them_is_held_against_nothing() -> None:
    folder = LOGS / "nemo_skills" / "base" / "eval-results" / "wp"

    assert log_of("nemo_skills", "base").repeats == 2
    assert read_one(str(folder / "output-rs1.jsonl")).stated.means == {}


def test_samples_of_olmo_eval_have_the_mean_that_it_calls_pass_at_1() -> None:
    log = log_of("olmo_eval", "trained", "wp:many")
    notes = run_of_log(log).log

    assert notes is not None
    assert log.repeats == 3
    assert notes.counted.means == pytest.approx(notes.stated.means, abs=1e-15)
    assert (log.max_new_tokens, log.temperature) == (20, 0.7)


def test_what_was_asked_and_how_stands_in_the_requests_of_olmo_eval() -> None:
    log = log_of("olmo_eval", "base")

    assert (log.model, log.max_new_tokens, log.temperature) == ("openai/base", 20, 0.0)
    assert all(entry.text and entry.prompt for entry in log.entries)
    assert ends(log) == {"unknown": 8}


def test_choices_of_olmo_eval_are_one_answer_and_no_samples() -> None:
    log = log_of("olmo_eval", "choices", "larger")

    assert (log.is_choice, log.repeats, log.graders) == (True, 1, ("accuracy:logprob",))
    assert log.entries[0].answers[0].text == "0: -0.157  1\n1: -0.157  2"
    assert log.max_new_tokens is None


def test_a_request_without_an_output_is_no_wrong_answer_of_olmo_eval() -> None:
    with pytest.raises(InvalidInputError, match="1 of 8 samples in wp_"):
        log_of("olmo_eval", "failing")

    log = read_one(str(LOGS / "olmo_eval" / "failing"), allow_missing=True)

    assert len(log.entries) == 7


def test_helm_tells_ends_and_limit_and_a_suite_its_runs() -> None:
    log = log_of("helm", "base")

    assert (log.model, log.task) == ("local/base", "wp:outputs=1,trials=1,temperature=0.0")
    assert (log.max_new_tokens, ends(log)) == (20, {"stop": 4, "length": 4})
    with pytest.raises(InvalidInputError, match=r"2 models \(local/base, local/trained\)"):
        read_one(str(LOGS / "helm"))


@pytest.mark.parametrize("tool", STATED)
def test_each_file_of_a_folder_is_one_log(tool: str) -> None:
    files = find_files(str(LOGS / tool / "base"))

    assert [log.format for file in files for log in read_file(file)] == [
        tool.replace("_", "-")
    ] * len(files)
    assert len(files) == (2 if tool == "olmo_eval" else 1)


@pytest.mark.parametrize(
    ("tool", "summary"),
    [
        ("nemo_evaluator", "eval-*.json"),
        ("olmo_eval", "metrics.json"),
        ("helm", "run_spec.json"),
        ("nemo_skills", "metrics.json"),
    ],
)
def test_a_torn_summary_hides_no_log_and_is_named(tool: str, summary: str, tmp_path: Path) -> None:
    folder = tmp_path / "base"
    shutil.copytree(LOGS / tool / "base", folder)
    (torn,) = folder.rglob(summary)
    torn.write_bytes(torn.read_bytes()[:40])

    files = find_files(str(folder))

    assert len(files) == len(find_files(str(LOGS / tool / "base")))
    with pytest.raises(InvalidInputError, match=f"{torn.name} is not JSON"):
        [read_file(file) for file in files]


def test_a_bundle_of_nemo_evaluator_stands_for_the_answers_beside_it(tmp_path: Path) -> None:
    (bundle,) = (LOGS / "nemo_evaluator" / "base").rglob("eval-*.json")
    alone = tmp_path / bundle.name
    shutil.copy(bundle, alone)

    assert read_one(str(bundle)) == log_of("nemo_evaluator", "base")
    with pytest.raises(InvalidInputError, match=r"holds totals, .* put results\.jsonl beside it"):
        read_one(str(alone))


@pytest.mark.parametrize("model", ["base", "trained"])
def test_benchmarks_of_ones_own_have_the_means_of_nemo_evaluator_0_2(model: str) -> None:
    """It rounds them to four digits."""
    folder = LOGS / "nemo_byob" / model
    log, notes = read_one(str(folder)), run_of_log(read_one(str(folder))).log
    (summary,) = folder.rglob("byob_results.json")
    stated = json.loads(summary.read_text())["tasks"]["word_problems"]["metrics"]["pass@1"]

    assert notes is not None
    assert (log.task, log.repeats, len(log.entries)) == ("word_problems", 2, 8)
    assert {name: round(mean, 4) for name, mean in notes.counted.means.items()} == {
        name: score["value"] for name, score in stated["scores"].items()
    }
    assert (ends(log), log.model) == ({"unknown": 16}, None)


def test_samples_that_nemo_evaluator_0_2_skipped_are_left_out_where_allowed(
    tmp_path: Path,
) -> None:
    folder = str(LOGS / "nemo_byob" / "failing")
    (predictions,) = Path(folder).rglob("*.jsonl")
    renamed = shutil.copy(predictions, tmp_path / "mine.jsonl")
    with pytest.raises(InvalidInputError, match=r"1 of 8 samples in word_problems/byob_"):
        read_one(folder)

    assert len(read_one(folder, allow_missing=True).entries) == 7
    assert len(read_one(str(renamed), allow_missing=True).entries) == 7

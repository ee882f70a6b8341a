from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from log_builders import lm_eval_row, write_lm_eval

from evalsuite.errors import InvalidInputError
from evalsuite.logs.lm_eval import lm_eval_file, read_lm_eval

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.logs.log import Log


def read(folder: Path, rows: list[dict[str, Any]], **results: Any) -> Log:
    return read_lm_eval(lm_eval_file(write_lm_eval(folder, rows, **results)))


def two_filters(n: int = 3) -> list[dict[str, Any]]:
    """Write all rows of one filter, then all of the next, as lm-eval does."""
    strict = [lm_eval_row(i, 0.0, filtered_resps=["[invalid]"]) for i in range(n)]
    return strict + [lm_eval_row(i, 1.0, filter="flexible-extract") for i in range(n)]


def test_every_filter_is_a_grader_of_one_question(tmp_path: Path) -> None:
    log = read(tmp_path, two_filters())

    assert log.graders == ("exact_match,strict-match", "exact_match,flexible-extract")
    assert [entry.scores for entry in log.entries] == [
        {"exact_match,strict-match": 0.0, "exact_match,flexible-extract": 1.0}
    ] * 3


def test_what_a_filter_did_not_find_is_no_reading(tmp_path: Path) -> None:
    log = read(tmp_path, two_filters(1))

    assert log.entries[0].readings == {
        "exact_match,strict-match": None,
        "exact_match,flexible-extract": "0",
    }


def test_ends_and_token_counts_stay_unknown(tmp_path: Path) -> None:
    answers = [entry.answers[0] for entry in read(tmp_path, two_filters()).entries]

    assert {(answer.finish, answer.n_tokens) for answer in answers} == {("unknown", None)}


def test_what_the_log_records_is_taken_and_nothing_else(tmp_path: Path) -> None:
    log = read(tmp_path, two_filters())

    assert (log.harness.version, log.harness.task_version) == ("0.4.13", "version 1.0, 0-shot")
    assert (log.model, log.dtype) == ("models/base", "float32")
    assert (log.max_new_tokens, log.temperature, log.top_p, log.seed) == (32, 0.0, None, None)
    assert log.stop == ("\n\n",)


def test_without_results_their_facts_are_unknown(tmp_path: Path) -> None:
    path = write_lm_eval(tmp_path, two_filters())
    for results in tmp_path.glob("results*.json"):
        results.unlink()

    log = read_lm_eval(lm_eval_file(path))

    assert (log.model, log.dtype, log.harness.version, log.stated.n) == (None, None, None, None)


def test_results_of_another_stamp_are_not_held_against_the_rows(tmp_path: Path) -> None:
    write_lm_eval(tmp_path, two_filters(), stamp="2026-01-02T03-04-06.000001")
    path = write_lm_eval(tmp_path, two_filters())
    (tmp_path / "results_2026-01-02T03-04-05.000001.json").unlink()

    assert lm_eval_file(path).results is None


def test_repeats_are_texts_of_one_question_with_one_score(tmp_path: Path) -> None:
    rows = [lm_eval_row(0, 1.0, resps=[["a", "b", "c", "d"]], filter="maj@4")]

    log = read(tmp_path, rows)

    assert [answer.text for answer in log.entries[0].answers] == ["a", "b", "c", "d"]
    assert log.question_graders == {"exact_match,maj@4"}
    assert log.entries[0].scores == {"exact_match,maj@4": 1.0}


def choice(i: int, **more: Any) -> dict[str, Any]:
    metrics = {"metrics": ["acc", "acc_norm"], "acc": 1.0, "acc_norm": 0.0, "filter": "none"}
    responses = [[["-6.65", "False"]], [["-1.5", "True"]]]
    arguments = {f"gen_args_{k}": {"arg_0": "?", "arg_1": f" {k}"} for k in range(2)}
    return lm_eval_row(i, 1.0) | metrics | {"resps": responses, "arguments": arguments} | more


def test_likelihoods_are_choices_with_two_graders_and_no_decoding(tmp_path: Path) -> None:
    log = read(tmp_path, [choice(0)])

    assert log.is_choice
    assert log.graders == ("acc", "acc_norm")
    assert log.entries[0].answers[0].text == "0: -6.65  0\n1: -1.5  1"
    assert (log.max_new_tokens, log.temperature) == (None, None)


@pytest.mark.parametrize(
    ("score", "better"), [(12.5, True), (0.5, False), (None, True), ([0.1, 3], True), ("x", True)]
)
def test_a_number_that_is_no_grade_is_named_and_left_out(
    tmp_path: Path, score: Any, better: bool
) -> None:
    rows = [lm_eval_row(0, 1.0, metrics=["exact_match", "other"], other=score)]

    log = read(tmp_path, rows, higher_is_better={"numbers": {"other": better}})

    assert log.graders == ("exact_match,strict-match",)
    assert log.left_out == ("other,strict-match",)


def test_a_log_without_any_grade_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no score from 0"):
        read(tmp_path, [lm_eval_row(0, 3.0)])


def test_only_averaged_scores_are_held_against_the_results(tmp_path: Path) -> None:
    rows = [lm_eval_row(0, 1.0)]
    other = {"numbers": {"metric_list": [{"metric": "exact_match", "aggregation": "mcc"}]}}

    assert read(tmp_path, rows).stated.means == {"exact_match,strict-match": 1.0}
    assert read(tmp_path, rows, configs=other).stated.means == {}


@pytest.mark.parametrize("adapter", [{}, {"peft": "models/adapter"}])
def test_a_commit_says_nothing_of_weights_under_an_adapter(
    tmp_path: Path, adapter: dict[str, str]
) -> None:
    config = {"model_args": {"pretrained": "org/m", **adapter}, "model_sha": "c0ffee"}

    log = read(tmp_path, [lm_eval_row(0, 1.0)], config=config)

    assert log.revision == (None if adapter else "c0ffee")
    assert log.model == ("models/adapter" if adapter else "org/m")


def test_arguments_written_as_a_text_are_read(tmp_path: Path) -> None:
    config = {"model_args": "pretrained=org/m,dtype=float32"}

    assert read(tmp_path, [lm_eval_row(0, 1.0)], config=config).model == "org/m"


def test_a_question_given_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="line 2 gives question 0"):
        read(tmp_path, [lm_eval_row(0, 1.0), lm_eval_row(0, 0.0)])


def test_a_torn_line_is_named(tmp_path: Path) -> None:
    path = write_lm_eval(tmp_path, [lm_eval_row(0, 1.0), lm_eval_row(1, 1.0)])
    path.write_bytes(path.read_bytes()[:-40])

    with pytest.raises(InvalidInputError, match="line 2 is not JSON"):
        read_lm_eval(lm_eval_file(path))


def test_a_foreign_line_is_named(tmp_path: Path) -> None:
    path = write_lm_eval(tmp_path, [lm_eval_row(0, 1.0)])
    path.write_text(path.read_text() + json.dumps({"id": 1}) + "\n", encoding="utf-8")

    with pytest.raises(InvalidInputError, match="line 2 is no row"):
        read_lm_eval(lm_eval_file(path))

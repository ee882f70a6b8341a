"""What every format of one answer a row must keep, and the hazards of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from format_builders import (
    RIGHT,
    ROWS,
    WRITERS,
    answered,
    arena_row,
    byob_row,
    document,
    eee_row,
    episode,
    evalscope_row,
    helm_item,
    lines,
    nemo_row,
    olmo_row,
    skills_row,
    verifiers_row,
    verl_row,
    write_eee,
    write_helm,
    write_nemo_evaluator,
    write_traces,
    write_trl,
)

from evalsuite.errors import InvalidInputError
from evalsuite.logs.detect import find_files, read_file, read_one
from evalsuite.logs.formats.answers import AnswerRow, finish_of, is_lower_better, log_of_answers
from evalsuite.logs.formats.eval_arena import is_arena
from evalsuite.logs.formats.evalscope import is_evalscope
from evalsuite.logs.formats.every_eval_ever import is_eee
from evalsuite.logs.formats.helm import HELM_NAME, helm_file, read_helm
from evalsuite.logs.formats.nemo_byob import is_byob
from evalsuite.logs.formats.nemo_evaluator import is_nemo_evaluator
from evalsuite.logs.formats.nemo_skills import is_nemo_skills
from evalsuite.logs.formats.olmo_eval import is_olmo
from evalsuite.logs.formats.training_dumps import is_verl
from evalsuite.logs.formats.verifiers import is_verifiers
from evalsuite.logs.log import Columns
from evalsuite.logs.runs import run_of_log

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.logs.log import Log

ENDS = {
    "every-eval-ever": ("stop", "stop"),
    "nemo-evaluator": ("stop", "length"),
    "nemo-skills": ("stop", "stop"),
    "evalscope": ("stop", "length"),
    "helm": ("stop", "length"),
    "verifiers": ("stop", "length"),
}
"""Of the first two answers, where a format tells them at all."""
NAMELESS = ("trl", "verl", "nemo-skills")
"""Formats that do not say which model answered."""


def scores(log: Log) -> list[float | None]:
    return [answer.scores[log.graders[0]] for e in log.entries for answer in e.answers]


@pytest.mark.parametrize("form", WRITERS)
def test_a_folder_is_known_by_its_files_and_keeps_every_score(form: str, tmp_path: Path) -> None:
    WRITERS[form](tmp_path)

    (file,) = find_files(str(tmp_path))
    (log,) = read_file(file)

    assert (file.format, log.format) == (form, form)
    assert scores(log) == list(RIGHT)
    assert log.repeats == 1


@pytest.mark.parametrize("form", WRITERS)
def test_ends_are_those_of_the_file_and_else_unknown(form: str, tmp_path: Path) -> None:
    log = read_one(str(WRITERS[form](tmp_path)))

    ends = tuple(entry.answers[0].finish for entry in log.entries[:2])

    assert ends == ENDS.get(form, ("unknown", "unknown"))


@pytest.mark.parametrize("form", WRITERS)
def test_two_models_share_task_and_questions(form: str, tmp_path: Path) -> None:
    logs = [read_one(str(WRITERS[form](tmp_path / side))) for side in ("base", "trained")]

    assert len({log.task for log in logs}) == 1
    assert [e.document for e in logs[0].entries] == [e.document for e in logs[1].entries]
    assert (logs[0].model is None) == (form in NAMELESS)
    assert run_of_log(logs[0]).grades[0].scores


def row(native_id: str = "a", **more: object) -> AnswerRow:
    fields: dict[str, object] = {"where": "file line 1", "native_id": native_id}
    return AnswerRow(**(fields | {"scores": {"acc": 1.0}} | more))  # type: ignore[arg-type]


def test_a_score_that_is_missing_or_outside_0_to_1_somewhere_is_no_grader() -> None:
    rows = [
        row("a", scores={"acc": 1.0, "loss": 2.0, "some": 1.0}),
        row("b", scores={"acc": 0.0, "loss": 0.5}),
    ]

    log = log_of_answers(rows, "x", format="verl", harness=None, task="t", files=())

    assert (log.graders, log.left_out) == (("acc",), ("loss", "some"))


def test_an_answer_given_twice_under_one_number_is_named() -> None:
    with pytest.raises(InvalidInputError, match=r"answers question a a second time \(repeat 0\)"):
        log_of_answers([row(repeat=0), row(repeat=0)], "x", format="verl", task="t", files=())


def test_an_unknown_word_for_an_end_is_an_unknown_end() -> None:
    assert [finish_of(w) for w in ("STOP", "length", "tool_calls", None)] == [
        "stop",
        "length",
        "unknown",
        "unknown",
    ]


def test_the_metrics_of_one_answer_are_laid_together(tmp_path: Path) -> None:
    second = [eee_row(i, evaluation_result_id="partial") for i in range(4)]
    path = lines(tmp_path / "a_samples.jsonl", [*[eee_row(i) for i in range(4)], *second])

    log = read_one(str(path))

    assert log.graders == ("accuracy", "partial")
    assert log.repeats == 1


def test_totals_are_held_against_the_answers_and_are_no_log_by_themselves(tmp_path: Path) -> None:
    samples = write_eee(tmp_path)
    totals = tmp_path / "a1.json"

    by_totals = read_one(str(totals))

    assert by_totals.stated.means == {"accuracy": 0.75}
    assert (by_totals.max_new_tokens, by_totals.harness.name) == (64, "inspect_ai")
    samples.unlink()
    with pytest.raises(InvalidInputError, match="holds totals, which can't be compared"):
        read_one(str(totals))


def test_what_a_converter_put_in_the_place_of_the_answer_is_a_reading(tmp_path: Path) -> None:
    about = {"lm_eval_metrics": "{}", "filter": "strict-match"}
    rows = [eee_row(i, metadata=about, output={"raw": [str(i)]}) for i in range(2)]

    log = read_one(str(lines(tmp_path / "a_samples.jsonl", rows)))

    assert log.entries[1].answers[0].text is None
    assert log.entries[1].answers[0].readings == {"accuracy": "1"}


def test_conversations_are_refused_by_line(tmp_path: Path) -> None:
    path = lines(tmp_path / "a_samples.jsonl", [eee_row(0, interaction_type="agentic")])

    with pytest.raises(InvalidInputError, match="line 1 is 'agentic'"):
        read_one(str(path))


def test_rewards_that_are_no_grades_are_left_out_of_trl(tmp_path: Path) -> None:
    log = read_one(str(write_trl(tmp_path)))

    assert (log.graders, log.left_out) == (("correct_reward",), ("length_reward",))
    assert (log.entries[0].text, log.entries[0].answers[0].text) == (
        "What is number 0?",
        "It is 0",
    )


def test_a_score_of_minus_one_leaves_the_extra_score_to_decide(tmp_path: Path) -> None:
    path = lines(tmp_path / "5.jsonl", [verl_row(i) for i in (0, 1, 0, 1)])

    log = read_one(str(path))

    assert (log.graders, log.left_out, log.repeats) == (("acc",), ("score",), 2)


def test_the_last_line_of_an_inference_log_counts(tmp_path: Path) -> None:
    write_nemo_evaluator(tmp_path)
    with (tmp_path / "inference_log.jsonl").open("a") as file:
        file.write('{"problem_idx": 0, "repeat": 0, "finish_reason": "length"}\n')

    log = read_one(str(tmp_path))

    assert [entry.answers[0].finish for entry in log.entries[:2]] == ["length", "length"]


def test_without_its_inference_log_the_ends_of_nemo_are_unknown(tmp_path: Path) -> None:
    log = read_one(str(lines(tmp_path / "results.jsonl", [nemo_row(i) for i in range(4)])))

    assert {entry.answers[0].finish for entry in log.entries} == {"unknown"}


def test_seeds_of_a_folder_are_samples_and_one_file_is_itself(tmp_path: Path) -> None:
    for seed in (0, 1):
        rows = [skills_row(i) for i in (range(4), reversed(range(4)))[seed]]
        path = lines(tmp_path / f"output-rs{seed}.jsonl", rows)

    assert read_one(str(tmp_path)).repeats == 2
    assert read_one(str(path)).repeats == 1


def test_metrics_of_repeats_named_after_their_time_lie_together_in_any_order(
    tmp_path: Path,
) -> None:
    runs = ("20260101120000", "20260101120001")
    rows = [
        eee_row(0, evaluation_result_id=grader, evaluation={"score": score}, metadata={"sample": r})
        for grader, order in (("first", runs), ("second", reversed(runs)))
        for r in order
        for score in [float(r[-1])]
    ]

    log = read_one(str(lines(tmp_path / "a_samples.jsonl", rows)))

    assert [a.scores for a in log.entries[0].answers] == [
        {"first": 0.0, "second": 0.0},
        {"first": 1.0, "second": 1.0},
    ]


def test_repeats_of_a_group_are_samples_of_evalscope(tmp_path: Path) -> None:
    rows = []
    for index in range(4):
        made = evalscope_row(index % 2, index=index)
        made["sample_score"] |= {"group_id": index % 2, "generation_index": index // 2}
        rows.append(made)

    log = read_one(str(lines(tmp_path / "reviews" / "m" / "x.jsonl", rows)))

    assert [entry.native_id for entry in log.entries] == ["0", "1"]
    assert log.repeats == 2


def test_the_score_that_evalscope_calls_the_main_one_decides(tmp_path: Path) -> None:
    made = evalscope_row(0)
    made["sample_score"]["score"] |= {
        "value": {"bleu": 0.5, "acc": 1.0},
        "main_score_name": "acc",
    }

    log = read_one(str(lines(tmp_path / "reviews" / "m" / "x.jsonl", [made])))

    assert log.graders == ("acc", "bleu")


def test_stats_that_count_are_no_graders_of_helm(tmp_path: Path) -> None:
    log = read_one(str(write_helm(tmp_path)))

    assert log.graders == ("exact_match",)
    assert (log.model, log.task, log.max_new_tokens) == ("org/small", "numbers:stop=none", 64)
    assert log.entries[0].gold == "0"


def helm_mean(name: str, mean: float, **more: Any) -> dict[str, Any]:
    return {"name": {"name": name, "split": "valid", **more}, "count": 1, "mean": mean}


def test_a_run_of_helm_is_held_against_its_own_summary(tmp_path: Path) -> None:
    path = write_helm(tmp_path)
    worst = {"name": "robustness", "computed_on": "worst"}
    summary = [
        helm_mean("exact_match", 0.5),
        helm_mean("exact_match", 0.25, perturbation=worst),
        helm_mean("num_instances", 4.0),
    ]
    document(tmp_path / "stats.json", summary)

    notes = run_of_log(read_one(str(path))).log

    assert notes is not None
    assert (notes.stated.n, notes.counted.n) == (4, 4)
    assert notes.stated.means["exact_match"] == 0.5


def test_means_of_several_splits_or_of_perturbed_rows_are_nobodys(tmp_path: Path) -> None:
    path = write_helm(tmp_path)
    document(tmp_path / "stats.json", [helm_mean("exact_match", mean) for mean in (0.5, 0.75)])
    assert read_one(str(path)).stated.means == {}
    document(path, [helm_item(0), helm_item(0, perturbation={"name": "typos"})])
    document(tmp_path / "stats.json", [helm_mean("exact_match", 0.5)])
    assert read_one(str(path)).stated.means == {}


def test_a_perturbed_question_is_another_question(tmp_path: Path) -> None:
    items = [helm_item(0), helm_item(0, perturbation={"name": "typos"})]
    path = document(tmp_path / "per_instance_stats.json", items)

    assert len(read_one(str(path)).entries) == 2


def test_several_outputs_of_olmo_are_graded_each_by_its_own_metrics(tmp_path: Path) -> None:
    outputs = [{"text": "x", "sample_metrics": {"em": {"em": value}}} for value in (1.0, 0.0)]
    path = lines(tmp_path / "t-predictions.jsonl", [olmo_row(0, model_output=outputs)])

    log = read_one(str(path))

    assert [answer.scores for answer in log.entries[0].answers] == [{"em": 1.0}, {"em": 0.0}]


def test_traces_of_the_new_verifiers_are_read_with_their_ends(tmp_path: Path) -> None:
    log = read_one(str(write_traces(tmp_path)))

    assert (log.task, log.model, log.graders) == ("numbers", "small", ("correct",))
    assert scores(log) == list(RIGHT)
    assert [entry.answers[0].finish for entry in log.entries[:2]] == ["stop", "length"]


def test_an_episode_of_several_agents_is_refused(tmp_path: Path) -> None:
    row_of_two = episode(0)
    row_of_two["traces"] *= 2
    path = lines(tmp_path / "traces.jsonl", [row_of_two])

    with pytest.raises(InvalidInputError, match="line 1 is an episode of several agents"):
        read_one(str(path))


def test_a_rollout_without_the_mark_has_an_unknown_end(tmp_path: Path) -> None:
    made = verifiers_row(0)
    del made["is_truncated"]

    log = read_one(str(lines(tmp_path / "results.jsonl", [made])))

    assert log.entries[0].answers[0].finish == "unknown"


def test_counts_that_contradict_their_share_are_named(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [arena_row(0, correct=2, count=5, pass1=0.9)])

    with pytest.raises(InvalidInputError, match=r"line 1 counts 2 right of 5 and says pass1 0\.9"):
        read_one(str(path))


def test_a_guess_is_overridden(tmp_path: Path) -> None:
    path = lines(tmp_path / "a.jsonl", [nemo_row(i) for i in range(4)])
    columns = Columns(format="rows", id="problem_idx", score=("reward",))

    log = read_one(str(path), columns=columns)

    assert log.format == "rows"
    assert scores(log) == list(RIGHT)


KEYS = {
    "every-eval-ever": is_eee,
    "verl": is_verl,
    "nemo-evaluator": is_nemo_evaluator,
    "byob": is_byob,
    "nemo-skills": is_nemo_skills,
    "evalscope": is_evalscope,
    "olmo-eval": is_olmo,
    "verifiers": is_verifiers,
    "episode": is_verifiers,
    "eval-arena": is_arena,
}


@pytest.mark.parametrize("form", ROWS)
def test_a_line_is_of_one_format_alone(form: str) -> None:
    row_of_it = ROWS[form](0)

    fitting = {is_of for is_of in KEYS.values() if is_of(row_of_it)}

    assert fitting == {KEYS[form]}


def test_the_name_tells_helm_by_itself(tmp_path: Path) -> None:
    path = write_helm(tmp_path)

    assert path.name == HELM_NAME
    assert read_helm(helm_file(path)).format == "helm"


def bare(i: int, **more: object) -> dict[str, object]:
    """Return a line of NeMo-Skills' that does not repeat its problem."""
    kept = {k: v for k, v in skills_row(i).items() if k != "problem"}
    return kept | {"id": f"q{i}"} | more


def test_outputs_without_a_problem_are_paired_by_their_ids_and_never_by_place(
    tmp_path: Path,
) -> None:
    rows = [bare(i) for i in range(4)]
    ordered = read_one(str(lines(tmp_path / "a" / "output.jsonl", rows)))
    reversed_ = read_one(str(lines(tmp_path / "b" / "output.jsonl", rows[::-1])))

    scores_by_id = [
        {e.native_id: e.answers[0].scores["symbolic_correct"] for e in log.entries}
        for log in (ordered, reversed_)
    ]

    assert scores_by_id[0] == scores_by_id[1] == {f"q{i}": RIGHT[i] for i in range(4)}
    nameless = lines(tmp_path / "c" / "output.jsonl", [bare(0, id=None)])
    with pytest.raises(InvalidInputError, match=r"line 1 has no id, so .*--id"):
        read_one(str(nameless))


def test_two_questions_of_one_id_are_no_samples(tmp_path: Path) -> None:
    others = [verifiers_row(i, answer="other") for i in range(4)]
    path = lines(tmp_path / "results.jsonl", [*map(verifiers_row, range(4)), *others])

    with pytest.raises(InvalidInputError, match="line 5 has the id 0 of another question"):
        read_one(str(path))


def test_tasks_of_a_group_of_environments_are_logs_of_their_own(tmp_path: Path) -> None:
    rows = [verifiers_row(i, task=task) for task in ("sums", "words") for i in range(4)]
    path = lines(tmp_path / "results.jsonl", rows)

    assert len(read_one(str(path), task="words").entries) == 4
    with pytest.raises(InvalidInputError, match=r"2 tasks \(sums, words\)"):
        read_one(str(path))


def test_a_table_with_a_reward_is_a_table(tmp_path: Path) -> None:
    rows = [
        {"example_id": i, "reward": RIGHT[i], "model": model, "text": answered(i)}
        for model in ("a", "b")
        for i in range(4)
    ]
    path = lines(tmp_path / "results.jsonl", rows)

    assert (read_one(str(path), model="b").format, read_one(str(path), model="b").repeats) == (
        "rows",
        1,
    )


def test_a_metric_whose_totals_say_lower_is_better_is_no_grader(tmp_path: Path) -> None:
    path = write_eee(tmp_path)
    totals = json.loads((tmp_path / "a1.json").read_text())
    totals["evaluation_results"][0]["metric_config"]["lower_is_better"] = True
    document(tmp_path / "a1.json", totals)

    with pytest.raises(InvalidInputError, match=r"no score from 0 .* it has accuracy: log"):
        read_one(str(path))


@pytest.mark.parametrize(
    "name",
    ["bits_per_byte", "word_perplexity", "wer_score", "expected_max_toxicity", "edit_distance"],
)
def test_names_of_error_rates_are_no_graders_where_no_direction_is_told(
    name: str, tmp_path: Path
) -> None:
    metrics = {name: {name: 0.4}, "exact_match": {"exact_match": 1.0}}
    path = lines(tmp_path / "t-predictions.jsonl", [olmo_row(0, instance_metrics=metrics)])

    log = read_one(str(path))

    assert (log.graders, log.left_out) == (("exact_match",), (name,))


@pytest.mark.parametrize(
    "name",
    ["error_rate", "errors", "word_error", "nll", "loss", "brier_score", "rmse", "mae", "ece"],
)
def test_what_counts_errors_is_no_grade(name: str) -> None:
    assert is_lower_better(name)


@pytest.mark.parametrize("name", ["rouge_l", "faster", "answer_correct", "non_toxic", "glossary"])
def test_names_that_only_sound_like_error_rates_stay_graders(name: str) -> None:
    assert not is_lower_better(name)


def test_names_from_a_log_are_shown_short_and_printable() -> None:
    with pytest.raises(InvalidInputError) as caught:
        log_of_answers(
            [row(scores={f"\x1b{i}" * 99: 7.0 for i in range(99)})], "x", format="verl", task="t"
        )

    assert len(str(caught.value)) < 600
    assert str(caught.value).isprintable()


def test_a_total_that_names_no_metric_is_about_none(tmp_path: Path) -> None:
    path = write_eee(tmp_path)
    total = {"metric_config": {"metric_id": ["accuracy"]}, "evaluation_result_id": {"x": 1}}
    document(tmp_path / "a1.json", {"schema_version": "0.3.0", "evaluation_results": [total]})

    (log,) = read_file(find_files(str(path))[0])

    assert log.stated.means == {}


def test_rollouts_of_2025_call_the_example_id_and_repeat_it(tmp_path: Path) -> None:
    def row(i: int) -> dict[str, object]:
        plain = {k: v for k, v in verifiers_row(i).items() if k != "is_truncated"}
        return {"id": plain.pop("example_id")} | plain | {"generation_ms": 1.5}

    path = lines(tmp_path / "results.jsonl", [*map(row, range(4)), *map(row, range(4))])
    (log,) = read_file(find_files(str(path))[0])

    assert (log.format, log.repeats, len(log.entries)) == ("verifiers", 2, 4)
    assert {a.finish for entry in log.entries for a in entry.answers} == {"unknown"}


@pytest.mark.parametrize(
    ("metrics", "stated"), [({"num_turns": 1.0}, {"reward": 0.5}), ({}, {}), (None, {})]
)
def test_a_mean_reward_counts_only_beside_metrics_that_were_computed(
    metrics: object, stated: dict[str, float], tmp_path: Path
) -> None:
    path = lines(tmp_path / "results.jsonl", [verifiers_row(i) for i in range(4)])
    about = {"env_id": "numbers", "avg_reward": 0.5, "avg_metrics": metrics, "num_examples": 4}
    document(tmp_path / "metadata.json", about)

    (log,) = read_file(find_files(str(path))[0])

    assert log.stated.means == stated
    assert log.stated.n == (4 if stated else None)


def test_one_question_under_two_prompts_is_one_question_of_a_benchmark_of_ones_own(
    tmp_path: Path,
) -> None:
    sides = {"base": {}, "trained": {"prompt": "Think. What is number 1?"}}
    logs = [
        read_one(str(lines(tmp_path / side / "byob_predictions.jsonl", [byob_row(1, **more)])))
        for side, more in sides.items()
    ]

    (first, second) = (log.entries[0] for log in logs)

    assert first.document == second.document
    assert first.prompt != second.prompt

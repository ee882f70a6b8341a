from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from log_builders import lm_eval_row, write_lm_eval

from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.logged import LogName, alike, log_name, read_logs
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.tabulate import tabulate
from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.records.comparison import Comparison
from evalsuite.tasks.grading import NUMERIC_GRADERS, task_of_run

if TYPE_CHECKING:
    from pathlib import Path

FIRST = "exact_match,strict-match"


def write(folder: Path, scores: list[float], **more: Any) -> str:
    rows = [lm_eval_row(i, score) for i, score in enumerate(scores)]
    write_lm_eval(folder, rows, model=f"models/{folder.name}", **more)
    return str(folder)


def compare(*names: str, **spec: Any) -> Comparison:
    plan = plan_comparison(names, CompareSpec(**spec))
    judged = run_comparison(plan).judged
    assert isinstance(judged, Comparison)
    return judged


@pytest.fixture
def logs(tmp_path: Path) -> tuple[str, str]:
    return write(tmp_path / "a", [0.0] * 20 + [1.0] * 10), write(tmp_path / "b", [1.0] * 30)


def test_a_folder_a_file_a_pattern_and_a_named_path_are_logs(tmp_path: Path) -> None:
    folder = write(tmp_path / "a", [1.0])
    path = next((tmp_path / "a").glob("samples*"))

    for name in (folder, str(path), str(tmp_path / "a" / "samples*.jsonl")):
        assert log_name(name, ()) == LogName(name, None)
        assert log_name(f"mine={name}", ()) == LogName(name, "mine")
        assert log_name(f"log:{name}", ()) == LogName(name, None)


def test_names_of_models_stay_names_of_models(tmp_path: Path) -> None:
    model = tmp_path / "model"
    write(model, [1.0])
    (model / "config.json").write_text("{}", encoding="utf-8")

    assert log_name(str(model), ()) is None
    assert log_name("org/name", ()) is None
    assert log_name("base", {"base"}) is None
    assert log_name(f"log:{model}", ()) == LogName(str(model), None)


def test_a_path_with_an_equals_sign_is_a_path(tmp_path: Path) -> None:
    folder = write(tmp_path / "lr=1e-5", [1.0])

    assert log_name(folder, ()) == LogName(folder, None)


def test_logs_are_compared_without_generating_anything(logs: tuple[str, str]) -> None:
    comparison = compare(*logs)

    assert (comparison.table.losses, comparison.table.gains) == (0, 20)
    assert comparison.decides == FIRST
    assert comparison.verdict is not None
    assert comparison.verdict.decision == "improved"
    assert (comparison.truncation.base, comparison.attribution) == (None, None)
    assert comparison.headline_budget == 32
    assert (comparison.budgets, comparison.changed_prompts) == ((), 0)


def test_swapped_logs_swap_the_sign(logs: tuple[str, str]) -> None:
    assert compare(*logs).gain.estimate == -compare(*reversed(logs)).gain.estimate


def test_the_logs_own_budget_needs_no_token_ends(logs: tuple[str, str]) -> None:
    assert compare(*logs, max_new_tokens=(32,)).headline_budget == 32
    with pytest.raises(InvalidInputError, match="no token ends"):
        compare(*logs, max_new_tokens=(16,))


def test_graders_of_ours_that_nothing_answers_to_are_left_out(logs: tuple[str, str]) -> None:
    assert set(compare(*logs).graders) == {FIRST, "flexible", "hash"}


def test_a_grader_of_ours_may_decide(logs: tuple[str, str]) -> None:
    comparison = compare(*logs, grader="hash")

    assert comparison.decides == "hash"
    assert comparison.table.gains == 20


def test_a_filter_of_both_logs_names_the_grader_that_decides(logs: tuple[str, str]) -> None:
    assert compare(*logs, grader=FIRST.partition(",")[2]).decides == FIRST


def test_graders_of_ours_have_todays_versions_whenever_a_log_was_imported(
    logs: tuple[str, str],
) -> None:
    runs = read_logs({i: LogName(path, None) for i, path in enumerate(logs)}, CompareSpec())
    old = runs[0].spec.graded_as
    assert old is not None
    before = replace(old, graders=old.graders | {"strict": "2", "flexible": "1"})
    runs[0] = replace(runs[0], spec=replace(runs[0].spec, graded_as=before))

    laid = alike(runs, CompareSpec())

    versions = [task_of_run(run.spec).graders for run in (runs[0], *laid.values())]
    assert [v["flexible"] for v in versions] == [NUMERIC_GRADERS["flexible"]] * 3
    assert versions[0]["strict"] == NUMERIC_GRADERS["strict"]
    theirs = "exact_match,strict-match"
    assert [v[theirs] for v in versions] == [old.graders[theirs]] * 3


def test_a_grader_that_one_log_lacks_is_refused_with_both_lists(tmp_path: Path) -> None:
    first = write(tmp_path / "a", [1.0])
    write_lm_eval(tmp_path / "b", [lm_eval_row(0, 1.0, filter="other")])

    with pytest.raises(NotComparableError, match="a: 'exact_match,strict-match'"):
        compare(first, str(tmp_path / "b"))


def test_models_of_one_name_are_told_apart_by_what_was_typed(tmp_path: Path) -> None:
    names = [write(tmp_path / side / "checkpoint", [1.0]) for side in ("a", "b")]
    spec = CompareSpec()

    runs = read_logs({i: LogName(name, None) for i, name in enumerate(names)}, spec)

    assert [run.spec.model.name for run in runs.values()] == names


def test_what_is_in_one_log_only_is_refused_or_left_out(tmp_path: Path) -> None:
    names = write(tmp_path / "a", [0.0] * 8), write(tmp_path / "b", [1.0] * 6)

    with pytest.raises(NotComparableError, match="2 questions are in one log only"):
        compare(*names)
    comparison = compare(*names, allow_missing=True)
    check = next(c for c in comparison.checks if c.code == "EVS017")
    assert comparison.base.n == 6
    assert check.level == "warning"
    assert check.statement is not None
    # both were wrong for base: at least nothing more, at most two more gained
    values = check.statement.values
    assert (values["low"], values["high"]) == (6 / 8, 8 / 8)


def test_changed_prompts_are_counted_and_doubted(tmp_path: Path) -> None:
    first = write(tmp_path / "a", [0.0] * 8)
    rows = [lm_eval_row(i, 1.0, prompt_hash=f"other {i}" if i < 3 else None) for i in range(8)]
    write_lm_eval(tmp_path / "b", [{k: v for k, v in r.items() if v is not None} for r in rows])
    assert compare(first, str(tmp_path / "b")).changed_prompts is None  # not all recorded

    rows = [lm_eval_row(i, 1.0) for i in range(8)]
    for row in rows[:3]:
        row["prompt_hash"] = "other"
    write_lm_eval(tmp_path / "c", rows)
    comparison = compare(first, str(tmp_path / "c"))

    assert comparison.changed_prompts == 3
    assert comparison.verdict is not None
    assert "prompts_differ" in comparison.verdict.qualifiers


def test_a_log_and_a_model_that_must_be_asked_are_no_pair(logs: tuple[str, str]) -> None:
    with pytest.raises(InvalidInputError, match="logs only"):
        compare(logs[0], "trained")


def test_several_logs_share_the_questions_of_all(tmp_path: Path) -> None:
    names = [write(tmp_path / n, [1.0] * k) for n, k in (("a", 6), ("b", 5), ("c", 4))]
    spec = CompareSpec(allow_missing=True)
    runs = read_logs({i: LogName(name, None) for i, name in enumerate(names)}, spec)

    assert {len(run.questions) for run in alike(runs, spec).values()} == {4}


def test_a_plain_log_without_grades_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text(json.dumps({"id": 0, "text": "7"}) + "\n", encoding="utf-8")

    with pytest.raises(InvalidInputError, match="evalsuite import"):
        compare(str(path), str(path))


def test_a_question_that_both_logs_tell_alike_is_held_once(logs: tuple[str, str]) -> None:
    base, trained = (planned.run for planned in plan_comparison(logs, CompareSpec()).models)

    assert base is not None
    assert trained is not None
    assert trained.questions is base.questions


def test_a_log_read_just_now_has_the_table_that_grading_it_again_gives(
    logs: tuple[str, str],
) -> None:
    for planned in plan_comparison(logs, CompareSpec(grader="strict")).models:
        assert planned.run is not None
        assert tabulate(planned.run, is_graded=True) == tabulate(planned.run)

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from builders import checked, run
from log_builders import lm_eval_row, write_lm_eval

from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.compare import Design
from evalsuite.records.comparison import Comparison
from evalsuite.verdict.log_checks import LOG_CHECKS

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.verdict import Check


def logged(folder: Path, scores: list[float], **more: Any) -> str:
    rows = [lm_eval_row(i, score) for i, score in enumerate(scores)]
    for i, row in enumerate(rows):
        row["resps"] = [[f"{row['resps'][0][0]} says {folder.name}"]] if i == 0 else row["resps"]
    write_lm_eval(folder, rows, model=f"models/{folder.name}", **more)
    return str(folder)


def check(code: str, *names: str, **spec: Any) -> Check:
    judged = run_comparison(plan_comparison(names, CompareSpec(**spec))).judged
    assert isinstance(judged, Comparison)
    return next(c for c in judged.checks if c.code == code)


def variant(check: Check) -> str:
    assert check.statement is not None
    return check.statement.key.removeprefix(f"check_detail.{check.code}").removeprefix("_")


def test_one_log_under_two_names_is_no_evidence(tmp_path: Path) -> None:
    name = logged(tmp_path / "a", [0.0, 1.0])
    (tmp_path / "b").mkdir()
    for path in (tmp_path / "a").iterdir():
        (tmp_path / "b" / path.name).write_bytes(path.read_bytes())

    for other in (name, str(tmp_path / "b")):
        found = check("EVS009", f"x={name}", f"y={other}")
        assert (found.level, variant(found)) == ("blocking", "file")


def test_equal_answers_in_different_files_are_no_evidence(tmp_path: Path) -> None:
    first = logged(tmp_path / "a", [0.0, 1.0])
    rows = [lm_eval_row(i, float(i)) for i in range(2)]
    rows[0]["resps"] = [["It is #### 1 says a"]]
    write_lm_eval(tmp_path / "b", [*reversed(rows)], model="models/other")

    found = check("EVS009", first, str(tmp_path / "b"))

    assert (found.level, variant(found)) == ("blocking", "answers")


def test_other_answers_are_two_logs(tmp_path: Path) -> None:
    names = logged(tmp_path / "a", [0.0, 1.0]), logged(tmp_path / "b", [0.0, 1.0])

    assert check("EVS009", *names).level == "passed"


def test_equal_scores_without_texts_prove_nothing_either_way(tmp_path: Path) -> None:
    for name, more in (("a", ""), ("b", " ")):
        (tmp_path / f"{name}.jsonl").write_text(f'{{"id": 0, "score": 1}}{more}\n')

    names = [str(tmp_path / f"{name}.jsonl") for name in "ab"]

    assert check("EVS009", *names).level == "not_applicable"


def test_a_grader_that_found_nothing_decides_nothing(tmp_path: Path) -> None:
    names = logged(tmp_path / "a", [0.0] * 30), logged(tmp_path / "b", [0.0] * 30)

    found = check("EVS015", *names)

    assert (found.level, variant(found)) == ("blocking", "none")


def test_another_grader_that_found_something_is_named(tmp_path: Path) -> None:
    names = []
    for name, right in (("a", 0.0), ("b", 1.0)):
        rows = [lm_eval_row(i, 0.0, filter="first") for i in range(3)]
        rows += [lm_eval_row(i, right, filter="second") for i in range(3)]
        write_lm_eval(tmp_path / name, rows, model=name)
        names.append(str(tmp_path / name))

    found = check("EVS015", *names)

    assert variant(found) == "other"
    assert found.statement is not None
    assert found.statement.values["names"] == "'exact_match,second'"


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ({"n-samples": {"numbers": {"effective": 9}}}, "rows"),
        ({"results": {"numbers": {"exact_match,strict-match": 0.75}}}, "mean"),
        ({}, ""),
    ],
)
def test_results_that_disagree_with_their_log_are_named(
    tmp_path: Path, results: dict[str, Any], expected: str
) -> None:
    names = logged(tmp_path / "a", [0.0, 1.0]), logged(tmp_path / "b", [1.0, 1.0], **results)

    found = check("EVS016", *names)

    assert variant(found) == expected
    assert found.level == ("warning" if expected else "passed")


def test_other_versions_of_a_harness_are_a_warning(tmp_path: Path) -> None:
    first = logged(tmp_path / "a", [0.0, 1.0])
    second = logged(tmp_path / "b", [1.0, 1.0], lm_eval_version="0.4.2")

    assert check("EVS005", first, second).level == "warning"
    assert check("EVS005", first, logged(tmp_path / "c", [1.0, 1.0])).level == "passed"


def test_graders_that_point_elsewhere_are_named(tmp_path: Path) -> None:
    names = []
    for name, right in (("a", 0.0), ("b", 1.0)):
        rows = [lm_eval_row(i, right, filter="first") for i in range(20)]
        rows += [lm_eval_row(i, 1 - right, filter="second") for i in range(20)]
        write_lm_eval(tmp_path / name, rows, model=name)
        names.append(str(tmp_path / name))

    found = check("EVS012", *names)

    assert (found.level, variant(found)) == ("warning", "logged_other")
    assert found.statement is not None
    assert "exact_match,second" in str(found.statement.values["names"])


def test_runs_of_our_own_have_none_of_these_checks() -> None:
    ours = {c.code for c in checked(run(["7"]), run(["7"]), Design()).checks}

    assert ours & {rule.code for rule in LOG_CHECKS} == set()

"""Base on more questions than trained, from stored runs, logs and generation to a comparison."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from builders import run, stored

from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError, NotComparableError
from evalsuite.logs.log import Columns
from evalsuite.records.comparison import Comparison
from evalsuite.stats import whole_base_gain

if TYPE_CHECKING:
    from pathlib import Path

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
BASE = [1, 0, 1, 1, 0, 0, 0, 1, 0, 1] * 6
TRAINED = [1, 1, 1, 0, 0, 1, 0, 1, 0, 1] * 2


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.chdir(tmp_path)
    base = stored(tmp_path / "runs", run([RIGHT if v else WRONG for v in BASE], name="base"))
    texts = [RIGHT if value else WRONG for value in TRAINED]
    return base, stored(tmp_path / "runs", run(texts, name="trained"))


def spec(**options: Any) -> CompareSpec:
    return CompareSpec(subsets=0, use_all_of_base=True, **options)


def compared(names: tuple[str, ...], **options: Any) -> Comparison:
    judged = run_comparison(plan_comparison(names, spec(**options))).judged
    assert isinstance(judged, Comparison)
    return judged


def test_a_stored_part_is_compared_on_its_questions_with_all_of_base_beside(
    names: tuple[str, str],
) -> None:
    judged = compared(names)

    expected = whole_base_gain(BASE[:20], TRAINED, BASE[20:])
    assert judged.table.n == 20
    assert judged.headline_set == "part"
    assert judged.whole_base is not None
    assert judged.whole_base.gain == pytest.approx(expected.estimate)
    assert judged.gain.estimate == pytest.approx(0.1)


def test_the_prompts_of_a_part_are_not_called_different(names: tuple[str, str]) -> None:
    checks = {check.code: check for check in compared(names).checks}

    assert checks["EVS006"].level == "not_applicable"
    assert checks["EVS021"].level == "warning"


def test_the_estimate_decides_nothing(names: tuple[str, str]) -> None:
    judged = compared(names)

    assert judged.verdict is not None
    assert judged.verdict.decision == "inconclusive"
    assert [remark.code for remark in judged.verdict.remarks].count("whole_base") == 1


def test_without_the_option_a_part_is_refused_as_before(names: tuple[str, str]) -> None:
    plan = plan_comparison(names, CompareSpec(subsets=0))

    with pytest.raises(NotComparableError, match="different questions"):
        run_comparison(plan)


def test_a_base_that_answered_no_more_is_refused(names: tuple[str, str]) -> None:
    plan = plan_comparison((names[1], names[1]), spec())

    with pytest.raises(InvalidInputError, match="nothing more to use"):
        run_comparison(plan)


def test_questions_that_base_lacks_are_refused(names: tuple[str, str]) -> None:
    plan = plan_comparison((names[1], names[0]), spec())

    with pytest.raises(NotComparableError, match="are not among base's"):
        run_comparison(plan)


def test_models_that_are_both_asked_everything_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(InvalidInputError, match="add --no-full"):
        plan_comparison(("base", "trained"), spec())


def test_models_are_asked_the_whole_split_and_the_subsets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    wanted = CompareSpec(subsets=1, subset_size=40, full=False, use_all_of_base=True)

    base, trained = plan_comparison(("base", "trained"), wanted).models

    assert (base.missing, trained.missing) == (1319, 40)


def test_logs_with_missing_questions_use_all_of_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, right in (("base", BASE), ("trained", TRAINED)):
        rows = [{"id": f"q-{i}", "correct": value} for i, value in enumerate(right)]
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    judged = compared(
        ("base.jsonl", "trained.jsonl"),
        allow_missing=True,
        columns=Columns(id="id", score=("correct",)),
    )

    expected = whole_base_gain(BASE[:20], TRAINED, BASE[20:])
    assert judged.whole_base is not None
    assert (judged.whole_base.n, judged.whole_base.n_whole) == (20, 60)
    assert judged.whole_base.gain == pytest.approx(expected.estimate)

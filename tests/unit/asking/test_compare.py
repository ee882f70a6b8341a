"""Comparisons from names to a verdict, over runs that are stored already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from builders import run, stored

from evalsuite.asking.compare import Plan, plan_comparison, run_comparison
from evalsuite.asking.evaluate import Progress, silent
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Comparison
from evalsuite.records.groups.family import Family

if TYPE_CHECKING:
    from pathlib import Path

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
N = 120


@pytest.fixture
def names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, ...]:
    """Store a base without a right answer and two trained models, of 60 and of 6."""
    monkeypatch.chdir(tmp_path)
    right = {"base": 0, "good": 60, "fair": 6}
    return tuple(
        stored(tmp_path / "runs", run([RIGHT] * n + [WRONG] * (N - n), name=name))
        for name, n in right.items()
    )


def plan(names: tuple[str, ...], *, stop_early: bool = False, noise_floor: bool = False) -> Plan:
    spec = CompareSpec(subsets=0, stop_early=stop_early, noise_floor=noise_floor)
    return plan_comparison(names, spec)


def test_a_plan_of_plain_names_has_one_base_and_no_seeds(names: tuple[str, ...]) -> None:
    models = plan(names)

    assert [planned.model.name for planned in models.models] == ["base", "good", "fair"]
    assert (type(models), models.n_bases, models.also) == (Plan, 1, ())


def test_one_trained_model_is_a_judged_comparison(names: tuple[str, ...]) -> None:
    compared = run_comparison(plan(names[:2]))

    assert isinstance(compared.judged, Comparison)
    assert compared.judged.verdict is not None
    assert compared.judged.verdict.decision == "improved"
    assert compared.judged.verdict.policy.family == 1
    assert [(b.model.name, t.model.name) for b, t in compared.pairs] == [("base", "good")]


def test_several_trained_models_are_judged_together(names: tuple[str, ...]) -> None:
    compared = run_comparison(plan(names))
    alone = run_comparison(plan((names[0], names[2]))).judged.parts[0]

    assert isinstance(compared.judged, Family)
    assert compared.judged.verdict is not None
    assert [part.trained.name for part in compared.judged.parts] == ["good", "fair"]
    assert [(b.model.name, t.model.name) for b, t in compared.pairs] == [
        ("base", "good"),
        ("base", "fair"),
    ]
    fair = compared.judged.parts[1]
    assert fair.verdict is not None
    assert fair.verdict.policy.family == 2
    assert fair.verdict.policy.adjusted_pvalue == alone.mcnemar.exact  # Holm: the largest of two


def test_stopping_early_compares_the_questions_that_were_looked_at(names: tuple[str, ...]) -> None:
    compared = run_comparison(plan(names[:2], stop_early=True))

    assert isinstance(compared.judged, Comparison)
    assert compared.judged.stopped_early is not None
    ((base, trained),) = compared.pairs
    assert len(base.run.questions) == len(trained.run.questions) == compared.judged.table.n < N


@pytest.mark.parametrize(("count", "noise_floor"), [(3, False), (2, True)])
def test_what_cannot_be_looked_at_early_is_refused_before_anything_is_asked(
    names: tuple[str, ...], count: int, noise_floor: bool
) -> None:
    with pytest.raises(InvalidInputError, match="--stop-early"):
        plan(names[:count], stop_early=True, noise_floor=noise_floor)


def test_a_run_is_graded_once_and_its_progress_has_its_name(names: tuple[str, ...]) -> None:
    reported: list[str] = []

    def reporter(name: str) -> Progress:
        reported.append(name)
        return silent

    compared = run_comparison(plan(names), reporter=reporter)

    assert reported == ["base", "good", "fair"]
    tables = [base.table for base, _ in compared.pairs]
    assert tables[0] is tables[1] is not None

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from builders import run, stored

from evalsuite.asking.compare import plan_comparison, run_comparison
from evalsuite.asking.early import judge_early, run_until_decided
from evalsuite.asking.evaluate import silent
from evalsuite.asking.ledger import LookOrder
from evalsuite.asking.plan import FinishedRun, PlannedRun, select_questions
from evalsuite.asking.session import compare_planned
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Comparison
from evalsuite.records.run import Run, SubsetSpec
from evalsuite.records.verdict import Policy
from evalsuite.stats import mcnemar

if TYPE_CHECKING:
    from evalsuite.comparing.looks import LookResult

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
ASKED = CompareSpec()
PLANNED, ANYTIME = LookOrder("planned", 0), LookOrder("anytime", 0)
DESIGNS = pytest.mark.parametrize("looks", [PLANNED, ANYTIME], ids=["planned", "anytime"])


def planned(answers: Run, budgets: tuple[int, ...] = (64,)) -> PlannedRun:
    selection = select_questions(
        answers.questions, SubsetSpec(seeds=(0,), size=9), task="test", split="test"
    )
    return PlannedRun(
        model=answers.spec.model,
        selection=selection,
        budgets=budgets,
        spec=answers.spec,
        run=answers,
        folder=Path(),
    )


def looked(
    base: PlannedRun, trained: PlannedRun, looks: LookOrder, spec: CompareSpec = ASKED
) -> tuple[FinishedRun, FinishedRun, LookResult]:
    return run_until_decided(base, trained, spec, looks, progress=silent)


def judged(
    base: PlannedRun, trained: PlannedRun, looks: LookOrder, spec: CompareSpec = ASKED
) -> Comparison:
    """Stop early, compare what was asked and judge it."""
    early_base, early_trained, _ = looked(base, trained, looks, spec)
    comparison = compare_planned(early_base, early_trained, spec)
    return judge_early(comparison, early_base, early_trained, spec, looks, planned=base)


@DESIGNS
def test_a_clear_gain_stops_long_before_the_end(looks: LookOrder) -> None:
    base, trained = planned(run([WRONG] * 400)), planned(run([RIGHT] * 200 + [WRONG] * 200))

    early_base, early_trained, last_look = looked(base, trained, looks)

    assert last_look.reason == "improved"
    assert last_look.n < 400
    assert len(early_base.run.questions) == len(early_trained.run.questions) == last_look.n


@DESIGNS
def test_what_is_said_after_looks_is_valid_at_every_look(looks: LookOrder) -> None:
    base, trained = planned(run([WRONG] * 400)), planned(run([RIGHT] * 100 + [WRONG] * 300))
    last_look = looked(base, trained, looks)[2]
    comparison = judged(base, trained, looks)

    table = comparison.table
    assert comparison.mcnemar.exact == comparison.mcnemar.mid_p == last_look.pvalue
    assert comparison.mcnemar.exact > mcnemar(table.losses, table.gains).pvalue
    assert comparison.gain.interval == last_look.interval
    assert comparison.headline_set == "early"
    assert comparison.stopped_early is not None
    assert comparison.stopped_early.saved_answers == 2 * (400 - last_look.n)


def test_reading_two_finished_runs_is_no_progress() -> None:
    told: list[object] = []
    base, trained = planned(run([WRONG] * 100)), planned(run([RIGHT] * 100))

    run_until_decided(base, trained, ASKED, PLANNED, progress=lambda **state: told.append(state))

    assert told == []


def test_the_design_is_told() -> None:
    base, trained = planned(run([WRONG] * 400)), planned(run([RIGHT] * 60 + [WRONG] * 340))
    here, there = (judged(base, trained, design) for design in (PLANNED, ANYTIME))

    assert here.stopped_early is not None
    assert there.stopped_early is not None
    assert (here.gain.method, there.gain.method) == ("group-sequential", "confidence-sequence")
    assert (here.stopped_early.design, here.stopped_early.looks) == ("planned", (80, 160))
    assert here.stopped_early.adjusted is not None
    assert 0 < here.stopped_early.adjusted.estimate < here.gain.estimate
    assert there.stopped_early.adjusted is None


@DESIGNS
def test_budgets_and_graders_allow_for_the_looks_like_the_headline(looks: LookOrder) -> None:
    """At the headline's own budget and grader they are the headline: one screen, one interval."""
    base, trained = planned(run([WRONG] * 400)), planned(run([RIGHT] * 100 + [WRONG] * 300))
    comparison = judged(base, trained, looks)

    (row,), strict = comparison.budgets, comparison.graders["strict"]
    for each in (row, strict):
        assert (each.interval, each.exact) == (comparison.gain.interval, comparison.mcnemar.exact)
        assert each.decision == "improved"


def test_the_interval_has_the_confidence_that_was_asked_for() -> None:
    base, trained = planned(run([WRONG] * 400)), planned(run([RIGHT] * 100 + [WRONG] * 300))
    wide = CompareSpec(policy=Policy(confidence_level=0.99))
    for looks in (PLANNED, ANYTIME):
        here, there = judged(base, trained, looks), judged(base, trained, looks, wide)

        assert there.gain.confidence_level == 0.99
        assert there.gain.interval.low < here.gain.interval.low


@DESIGNS
def test_without_a_difference_every_question_is_asked_or_it_is_futile(looks: LookOrder) -> None:
    same = [RIGHT if i % 2 else WRONG for i in range(200)]

    last_look = looked(planned(run(same)), planned(run(same)), looks)[2]

    assert last_look.reason in ("futile", "equivalent", "exhausted")


@DESIGNS
def test_the_order_of_questions_is_seeded_not_the_files(looks: LookOrder) -> None:
    """Gains at the end of the file are met as early as anywhere."""
    base, trained = planned(run([WRONG] * 400)), planned(run([WRONG] * 200 + [RIGHT] * 200))

    assert looked(base, trained, looks)[2].n <= 128


@DESIGNS
def test_answers_that_cannot_be_cut_are_looked_at_as_they_are(looks: LookOrder) -> None:
    """A log without token ends has no budgets."""

    def log(texts: list[str]) -> PlannedRun:
        answers = run(texts)
        responses = tuple(replace(r, token_ends=None) for r in answers.responses)
        return planned(replace(answers, responses=responses), budgets=())

    comparison = judged(log([WRONG] * 400), log([RIGHT] * 200 + [WRONG] * 200), looks)

    assert comparison.budgets == ()
    assert comparison.verdict is not None
    assert comparison.verdict.decision == "improved"


def test_several_samples_are_refused() -> None:
    base = planned(run([WRONG] * 4))

    with pytest.raises(InvalidInputError, match="one sample"):
        looked(base, base, PLANNED, CompareSpec(samples=2, temperature=1.0))


def of_pair(folder: Path, gains: int, losses: int, n: int = 400) -> tuple[str, str]:
    """Store a pair that differs on some questions, spread over the file."""
    base = [WRONG] * gains + [RIGHT] * losses + [RIGHT] * (n - gains - losses)
    trained = [RIGHT] * gains + [WRONG] * losses + [RIGHT] * (n - gains - losses)
    runs = zip((base, trained), ("base", "trained"), strict=True)
    first, second = (stored(folder / "runs", run(texts, name=name)) for texts, name in runs)
    return first, second


def compared(names: tuple[str, str], **options: object) -> Comparison:
    spec = replace(CompareSpec(subsets=0), **options)  # type: ignore[arg-type]
    judged = run_comparison(plan_comparison(names, spec)).judged
    assert isinstance(judged, Comparison)
    return judged


def test_a_pair_completed_after_looks_stays_a_sequential_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hole: looks say "can't tell", then the plain command says "yes" by a fixed-size test."""
    monkeypatch.chdir(tmp_path)
    names = of_pair(tmp_path, gains=33, losses=17)
    fixed = mcnemar(17, 33)
    assert 0.025 < fixed.pvalue < 0.05

    compared(names, stop_early=True)
    whole = compared(names)

    assert whole.stopped_early is not None
    assert (whole.stopped_early.n, whole.headline_set) == (400, "full")
    assert whole.gain.method == "group-sequential"
    assert whole.mcnemar.exact > fixed.pvalue
    assert "EVS060" in [check.code for check in whole.checks]


def test_a_pair_without_looks_keeps_the_fixed_size_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    whole = compared(of_pair(tmp_path, gains=33, losses=17))

    assert (whole.stopped_early, whole.gain.method) == (None, "tango")


def test_a_second_way_of_looking_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names = of_pair(tmp_path, gains=33, losses=17)
    compared(names, stop_early=True)

    for other in ({"looks": "anytime"}, {"seed": 1}):
        with pytest.raises(InvalidInputError, match="--looks planned --seed 0"):
            compared(names, stop_early=True, **other)

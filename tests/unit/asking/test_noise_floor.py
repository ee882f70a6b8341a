from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from builders import ScriptedEngine, checked, question, run, text_of

import evalsuite.asking.noise_floor
from evalsuite.asking.evaluate import evaluate
from evalsuite.asking.noise_floor import measure_noise_floor, noise_floor, with_noise_floor
from evalsuite.asking.plan import FinishedRun, PlannedRun, finished, select_questions
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.compare import Design
from evalsuite.comparing.tabulate import GradedTable, tabulate
from evalsuite.disk.storage import find_runs
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import plain, sha256_of
from evalsuite.records.run import SubsetSpec
from evalsuite.records.training import PromptRecord
from evalsuite.stats import difference_interval, mcnemar, proportion_interval
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.comparison import Comparison, NoiseFloor
    from evalsuite.records.run import ModelSpec
    from evalsuite.tasks.prompts import Prompt

RIGHT, WRONG, ALSO_RIGHT = r"\boxed{7}", r"\boxed{8}", r"so \boxed{7}"
QUESTIONS = tuple(question(i) for i in range(40))
PROMPTS = {q.id: text_of(q) for q in QUESTIONS}
TEXTS = {f"q-{i}": RIGHT if i % 3 else WRONG for i in range(40)}


def changed(
    losses: int, gains: int, texts: int = 0, n: int = 1000
) -> tuple[GradedTable, GradedTable]:
    """Answer n questions twice: so many turn wrong, right, or only change their text."""
    first = [RIGHT] * (losses + texts) + [WRONG] * (n - losses - texts)
    again = [WRONG] * losses + [ALSO_RIGHT] * texts
    again += [RIGHT] * gains + [WRONG] * (n - losses - texts - gains)
    return tabulate(run(first)), tabulate(run(again))


def compared(gains: int, n: int = 1000) -> Comparison:
    base, trained = run([WRONG] * n), run([RIGHT] * gains + [WRONG] * (n - gains))
    comparison = checked(base, trained, Design())
    return with_verdict(comparison, Design().policy)


def test_the_same_answers_twice_are_a_floor_of_nothing() -> None:
    floor = noise_floor(*changed(0, 0, n=1319))

    assert (floor.n, floor.differing_answers, floor.gains, floor.losses) == (1319, 0, 0, 0)
    assert (floor.gain, floor.exact) == (0.0, 1.0)


def test_changed_answers_are_counted_and_tested_like_a_gain() -> None:
    floor = noise_floor(*changed(3, 5, texts=20))

    assert (floor.differing_answers, floor.losses, floor.gains) == (28, 3, 5)
    assert floor.gain == pytest.approx(0.002)
    interval = difference_interval(20, 3, 5, 972)
    assert (floor.interval.low, floor.interval.high) == (interval.low, interval.high)
    assert floor.exact == mcnemar(3, 5).pvalue


def test_only_what_is_written_within_the_budget_counts() -> None:
    """The two answers differ after their twentieth sign only."""
    first, again = run(["x" * 20 + RIGHT]), run(["x" * 20 + WRONG])

    changes = [
        noise_floor(tabulate(first, (budget,)), tabulate(again, (budget,))).differing_answers
        for budget in (20, 64)
    ]

    assert changes == [0, 1]


def test_the_slots_of_both_runs_and_the_precision_are_told() -> None:
    first, again = changed(0, 0, n=4)
    first, again = (
        replace(table, run=replace(table.run, environment={"slots": slots}))
        for table, slots in ((first, 64), (again, 32))
    )

    assert noise_floor(first, again).batch_sizes == (64, 32)
    assert noise_floor(*changed(0, 0, n=4)).batch_sizes == (None, None)
    assert noise_floor(first, again).dtype == "float32"


@pytest.mark.parametrize(
    ("noise", "gains", "level"),
    [
        ((0, 0, 0), 1, "passed"),  # nothing changed: even the smallest gain stands above it
        ((0, 0, 9), 300, "passed"),
        ((0, 0, 9), 1, "passed"),  # texts changed, and not one answer between right and wrong
        ((4, 4, 30), 200, "passed"),
        ((4, 4, 30), 10, "warning"),
        ((40, 2, 90), 100, "warning"),  # base against itself moves by nearly four points
        ((1, 0, 1), 0, "warning"),  # no gain at all is below any noise
        ((5, 5, 30), 30, "passed"),  # ten flips show no rate of a point
    ],
)
def test_the_check_warns_where_noise_reaches_a_third_of_the_gain(
    noise: tuple[int, int, int], gains: int, level: str
) -> None:
    comparison, floor = compared(gains), noise_floor(*changed(*noise))

    (check,) = (c for c in with_noise_floor(comparison, floor).checks if c.code == "EVS054")

    assert check.level == level


def level_at(estimate: float, floor: NoiseFloor) -> str:
    comparison = compared(30)
    moved = replace(comparison, gain=replace(comparison.gain, estimate=estimate))
    return next(c.level for c in with_noise_floor(moved, floor).checks if c.code == "EVS054")


def test_the_rule_turns_exactly_where_the_rate_of_flips_is_shown_to_be_a_third() -> None:
    floor = noise_floor(*changed(6, 9, texts=20))
    low = proportion_interval(15, floor.n, method="clopper-pearson").low

    levels = [level_at(e, floor) for e in (3.003 * low, 2.997 * low, -3.003 * low, -2.997 * low)]

    assert levels == ["passed", "warning", "passed", "warning"]


@pytest.mark.parametrize("n", [20, 50, 200])
def test_few_questions_without_a_flip_are_no_noise(n: int) -> None:
    """The far end of their interval reached a third of +5.7 points at n = 200, of +48 at 20."""
    floor = noise_floor(*changed(0, 0, texts=1, n=n))

    assert level_at(0.001, floor) == "passed"


def test_the_verdict_stays_as_it_is() -> None:
    comparison = compared(10)

    noisy = with_noise_floor(comparison, noise_floor(*changed(60, 60)))

    assert noisy.verdict == comparison.verdict
    assert noisy.gain == comparison.gain
    assert [c.code for c in noisy.checks] == sorted(c.code for c in noisy.checks)


@pytest.fixture
def engines(monkeypatch: pytest.MonkeyPatch) -> list[tuple[CompareSpec, ScriptedEngine]]:
    """Collect every engine that is loaded, with what it was loaded for."""
    loaded: list[tuple[CompareSpec, ScriptedEngine]] = []

    def load(planned: PlannedRun, spec: CompareSpec) -> ScriptedEngine:
        del planned
        loaded.append((spec, ScriptedEngine(TEXTS)))
        return loaded[-1][1]

    monkeypatch.setattr(evalsuite.asking.noise_floor, "load_engine", load)
    return loaded


def base_run(root: Path, **environment: Any) -> FinishedRun:
    """Run base once in the store."""
    spec = replace(run([""] * 40).spec, prompts_sha256=sha256_of(sorted(PROMPTS.items())))
    answered, folder = evaluate(spec, QUESTIONS, PROMPTS, ScriptedEngine(TEXTS), root)
    selection = select_questions(QUESTIONS, SubsetSpec(seeds=(), size=1), task="test", split="test")
    plan = PlannedRun(
        model=spec.model, selection=selection, budgets=(64,), spec=spec, prompts=PROMPTS
    )
    plan = replace(plan, folder=folder)
    answered = replace(answered, environment=answered.environment | environment)
    return finished(plan, answered, CompareSpec())


@pytest.fixture(autouse=True)
def _known_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripted models have no files."""
    monkeypatch.setattr(evalsuite.asking.noise_floor, "_model", lambda spec: spec.model)


def test_base_is_asked_in_reverse_with_half_the_slots(
    tmp_path: Path, engines: list[tuple[CompareSpec, ScriptedEngine]]
) -> None:
    floor = measure_noise_floor(base_run(tmp_path, slots=40), CompareSpec(runs=tmp_path))

    ((changed, engine),) = engines
    assert (changed.batch_size, changed.dtype) == (20, "float32")
    assert engine.asked == [(q.id, 0) for q in QUESTIONS]  # the script answers last to first
    assert floor.differing_answers == 0


@pytest.mark.parametrize(
    ("slots", "wanted", "batch_size"),
    [(40, None, 20), (7, None, 40), (None, None, 40), (40, 8, 4), (40, 1, 2)],
)
def test_the_batch_size_always_changes(
    tmp_path: Path,
    engines: list[tuple[CompareSpec, ScriptedEngine]],
    slots: int | None,
    wanted: int | None,
    batch_size: int,
) -> None:
    """A resumed run tells the few slots of its rest, which must not slow the whole down."""
    measure_noise_floor(
        base_run(tmp_path, slots=slots), CompareSpec(runs=tmp_path, batch_size=wanted)
    )

    assert engines[0][0].batch_size == batch_size


def test_the_second_run_is_kept_and_is_no_run_of_its_own(
    tmp_path: Path, engines: list[tuple[CompareSpec, ScriptedEngine]]
) -> None:
    base = base_run(tmp_path)
    first = measure_noise_floor(base, CompareSpec(runs=tmp_path))

    second = measure_noise_floor(base, CompareSpec(runs=tmp_path))

    assert len(engines) == 1
    assert second == first
    assert find_runs(tmp_path) == (base.folder,)


def test_an_imported_log_has_no_noise_floor(tmp_path: Path) -> None:
    base = base_run(tmp_path)
    log = replace(base, run=replace(base.run, spec=replace(base.run.spec, engine="imported")))

    with pytest.raises(InvalidInputError, match="imported log and can't be asked again"):
        measure_noise_floor(log, CompareSpec(runs=tmp_path))


def test_questions_without_their_texts_can_not_be_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evalsuite.asking.noise_floor, "asker_of", lambda *_: ScriptedEngine({}))
    base = base_run(tmp_path)
    bare = tuple(replace(q, text="") for q in base.run.questions)
    stored = replace(base, prompts={}, run=replace(base.run, questions=bare))

    with pytest.raises(InvalidInputError, match="prompts of base can't be made again"):
        measure_noise_floor(stored, CompareSpec(runs=tmp_path))


def test_a_stored_run_is_asked_again_as_it_records_without_the_files_it_was_asked_from(
    tmp_path: Path,
    engines: list[tuple[CompareSpec, ScriptedEngine]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Prompt] = []

    def asker(_model: ModelSpec, prompt: Prompt) -> Any:
        asked.append(prompt)
        return SimpleNamespace(render=lambda chat: chat[-1]["content"])

    monkeypatch.setattr(evalsuite.asking.noise_floor, "asker_of", asker)
    record = PromptRecord(
        name="n", system="Be brief.", system_in_user=False, template="{{ 1 }}", arguments={"a": 1}
    )
    base = base_run(tmp_path, prompt_record=plain(record))
    rendered = {q.id: q.text or "" for q in QUESTIONS}
    spec = replace(
        base.run.spec,
        prompt="file:gone.txt@12345678+template@87654321 a=1",
        prompts_sha256=sha256_of(sorted(rendered.items())),
    )
    stored = replace(base, prompts={}, run=replace(base.run, spec=spec))

    measure_noise_floor(stored, CompareSpec(runs=tmp_path))

    assert [(p.system, p.template, p.arguments) for p in asked] == [
        ("Be brief.", "{{ 1 }}", {"a": 1})
    ]
    assert len(engines) == 1


def test_a_chat_template_that_an_earlier_run_does_not_hold_is_to_be_named(tmp_path: Path) -> None:
    record = PromptRecord(name="n", system=None, system_in_user=None)
    base = base_run(tmp_path, prompt_record=plain(record))
    spec = replace(base.run.spec, prompt="plain@1+template@87654321")
    stored = replace(base, prompts={}, run=replace(base.run, spec=spec))

    with pytest.raises(InvalidInputError, match="does not hold; name it with --chat-template"):
        measure_noise_floor(stored, CompareSpec(runs=tmp_path))

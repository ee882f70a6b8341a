"""The road from names to a verdict: plan, run, compare, group, judge; the same for every caller."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalsuite.asking.beside.decodings import plan_pairs
from evalsuite.asking.beside.twins import plan_twins, with_twins
from evalsuite.asking.beside.whole_base import part_of_base, plan_whole_base, whole_of_base
from evalsuite.asking.early import judge_early, refuse_samples, run_until_decided
from evalsuite.asking.evaluate import Progress, silent
from evalsuite.asking.groups.curve import compare_curve, refuse_other_designs
from evalsuite.asking.groups.recipe import compare_recipe, plan_recipe, seed_pairs
from evalsuite.asking.groups.suite import compare_suite, plan_suite
from evalsuite.asking.groups.task_names import sides_of
from evalsuite.asking.ledger import enter, remember_looks, remembered_looks
from evalsuite.asking.noise_floor import measure_noise_floor, with_noise_floor
from evalsuite.asking.plan import with_table
from evalsuite.asking.session import compare_planned, finish_run, plan_session
from evalsuite.errors import InvalidInputError
from evalsuite.models.checkpoint_names import expand_checkpoints
from evalsuite.records.comparison import Comparison, Family
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.records.groups.recipe import RecipeComparison
from evalsuite.records.groups.suite import SuiteComparison
from evalsuite.training.log import find_training_log
from evalsuite.verdict.groups.family import judge_together
from evalsuite.verdict.judge import judge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evalsuite.asking.groups.suite import SuitePlan
    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.logs.log import Log
    from evalsuite.models.checkpoint_names import Checkpoints
    from evalsuite.records.groups.replicates import RecipePlan

__all__ = ["Compared", "Plan", "Result", "plan_comparison", "run_comparison"]

Result = Comparison | Family | RecipeComparison | CurveComparison | SuiteComparison
Reporter = Callable[[str], Progress]
"""Gives the progress of one run by the name people know it by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is there and what must be generated, before anything is."""

    spec: CompareSpec
    models: tuple[PlannedRun, ...]
    """Bases first, then the trained models in the order of their names."""
    recipe: RecipePlan | None
    """The training seeds behind the names; None where every name is a model of its own."""
    checkpoints: Checkpoints | None = None
    """The checkpoints of one training behind the names; None likewise."""
    also: tuple[tuple[PlannedRun, PlannedRun], ...] = ()
    """The same pair under further decodings."""
    names: tuple[str, ...] = ()
    """What the models were called, where base's log must be read whole."""
    twins: tuple[PlannedRun, PlannedRun] | None = None
    """The pair on freshly worded twins of its questions."""
    suite: SuitePlan | None = None
    """The tasks of one pair; None where there is one task."""

    @property
    def has_seeds(self) -> bool:
        """Whether several training seeds are compared as one recipe."""
        return self.recipe is not None and len(self.recipe.names.seeds) > 1

    @property
    def labels(self) -> tuple[str, ...]:
        """What people know each of ``models`` by: its name, with its task where it has several."""
        names = tuple(planned.model.name for planned in self.models)
        if self.suite is None:
            return names
        tasks = (*self.suite.tasks, *self.suite.tasks)
        return tuple(f"{name} on {task}" for name, task in zip(names, tasks, strict=True))

    @property
    def n_bases(self) -> int:
        """How many of the models are bases, or runs of base."""
        if self.suite is not None:
            return len(self.suite.tasks)
        return 1 if self.recipe is None else len(self.recipe.names.bases)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A judged comparison or group, and the finished runs behind each of its parts."""

    judged: Result
    pairs: tuple[tuple[PlannedRun, PlannedRun], ...]
    """Base and trained of every part, in the order of ``judged.parts``."""


def plan_comparison(names: Sequence[str], spec: CompareSpec) -> Plan:
    """Resolve every name and find out what is done already; base first.

    Raises
    ------
    EvalsuiteError
        For names, options or data that lead nowhere, before anything is generated.
    """
    _refuse_repeats(names)
    sides = sides_of(names, spec)
    suite = plan_suite(sides, spec)
    if suite is not None:
        return Plan(spec=spec, models=suite.models, recipe=None, suite=suite)
    checkpoints = expand_checkpoints(tuple(names))
    if checkpoints is not None:
        refuse_other_designs(spec)
        models = plan_session(checkpoints.names, spec)
        return Plan(spec=spec, models=models, recipe=None, checkpoints=checkpoints)
    recipe = plan_recipe(tuple(names))
    names = tuple(names) if recipe is None else recipe.names.names
    if spec.use_all_of_base:
        return Plan(spec=spec, models=plan_whole_base(names, spec), recipe=recipe, names=names)
    logs = {i: log for i, side in enumerate(sides) if (log := side.only_log) is not None}
    models, also = (plan_pairs if spec.also else _plan_alone)(names, spec, logs)
    twins = plan_twins(names, models, spec) if spec.twins else None
    plan = Plan(spec=spec, models=models, recipe=recipe, also=also, twins=twins)
    if spec.noise_floor and (spec.stop_early or plan.has_seeds):
        raise InvalidInputError(
            "--noise-floor needs one base and its whole run; leave out --stop-early, and compare "
            "one training seed at a time"
        )
    if spec.policy.declared and (spec.stop_early or plan.has_seeds):
        raise InvalidInputError(
            "--declare counts budgets and graders of whole runs, each of its own model; leave it "
            "out with --stop-early and with training seeds"
        )
    if spec.stop_early and (plan.has_seeds or len(models) != 2):
        raise InvalidInputError("--stop-early looks at one pair; give one TRAINED")
    if spec.stop_early:
        refuse_samples(models, spec)
    return plan


def _plan_alone(
    names: tuple[str, ...], spec: CompareSpec, logs: Mapping[int, Log]
) -> tuple[tuple[PlannedRun, ...], tuple[tuple[PlannedRun, PlannedRun], ...]]:
    return plan_session(names, spec, logs=logs), ()


def _refuse_repeats(names: Sequence[str]) -> None:
    """Let a model stand against itself, but never twice among several."""
    repeated = sorted({name for name in names if list(names).count(name) > 1})
    if repeated and len(names) > 2:
        raise InvalidInputError(
            f"{', '.join(repeated)} is named more than once; name each model once, base first"
        )


def run_comparison(plan: Plan, *, reporter: Reporter = lambda _: silent) -> Compared:
    """Generate what is missing, compare, group and judge; the run store counts it."""
    compared = _judged(plan, reporter)
    judged = compared.judged
    if isinstance(judged, SuiteComparison):  # every task has questions of its own
        looks = [enter(pair, plan.spec) for pair in compared.pairs]
        parts = tuple(map(_with_look, judged.comparisons, looks))
        return replace(compared, judged=replace(judged, comparisons=parts))
    # the pair as compared: of a base that answered more, its part
    pair = compared.pairs[0] if plan.spec.use_all_of_base else plan.models
    look = enter(pair, plan.spec)
    for other in plan.also:  # another decoding is another comparison on the same questions
        enter(other, plan.spec)
    if isinstance(judged, Comparison):
        return replace(compared, judged=_with_look(judged, look))
    parts = tuple(_with_look(part, look) for part in judged.comparisons)
    return replace(compared, judged=replace(judged, comparisons=parts))


def _with_look(comparison: Comparison, look: int | None) -> Comparison:
    return replace(comparison, look=look)


def _judged(plan: Plan, reporter: Reporter) -> Compared:
    if plan.suite is not None:
        return _tasks(plan, plan.suite, reporter)
    if plan.spec.stop_early:
        return _until_decided(plan, reporter("questions"))
    runs = [_finished(planned, plan.spec, reporter) for planned in plan.models]
    if plan.checkpoints is not None:
        curve = compare_curve(plan.checkpoints, runs, plan.spec)
        base, *trained = runs
        return Compared(judged=curve, pairs=tuple((base, run) for run in trained))
    if plan.recipe is not None and plan.has_seeds:
        recipe = compare_recipe(plan.recipe, runs, plan.spec, train_log=plan.spec.train_log)
        return Compared(judged=recipe, pairs=seed_pairs(plan.recipe, runs))
    if plan.spec.use_all_of_base:
        return _with_whole_base(plan.names[0], runs, plan.spec)
    also = [_finished_pair(pair, plan.spec, reporter) for pair in plan.also]
    twins = None if plan.twins is None else _finished_pair(plan.twins, plan.spec, reporter)
    return _models(plan.spec, runs, also, twins, reporter)


def _finished(planned: PlannedRun, spec: CompareSpec, reporter: Reporter) -> PlannedRun:
    """Finish a run and grade it once, for every comparison it stands in."""
    return with_table(finish_run(planned, spec, progress=reporter(planned.model.name)), spec)


def _with_whole_base(name: str, runs: Sequence[PlannedRun], spec: CompareSpec) -> Compared:
    """Compare on the questions that both answered, with base's other answers beside it."""
    base, trained = runs
    whole = whole_of_base(name, base, spec)
    part = with_table(part_of_base(whole, trained), spec)
    log = find_training_log(trained.model, spec.train_log)
    comparison = compare_planned(part, trained, spec, training=log, whole_base=whole)
    (judged,) = judge_together([comparison], spec.policy)
    return Compared(judged=judged, pairs=((part, trained),))


def _finished_pair(
    pair: tuple[PlannedRun, PlannedRun], spec: CompareSpec, reporter: Reporter
) -> tuple[PlannedRun, PlannedRun]:
    base, trained = (_finished(planned, spec, reporter) for planned in pair)
    return base, trained


def _tasks(plan: Plan, suite: SuitePlan, reporter: Reporter) -> Compared:
    """Ask base on every task, then trained, and judge the tasks together."""
    runs = [
        with_table(finish_run(planned, plan.spec, progress=reporter(label)), plan.spec)
        for planned, label in zip(plan.models, plan.labels, strict=True)
    ]
    return Compared(judged=compare_suite(suite, runs, plan.spec), pairs=suite.paired(runs))


def _until_decided(plan: Plan, progress: Progress) -> Compared:
    base, trained = plan.models
    spec, whole = plan.spec, base
    looks = remember_looks(plan.models, spec)
    base, trained, _ = run_until_decided(base, trained, spec, looks, progress=progress)
    comparison = _fixed(base, trained, spec)
    judged = judge_early(comparison, base, trained, spec, looks, planned=whole)
    return Compared(judged=judged, pairs=((base, trained),))


def _models(
    spec: CompareSpec,
    runs: Sequence[PlannedRun],
    also: Sequence[tuple[PlannedRun, PlannedRun]],
    twins: tuple[PlannedRun, PlannedRun] | None,
    reporter: Reporter,
) -> Compared:
    """Compare every trained model with the one base; several are judged together."""
    base, *trained_runs = runs
    comparisons = [_compared(base, trained, spec, also) for trained in trained_runs]
    if spec.noise_floor:
        floor = measure_noise_floor(base, spec, progress=reporter(f"{base.model.name} again"))
        comparisons = [with_noise_floor(comparison, floor) for comparison in comparisons]
    pairs = tuple((base, trained) for trained in trained_runs)
    if twins is not None:
        comparisons = [with_twins(comparisons[0], pairs[0], twins, spec)]
    judged = judge_together(comparisons, spec.policy)
    if len(judged) == 1:
        return Compared(judged=judged[0], pairs=pairs)
    family = Family(comparisons=judged)
    family = replace(family, verdict=judge(family, spec.policy))
    return Compared(judged=family, pairs=pairs)


def _compared(
    base: PlannedRun,
    trained: PlannedRun,
    spec: CompareSpec,
    also: Sequence[tuple[PlannedRun, PlannedRun]] = (),
) -> Comparison:
    """Compare two finished runs; a pair that had looks before stays a sequential one."""
    comparison = _fixed(base, trained, spec, also)
    looks = remembered_looks((base, trained), spec)
    if looks is None or comparison.seeds.samples > 1:
        return comparison
    return judge_early(comparison, base, trained, spec, looks, planned=base)


def _fixed(
    base: PlannedRun,
    trained: PlannedRun,
    spec: CompareSpec,
    also: Sequence[tuple[PlannedRun, PlannedRun]] = (),
) -> Comparison:
    log = find_training_log(trained.model, spec.train_log)
    return compare_planned(base, trained, spec, training=log, also=also)

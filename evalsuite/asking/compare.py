"""Comparisons from names to a verdict: plan, run, compare, group, judge; for every caller alike.

What only some comparisons do is imported where they do it: a pair needs none of it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import cycle
from typing import TYPE_CHECKING

from evalsuite.asking.answering.runs import finish_runs
from evalsuite.asking.combinations import refuse_combinations
from evalsuite.asking.evaluate import silent
from evalsuite.asking.groups.suite import compare_suite, plan_suite
from evalsuite.asking.groups.task_names import sides_of
from evalsuite.asking.ledger import enter, remember_looks, remembered_looks
from evalsuite.asking.plan import FinishedRun
from evalsuite.asking.session import compare_planned, plan_session
from evalsuite.errors import Clause, InvalidInputError
from evalsuite.models.checkpoint_names import expand_checkpoints
from evalsuite.models.seed_names import expand_seeds
from evalsuite.records.comparison import Comparison
from evalsuite.records.dataclass import dataclass
from evalsuite.records.groups.family import Family
from evalsuite.verdict.groups.family import judge_together

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.evaluate import Reporter
    from evalsuite.asking.groups.suite import SuitePlan
    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.logs.log import Log
    from evalsuite.models.checkpoint_names import Checkpoints
    from evalsuite.records.groups.replicates import RecipePlan
    from evalsuite.records.judged import Judged

__all__ = ["Compared", "Plan", "plan_comparison", "run_comparison"]

Pair = tuple[FinishedRun, FinishedRun]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A judged comparison or group, and the finished runs behind each of its parts."""

    judged: Judged
    pairs: tuple[Pair, ...]
    """Base and trained of every part, in the order of ``judged.parts``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is there and what must be generated, before anything is; a subclass for every group.

    This one is of trained models against one base, each a model of its own.
    """

    spec: CompareSpec
    models: tuple[PlannedRun, ...]
    """Bases first, then the trained models in the order of their names."""
    n_bases: int = 1
    """How many of the models are bases, or runs of base."""
    also: tuple[tuple[PlannedRun, PlannedRun], ...] = ()
    """The same pair under further decodings."""
    twins: tuple[PlannedRun, PlannedRun] | None = None
    """The pair on its questions in other words."""

    @property
    def labels(self) -> tuple[str, ...]:
        """What people know each of ``models`` by."""
        return tuple(planned.model.name for planned in self.models)

    @property
    def asks_models(self) -> bool:
        """Whether anything is left to generate."""
        runs = (*self.models, *(planned for pair in self.also for planned in pair))
        return self.spec.noise_floor or self.twins is not None or any(r.missing for r in runs)

    def generate(self, reporter: Reporter) -> list[FinishedRun]:
        """Generate what is missing of ``models``."""
        return finish_runs(self.models, self.labels, self.spec, reporter)

    def compare(self, reporter: Reporter) -> Compared:
        """Compare every trained model with the one base; several are judged together."""
        spec = self.spec
        base, *trained_runs = self.generate(reporter)
        also = [_finished_pair(pair, spec, reporter) for pair in self.also]
        comparisons = [_compared(base, trained, spec, also) for trained in trained_runs]
        if spec.noise_floor:
            from evalsuite.asking.noise_floor import measure_noise_floor, with_noise_floor

            again = Clause("{model} again", model=base.model.name)
            floor = measure_noise_floor(base, spec, progress=reporter(again))
            comparisons = [with_noise_floor(comparison, floor) for comparison in comparisons]
        pairs = tuple((base, trained) for trained in trained_runs)
        if self.twins is not None:
            from evalsuite.asking.beside.twins import with_twins

            twins = _finished_pair(self.twins, spec, reporter)
            comparisons = [with_twins(comparisons[0], pairs[0], twins, spec)]
        judged = judge_together(comparisons, spec.policy)
        if len(judged) == 1:
            return Compared(judged=judged[0], pairs=pairs)
        from evalsuite.verdict.judge import judge

        family = Family(comparisons=judged)
        return Compared(judged=replace(family, verdict=judge(family, spec.policy)), pairs=pairs)

    def counted_runs(self, compared: Compared) -> Sequence[Sequence[PlannedRun]]:  # noqa: ARG002
        """List the runs that share their questions, as the ledger counts them."""
        return [self.models]


class EarlyPlan(Plan):
    """A pair that is looked at while it is asked."""

    __slots__ = ()

    def compare(self, reporter: Reporter) -> Compared:
        """Ask until a look decides."""
        from evalsuite.asking.early import judge_early, run_until_decided

        spec, looks = self.spec, remember_looks(self.models, self.spec)
        whole, planned = self.models
        progress = reporter(Clause("both models"))
        base, trained, _ = run_until_decided(whole, planned, spec, looks, progress=progress)
        comparison = compare_planned(base, trained, spec)
        judged = judge_early(comparison, base, trained, spec, looks, planned=whole)
        return Compared(judged=judged, pairs=((base, trained),))


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeBasePlan(Plan):
    """A pair of which base answered more questions than trained."""

    base_name: str
    """As typed: a log is read again, whole."""

    def compare(self, reporter: Reporter) -> Compared:
        """Compare on the questions that both answered, with base's other answers beside it."""
        from evalsuite.asking.beside.whole_base import part_of_base, whole_of_base

        spec, (base, trained) = self.spec, self.generate(reporter)
        whole = whole_of_base(self.base_name, base, spec)
        part = part_of_base(whole, trained, spec)
        comparison = compare_planned(part, trained, spec, whole_base=whole)
        (judged,) = judge_together([comparison], spec.policy)
        return Compared(judged=judged, pairs=((part, trained),))

    def counted_runs(self, compared: Compared) -> Sequence[Sequence[PlannedRun]]:
        """Count the pair as compared."""
        return compared.pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedsPlan(Plan):
    """Several training seeds of one recipe."""

    recipe: RecipePlan

    def compare(self, reporter: Reporter) -> Compared:
        """Compare the seeds' mean with base, or two recipes seed by seed."""
        from evalsuite.asking.groups.recipe import compare_recipe, seed_pairs

        runs = self.generate(reporter)
        recipe = compare_recipe(self.recipe, runs, self.spec)
        return Compared(judged=recipe, pairs=seed_pairs(self.recipe, runs))


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePlan(Plan):
    """The checkpoints of one training."""

    checkpoints: Checkpoints

    def compare(self, reporter: Reporter) -> Compared:
        """Compare every checkpoint with base, in order of step."""
        from evalsuite.asking.groups.curve import compare_curve

        base, *trained = self.generate(reporter)
        curve = compare_curve(self.checkpoints, [base, *trained], self.spec)
        return Compared(judged=curve, pairs=tuple((base, run) for run in trained))


@dataclass(frozen=True, slots=True, kw_only=True)
class TasksPlan(Plan):
    """One pair on several tasks."""

    suite: SuitePlan

    @property
    def labels(self) -> tuple[str, ...]:
        """Name each model with its task."""
        tasks = (*self.suite.tasks, *self.suite.tasks)
        named = zip(self.models, tasks, strict=True)
        return tuple(
            Clause("{model} on {task}", model=planned.model.name, task=task)
            for planned, task in named
        )

    def compare(self, reporter: Reporter) -> Compared:
        """Ask base on every task, then trained, and judge the tasks together."""
        runs = self.generate(reporter)
        suite = compare_suite(self.suite, runs, self.spec)
        return Compared(judged=suite, pairs=self.suite.paired(runs))

    def counted_runs(self, compared: Compared) -> Sequence[Sequence[PlannedRun]]:
        """Count every task, which has questions of its own."""
        return compared.pairs


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
        n_tasks = len(suite.tasks)
        return TasksPlan(spec=spec, models=suite.models, n_bases=n_tasks, suite=suite)
    checkpoints = expand_checkpoints(tuple(names))
    if checkpoints is not None:
        refuse_combinations(spec, "checkpoints")
        models = plan_session(checkpoints.names, spec)
        return CurvePlan(spec=spec, models=models, checkpoints=checkpoints)
    logs = {i: side.only_log for i, side in enumerate(sides) if side.only_log is not None}
    asked = tuple(side.only_name for side in sides)
    del sides  # who makes a run of a log lets go of the log, and nobody else may hold it
    return _plan_models(asked, spec, logs)


def _plan_models(names: tuple[str, ...], spec: CompareSpec, logs: dict[int, Log]) -> Plan:
    """Plan models of one task: each of its own, or the seeds of a recipe."""
    recipe = _recipe(names)
    names = names if recipe is None else recipe.names.names
    has_seeds = recipe is not None and len(recipe.names.seeds) > 1
    refuse_combinations(spec, *["seeds"] * has_seeds, *["models"] * (len(names) != 2))
    if spec.use_all_of_base:
        from evalsuite.asking.beside.whole_base import plan_whole_base

        return WholeBasePlan(spec=spec, models=plan_whole_base(names, spec), base_name=names[0])
    if spec.also:
        from evalsuite.asking.beside.decodings import plan_pairs

        headline, also = plan_pairs(names, spec, logs)
        return Plan(spec=spec, models=headline, also=also, twins=_twins(names, headline, spec))
    models = plan_session(names, spec, logs=logs)
    if spec.stop_early:
        from evalsuite.asking.early import refuse_samples

        refuse_samples(models, spec)
        return EarlyPlan(spec=spec, models=models)
    if recipe is not None and has_seeds:
        n_bases = len(recipe.names.bases)
        return SeedsPlan(spec=spec, models=models, n_bases=n_bases, recipe=recipe)
    return Plan(spec=spec, models=models, twins=_twins(names, models, spec))


def _recipe(names: tuple[str, ...]) -> RecipePlan | None:
    if expand_seeds(names) is None:
        return None
    from evalsuite.asking.groups.recipe import plan_recipe

    return plan_recipe(names)


def _twins(
    names: tuple[str, ...], models: Sequence[PlannedRun], spec: CompareSpec
) -> tuple[PlannedRun, PlannedRun] | None:
    if not spec.twins:
        return None
    from evalsuite.asking.beside.twins import plan_twins

    return plan_twins(names, models, spec)


def _refuse_repeats(names: Sequence[str]) -> None:
    """Refuse a model named twice among several; one alone may be compared with itself."""
    repeated = sorted({name for name in names if list(names).count(name) > 1})
    if repeated and len(names) > 2:
        raise InvalidInputError(
            "{repeated} is named more than once; name each model once, base first",
            repeated=", ".join(repeated),
        )


def run_comparison(plan: Plan, *, reporter: Reporter = lambda _: silent) -> Compared:
    """Generate what is missing, compare, group and judge; the run store counts it."""
    compared = plan.compare(reporter)
    looks = [enter(runs, plan.spec) for runs in plan.counted_runs(compared)]
    for other in plan.also:  # another decoding is another comparison on the same questions
        enter(other, plan.spec)
    judged = compared.judged
    if isinstance(judged, Comparison):
        return replace(compared, judged=replace(judged, look=looks[0]))
    parts = zip(judged.parts, cycle(looks))
    counted = tuple(replace(part, look=look) for part, look in parts)
    return replace(compared, judged=replace(judged, comparisons=counted))


def _finished_pair(
    pair: tuple[PlannedRun, PlannedRun], spec: CompareSpec, reporter: Reporter
) -> Pair:
    base, trained = finish_runs(pair, [run.model.name for run in pair], spec, reporter)
    return base, trained


def _compared(
    base: FinishedRun,
    trained: FinishedRun,
    spec: CompareSpec,
    also: Sequence[Pair] = (),
) -> Comparison:
    """Compare two finished runs; a pair that had looks before stays a sequential one."""
    comparison = compare_planned(base, trained, spec, also=also)
    looks = remembered_looks((base, trained), spec)
    if looks is None or comparison.seeds.samples > 1:
        return comparison
    from evalsuite.asking.early import judge_early

    return judge_early(comparison, base, trained, spec, looks, planned=base)

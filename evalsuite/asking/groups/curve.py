"""Curves: finished runs of one training's checkpoints, compared with base and judged together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.asking.ledger import remembered_looks
from evalsuite.asking.plan import table_of
from evalsuite.asking.session import compare_planned
from evalsuite.comparing.groups.curve import curve_of
from evalsuite.errors import InvalidInputError
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.training.log import find_training_log
from evalsuite.verdict.groups.curve import with_decisions
from evalsuite.verdict.groups.family import judge_together
from evalsuite.verdict.judge import judge
from evalsuite.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.models.checkpoint_names import Checkpoints

__all__ = ["compare_curve", "refuse_other_designs"]


def refuse_other_designs(spec: CompareSpec) -> None:
    """Refuse what bands over checkpoints know nothing of, before anything is generated."""
    is_declared = spec.policy.declared or spec.policy.family > 1
    is_beside = spec.noise_floor or spec.also or spec.use_all_of_base or spec.twins
    if spec.stop_early or is_beside or is_declared:
        raise InvalidInputError(
            "the checkpoints of a training are judged together on all questions; leave out "
            "--stop-early, --noise-floor, --also, --twins, --use-all-of-base and --declare, or "
            "compare one checkpoint by its name"
        )


def compare_curve(
    checkpoints: Checkpoints, runs: Sequence[PlannedRun], spec: CompareSpec
) -> CurveComparison:
    """Compare every checkpoint with base and judge; ``runs`` are finished, base first.

    Raises
    ------
    NotComparableError
        If the runs hold different questions.
    InvalidInputError
        Where a checkpoint was looked at before all its questions were answered.
    """
    base, *trained = runs
    _refuse_looks(base, trained, spec)
    # one training, one log: the newest checkpoint's
    log = find_training_log(trained[-1].model, spec.train_log)
    parts = tuple(compare_planned(base, run, spec, training=log) for run in trained)
    parts = judge_together(parts, spec.policy)
    compared = CurveComparison(
        task=parts[0].task,
        headline_budget=parts[0].headline_budget,
        headline_set=parts[0].headline_set,
        curve=curve_of(
            table_of(base, spec),
            [table_of(run, spec) for run in trained],
            checkpoints.steps,
            alpha=spec.policy.alpha,
            training=log,
        ),
        training=log,
        provenance={"evalsuite": __version__, "pattern": checkpoints.pattern},
        comparisons=parts,
    )
    compared = with_decisions(compared, spec.policy)
    return replace(compared, verdict=judge(compared, spec.policy))


def _refuse_looks(base: PlannedRun, trained: Sequence[PlannedRun], spec: CompareSpec) -> None:
    """Refuse a pair once looked at early: it stays sequential, and bands allow for no looks."""
    for run in trained:
        if remembered_looks((base, run), spec) is not None:
            raise InvalidInputError(
                f"{run.model.name} was looked at before all its questions were answered, which "
                "a curve can't allow for; ask in a store of its own (--runs)"
            )

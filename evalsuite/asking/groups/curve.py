"""Curves: finished runs of one training's checkpoints, compared with base and judged together."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.asking.ledger import refuse_looks
from evalsuite.asking.session import compare_planned
from evalsuite.comparing.groups.curve import curve_of
from evalsuite.records.groups.curve import CurveComparison
from evalsuite.training.log import find_training_log
from evalsuite.verdict.groups.curve import with_decisions
from evalsuite.verdict.groups.family import judge_together
from evalsuite.verdict.judge import judge
from evalsuite.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.plan import FinishedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.models.checkpoint_names import Checkpoints

__all__ = ["compare_curve"]


def compare_curve(
    checkpoints: Checkpoints, runs: Sequence[FinishedRun], spec: CompareSpec
) -> CurveComparison:
    """Compare every checkpoint with base and judge; ``runs`` have base first.

    Raises
    ------
    NotComparableError
        If the runs hold different questions.
    InvalidInputError
        Where a checkpoint was looked at before all its questions were answered.
    """
    base, *trained = runs
    for run in trained:
        refuse_looks((base, run), spec, run.model.name, "a curve")
    # one training, one log: the newest checkpoint's
    newest = trained[-1]
    log = find_training_log(newest.model, spec.train_log, asked=newest.run.questions)
    parts = tuple(compare_planned(base, run, spec, training=log) for run in trained)
    parts = judge_together(parts, spec.policy)
    compared = CurveComparison(
        task=parts[0].task,
        headline_budget=parts[0].headline_budget,
        headline_set=parts[0].headline_set,
        curve=curve_of(
            base.table,
            [run.table for run in trained],
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

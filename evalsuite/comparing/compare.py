"""The comparison of two finished runs: numbers only, no verdict, no wording.

Every budget is a cut of the stored answers, every subset an index set over them, every grader a
pass over their text. Nothing here generates, reads files or draws random numbers.
"""

from __future__ import annotations

from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any

from evalsuite.comparing.contrasts import (
    against_headline,
    graders_against_headline,
    sample_differences,
)
from evalsuite.comparing.decodings import decoding_rows
from evalsuite.comparing.diagnostics import calculations_of, diagnose
from evalsuite.comparing.gain_parts import cause_counts, gain_parts
from evalsuite.comparing.over_budgets.budget_curve import budget_curve
from evalsuite.comparing.pairing import changed_prompts, pair_tables
from evalsuite.comparing.passes import passes_of
from evalsuite.comparing.power import describe_clustered_power, describe_power, with_curve
from evalsuite.comparing.rows import (
    budget_row,
    gain_of,
    gain_of_sample,
    grader_rows,
    headline_side,
    subset_row,
    truncation_of,
)
from evalsuite.comparing.summary import describe_intervals
from evalsuite.comparing.whole_base import gain_with_whole_base
from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Comparison, Gain, Intervals, McNemar, Seeds
from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import Policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.gain import PairedGain
    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.gains import HeadlineSet
    from evalsuite.records.paired import PairedOutcomes
    from evalsuite.records.power import Power
    from evalsuite.records.run import Decoding, LoggedDecoding
    from evalsuite.records.training import TrainingLog

__all__ = ["Design", "compare_tables"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What is looked at, decided before looking."""

    budgets: tuple[int, ...] = ()
    """Every max_new_tokens to report; empty for logs that can't be cut."""
    headline_budget: int | None = None
    """One of ``budgets``; None takes the largest, or the log as it is."""
    subsets: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """Seed and question ids of every seeded subset."""
    headline_set: HeadlineSet = "full"
    policy: Policy = field(default_factory=Policy)
    training_seeds: int | None = None
    has_page: bool = True
    """Whether to compute what only a page shows: runs of other sizes, and how the methods do."""


def compare_tables(
    base: GradedTable,
    trained: GradedTable,
    design: Design,
    *,
    training: TrainingLog | None = None,
    also: Sequence[tuple[GradedTable, GradedTable]] = (),
    whole_base: GradedTable | None = None,
) -> Comparison:
    """Compare two graded tables over the same questions; base's serves every trained model.

    ``training`` is the log of the run that made ``trained``, for the report. ``also`` are tables of
    the same two models under other decodings, whose gains are set against this one; ``whole_base``
    is base over more questions than the pair has. Checks, verdict and provenance are left empty:
    `run_checks` and `judge` of the verdict room add the first two.

    Raises
    ------
    NotComparableError
        If the runs do not hold the same questions and samples, or some answers have no grade.
    InvalidInputError
        If a table is not graded at a budget of the design.
    """
    budget = _headline_budget(base, trained, design)
    level = design.policy.confidence_level
    paired = pair_tables(base, trained, confidence_level=level)
    at = cache(paired.at)  # rows and contrasts lay out the same budgets
    headline = at(budget)
    gain, spec = gain_of(headline), base.run.spec
    attribution = cause_counts(headline)
    largest = at(max(design.budgets)) if design.budgets else headline
    rows = [budget_row(at(b), b) for b in sorted(design.budgets)]
    return Comparison(
        task=f"{spec.task} {spec.split}".strip(),
        headline_budget=budget or spec.decoding.max_new_tokens,
        headline_set=design.headline_set,
        base=headline_side(spec.model.name, headline.base, headline),
        trained=headline_side(trained.run.spec.model.name, headline.trained, headline),
        table=gain.table,
        gain=Gain(
            estimate=gain.estimate,
            interval=gain.interval,
            confidence_level=level,
            method=gain.method,
            clusters=gain.clusters,
        ),
        mcnemar=McNemar(exact=gain.exact, mid_p=gain.mid_p),
        intervals=_intervals(gain, level),
        graders=graders_against_headline(grader_rows(headline, base.task), headline),
        subsets=tuple(subset_row(headline, seed, ids) for seed, ids in design.subsets),
        budgets=against_headline(rows, headline, at),
        attribution=attribution,
        made_of=gain_parts(headline, largest, attribution),
        truncation=truncation_of(headline),
        power=_power(gain, design),
        seeds=_seeds(headline, spec.decoding, design),
        passes=passes_of(paired, headline),
        decodings=decoding_rows(paired, also),
        whole_base=None if whole_base is None else gain_with_whole_base(headline, whole_base),
        training=training,
        decides=base.task.decides,
        budget_curve=budget_curve(paired, max(design.budgets, default=0)),
        changed_prompts=changed_prompts(base.run, trained.run),
        diagnostics=_diagnostics(headline, gain, design) | _calculations(base, trained),
    )


def _headline_budget(base: GradedTable, trained: GradedTable, design: Design) -> int | None:
    """Take the headline budget of the design, at which both tables must hold their readings."""
    budget = design.headline_budget or max(design.budgets, default=None)
    if {base.headline_budget, trained.headline_budget} != {budget}:
        raise InvalidInputError(
            "the headline budget is {budget}, but the tables hold readings at {base_budget} and "
            "{trained_budget}; tabulate both runs at it",
            budget=budget,
            base_budget=base.headline_budget,
            trained_budget=trained.headline_budget,
        )
    return budget


def _diagnostics(outcomes: PairedOutcomes, gain: PairedGain, design: Design) -> dict[str, Any]:
    return diagnose(outcomes, gain, design.policy, has_page=design.has_page)


def _calculations(base: GradedTable, trained: GradedTable) -> dict[str, Any]:
    sides = {"base": calculations_of(base), "trained": calculations_of(trained)}
    return {"calculations": sides} if all(sides.values()) else {}


def _intervals(gain: PairedGain, level: float) -> Intervals:
    """Give the gain's interval by every method; questions' means have only one."""
    if gain.of_means is None:
        return describe_intervals(gain.table, confidence_level=level)
    return Intervals(
        tango=None,
        newcombe=None,
        bonett_price=None,
        fay_lumbard=None,
        wald=None,
        bootstrap=gain.of_means.bootstrap,
    )


def _power(gain: PairedGain, design: Design) -> Power:
    """Say what the run could have seen; means are of questions, not rows."""
    policy = design.policy
    if gain.of_means is None:
        power = describe_power(gain.table, alpha=policy.alpha, margin=policy.margin)
        if not design.has_page:
            return power
        return with_curve(power, gain.table, sizes=[len(set(i)) for _, i in design.subsets[:1]])
    return describe_clustered_power(gain.of_means, alpha=policy.alpha, margin=policy.margin)


def _seeds(outcomes: PairedOutcomes, decoding: Decoding | LoggedDecoding, design: Design) -> Seeds:
    samples = sorted(set(outcomes.samples))
    return Seeds(
        root=decoding.seed or 0,  # what the report draws from where a log tells no seed
        subsets=tuple(seed for seed, _ in design.subsets),
        subset_size=len(design.subsets[0][1]) if design.subsets else 0,
        training=design.training_seeds,
        samples=len(samples),
        decisions_by_sample=()
        if len(samples) == 1
        else tuple(_decision_of_sample(outcomes, s, design.policy) for s in samples),
        differences=sample_differences(outcomes),
    )


def _decision_of_sample(outcomes: PairedOutcomes, sample: int, policy: Policy) -> str:
    gain = gain_of_sample(outcomes, sample)
    if gain.exact > policy.alpha:
        return "inconclusive"
    return "improved" if gain.estimate > 0 else "regressed"

"""Diagnostics beside the gain: the methods' own accuracy here, lengths of responses, samples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.records.codec import plain
from evalsuite.stats import completion_lengths, self_check

if TYPE_CHECKING:
    from evalsuite.comparing.gain import PairedGain
    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.paired import Outcomes, PairedOutcomes
    from evalsuite.records.verdict import Policy

__all__ = ["calculations_of", "diagnose"]


def diagnose(
    outcomes: PairedOutcomes, gain: PairedGain, policy: Policy, *, has_page: bool = True
) -> dict[str, Any]:
    """Collect the diagnostics at the headline budget, as JSON types.

    ``lengths`` (Kaplan-Meier, None where ends are unknown), ``self_check`` (coverage and false
    alarms of the very methods used, at this n and discordance, where there is a page to show it)
    and, with several samples a question, ``samples``. ``gain`` is that of ``outcomes``.
    """
    figures: dict[str, Any] = {
        "lengths": {"base": _lengths(outcomes.base), "trained": _lengths(outcomes.trained)}
    }
    table, several = gain.table, gain.of_means
    if several is not None and len(set(outcomes.samples)) > 1:
        figures["samples"] = {
            "standard_error": several.standard_error,
            "variance": several.variance,
            "outlook": several.outlook,
            "warnings": several.warnings,
        }
    elif several is None and table.discordant and has_page:
        figures["self_check"] = self_check(
            table.n,
            table.losses / table.n,
            table.gains / table.n,
            alpha=policy.alpha,
            confidence_level=policy.confidence_level,
        )
    simple: dict[str, Any] = plain(figures)
    return simple


def calculations_of(table: GradedTable) -> dict[str, float | None] | None:
    """Say how well a model calculates and plans, where the gold steps of a task are known.

    At the headline budget: ``true``, the share of written calculations that are right, and
    ``right_operations``, the share of answers with the gold operators and operands. None for
    other tasks than the generated word problems.
    """
    if table.task.name != "embedded":
        return None
    from evalsuite.tasks.wordproblems import read_calculations

    questions = {q.id: q for q in table.run.questions}
    calculations = [
        read_calculations(response.text, questions[response.question_id])
        for response in table.responses
        if response.text is not None
    ]
    written = sum(r.n_written for r in calculations)
    return {
        "true": sum(r.n_true for r in calculations) / written if written else None,
        "right_operations": sum(r.follows_gold for r in calculations) / len(calculations)
        if calculations
        else None,
    }


def _lengths(outcomes: Outcomes) -> dict[str, int | None] | None:
    """Give the tokens by which half and 95% of the answers have ended; None is "not reached"."""
    if None in outcomes.tokens or None in outcomes.truncated:
        return None
    ended = [not cut for cut in outcomes.truncated]
    # a budget must hold the end token as well, which the stored count leaves out
    needed = [(count or 0) + end for count, end in zip(outcomes.tokens, ended, strict=True)]
    lengths = completion_lengths(needed, ended)
    return {"median": lengths.median, "tokens_for_95_percent": lengths.tokens_for(0.95)}

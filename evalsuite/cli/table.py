"""``evalsuite table``: every statistic that four counts allow, the answer first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalsuite.reporting.numbers import count_text, percent_text, points_text, pvalue_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.comparison import Comparison, Interval, Side
    from evalsuite.records.verdict import Policy
    from evalsuite.stats import EquivalenceResult, NonInferiorityResult, RatioInterval

__all__ = ["command"]

NOTES = {
    "tango": "score interval, the one above",
    "newcombe": "method 10, square and add",
    "bonett_price": "one loss and one gain added",
    "fay_lumbard": "agrees with the exact test",
    "wald": "too narrow; explains other tools",
    "bootstrap": "over questions; exact law, no draws",
}
"""Interval methods in the order shown, each with what a reader should know of it."""


@click.command(context_settings={"ignore_unknown_options": True})  # -1 must reach its check
@click.argument("both", type=int)
@click.argument("losses", type=int)
@click.argument("gains", type=int)
@click.argument("neither", type=int)
@click.option(
    "--margin", default=2.0, show_default=True, help="Smallest difference that matters, in points."
)
@click.option("--confidence", type=float, help="Level of the intervals  [default: 1 - alpha]")
@click.option("--alpha", type=float, help="Level of the tests  [default: 0.05]")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, nothing else.")
def command(
    *,
    both: int,
    losses: int,
    gains: int,
    neither: int,
    margin: float,
    confidence: float | None,
    alpha: float | None,
    as_json: bool,
) -> None:
    """Compare two models from four counts.

    BOTH questions that base and trained answered correctly, LOSSES only base, GAINS only
    trained, NEITHER none.

    \b
    Example:  evalsuite table 59 6 16 80
    """  # noqa: D301  click reads the escape
    from evalsuite.asking.spec import policy_of
    from evalsuite.comparing.summary import compare_table
    from evalsuite.reporting.telling import in_english
    from evalsuite.stats.arguments import check_table
    from evalsuite.verdict.pair import with_verdict

    table = check_table(both, losses, gains, neither)
    policy = policy_of(alpha=alpha, margin=margin, confidence=confidence)
    comparison = compare_table(
        table,
        confidence_level=policy.confidence_level,
        alpha=policy.alpha,
        margin=policy.margin,
    )
    comparison = in_english(with_verdict(comparison, policy))
    print(_json(comparison, policy) if as_json else "\n".join(_lines(comparison, policy)))


def _lines(comparison: Comparison, policy: Policy) -> Iterator[str]:
    """Write the answer, then what it rests on."""
    if comparison.verdict is not None:
        yield comparison.verdict.headline
    yield ""
    for side in (comparison.base, comparison.trained):
        yield _side_line(side)
    yield _gain_line(comparison)
    for method, note in NOTES.items():
        yield _method_line(method, getattr(comparison.intervals, method), note)
    yield (
        f"  tests     exact {pvalue_text(comparison.mcnemar.exact)} (decides), "
        f"mid-{pvalue_text(comparison.mcnemar.mid_p)} (for comparison)"
    )
    yield _ratio_line(_ratio(comparison))
    same, not_worse = _margin_tests(comparison, policy)
    yield _margin_line(same)
    yield _not_worse_line(not_worse)
    yield from _reach_lines(comparison)
    yield ""
    yield "Judge by the gain's interval: those of the two accuracies may overlap even so."


def _side_line(side: Side) -> str:
    return (
        f"  {side.name:<8}  {percent_text(side.accuracy):>6}  "
        f"({100 * side.interval.low:.1f} to {100 * side.interval.high:.1f})  "
        f"{count_text(side.correct)} of {count_text(side.n)} questions"
    )


def _gain_line(comparison: Comparison) -> str:
    table = comparison.table
    return (
        f"  gain      {points_text(comparison.gain.estimate, signed=True)} points: "
        f"{count_text(table.gains)} fixed, {count_text(table.losses)} broken, "
        f"{count_text(table.both + table.neither)} unchanged"
    )


def _method_line(method: str, interval: Interval | None, note: str) -> str:
    if interval is None:
        return f"    {method.replace('_', '-'):<13} {'not defined for so few changes':<18}"
    ends = f"{points_text(interval.low)} to {points_text(interval.high)}"
    return f"    {method.replace('_', '-'):<13} {ends:<18}{note}"


def _ratio_line(ratio: RatioInterval | None) -> str:
    if ratio is None:
        return "  ratio     undefined: no question changed"
    estimate = "infinitely many" if ratio.estimate is None else f"{ratio.estimate:.3g}"
    high = "infinity" if ratio.high is None else f"{ratio.high:.3g}"
    return f"  ratio     {estimate} fixed for each one broken ({ratio.low:.3g} to {high})"


def _margin_line(equivalence: EquivalenceResult) -> str:
    verdict = "shown" if equivalence.is_equivalent else "not shown"
    return (
        f"  no difference beyond {100 * equivalence.margin:g} points is {verdict} "
        f"({pvalue_text(equivalence.pvalue)}); "
        f"beyond {points_text(equivalence.smallest_margin)} it would be"
    )


def _not_worse_line(result: NonInferiorityResult) -> str:
    verdict = "shown" if result.is_non_inferior else "not shown"
    return (
        f"  not worse by {100 * result.margin:g} points or more is {verdict} "
        f"({pvalue_text(result.pvalue)}, one-sided)"
    )


def _reach_lines(comparison: Comparison) -> Iterator[str]:
    power, table = comparison.power, comparison.table
    rate = percent_text(table.discordant / table.n)
    smallest = power.smallest_detectable_gain
    at_rate = "no gain" if smallest is None else f"gains of {points_text(smallest)} points or more"
    yield (
        f"  reach     {at_rate} with models differing on {rate}, "
        f"{_best_case(comparison)} if all changes are gains"
    )
    if power.required_questions is not None:
        yield (
            f"  needed    {count_text(power.required_questions)} questions, if the gain and the "
            f"discordance were truly these ({100 * power.power:g}% power)"
        )


def _best_case(comparison: Comparison) -> str:
    from evalsuite.stats.planning.required import smallest_detectable_gain_with_losses

    power = comparison.power
    smallest = smallest_detectable_gain_with_losses(
        comparison.table.n, 0.0, power=power.power, alpha=power.alpha
    )
    return "none" if smallest is None else f"{points_text(smallest)} or more"


def _ratio(comparison: Comparison) -> RatioInterval | None:
    from evalsuite.stats.paired.ratios import discordant_odds_ratio

    table = comparison.table
    if table.discordant == 0:
        return None
    return discordant_odds_ratio(
        table.losses, table.gains, confidence_level=comparison.gain.confidence_level
    )


def _margin_tests(
    comparison: Comparison, policy: Policy
) -> tuple[EquivalenceResult, NonInferiorityResult]:
    from evalsuite.stats.paired.margins import equivalence, non_inferiority

    table, margin, alpha = comparison.table, policy.margin, policy.alpha
    counts = (table.both, table.losses, table.gains, table.neither)
    return (
        equivalence(*counts, margin=margin, alpha=alpha),
        non_inferiority(*counts, margin=margin, alpha=alpha),
    )


def _json(comparison: Comparison, policy: Policy) -> str:
    """Write the comparison as results.json is written; what four counts can't know is null."""
    import json

    from evalsuite.records.codec import plain
    from evalsuite.version import __version__

    document: dict[str, Any] = plain(comparison)
    for side in (document["base"], document["trained"]):
        side.update(no_answer=None, right_although_truncated=None)
    document.update(task=None, seeds=None, provenance={"evalsuite": __version__})
    same, not_worse = _margin_tests(comparison, policy)
    document["diagnostics"] = {
        "discordant_odds_ratio": plain(_ratio(comparison)),
        "equivalence": plain(same),
        "non_inferiority": plain(not_worse),
    }
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False)

"""``evalsuite table``: every statistic that four counts allow, the answer first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import json_option
from evalsuite.cli.terminal.columns import labelled, padded
from evalsuite.reporting.numbers import percent_text, pvalue_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.comparison import Comparison, Interval, Side
    from evalsuite.records.verdict import Policy
    from evalsuite.reporting.wording import Value, Words
    from evalsuite.stats import EquivalenceResult, NonInferiorityResult, RatioInterval

__all__ = ["command"]

METHODS = ("tango", "newcombe", "bonett_price", "fay_lumbard", "wald", "bootstrap")
"""Interval methods in the order shown."""


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
@lang_option
@json_option
def command(
    *,
    both: int,
    losses: int,
    gains: int,
    neither: int,
    margin: float,
    confidence: float | None,
    alpha: float | None,
    lang: str,
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
    if as_json:
        print(_json(comparison, policy))
        return
    from evalsuite.reporting.naming import names_of
    from evalsuite.reporting.wording import words

    print("\n".join(_lines(comparison, policy, words(lang).calling(names_of(comparison)))))


def _lines(comparison: Comparison, policy: Policy, catalogue: Words) -> Iterator[str]:
    """Write the answer, then what it rests on."""
    from evalsuite.reporting.telling import headline_text

    text, say = catalogue.text, catalogue.say
    if comparison.verdict is not None:
        yield headline_text(comparison.verdict, catalogue)
    yield ""
    for role, side in (("base", comparison.base), ("trained", comparison.trained)):
        yield labelled(text(role), _side(side, catalogue))
    yield labelled(text("counts.gain"), _gain(comparison, catalogue))
    for method in METHODS:
        yield _method_line(method, getattr(comparison.intervals, method), catalogue)
    exact, mid_p = pvalue_text(comparison.mcnemar.exact), pvalue_text(comparison.mcnemar.mid_p)
    yield labelled(text("counts.tests"), say("counts.exact_decides", exact=exact, mid_p=mid_p))
    yield labelled(text("counts.ratio"), _ratio_told(_ratio(comparison), catalogue))
    yield from _margin_lines(*_margin_tests(comparison, policy), catalogue)
    yield from _reach_lines(comparison, catalogue)
    yield ""
    yield text("counts.overlap")


def _side(side: Side, catalogue: Words) -> object:
    low, high = (f"{100 * end:.1f}" for end in (side.interval.low, side.interval.high))
    share = f"{percent_text(side.accuracy):>6}"
    interval = catalogue.say("counts.interval", low=low, high=high)
    n, correct = side.n, side.correct
    return catalogue.say("counts.side", share=share, interval=interval, correct=correct, n=n)


def _gain(comparison: Comparison, catalogue: Words) -> object:
    table = comparison.table
    return catalogue.say(
        "counts.changes",
        gain=comparison.gain.estimate,
        gains=table.gains,
        losses=table.losses,
        same=table.both + table.neither,
    )


def _method_line(method: str, interval: Interval | None, catalogue: Words) -> str:
    name = f"    {method.replace('_', '-'):<13}"
    if interval is None:
        undefined = catalogue.text("counts.undefined")
        return f"{name} {padded(undefined, 18)}"
    ends = str(catalogue.say("counts.ends", low=interval.low, high=interval.high))
    note = catalogue.text(f"counts.note_{method}")
    return f"{name} {padded(ends, 18)}{note}"


def _ratio_told(ratio: RatioInterval | None, catalogue: Words) -> object:
    if ratio is None:
        return catalogue.text("counts.no_ratio")
    estimate, high = ratio.estimate, ratio.high
    return catalogue.say(
        "counts.for_each",
        ratio=catalogue.text("counts.infinitely_many") if estimate is None else f"{estimate:.3g}",
        low=f"{ratio.low:.3g}",
        high=catalogue.text("counts.infinity") if high is None else f"{high:.3g}",
    )


def _margin_lines(
    same: EquivalenceResult, not_worse: NonInferiorityResult, catalogue: Words
) -> Iterator[str]:
    key = "counts.equivalent" if same.is_equivalent else "counts.not_equivalent"
    values: dict[str, Any] = {"margin": same.margin, "exact": same.pvalue}
    yield f"  {catalogue.say(key, smallest=same.smallest_margin, **values)}"
    key = "counts.not_worse" if not_worse.is_non_inferior else "counts.perhaps_worse"
    yield f"  {catalogue.say(key, margin=not_worse.margin, exact=not_worse.pvalue)}"


def _reach_lines(comparison: Comparison, catalogue: Words) -> Iterator[str]:
    text, say = catalogue.text, catalogue.say
    power, table = comparison.power, comparison.table
    smallest, least = power.smallest_detectable_gain, _best_case(comparison)
    at_rate: Value = text("counts.gains_from_none")
    if smallest is not None:
        at_rate = say("counts.gains_from", smallest=smallest)
    best_case: Value = text("counts.from_none")
    if least is not None:
        best_case = say("counts.from", smallest=least)
    rate = table.discordant / table.n
    reach = say("counts.reached", at_rate=at_rate, discordance=rate, best_case=best_case)
    yield labelled(text("counts.reach"), reach)
    if power.required_questions is not None:
        needed = say("counts.if_true", n=power.required_questions, power=power.power)
        yield labelled(text("counts.needed"), needed)


def _best_case(comparison: Comparison) -> float | None:
    from evalsuite.stats.planning.required import smallest_detectable_gain_with_losses

    power = comparison.power
    return smallest_detectable_gain_with_losses(
        comparison.table.n, 0.0, power=power.power, alpha=power.alpha
    )


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

"""``evalsuite power``: what a hoped-for gain needs, before any GPU hour is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalsuite.reporting.numbers import count_text, percent_text, points_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.stats import Need, PowerAt, SelfCheck, Sight
    from evalsuite.stats.planning.exact_power import PlanningTest

__all__ = ["command"]

SIZES = (5, 20, 50, 100, 200, 500, 1319)
MEANINGS = {
    "least": "at least: all one way",
    "independent": "unrelated answers",
    "most": "at most",
    "given": "as assumed",
}


@click.command()
@click.option("--base", type=float, required=True, help="Accuracy of the base model, 0.2 for 20%.")
@click.option("--gain", type=float, required=True, help="Gain hoped for; 0.05 for 5 points.")
@click.option(
    "--discordance",
    type=float,
    help="Share of questions on which the models will differ; without it, its bounds are shown.",
)
@click.option(
    "--n", "sizes", type=int, multiple=True, help="A number of questions; may be repeated."
)
@click.option("--power", "wanted", default=0.8, show_default=True, help="Wanted chance to see it.")
@click.option("--alpha", default=0.05, show_default=True, help="Two-sided level of the test.")
@click.option("--test", type=click.Choice(["exact", "mid-p"]), default="exact", show_default=True)
@click.option("--tokens-per-second", type=float, help="Speed of the machine, for minutes.")
@click.option("--tokens-per-question", type=float, help="Length of an answer, for minutes.")
@click.option("--simulate", is_flag=True, help="Check the very methods used, at this design.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document, nothing else.")
def command(
    *,
    base: float,
    gain: float,
    discordance: float | None,
    sizes: tuple[int, ...],
    wanted: float,
    alpha: float,
    test: PlanningTest,
    tokens_per_second: float | None,
    tokens_per_question: float | None,
    simulate: bool,
    as_json: bool,
) -> None:
    """Say how many questions show a gain, and what gain so many questions show.

    \b
    Example:  evalsuite power --base 0.2 --gain 0.2
    """  # noqa: D301  click reads the escape
    from evalsuite.stats.planning.design import needs_of, powers_at, sights_of

    seconds = _seconds(tokens_per_second, tokens_per_question)
    shape: Any = {"discordance": discordance, "alpha": alpha}
    needs = needs_of(base, gain, power=wanted, **shape)
    powers = powers_at(sizes, base, gain, test=test, **shape)
    # seeing a loss from 55% is seeing a gain from 45%: wrong answers gained
    start = base if gain > 0 else 1 - base
    sights = sights_of(sizes or SIZES, start, power=wanted, test=test, **shape)
    checks = _self_checks(needs, sizes, alpha) if simulate else ()
    assumptions = {"base": base, "gain": gain, "power": wanted, "alpha": alpha, "test": test}
    if as_json:
        print(
            _json(
                assumptions,
                needs=needs,
                powers=powers,
                sights=sights,
                checks=checks,
                seconds=seconds,
            )
        )
        return
    print(_question(base, gain, wanted, alpha, test))
    sections = (
        _need_lines(needs, test, seconds),
        _power_lines(powers),
        _sight_lines(sights, discordance),
        _check_lines(checks),
    )
    print("\n".join(line for section in sections for line in section))


def _seconds(per_second: float | None, per_question: float | None) -> float | None:
    """Seconds both models take on one question, where speed and length are known."""
    from evalsuite.errors import InvalidInputError

    if per_second is None and per_question is None:
        return None
    if per_second is None or per_question is None or min(per_second, per_question) <= 0:
        raise InvalidInputError(
            "tokens per second are {per_second} and tokens per question {per_question}, but "
            "minutes need both, above 0; give both or neither",
            per_second=per_second,
            per_question=per_question,
        )
    return 2 * per_question / per_second


def _self_checks(
    needs: Sequence[Need], sizes: Sequence[int], alpha: float
) -> tuple[SelfCheck, ...]:
    from evalsuite.stats.planning.self_check import self_check

    return tuple(
        self_check(n, need.p_loss, need.p_gain, alpha=alpha, confidence_level=1 - alpha)
        for need in needs
        for n in (sizes or (need.exact,))
    )


def _question(base: float, gain: float, wanted: float, alpha: float, test: str) -> str:
    return (
        f"To see {percent_text(base)} -> {percent_text(base + gain)} "
        f"({points_text(gain, signed=True)} points) with {100 * wanted:g}% power, "
        f"{test} McNemar test, two-sided alpha {alpha:g}:"
    )


def _need_lines(needs: Sequence[Need], test: str, seconds: float | None) -> Iterator[str]:
    minutes = "   minutes" if seconds else ""
    yield ""
    yield f"  models differ on                 losses   gains   exact   mid-p  Connor{minutes}"
    for need in needs:
        size = need.exact if test == "exact" else need.mid_p
        took = f"{size * seconds / 60:>10,.1f}" if seconds else ""
        yield (
            f"  {percent_text(need.discordance):>6}  {MEANINGS[need.assumption]:<24}"
            f"{percent_text(need.p_loss):>7} {percent_text(need.p_gain):>7}"
            f"{count_text(need.exact):>8}{count_text(need.mid_p):>8}{count_text(need.connor):>8}{took}"
        )
    if len(needs) > 1:
        yield ""
        yield "Real pairs of models lie between the first two rows as a rule; OpenAI's published"
        yield "GSM8K solutions differ on 26% to 41% of the questions. --discordance narrows it."


def _power_lines(powers: Sequence[PowerAt]) -> Iterator[str]:
    if not powers:
        return
    yield ""
    yield "Chance to see it:"
    for row in powers:
        yield (
            f"  {count_text(row.n):>7} questions, models differing on "
            f"{percent_text(row.discordance)}: {percent_text(row.power)}"
        )


def _sight_lines(sights: Sequence[Sight], discordance: float | None) -> Iterator[str]:
    given = "" if discordance is None else f"{percent_text(discordance) + ' differ':>18}"
    yield ""
    yield "Smallest gain or loss that so many questions show (points):"
    yield f"  questions       all one way{given}  unrelated answers"
    for row in sights:
        middle = "" if discordance is None else f"{_seen(row.given):>18}"
        yield (
            f"  {count_text(row.n):>9}{_seen(row.without_losses):>18}{middle}"
            f"{_seen(row.independent):>19}"
        )


def _seen(gain: float | None) -> str:
    return "impossible" if gain is None else points_text(gain)


def _check_lines(checks: Sequence[SelfCheck]) -> Iterator[str]:
    if not checks:
        return
    yield ""
    yield "Self-check of the methods at this design:"
    yield "  questions  models differ on  power  false alarms  95% interval covers  by"
    for row in checks:
        yield (
            f"  {count_text(row.n):>9}{percent_text(row.p_loss + row.p_gain):>18}"
            f"{percent_text(row.power):>7}{percent_text(row.false_alarm):>14}"
            f"{percent_text(row.coverage):>21}  {row.method}"
        )


def _json(
    assumptions: dict[str, Any],
    *,
    needs: Sequence[Need],
    powers: Sequence[PowerAt],
    sights: Sequence[Sight],
    checks: Sequence[SelfCheck],
    seconds: float | None,
) -> str:
    import json

    from evalsuite.records.codec import plain

    document = {
        **assumptions,
        "required_questions": [
            {**plain(need), "minutes": need.exact * seconds / 60 if seconds else None}
            for need in needs
        ],
        "power_at": plain(list(powers)),
        "smallest_detectable_gain": plain(list(sights)),
        "self_check": plain(list(checks)),
    }
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False)

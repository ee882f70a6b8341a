"""``evalsuite power``: what a hoped-for gain needs, before any GPU hour is spent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import json_option
from evalsuite.cli.terminal.columns import aligned
from evalsuite.reporting.numbers import count_text, percent_text, points_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.reporting.wording import Words
    from evalsuite.stats import Need, PowerAt, SelfCheck, Sight
    from evalsuite.stats.planning.exact_power import PlanningTest

__all__ = ["command"]

SIZES = (5, 20, 50, 100, 200, 500, 1319)
_NEEDS = (32, 7, 8, 8, 8, 8, 10)
_CHECKS = (0, 9, 18, 7, 14, 21)
"""Columns of the tables."""


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
@click.option(
    "--test",
    type=click.Choice(["exact", "mid-p"]),
    default="exact",
    show_default=True,
    help="McNemar's test that is planned for.",
)
@click.option("--tokens-per-second", type=float, help="Speed of the machine, for minutes.")
@click.option("--tokens-per-question", type=float, help="Length of an answer, for minutes.")
@click.option("--simulate", is_flag=True, help="Check the very methods used, at this design.")
@lang_option
@json_option
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
    lang: str,
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
    from evalsuite.reporting.wording import words

    catalogue = words(lang)
    print(_question(assumptions, catalogue))
    sections = (
        _need_lines(needs, test, seconds, catalogue),
        _power_lines(powers, catalogue),
        _sight_lines(sights, discordance, catalogue),
        _check_lines(checks, catalogue),
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


def _question(assumptions: dict[str, Any], catalogue: Words) -> str:
    trained, test = assumptions["base"] + assumptions["gain"], assumptions["test"]
    test = catalogue.text("planning.exact") if test == "exact" else test
    return str(
        catalogue.say("planning.question", **assumptions | {"trained": trained, "test": test})
    )


def _need_lines(
    needs: Sequence[Need], test: str, seconds: float | None, catalogue: Words
) -> Iterator[str]:
    first, *others = catalogue.texts("planning.needs")
    count = len(others) if seconds else len(others) - 1
    widths = _NEEDS[: count + 1]
    yield ""
    yield aligned(first, others[:count], widths)
    for need in needs:
        meaning = catalogue.text(f"planning.assumed_{need.assumption}")
        size = need.exact if test == "exact" else need.mid_p
        cells = [
            *(percent_text(need.p_loss), percent_text(need.p_gain)),
            *map(count_text, (need.exact, need.mid_p, need.connor)),
            *([_minutes(size * seconds)] if seconds else []),
        ]
        yield aligned(f"{percent_text(need.discordance):>6}  {meaning}", cells, widths)
    if len(needs) > 1:
        yield ""
        yield catalogue.text("planning.between")


def _minutes(seconds: float) -> str:
    """Write minutes; what rounds to none is not none."""
    minutes = seconds / 60
    return "<0.1" if minutes < 0.05 else f"{minutes:,.1f}"


def _power_lines(powers: Sequence[PowerAt], catalogue: Words) -> Iterator[str]:
    if not powers:
        return
    yield ""
    yield catalogue.text("planning.chance")
    for row in powers:
        line = catalogue.say(
            "planning.chance_at",
            n=f"{count_text(row.n):>7}",
            discordance=row.discordance,
            power=row.power,
        )
        yield f"  {line}"


def _sight_lines(
    sights: Sequence[Sight], discordance: float | None, catalogue: Words
) -> Iterator[str]:
    questions, one_way, unrelated = catalogue.texts("planning.sights")
    given, widths = [], [0, 9, 18, 19]
    if discordance is not None:
        given = [str(catalogue.say("planning.differ", share=discordance))]
        widths = [0, 9, 18, 18, 19]
    yield ""
    yield catalogue.text("planning.smallest")
    yield aligned("", [questions, one_way, *given, unrelated], widths)
    for row in sights:
        gains = [row.without_losses, *([row.given] if given else []), row.independent]
        cells = [_seen(gain, catalogue) for gain in gains]
        yield aligned("", [count_text(row.n), *cells], widths)


def _seen(gain: float | None, catalogue: Words) -> str:
    return catalogue.text("planning.impossible") if gain is None else points_text(gain)


def _check_lines(checks: Sequence[SelfCheck], catalogue: Words) -> Iterator[str]:
    if not checks:
        return
    *headings, by = catalogue.texts("planning.checks")
    yield ""
    yield catalogue.text("planning.self_check")
    yield f"{aligned('', headings, _CHECKS)}  {by}"
    for row in checks:
        shares = (row.p_loss + row.p_gain, row.power, row.false_alarm, row.coverage)
        cells = [count_text(row.n), *map(percent_text, shares)]
        method = catalogue.text(f"planning.by_{row.method}")
        yield f"{aligned('', cells, _CHECKS)}  {method}"


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

"""Power: how small a gain this many questions can show, and what would settle it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Block, CurveDrawing, Grid, Mark, Plot, Row, Section, Text
from evalsuite.reporting.source import Source, count, points, share
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.page import Page

__all__ = ["power"]


def power(page: Page) -> Section | None:
    """Show how small a gain this many questions can show, and what would settle it."""
    source = page.alone
    if source is None:
        return None
    return Section(
        id="power", title=source.words.text("power.section"), blocks=tuple(_blocks(source))
    )


def _blocks(source: Source) -> Iterator[Block]:
    say, comparison = source.words.say, source.comparison
    if source.has_means:
        yield Text(
            phrase=say(source.worded("power.sampled", "power.sampled_scored")), role="missing"
        )
        return
    if not comparison.table.discordant:
        yield Text(phrase=say("power.missing"), role="missing")
    elif not comparison.power.curve:
        yield Text(phrase=say("power.not_recorded"), role="missing")
    else:
        # one or two discordant questions of many leave one point of the curve, or none: no line
        if sum(point.gain is not None for point in comparison.power.curve) > 1:
            yield _power_plot(source)
        yield _what_n_shows(source)
    yield Text(phrase=_what_settles(source), role="note")


def _power_plot(source: Source) -> Plot:
    say, comparison = source.words.say, source.comparison
    smallest = comparison.power.smallest_detectable_gain
    if smallest is None:
        title = say("power.title_none", n=source.count("base.n"))
    else:
        title = say(
            "power.title",
            n=source.count("base.n"),
            smallest=source.points("power.smallest_detectable_gain"),
        )
    return Plot(
        id="power",
        title=title,
        alt=str(say("power.alt", title=title)),
        drawing=_power_drawing(source),
        aid=say(
            "power.aid",
            discordance=share(comparison.table.discordant / comparison.table.n),
            power=source.level("power.power"),
        ),
        how=str(say("power.how", alpha=f"{comparison.power.alpha:g}")),
        grid=_power_grid(source),
    )


def _power_drawing(source: Source) -> CurveDrawing:
    comparison, text = source.comparison, source.words.text
    curve = [(point.n, point.gain) for point in comparison.power.curve if point.gain]
    marked = [
        (row.n, row.smallest_detectable_gain)
        for row in comparison.power.expectations
        if row.smallest_detectable_gain
    ]
    return CurveDrawing(
        x=tuple(float(n) for n, _ in curve),
        y=tuple(gain for _, gain in curve),
        points=tuple((float(n), gain, f"{count(n)}: {points(gain)}") for n, gain in marked),
        line=Mark(
            at=abs(comparison.gain.estimate),
            label=str(source.words.say("power.observed", gain=source.signed("gain.estimate"))),
        ),
        x_axis=text("axis.questions"),
        y_axis=text("axis.smallest"),
    )


def _power_grid(source: Source) -> Grid:
    rows = range(len(source.comparison.power.expectations))
    return Grid(
        id="power-data",
        caption=source.words.say("power.caption"),
        columns=source.words.texts("power.columns"),
        rows=tuple(_power_row(source, f"power.expectations.{i}") for i in rows),
    )


def _power_row(source: Source, key: str) -> Row:
    gain = f"{key}.smallest_detectable_gain"
    is_visible = source.value(gain) is not None
    cell = just(source.points(gain)) if is_visible else source.words.say("power.nothing")
    return Row(cells=(just(source.count(f"{key}.n")), cell))


def _what_n_shows(source: Source) -> Grid:
    say = source.words.say
    rows = range(len(source.comparison.power.expectations))
    return Grid(
        id="shows-data",
        caption=say("shows.caption"),
        columns=source.words.texts("shows.columns"),
        rows=tuple(_shows_row(source, f"power.expectations.{i}") for i in rows),
        note=say("shows.note"),
    )


def _shows_row(source: Source, key: str) -> Row:
    low, high = (source.points(f"{key}.{end}") for end in ("low", "high"))
    chance_low, chance_high = (source.points(f"{key}.chance_{end}") for end in ("low", "high"))
    return Row(
        cells=(
            just(source.count(f"{key}.n")),
            source.words.say("interval", low=chance_low, high=chance_high),
            source.words.say("interval", low=low, high=high),
        )
    )


def _what_settles(source: Source) -> Phrase:
    required = source.comparison.power.required_questions
    if required is None:
        return source.words.say("power.no_target")
    return source.words.say(
        "power.settles",
        required=source.count("power.required_questions"),
        gain=source.signed("gain.estimate"),
        n=source.count("base.n"),
        power=source.level("power.power"),
    )

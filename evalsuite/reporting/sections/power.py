"""Power: how small a gain this many questions can show, and what would settle it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Block, CurveDrawing, Grid, Mark, Plot, Row, Section, Text
from evalsuite.reporting.sections.expectations import gain_range
from evalsuite.reporting.source import Source, count, points, share
from evalsuite.reporting.wording import Phrase, just
from evalsuite.stats.planning.required import smallest_detectable_gain

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page

__all__ = ["power"]

CURVE = (8, 12, 17, 24, 35, 50, 70, 100, 140, 200, 280, 400, 560, 800, 1150, 1650, 2500, 5000)


def power(page: Page) -> Section | None:
    """Show how small a gain this many questions can show, and what would settle it."""
    source = page.alone
    if source is None:
        return None
    blocks: list[Block] = []
    if source.is_sampled:
        blocks.append(Text(phrase=source.words.say("power.sampled"), role="missing"))
        return Section(id="power", title=source.words.text("power.section"), blocks=tuple(blocks))
    if source.comparison.table.discordant:
        blocks += [_power_plot(source), _what_n_shows(source)]
    else:
        blocks.append(Text(phrase=source.words.say("power.missing"), role="missing"))
    blocks.append(Text(phrase=_what_settles(source), role="note"))
    return Section(id="power", title=source.words.text("power.section"), blocks=tuple(blocks))


def _sizes(source: Source) -> list[int]:
    found = source.comparison
    sizes = {5, 20, 50, 200, found.base.n}
    if found.subsets:
        sizes.add(found.subsets[0].n)
    return sorted(size for size in sizes if size <= found.base.n) or [found.base.n]


def _visible_gain(source: Source, n: int) -> float | None:
    found = source.comparison
    discordance = found.table.discordant / found.table.n
    return _smallest(n, discordance, found.power.power, found.power.alpha)


@cache
def _smallest(n: int, discordance: float, power: float, alpha: float) -> float | None:
    return smallest_detectable_gain(n, discordance, power=power, alpha=alpha)


def _power_plot(source: Source) -> Plot:
    say, found = source.words.say, source.comparison
    smallest = found.power.smallest_detectable_gain
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
            discordance=share(found.table.discordant / found.table.n),
            power=source.level("power.power"),
        ),
        how=source.words.text("power.how"),
        grid=_power_grid(source),
    )


def _power_drawing(source: Source) -> CurveDrawing:
    found, text = source.comparison, source.words.text
    most = max(CURVE[-1] if found.base.n <= CURVE[-1] else found.base.n * 2, 0)
    sizes = [n for n in (*CURVE, most) if n <= most]
    curve = [(n, gain) for n in dict.fromkeys(sizes) if (gain := _visible_gain(source, n))]
    marked = [(n, gain) for n in _sizes(source) if (gain := _visible_gain(source, n))]
    return CurveDrawing(
        x=tuple(float(n) for n, _ in curve),
        y=tuple(gain for _, gain in curve),
        points=tuple((float(n), gain, f"{count(n)}: {points(gain)}") for n, gain in marked),
        line=Mark(
            at=abs(found.gain.estimate),
            label=str(source.words.say("power.observed", gain=source.signed("gain.estimate"))),
        ),
        x_axis=text("axis.questions"),
        y_axis=text("axis.smallest"),
    )


def _power_grid(source: Source) -> Grid:
    say = source.words.say
    rows = []
    for n in _sizes(source):
        gain = _visible_gain(source, n)
        cell = say("power.nothing") if gain is None else just(points(gain))
        rows.append(Row(cells=(just(count(n)), cell)))
    return Grid(
        id="power-data",
        caption=say("power.caption"),
        columns=source.words.texts("power.columns"),
        rows=tuple(rows),
    )


def _what_n_shows(source: Source) -> Grid:
    say, table = source.words.say, source.comparison.table
    loss, gain = table.losses / table.n, table.gains / table.n
    rows = tuple(
        Row(
            cells=(
                just(count(n)),
                source.interval(gain_range((loss + gain) / 2, (loss + gain) / 2, n)),
                source.interval(gain_range(loss, gain, n)),
            )
        )
        for n in _sizes(source)
    )
    return Grid(
        id="shows-data",
        caption=say("shows.caption"),
        columns=source.words.texts("shows.columns"),
        rows=rows,
        note=say("shows.note"),
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

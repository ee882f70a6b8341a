"""How small a gain this many questions can show, and what chance alone does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from evalsuite.reporting.blocks import (
    Block,
    CurveDrawing,
    Facts,
    Grid,
    Mark,
    Plot,
    Row,
    Section,
    Text,
)
from evalsuite.reporting.sections.expectations import gain_range
from evalsuite.reporting.source import Source, count, points, share
from evalsuite.reporting.wording import Number, Phrase, just
from evalsuite.stats.planning.required import smallest_detectable_gain

__all__ = ["power", "seeds"]

CURVE = (8, 12, 17, 24, 35, 50, 70, 100, 140, 200, 280, 400, 560, 800, 1150, 1650, 2500, 5000)


def power(source: Source) -> Section:
    """Show how small a gain this many questions can show, and what would settle it.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
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


def seeds(source: Source) -> Section:
    """Show every seed, and how much chance alone moves a result of this size.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    words, found = source.words, source.comparison
    facts = Facts(label=words.text("seeds.label"), pairs=_seed_pairs(source))
    blocks: list[Block] = [facts]
    if not source.is_sampled:
        blocks.append(Text(phrase=_floor(source)))
    if isinstance(found.diagnostics.get("self_check"), Mapping):
        blocks.append(Text(phrase=_checked(source)))
    blocks.append(Text(phrase=_samples(source), role="note"))
    blocks.append(Text(phrase=words.say(_training_key(found.seeds.training)), role="note"))
    return Section(id="seeds", title=words.text("seeds.section"), blocks=tuple(blocks))


def _floor(source: Source) -> Phrase:
    table = source.comparison.table
    half = table.discordant / table.n / 2
    noise = gain_range(half, half, table.n)
    return source.words.say(
        "seeds.floor",
        low=points(noise.low),
        high=points(noise.high),
        n=count(table.n),
        discordance=share(table.discordant / table.n),
    )


def _checked(source: Source) -> Phrase:
    key = "diagnostics.self_check"
    return source.words.say(
        "seeds.checked",
        coverage=source.percent(f"{key}.coverage"),
        level=source.level(f"{key}.confidence_level"),
        alarm=source.percent(f"{key}.false_alarm"),
    )


def _seed_pairs(source: Source) -> tuple[tuple[str, Phrase], ...]:
    words, found = source.words, source.comparison.seeds
    subsets = ", ".join(map(str, found.subsets)) or words.text("none")
    training = (
        words.say("unknown") if found.training is None else just(source.count("seeds.training"))
    )
    return (
        (words.text("seeds.root"), just(_plain(source, "seeds.root"))),
        (words.text("seeds.subsets"), just(subsets)),
        (words.text("seeds.size"), just(source.count("seeds.subset_size"))),
        (words.text("seeds.training"), training),
        (words.text("seeds.samples"), just(source.count("seeds.samples"))),
    )


def _plain(source: Source, key: str) -> Number:
    return Number(shown=str(source.value(key)), value=source.value(key), key=key)


def _samples(source: Source) -> Phrase:
    found = source.comparison.seeds
    if found.samples == 1:
        return source.words.say("seeds.greedy")
    decisions = ", ".join(
        source.words.text(f"decision.{name}") for name in found.decisions_by_sample
    )
    return source.words.say(
        "seeds.sampled", samples=source.count("seeds.samples"), decisions=decisions
    )


def _training_key(training: int | None) -> str:
    if training is None or training < 2:
        return "seeds.one_run"
    return "seeds.few_runs" if training < 5 else "seeds.many_runs"

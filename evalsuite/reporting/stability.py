"""How far to trust the gain: subsets, interval methods, power, seeds and chance."""

from __future__ import annotations

from evalsuite.records.comparison import Policy
from evalsuite.reporting.blocks import (
    Band,
    Block,
    CurveDrawing,
    Dot,
    Facts,
    ForestDrawing,
    Grid,
    Mark,
    Plot,
    Row,
    Section,
    Text,
)
from evalsuite.reporting.expectations import gain_range
from evalsuite.reporting.source import Source, count, points, share
from evalsuite.reporting.wording import Number, Phrase
from evalsuite.stats.planning import smallest_detectable_gain

__all__ = ["forest", "power", "seeds", "subset_grid"]

METHODS = ("tango", "newcombe", "bonett_price", "fay_lumbard", "wald", "bootstrap")
CURVE = (
    6,
    8,
    10,
    14,
    20,
    28,
    40,
    56,
    80,
    110,
    150,
    200,
    280,
    400,
    560,
    800,
    1100,
    1500,
    2100,
    3000,
    5000,
)


def forest(source: Source) -> Section:
    """Show every seeded subset beside the headline set, and the interval by every method.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    blocks: list[Block] = []
    if source.comparison.subsets:
        blocks.append(_forest_plot(source))
    else:
        blocks.append(Text(phrase=source.words.say("forest.missing"), role="missing"))
    blocks.append(_methods_grid(source))
    return Section(id="forest", title=source.words.text("forest.section"), blocks=tuple(blocks))


def subset_grid(source: Source) -> Grid:
    """Tabulate the subsets and the headline set.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Grid
    """
    say = source.words.say
    rows = [_subset_row(source, i) for i in range(len(source.comparison.subsets))]
    rows.append(
        Row(
            cells=(
                _headline_name(source),
                Phrase((source.count("base.n"),)),
                Phrase((source.percent("base.accuracy"),)),
                Phrase((source.percent("trained.accuracy"),)),
                Phrase((source.count("table.gains"),)),
                Phrase((source.count("table.losses"),)),
                _headline_gain(source),
                source.pcell("mcnemar.exact"),
            ),
            role="headline",
        )
    )
    return Grid(
        id="forest-data",
        caption=say("forest.caption"),
        columns=source.words.texts("forest.columns"),
        rows=tuple(rows),
        dispensable=(7, 1, 4, 5, 2, 3),
        note=say("forest.note"),
    )


def _headline_name(source: Source) -> Phrase:
    return source.words.say(f"set.{source.comparison.headline_set}")


def _headline_gain(source: Source) -> Phrase:
    return source.words.say(
        "with_interval",
        estimate=source.signed("gain.estimate"),
        interval=source.span("gain.interval"),
    )


def _subset_row(source: Source, i: int) -> Row:
    key = f"subsets.{i}"
    return Row(
        cells=(
            source.words.say("forest.seed", seed=source.count(f"{key}.seed")),
            Phrase((source.count(f"{key}.n"),)),
            Phrase((source.percent(f"{key}.base"),)),
            Phrase((source.percent(f"{key}.trained"),)),
            Phrase((source.count(f"{key}.gains"),)),
            Phrase((source.count(f"{key}.losses"),)),
            source.gain(key),
            source.pcell(f"{key}.exact"),
        )
    )


def _forest_plot(source: Source) -> Plot:
    say, found = source.words.say, source.comparison
    at = [row.gain for row in found.subsets]
    lowest, highest = at.index(min(at)), at.index(max(at))
    title = say(
        "forest.title",
        low=source.signed(f"subsets.{lowest}.gain"),
        high=source.signed(f"subsets.{highest}.gain"),
        size=source.count("subsets.0.n"),
        gain=source.signed("gain.estimate"),
    )
    return Plot(
        id="forest",
        title=title,
        alt=str(say("forest.alt", title=title)),
        drawing=_forest_drawing(source),
        aid=say("forest.aid"),
        how=source.words.text("forest.how"),
        grid=subset_grid(source),
    )


def _forest_drawing(source: Source) -> ForestDrawing:
    found = source.comparison
    margin = (found.verdict.policy if found.verdict else Policy()).margin
    rows = [
        Dot(
            label=str(source.words.say("forest.seed", seed=count(row.seed))),
            at=row.gain,
            low=row.interval.low,
            high=row.interval.high,
            shown=str(source.gain(f"subsets.{i}")),
            role="base",
            aside=(str(count(row.n)), f"{count(row.gains)} / {count(row.losses)}"),
        )
        for i, row in enumerate(found.subsets)
    ]
    rows.append(
        Dot(
            label=str(_headline_name(source)),
            at=found.gain.estimate,
            low=found.gain.interval.low,
            high=found.gain.interval.high,
            shown=str(_headline_gain(source)),
            role="trained",
            emphasis=True,
            aside=(
                str(count(found.base.n)),
                f"{count(found.table.gains)} / {count(found.table.losses)}",
            ),
        )
    )
    return ForestDrawing(
        rows=tuple(rows),
        headings=source.words.texts("forest.headings"),
        axis=source.words.text("axis.gain"),
        band=Band(low=-margin, high=margin, label=source.words.text("margin_band")),
    )


def _methods_grid(source: Source) -> Grid:
    say = source.words.say
    rows = tuple(_method_row(source, name) for name in METHODS)
    return Grid(
        id="methods-data",
        caption=say("intervals.caption", level=source.percent("gain.confidence_level")),
        columns=source.words.texts("intervals.columns"),
        rows=rows,
        textual=(3,),
        note=say("intervals.note"),
    )


def _method_row(source: Source, name: str) -> Row:
    words = source.words
    if source.value(f"intervals.{name}") is None:
        ends = (Phrase(("–",)), Phrase(("–",)))
    else:
        ends = (
            Phrase((source.signed(f"intervals.{name}.low"),)),
            Phrase((source.signed(f"intervals.{name}.high"),)),
        )
    return Row(cells=(words.say(f"intervals.{name}"), *ends, words.say(f"intervals.{name}_why")))


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
    return smallest_detectable_gain(
        n, found.table.discordant / found.table.n, power=found.power.power, alpha=found.power.alpha
    )


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
            power=source.percent("power.power"),
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
        cell = say("power.nothing") if gain is None else Phrase((points(gain),))
        rows.append(Row(cells=(Phrase((count(n),)), cell)))
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
                Phrase((count(n),)),
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
        power=source.percent("power.power"),
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
    table = found.table
    noise = gain_range(table.discordant / table.n / 2, table.discordant / table.n / 2, table.n)
    floor = words.say(
        "seeds.floor",
        low=points(noise.low),
        high=points(noise.high),
        n=count(table.n),
        discordance=share(table.discordant / table.n),
    )
    blocks: list[Block] = [facts, Text(phrase=floor), Text(phrase=_samples(source), role="note")]
    blocks.append(Text(phrase=words.say(_training_key(found.seeds.training)), role="note"))
    return Section(id="seeds", title=words.text("seeds.section"), blocks=tuple(blocks))


def _seed_pairs(source: Source) -> tuple[tuple[str, Phrase], ...]:
    words, found = source.words, source.comparison.seeds
    subsets = ", ".join(map(str, found.subsets)) or words.text("none")
    training = (
        words.say("unknown")
        if found.training is None
        else Phrase((source.count("seeds.training"),))
    )
    return (
        (words.text("seeds.root"), Phrase((_plain(source, "seeds.root"),))),
        (words.text("seeds.subsets"), Phrase((subsets,))),
        (words.text("seeds.size"), Phrase((source.count("seeds.subset_size"),))),
        (words.text("seeds.training"), training),
        (words.text("seeds.samples"), Phrase((source.count("seeds.samples"),))),
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

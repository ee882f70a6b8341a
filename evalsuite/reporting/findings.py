"""What was found: the estimate, the questions that changed, and what kind of gain it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import (
    Band,
    Block,
    Dot,
    EstimateDrawing,
    FlowDrawing,
    Grid,
    Plot,
    Row,
    Section,
    SplitDrawing,
    Text,
    WaterfallDrawing,
)
from evalsuite.reporting.inert import one_line
from evalsuite.reporting.source import Source, count, points, share
from evalsuite.reporting.wording import Number, Phrase

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison

__all__ = ["changed", "estimate", "kind"]

SIDES = ("base", "trained")
PARTS = ("finished", "formatted", "reasoned")


def estimate(source: Source) -> Section:
    """Show both accuracies and their difference, each with its interval.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    say, found = source.words.say, source.comparison
    margin = found.verdict.policy.margin if found.verdict else 0.02
    rates = tuple(_rate_dot(source, side) for side in SIDES)
    gain = Dot(
        label=source.words.text("gain"),
        at=found.gain.estimate,
        low=found.gain.interval.low,
        high=found.gain.interval.high,
        shown=f"{source.signed('gain.estimate')} {source.span('gain.interval')}",
        role="trained",
    )
    drawing = EstimateDrawing(
        rates=(rates[0], rates[1]),
        gain=gain,
        band=Band(low=-margin, high=margin, label=source.words.text("margin_band")),
        rate_axis=source.words.text("axis.accuracy"),
        gain_axis=source.words.text("axis.gain"),
    )
    title = say(
        "estimate.title",
        base=source.percent("base.accuracy"),
        trained=source.percent("trained.accuracy"),
        gain=source.signed("gain.estimate"),
    )
    plot = Plot(
        id="estimate",
        title=title,
        alt=str(say("estimate.alt", title=title, interval=source.span("gain.interval"))),
        drawing=drawing,
        aid=say("estimate.aid", margin=points(margin)),
        how=source.words.text("estimate.how"),
        grid=_estimate_grid(source),
        open_grid=True,
    )
    return Section(id="estimate", title=source.words.text("estimate.section"), blocks=(plot,))


def _rate_dot(source: Source, side: str) -> Dot:
    interval = source.value(f"{side}.interval")
    return Dot(
        label=source.words.text(side),
        at=source.value(f"{side}.accuracy"),
        low=interval.low,
        high=interval.high,
        shown=str(source.percent(f"{side}.accuracy")),
        role="base" if side == "base" else "trained",
    )


def _estimate_grid(source: Source) -> Grid:
    say = source.words.say
    rows = [
        Row(
            cells=(
                say(f"named_{side}", name=one_line(source.value(f"{side}.name"))),
                say("of", part=source.count(f"{side}.correct"), whole=source.count(f"{side}.n")),
                say("plain", text=source.percent(f"{side}.interval.low")),
                say("plain", text=source.percent(f"{side}.accuracy")),
                say("plain", text=source.percent(f"{side}.interval.high")),
            )
        )
        for side in SIDES
    ]
    rows.append(
        Row(
            cells=(
                say("gain_points"),
                Phrase(),
                say("plain", text=source.signed("gain.interval.low")),
                say("plain", text=source.signed("gain.estimate")),
                say("plain", text=source.signed("gain.interval.high")),
            ),
            role="headline",
        )
    )
    return Grid(
        id="estimate-data",
        caption=say("estimate.caption", level=source.percent("gain.confidence_level")),
        columns=source.words.texts("estimate.columns"),
        rows=tuple(rows),
        note=say("estimate.note", method=source.comparison.gain.method),
    )


def changed(source: Source, *, linked: bool) -> Section:
    """Show the paired table: which questions were fixed, which were broken.

    Parameters
    ----------
    source
        The comparison.
    linked
        Whether there is a question browser for the counts to lead to.

    Returns
    -------
    Section
    """
    say, table = source.words.say, source.comparison.table
    counts = {name: _cell(source, name, linked) for name in _FILTERS}
    if table.losses and table.gains:
        ratio = table.gains / table.losses
        title = say(
            "changed.title",
            gains=counts["gains"],
            losses=counts["losses"],
            ratio=Number(shown=f"{ratio:.1f}", value=ratio),
        )
    else:
        title = say("changed.title_plain", gains=counts["gains"], losses=counts["losses"])
    grid = _paired_grid(source, counts)
    plot = Plot(
        id="changed",
        title=title,
        alt=str(say("changed.alt", **counts)),
        drawing=_split(source),
        aid=say("changed.aid", discordant=count(table.discordant)),
        how=source.words.text("changed.how"),
        grid=grid,
        open_grid=True,
    )
    tests = Text(
        phrase=say(
            "changed.tests",
            exact=source.pvalue("mcnemar.exact"),
            mid_p=source.pvalue("mcnemar.mid_p"),
            discordant=count(table.discordant),
        ),
        role="note",
    )
    return Section(id="changed", title=source.words.text("changed.section"), blocks=(plot, tests))


_FILTERS = {"both": "both-right", "losses": "broken", "gains": "fixed", "neither": "both-wrong"}


def _cell(source: Source, name: str, linked: bool) -> Number:
    return source.count(f"table.{name}", href=f"#f={_FILTERS[name]}" if linked else None)


def _split(source: Source) -> SplitDrawing:
    table, text = source.comparison.table, source.words.text
    return SplitDrawing(
        parts=(
            (text("both_right"), table.both, str(source.count("table.both")), "muted", True),
            (text("fixed"), table.gains, str(source.count("table.gains")), "gain", True),
            (text("broken"), table.losses, str(source.count("table.losses")), "loss", True),
            (text("both_wrong"), table.neither, str(source.count("table.neither")), "muted", False),
        )
    )


def _paired_grid(source: Source, counts: dict[str, Number]) -> Grid:
    say, table = source.words.say, source.comparison.table
    rows = (
        _paired_row(say("changed.base_right"), counts["both"], counts["losses"]),
        _paired_row(say("changed.base_wrong"), counts["gains"], counts["neither"]),
        Row(
            cells=(
                say("total"),
                Phrase((count(table.both + table.gains),)),
                Phrase((count(table.losses + table.neither),)),
                Phrase((count(table.n),)),
            ),
            role="total",
        ),
    )
    return Grid(
        id="changed-data",
        caption=say("changed.caption"),
        columns=(
            "",
            source.words.text("changed.trained_right"),
            source.words.text("changed.trained_wrong"),
            source.words.text("total"),
        ),
        rows=rows,
    )


def _paired_row(name: Phrase, right: Number, wrong: Number) -> Row:
    total = count(int(right.value + wrong.value))
    return Row(cells=(name, Phrase((right,)), Phrase((wrong,)), Phrase((total,))))


def kind(source: Source) -> Section:
    """Show what the gain is made of, with both graders, and where answers were lost.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    blocks: list[Block] = []
    if source.comparison.attribution is None:
        blocks.append(Text(phrase=source.words.say("kind.missing"), role="missing"))
    else:
        blocks.append(_waterfall(source))
    blocks.append(_graders(source))
    blocks.append(_flow(source))
    return Section(id="kind", title=source.words.text("kind.section"), blocks=tuple(blocks))


def _waterfall(source: Source) -> Plot:
    say, found = source.words.say, source.comparison
    shares = {name: source.value(f"attribution.{name}.gain") for name in PARTS}
    largest = max(PARTS, key=lambda name: abs(shares[name]))
    title = say(
        f"kind.title_{largest}" if shares[largest] else "kind.title_none",
        part=source.signed(f"attribution.{largest}.gain"),
        gain=source.signed("gain.estimate"),
    )
    drawing = WaterfallDrawing(
        parts=tuple(_part_dot(source, name) for name in PARTS),
        total=Dot(
            label=source.words.text("gain"),
            at=found.gain.estimate,
            low=found.gain.interval.low,
            high=found.gain.interval.high,
            shown=str(source.signed("gain.estimate")),
            role="trained",
            emphasis=True,
        ),
        axis=source.words.text("axis.gain"),
    )
    return Plot(
        id="kind",
        title=title,
        alt=str(
            say("kind.alt", **{name: str(source.gain(f"attribution.{name}")) for name in PARTS})
        ),
        drawing=drawing,
        aid=say("kind.aid"),
        how=source.words.text("kind.how"),
        grid=_parts_grid(source),
        open_grid=True,
    )


def _part_dot(source: Source, name: str) -> Dot:
    part = source.value(f"attribution.{name}")
    return Dot(
        label=source.words.text(f"kind.{name}"),
        at=part.gain,
        low=part.interval.low,
        high=part.interval.high,
        shown=str(source.signed(f"attribution.{name}.gain")),
        role="gain" if part.gain >= 0 else "loss",
    )


def _parts_grid(source: Source) -> Grid:
    say = source.words.say
    rows = [
        Row(
            cells=(
                say(f"kind.{name}_row"),
                Phrase((source.count(f"attribution.{name}.gains"),)),
                Phrase((source.count(f"attribution.{name}.losses"),)),
                source.gain(f"attribution.{name}"),
            )
        )
        for name in PARTS
    ]
    rows.append(
        Row(
            cells=(
                say("gain"),
                Phrase((source.count("table.gains"),)),
                Phrase((source.count("table.losses"),)),
                say(
                    "with_interval",
                    estimate=source.signed("gain.estimate"),
                    interval=source.span("gain.interval"),
                ),
            ),
            role="total",
        )
    )
    return Grid(
        id="kind-data",
        caption=say("kind.caption"),
        columns=source.words.texts("kind.columns"),
        rows=tuple(rows),
        note=_without_finished(source),
    )


def _without_finished(source: Source) -> Phrase:
    attribution = source.comparison.attribution
    if attribution is None or attribution.without_finished is None:
        return Phrase()
    if attribution.without_finished_exact is None:
        return source.words.say("kind.without", without=source.gain("attribution.without_finished"))
    return source.words.say(
        "kind.without_exact",
        without=source.gain("attribution.without_finished"),
        exact=source.pvalue("attribution.without_finished_exact"),
    )


def _graders(source: Source) -> Grid:
    say = source.words.say
    rows = tuple(
        Row(
            cells=(
                say("graders.row", name=one_line(name), version=one_line(row.version)),
                Phrase((source.percent(f"graders.{name}.base"),)),
                Phrase((source.percent(f"graders.{name}.trained"),)),
                source.gain(f"graders.{name}"),
                Phrase((source.count(f"graders.{name}.table.gains"),)),
                Phrase((source.count(f"graders.{name}.table.losses"),)),
                source.pcell(f"graders.{name}.exact"),
            )
        )
        for name, row in sorted(source.comparison.graders.items(), key=_strict_first)
        if "." not in name
    )
    return Grid(
        id="graders",
        caption=say("graders.caption"),
        columns=source.words.texts("graders.columns"),
        rows=rows,
        note=say("graders.note"),
    )


def _strict_first(item: tuple[str, object]) -> tuple[bool, str]:
    return item[0] != "strict", item[0]


def _flow(source: Source) -> Plot | Text:
    found, say = source.comparison, source.words.say
    if found.base.truncated is None or found.trained.truncated is None:
        return Text(phrase=say("flow.missing"), role="missing")
    stages = [_stage(source, side) for side in SIDES]
    texts = source.words.texts("flow.stages")
    lost = max(("finished", "answered"), key=lambda name: abs(_lost_difference(found, name)))
    title = say(
        f"flow.title_{lost}",
        base=count(int(stages[0][1 if lost == "finished" else 2].value)),
        trained=count(int(stages[1][1 if lost == "finished" else 2].value)),
        n=source.count("base.n"),
    )
    return Plot(
        id="flow",
        title=title,
        alt=str(title),
        drawing=FlowDrawing(
            stages=texts,
            base=tuple((number.value / found.base.n, str(number)) for number in stages[0]),
            trained=tuple((number.value / found.trained.n, str(number)) for number in stages[1]),
            names=(source.words.text("base"), source.words.text("trained")),
        ),
        aid=say("flow.aid"),
        how=source.words.text("flow.how"),
        grid=_flow_grid(source, stages, texts),
    )


def _lost_difference(found: Comparison, stage: str) -> int:
    if stage == "finished":
        return (found.base.truncated or 0) - (found.trained.truncated or 0)
    return found.base.no_answer - found.trained.no_answer


def _stage(source: Source, side: str) -> tuple[Number, Number, Number, Number]:
    found = source.value(side)
    return (
        source.count(f"{side}.n"),
        count(found.n - (found.truncated or 0)),
        count(found.n - found.no_answer),
        source.count(f"{side}.correct"),
    )


def _flow_grid(
    source: Source, stages: list[tuple[Number, Number, Number, Number]], texts: tuple[str, ...]
) -> Grid:
    say = source.words.say
    rows = [
        Row(cells=(Phrase((text,)), *(_with_share(source, side, at) for side in stages)))
        for at, text in enumerate(texts)
    ]
    rows.append(
        Row(
            cells=(
                say("flow.right_although"),
                *(Phrase((source.count(f"{side}.right_although_truncated"),)) for side in SIDES),
            )
        )
    )
    return Grid(
        id="flow-data",
        caption=say("flow.caption"),
        columns=("", *map(source.words.text, SIDES)),
        rows=tuple(rows),
    )


def _with_share(source: Source, side: tuple[Number, ...], at: int) -> Phrase:
    return source.words.say(
        "with_share", count=side[at], share=share(side[at].value / side[0].value)
    )

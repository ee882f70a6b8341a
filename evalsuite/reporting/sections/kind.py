"""Kind of the gain: its parts, both graders, and where answers were lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import (
    Block,
    Dot,
    FlowDrawing,
    Grid,
    Plot,
    Row,
    Section,
    Text,
    WaterfallDrawing,
)
from evalsuite.reporting.drawing.forests import dot
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import Source, count, share
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.reporting.page import Page

__all__ = ["kind"]

SIDES = ("base", "trained")
PARTS = ("finished", "formatted", "reasoned")


def kind(page: Page) -> Section | None:
    """Show what the gain is made of, with both graders, and where answers were lost."""
    source = page.alone
    if source is None:
        return None
    blocks: list[Block] = []
    if source.comparison.attribution is None:
        blocks.append(Text(phrase=source.words.say("kind.missing"), role="missing"))
    else:
        blocks.append(_waterfall(source))
    blocks.append(_graders(source))
    blocks.append(_flow(source))
    return Section(id="kind", title=source.words.text("kind.section"), blocks=tuple(blocks))


def _waterfall(source: Source) -> Plot:
    say = source.words.say
    shares = {name: source.value(f"attribution.{name}.gain") for name in PARTS}
    largest = max(PARTS, key=lambda name: abs(shares[name]))
    title = say(
        f"kind.title_{largest}" if shares[largest] else "kind.title_none",
        part=source.signed(f"attribution.{largest}.gain"),
        gain=source.signed("gain.estimate"),
    )
    return Plot(
        id="kind",
        title=title,
        alt=str(
            say("kind.alt", **{name: str(source.gain(f"attribution.{name}")) for name in PARTS})
        ),
        drawing=_waterfall_drawing(source),
        aid=say("kind.aid"),
        how=str(say("kind.how", level=source.level("gain.confidence_level"))),
        grid=_parts_grid(source),
        open_grid=True,
    )


def _waterfall_drawing(source: Source) -> WaterfallDrawing:
    gain = source.comparison.gain
    return WaterfallDrawing(
        parts=tuple(_part_dot(source, name) for name in PARTS),
        total=dot(
            gain.estimate,
            gain.interval,
            label=source.words.text("gain"),
            shown=source.signed("gain.estimate"),
            is_whole=True,
        ),
        axis=source.words.text("axis.gain"),
    )


def _part_dot(source: Source, name: str) -> Dot:
    part = source.value(f"attribution.{name}")
    return dot(
        part.gain,
        part.interval,
        label=source.words.text(f"kind.{name}"),
        shown=source.signed(f"attribution.{name}.gain"),
        role="gain" if part.gain >= 0 else "loss",
    )


def _parts_grid(source: Source) -> Grid:
    say = source.words.say
    rows = [
        Row(
            cells=(
                say(f"kind.{name}_row"),
                just(source.count(f"attribution.{name}.gains")),
                just(source.count(f"attribution.{name}.losses")),
                source.gain(f"attribution.{name}"),
            )
        )
        for name in PARTS
    ]
    rows.append(
        Row(
            cells=(
                say("gain"),
                just(source.count("table.gains")),
                just(source.count("table.losses")),
                source.headline_gain(),
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
    say, decides = source.words.say, source.comparison.decides
    rows = tuple(
        Row(
            cells=(
                say("graders.row", name=one_line(name), version=one_line(row.version)),
                just(source.percent(f"graders.{name}.base")),
                just(source.percent(f"graders.{name}.trained")),
                source.gain(f"graders.{name}"),
                just(source.count(f"graders.{name}.table.gains")),
                just(source.count(f"graders.{name}.table.losses")),
                source.pcell(f"graders.{name}.exact"),
            )
        )
        for name, row in sorted(
            source.comparison.graders.items(), key=lambda item: (item[0] != decides, item[0])
        )
        if "." not in name
    )
    return Grid(
        id="graders",
        caption=say("graders.caption"),
        columns=source.words.texts("graders.columns"),
        rows=rows,
        note=say("graders.note")
        if decides == "strict"
        else say("graders.note_logged", grader=one_line(decides)),
    )


def _flow(source: Source) -> Plot | Text:
    comparison, say = source.comparison, source.words.say
    if comparison.base.truncated is None or comparison.trained.truncated is None:
        return Text(phrase=say("flow.missing"), role="missing")
    if comparison.base.no_answer is None or comparison.trained.no_answer is None:
        return Text(phrase=say("flow.unread"), role="missing")
    stages = [_stage(source, side) for side in SIDES]
    texts = source.words.texts("flow.stages")
    lost = max(("finished", "answered"), key=lambda name: abs(_lost_difference(comparison, name)))
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
            base=tuple((number.value / comparison.base.n, str(number)) for number in stages[0]),
            trained=tuple(
                (number.value / comparison.trained.n, str(number)) for number in stages[1]
            ),
            names=(source.words.text("base"), source.words.text("trained")),
        ),
        aid=say("flow.aid"),
        how=source.words.text("flow.how"),
        grid=_flow_grid(source, stages, texts),
    )


def _lost_difference(comparison: Comparison, stage: str) -> int:
    if stage == "finished":
        return (comparison.base.truncated or 0) - (comparison.trained.truncated or 0)
    return (comparison.base.no_answer or 0) - (comparison.trained.no_answer or 0)


def _stage(source: Source, side: str) -> tuple[Number, Number, Number, Number]:
    rates = source.value(side)
    return (
        source.count(f"{side}.n"),
        count(rates.n - (rates.truncated or 0)),
        count(rates.n - (rates.no_answer or 0)),
        source.count(f"{side}.correct"),
    )


def _flow_grid(
    source: Source, stages: list[tuple[Number, Number, Number, Number]], texts: tuple[str, ...]
) -> Grid:
    say = source.words.say
    rows = [
        Row(cells=(just(text), *(_with_share(source, side, at) for side in stages)))
        for at, text in enumerate(texts)
    ]
    rows.append(
        Row(
            cells=(
                say("flow.right_although"),
                *(just(source.count(f"{side}.right_although_truncated")) for side in SIDES),
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

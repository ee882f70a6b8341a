"""Estimate: both accuracies and their difference, each with its interval, and the noise floor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.blocks import (
    Block,
    Dot,
    EstimateDrawing,
    Grid,
    Plot,
    Row,
    Section,
    Text,
)
from evalsuite.reporting.drawing.forests import dot, margin_band
from evalsuite.reporting.opening.noise_floor import noise_grid
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import NONE, Source, points
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page

__all__ = ["estimate"]


def estimate(page: Page) -> Section | None:
    """Show both accuracies and their difference, each with its interval, and the noise floor."""
    source = page.alone
    if source is None:
        return None
    say, margin = source.words.say, source.policy.margin
    level = source.level("gain.confidence_level")
    title = say(
        "estimate.title",
        base=source.percent("base.accuracy"),
        trained=source.percent("trained.accuracy"),
        gain=source.signed("gain.estimate"),
    )
    plot = Plot(
        id="estimate",
        title=title,
        alt=str(
            say("estimate.alt", title=title, level=level, interval=source.span("gain.interval"))
        ),
        drawing=_drawing(source),
        aid=say("estimate.aid", margin=points(margin)),
        how=str(say("estimate.how", level=level)),
        grid=_estimate_grid(source),
        open_grid=True,
    )
    noise = noise_grid(page)
    blocks: list[Block] = [plot, *([] if noise is None else [noise])]
    if source.comparison.verdict is not None and source.comparison.verdict.margin is not None:
        blocks.append(Text(phrase=_not_worse(source), role="note"))
    return Section(id="estimate", title=source.words.text("estimate.section"), blocks=tuple(blocks))


def _not_worse(source: Source) -> Phrase:
    """Say whether trained is shown not to be worse than base by the margin."""
    is_shown = source.value("verdict.margin.is_non_inferior")
    return source.words.say(
        "estimate.not_worse" if is_shown else "estimate.perhaps_worse",
        margin=points(source.policy.margin),
        low=source.points("verdict.margin.low"),
        alpha=f"{source.policy.alpha:g}",
    )


def _drawing(source: Source) -> EstimateDrawing:
    text, gain = source.words.text, source.comparison.gain
    return EstimateDrawing(
        rates=(_rate_dot(source, "base"), _rate_dot(source, "trained")),
        gain=dot(
            gain.estimate,
            gain.interval,
            label=text("gain"),
            shown=source.headline_gain(),
        ),
        band=margin_band(source.words, source.policy.margin),
        rate_axis=text("axis.accuracy"),
        gain_axis=text("axis.gain"),
    )


def _rate_dot(source: Source, side: Literal["base", "trained"]) -> Dot:
    return dot(
        source.value(f"{side}.accuracy"),
        source.value(f"{side}.interval"),
        label=source.words.model(side),
        shown=source.percent(f"{side}.accuracy"),
        role=side,
    )


def _estimate_grid(source: Source) -> Grid:
    say = source.words.say
    rows = [
        Row(
            cells=(
                say(f"named_{side}", name=one_line(source.value(f"{side}.name"))),
                NONE
                if source.is_scored
                else say(
                    "of", part=source.count(f"{side}.correct"), whole=source.count(f"{side}.n")
                ),
                just(source.percent(f"{side}.interval.low")),
                just(source.percent(f"{side}.accuracy")),
                just(source.percent(f"{side}.interval.high")),
            )
        )
        for side in SIDES
    ]
    rows.append(
        Row(
            cells=(
                say("gain_points"),
                Phrase(),
                just(source.signed("gain.interval.low")),
                just(source.signed("gain.estimate")),
                just(source.signed("gain.interval.high")),
            ),
            role="headline",
        )
    )
    return Grid(
        id="estimate-data",
        caption=say("estimate.caption", level=source.level("gain.confidence_level")),
        columns=source.words.texts(
            "estimate.columns_sampled" if source.is_sampled else "estimate.columns"
        ),
        rows=tuple(rows),
        note=say(
            source.worded("estimate.note_sampled", "estimate.note_sampled_scored")
            if source.comparison.gain.clusters
            else "estimate.note",
            method=source.method(),
        ),
    )

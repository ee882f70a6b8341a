"""Estimate: both accuracies and their difference, each with its interval, and the noise floor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Band, Dot, EstimateDrawing, Grid, Plot, Row, Section
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.sections.noise_floor import noise_grid
from evalsuite.reporting.source import Source, points
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page

__all__ = ["estimate"]

SIDES = ("base", "trained")


def estimate(page: Page) -> Section | None:
    """Show both accuracies and their difference, each with its interval, and the noise floor."""
    source = page.alone
    if source is None:
        return None
    say, found = source.words.say, source.comparison
    margin = source.policy.margin
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
    noise = noise_grid(page)
    blocks = (plot,) if noise is None else (plot, noise)
    return Section(id="estimate", title=source.words.text("estimate.section"), blocks=blocks)


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
        columns=source.words.texts("estimate.columns"),
        rows=tuple(rows),
        note=say("estimate.note", method=source.method()),
    )

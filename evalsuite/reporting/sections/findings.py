"""What was found: the estimate, and the questions that changed."""

from __future__ import annotations

from evalsuite.reporting.blocks import (
    Band,
    Dot,
    EstimateDrawing,
    Grid,
    Plot,
    Row,
    Section,
    SplitDrawing,
    Text,
)
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.sections.noise_floor import noise_grid
from evalsuite.reporting.source import Source, count, points
from evalsuite.reporting.wording import Number, Phrase, just

__all__ = ["changed", "estimate"]

SIDES = ("base", "trained")


def estimate(source: Source) -> Section:
    """Show both accuracies and their difference, each with its interval, and the noise floor.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
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
    noise = noise_grid(source)
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
    return Section(
        id="changed",
        title=source.words.text("changed.section"),
        blocks=(plot, Text(phrase=_tests(source), role="note")),
    )


def _tests(source: Source) -> Phrase:
    exact = source.pvalue("mcnemar.exact")
    if source.is_sampled:
        return source.words.say("changed.tests_sampled", exact=exact)
    if source.is_early:
        return source.words.say(
            "changed.tests_early",
            exact=exact,
            n=source.questions(),
            planned=source.count("stopped_early.n_planned"),
            saved=source.count("stopped_early.saved_answers"),
        )
    return source.words.say(
        "changed.tests",
        exact=exact,
        mid_p=source.pvalue("mcnemar.mid_p"),
        discordant=count(source.comparison.table.discordant),
    )


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
                just(count(table.both + table.gains)),
                just(count(table.losses + table.neither)),
                just(count(table.n)),
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
    return Row(cells=(name, just(right), just(wrong), just(total)))

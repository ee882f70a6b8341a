"""Forest of subsets beside the whole, and the gain's interval by every method."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Block, Dot, ForestDrawing, Grid, Plot, Row, Section, Text
from evalsuite.reporting.drawing.forests import dot, forest_drawing
from evalsuite.reporting.source import Source, count
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.page import Page

__all__ = ["forest", "subset_grid"]

METHODS = ("tango", "newcombe", "bonett_price", "fay_lumbard", "wald", "bootstrap")


def forest(page: Page) -> Section | None:
    """Show every seeded subset beside the headline set, and the interval by every method."""
    source = page.alone
    if source is None:
        return None
    blocks: list[Block] = []
    if source.comparison.subsets:
        blocks.append(_forest_plot(source))
    else:
        blocks.append(Text(phrase=source.words.say("forest.missing"), role="missing"))
    blocks.append(_methods_grid(source))
    return Section(id="forest", title=source.words.text("forest.section"), blocks=tuple(blocks))


def subset_grid(source: Source) -> Grid:
    """Tabulate the subsets and the headline set."""
    say = source.words.say
    rows = [_subset_row(source, i) for i in range(len(source.comparison.subsets))]
    rows.append(
        Row(
            cells=(
                _headline_name(source),
                just(source.questions()),
                just(source.percent("base.accuracy")),
                just(source.percent("trained.accuracy")),
                *map(just, source.moved("gain.clusters", "table")),
                source.headline_gain(),
                source.pcell("mcnemar.exact"),
            ),
            role="headline",
        )
    )
    return Grid(
        id="forest-data",
        caption=say("forest.caption"),
        columns=source.columns("forest.columns", "forest.columns_questions"),
        rows=tuple(rows),
        dispensable=(7, 1, 4, 5, 2, 3),
        note=_subsets_note(source),
    )


def _subsets_note(source: Source) -> Phrase:
    level = source.level("gain.confidence_level")
    note = source.words.say("forest.note", method=source.method(), level=level)
    return source.words.say("unadjusted.subsets", note=note) if source.is_early else note


def _headline_name(source: Source) -> Phrase:
    return source.words.say(f"set.{source.comparison.headline_set}")


def _subset_row(source: Source, i: int) -> Row:
    key = f"subsets.{i}"
    return Row(
        cells=(
            source.words.say("forest.seed", seed=source.count(f"{key}.seed")),
            just(source.count(f"{key}.n")),
            *source.cells(key),
        )
    )


def _forest_plot(source: Source) -> Plot:
    say = source.words.say
    gains = [row.gain for row in source.comparison.subsets]
    lowest, highest = gains.index(min(gains)), gains.index(max(gains))
    title = say(
        "forest.title_alike" if min(gains) == max(gains) else "forest.title",
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
        how=str(say("forest.how", level=source.level("gain.confidence_level"))),
        grid=subset_grid(source),
    )


def _forest_drawing(source: Source) -> ForestDrawing:
    by_question = source.comparison.gain.clusters is not None
    headings = "forest.headings_questions" if by_question else "forest.headings"
    return forest_drawing(source.words, source.policy.margin, _dots(source), headings=headings)


def _dots(source: Source) -> Iterator[Dot]:
    """Draw every subset, then the whole that they are drawn from."""
    comparison = source.comparison
    for i, row in enumerate(comparison.subsets):
        yield dot(
            row.gain,
            row.interval,
            label=source.words.say("forest.seed", seed=count(row.seed)),
            shown=source.gain(f"subsets.{i}"),
            role="quiet",
            aside=(str(count(row.n)), _moved(source, f"subsets.{i}.clusters", f"subsets.{i}")),
        )
    gain = comparison.gain
    yield dot(
        gain.estimate,
        gain.interval,
        label=_headline_name(source),
        shown=source.headline_gain(),
        is_whole=True,
        aside=(str(source.questions()), _moved(source, "gain.clusters", "table")),
    )


def _moved(source: Source, clusters: str, counts: str) -> str:
    return " / ".join(map(str, source.moved(clusters, counts)))


def _methods_grid(source: Source) -> Grid:
    say = source.words.say
    rows = tuple(_method_row(source, name) for name in METHODS)
    if source.has_means:
        rows = _clustered_rows(source)
    return Grid(
        id="methods-data",
        caption=say("intervals.caption", level=source.level("gain.confidence_level")),
        columns=source.words.texts("intervals.columns"),
        rows=rows,
        textual=(3,),
        note=say("intervals.note"),
    )


def _clustered_rows(source: Source) -> tuple[Row, ...]:
    """Several answers a question leave two methods: both treat a question as one."""
    say = source.words.say
    ends = [
        (Phrase(), Phrase())
        if source.value(key) is None
        else (
            just(source.signed(f"{key}.low", digits=2)),
            just(source.signed(f"{key}.high", digits=2)),
        )
        for key in ("gain.interval", "intervals.bootstrap")
    ]
    # a file from before the interval was widened holds the plain one
    name = "cluster_plain" if source.comparison.gain.clusters is None else "cluster"
    return (
        Row(cells=(say(f"intervals.{name}"), *ends[0], say(_why(source, name)))),
        Row(cells=(say("intervals.bootstrap"), *ends[1], say("intervals.resampled_why"))),
    )


def _why(source: Source, name: str) -> str:
    return source.worded(f"intervals.{name}_why", "intervals.cluster_why_scored")


def _method_key(source: Source, name: str) -> str:
    """Name a method; after looks the headline's interval is none of these."""
    is_beside = name == "tango" and source.comparison.gain.method != "tango"
    return "intervals.tango_beside" if is_beside else f"intervals.{name}"


def _method_row(source: Source, name: str) -> Row:
    words = source.words
    if source.value(f"intervals.{name}") is None:
        ends = (just("–"), just("–"))
    else:
        ends = (
            just(source.signed(f"intervals.{name}.low", digits=2)),
            just(source.signed(f"intervals.{name}.high", digits=2)),
        )
    return Row(
        cells=(
            words.say(_method_key(source, name)),
            *ends,
            words.say(f"intervals.{name}_why"),
        )
    )

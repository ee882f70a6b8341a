"""Suite: the gains of one pair on several tasks, with their plain mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Dot, ForestDrawing, Grid, Plot, Row, Section
from evalsuite.reporting.drawing.forests import dot, fitted, forest_drawing
from evalsuite.reporting.opening.first_lines import decision_word
from evalsuite.reporting.source import NONE, Source, count, points
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.page import Page

__all__ = ["suite", "suite_grid"]

ADJUSTED = "verdict.policy.adjusted_pvalue"
MEAN = "suite.mean"


def suite(page: Page) -> Section | None:
    """Draw the gain on every task over their mean, with the table behind it."""
    record = page.suite
    if record is None:
        return None
    say, level = page.words.say, page.level("suite.confidence_level")
    ranked = sorted(page.parts, key=lambda part: part.comparison.gain.estimate)
    low, high = (part.signed("gain.estimate") for part in (ranked[0], ranked[-1]))
    mean, n = page.signed(f"{MEAN}.gain"), count(len(page.parts))
    title = say("suite.found", low=low, high=high, mean=mean, n=n)
    plot = Plot(
        id="suite",
        title=title,
        alt=str(say("suite.alt", title=title, level=level)),
        drawing=_drawing(page),
        aid=say("suite.aid", margin=points(page.policy.margin)),
        how=str(say("suite.how", level=level)),
        grid=suite_grid(page),
        open_grid=True,
    )
    return Section(id="suite", title=page.words.text("suite.section"), blocks=(plot,))


def _drawing(page: Page) -> ForestDrawing:
    dots = (*map(_dot, page.parts), *_mean_dot(page))
    return forest_drawing(page.words, page.policy.margin, dots, headings="suite.headings")


def _dot(source: Source) -> Dot:
    gain = source.comparison.gain
    return dot(
        gain.estimate,
        gain.interval,
        label=fitted(source.label),
        shown=source.headline_gain(),
        aside=(str(source.questions()), str(_adjusted(source))),
    )


def _mean_dot(page: Page) -> Iterator[Dot]:
    mean = page.value(MEAN)
    yield dot(
        mean.gain,
        mean.interval,
        label=page.words.say("suite.mean", n=count(len(page.parts))),
        shown=page.gain(MEAN),
        is_whole=True,
        aside=(str(page.count("suite.n_questions")), str(page.pcell(f"{MEAN}.adjusted"))),
    )


def _adjusted(source: Source) -> Phrase:
    return source.pcell(ADJUSTED) if source.comparison.verdict else NONE


def suite_grid(page: Page) -> Grid:
    """Tabulate every task with its own verdict, then their mean."""
    freedom, equal = f"{MEAN}.degrees_of_freedom", "suite.heterogeneity"
    return Grid(
        id="suite-data",
        caption=page.words.say("suite.caption"),
        columns=page.words.texts("suite.columns"),
        rows=(*map(_row, page.parts), _mean_row(page)),
        textual=(9,),
        dispensable=(4, 5, 7, 2, 3, 1),
        note=page.words.say(
            "suite.note",
            family=count(page.policy.family),
            freedom=_rounded(page, freedom),
            statistic=_rounded(page, f"{equal}.statistic", digits=2),
            numerator=page.count(f"{equal}.numerator"),
            denominator=_rounded(page, f"{equal}.denominator"),
            p=page.pvalue(f"{equal}.pvalue"),
        ),
    )


def _row(source: Source) -> Row:
    return Row(
        cells=(
            source.link,
            just(source.questions()),
            just(source.percent("base.accuracy")),
            just(source.percent("trained.accuracy")),
            *map(just, reversed(source.moved("gain.clusters", "table"))),
            source.headline_gain(),
            source.pcell("mcnemar.exact"),
            _adjusted(source),
            just(decision_word(source.comparison.verdict, source.words)),
        )
    )


def _mean_row(page: Page) -> Row:
    return Row(
        cells=(
            page.words.say("suite.mean", n=count(len(page.parts))),
            just(page.count("suite.n_questions")),
            *(Phrase(),) * 4,
            page.gain(MEAN),
            page.pcell(f"{MEAN}.exact"),
            page.pcell(f"{MEAN}.adjusted"),
            just(page.words.text(f"decision.{page.value(f'{MEAN}.decision') or 'none'}")),
        ),
        role="headline",
    )


def _rounded(page: Page, key: str, *, digits: int = 0) -> Number:
    value = page.value(key)
    return Number(shown=f"{value:,.{digits}f}", value=value, key=key)

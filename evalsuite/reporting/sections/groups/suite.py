"""Suite: the gains of one pair on several tasks, with their plain mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Dot, Grid, Plot, Row, Section
from evalsuite.reporting.drawing.forests import dot, forest_drawing
from evalsuite.reporting.opening.first_lines import decision_word
from evalsuite.reporting.sections.groups.models import extremes, gain_dot
from evalsuite.reporting.source import Source, count, points
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page

__all__ = ["suite", "suite_grid"]

MEAN = "suite.mean"


def suite(page: Page) -> Section | None:
    """Draw the gain on every task over their mean, with the table behind it."""
    if page.suite is None:
        return None
    say, level = page.words.say, page.level("suite.confidence_level")
    low, high = extremes(page)
    mean, n = page.signed(f"{MEAN}.gain"), count(len(page.parts))
    title = say("suite.found", low=low, high=high, mean=mean, n=n)
    parts = (gain_dot(part, part.label, str(part.questions())) for part in page.parts)
    dots = (*parts, _mean_dot(page))
    plot = Plot(
        id="suite",
        title=title,
        alt=str(say("suite.alt", title=title, level=level)),
        drawing=forest_drawing(page.words, page.policy.margin, dots, headings="suite.headings"),
        aid=say("suite.aid", margin=points(page.policy.margin)),
        how=str(say("suite.how", level=level)),
        grid=suite_grid(page),
        open_grid=True,
    )
    return Section(id="suite", title=page.words.text("suite.section"), blocks=(plot,))


def _mean_dot(page: Page) -> Dot:
    mean = page.value(MEAN)
    return dot(
        mean.gain,
        mean.interval,
        label=page.words.say("suite.mean", n=count(len(page.parts))),
        shown=page.gain(MEAN),
        is_whole=True,
        aside=(str(page.count("suite.n_questions")), str(page.pcell(f"{MEAN}.adjusted"))),
    )


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
        tells_tests=True,
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
            source.adjusted(),
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

"""Models: the gains of several trained models over one base, side by side.

Rows stand in the order in which the models were named, never in order of success.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Dot, ForestDrawing, Grid, Plot, Row, Section
from evalsuite.reporting.drawing.forests import dot, fitted, forest_drawing
from evalsuite.reporting.opening.first_lines import decision_word
from evalsuite.reporting.source import NONE, Source, count, points
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page

__all__ = ["models", "models_grid"]

ADJUSTED = "verdict.policy.adjusted_pvalue"


def models(page: Page) -> Section | None:
    """Draw every model's gain over base, with the table behind it."""
    others = (page.alone, page.recipe, page.curve, page.suite)
    if any(other is not None for other in others):
        return None
    first, say = page.first, page.words.say
    ranked = sorted(page.parts, key=lambda part: part.comparison.gain.estimate)
    low, high = (part.signed("gain.estimate") for part in (ranked[0], ranked[-1]))
    title = say("models.found", low=low, high=high)
    level = first.level("gain.confidence_level")
    plot = Plot(
        id="models",
        title=title,
        alt=str(say("models.alt", title=title, level=level)),
        drawing=_drawing(page),
        aid=say("models.aid", margin=points(page.policy.margin)),
        how=str(say("models.how", level=level)),
        grid=models_grid(page),
        open_grid=True,
    )
    return Section(id="models", title=page.words.text("models.section"), blocks=(plot,))


def _drawing(page: Page) -> ForestDrawing:
    dots = map(_dot, page.parts)
    return forest_drawing(page.words, page.policy.margin, dots, headings="models.headings")


def _dot(source: Source) -> Dot:
    gain = source.comparison.gain
    return dot(
        gain.estimate,
        gain.interval,
        label=fitted(source.comparison.trained.name),
        shown=source.headline_gain(),
        aside=("", str(_adjusted(source))),
    )


def _adjusted(source: Source) -> Phrase:
    return source.pcell(ADJUSTED) if source.comparison.verdict else NONE


def models_grid(page: Page) -> Grid:
    """Tabulate every model's gain with its own verdict."""
    first = page.first
    return Grid(
        id="models-data",
        caption=page.words.say("models.caption"),
        columns=first.columns("models.columns", "models.columns_questions"),
        rows=tuple(map(_row, page.parts)),
        textual=(7, 8),
        dispensable=(8, 5, 1, 3, 2),
        note=page.words.say(
            "models.note",
            base=first.percent("base.accuracy"),
            interval=first.rates("base.interval"),
            family=count(page.policy.family),
        ),
    )


def _row(source: Source) -> Row:
    verdict, words = source.comparison.verdict, source.words
    names = [
        words.text(f"qualifier_name.{code}") for code in (verdict.qualifiers if verdict else ())
    ]
    return Row(
        cells=(
            source.link,
            just(source.percent("trained.accuracy")),
            *map(just, reversed(source.moved("gain.clusters", "table"))),
            source.headline_gain(),
            source.pcell("mcnemar.exact"),
            _adjusted(source),
            just(decision_word(verdict, words)),
            just(words.text("and").join(names) or words.text("models.no_doubt")),
        )
    )

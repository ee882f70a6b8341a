"""Models: the gains of several trained models over one base, side by side.

Rows stand in the order in which the models were named, never in order of success.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Dot, Grid, Plot, Row, Section
from evalsuite.reporting.drawing.forests import dot, fitted, forest_drawing
from evalsuite.reporting.opening.first_lines import decision_word
from evalsuite.reporting.source import Source, count, points
from evalsuite.reporting.wording import just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.wording import Number

__all__ = ["extremes", "gain_dot", "models", "models_grid"]


def models(page: Page) -> Section | None:
    """Draw every model's gain over base, with the table behind it."""
    others = (page.alone, page.recipe, page.curve, page.suite)
    if any(other is not None for other in others):
        return None
    say, level = page.words.say, page.first.level("gain.confidence_level")
    low, high = extremes(page)
    title = say("models.found", low=low, high=high)
    dots = [gain_dot(part, part.comparison.trained.name) for part in page.parts]
    plot = Plot(
        id="models",
        title=title,
        alt=str(say("models.alt", title=title, level=level)),
        drawing=forest_drawing(page.words, page.policy.margin, dots, headings="models.headings"),
        aid=say("models.aid", margin=points(page.policy.margin)),
        how=str(say("models.how", level=level)),
        grid=models_grid(page),
        open_grid=True,
    )
    return Section(id="models", title=page.words.text("models.section"), blocks=(plot,))


def extremes(page: Page) -> tuple[Number, Number]:
    """Give the smallest and the largest gain."""
    ranked = sorted(page.parts, key=lambda part: part.comparison.gain.estimate)
    return ranked[0].signed("gain.estimate"), ranked[-1].signed("gain.estimate")


def gain_dot(source: Source, name: str, aside: str = "") -> Dot:
    """Draw a part's gain, with its adjusted p-value beside it."""
    gain = source.comparison.gain
    return dot(
        gain.estimate,
        gain.interval,
        label=fitted(name),
        shown=source.headline_gain(),
        aside=(aside, str(source.adjusted())),
    )


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
            source.adjusted(),
            just(decision_word(verdict, words)),
            just(words.text("and").join(names) or words.text("models.no_doubt")),
        )
    )

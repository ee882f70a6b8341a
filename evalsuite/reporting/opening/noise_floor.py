"""Noise floor beside the gain: base against itself, in a row and in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Grid, Row
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source

__all__ = ["noise_grid"]


def noise_grid(page: Page) -> Grid | None:
    """Set base against itself beside base against trained; the note says it in one sentence.

    None where base was not asked again, and for a recipe, whose seeds may have bases of their own.
    """
    if page.recipe is not None or page.first.comparison.noise_floor is None:
        return None
    return Grid(
        id="noise",
        caption=page.words.say("noise.caption"),
        columns=page.words.texts("noise.columns"),
        rows=(*map(_trained_row, page.parts), _floor_row(page.first)),
        dispensable=(1, 5),
        note=_sentence(page.first),
    )


def _trained_row(source: Source) -> Row:
    return Row(
        cells=(
            source.words.say("noise.trained", name=one_line(source.comparison.trained.name)),
            just("–"),
            *map(just, source.moved("gain.clusters", "table")),
            source.headline_gain(),
            source.pcell("mcnemar.exact"),
        ),
        role="headline",
    )


def _floor_row(source: Source) -> Row:
    return Row(
        cells=(
            source.words.say("noise.again"),
            just(source.count("noise_floor.differing_answers")),
            just(source.count("noise_floor.gains")),
            just(source.count("noise_floor.losses")),
            source.gain("noise_floor"),
            source.pcell("noise_floor.exact"),
        )
    )


def _sentence(source: Source) -> Phrase:
    floor = source.comparison.noise_floor
    values = {
        name: source.count(f"noise_floor.{name}")
        for name in ("n", "differing_answers", "gains", "losses")
    }
    if floor is None or None in floor.batch_sizes or len(set(floor.batch_sizes)) == 1:
        return source.words.say("noise.reversed", **values)
    return source.words.say(
        "noise.batched",
        first=source.count("noise_floor.batch_sizes.0"),
        again=source.count("noise_floor.batch_sizes.1"),
        **values,
    )

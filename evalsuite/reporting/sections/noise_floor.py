"""The noise floor beside the gain: base against itself, in a row and in one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Grid, Row
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.source import Source

__all__ = ["noise_grid"]


def noise_grid(source: Source, *others: Source) -> Grid | None:
    """Set base against itself beside base against trained.

    Parameters
    ----------
    source
        The comparison.
    *others
        Further trained models against the same base.

    Returns
    -------
    Grid or None
        Its note says it in one sentence; None where base was not asked again.
    """
    if source.comparison.noise_floor is None:
        return None
    return Grid(
        id="noise",
        caption=source.words.say("noise.caption"),
        columns=source.words.texts("noise.columns"),
        rows=(*map(_trained_row, (source, *others)), _floor_row(source)),
        dispensable=(1, 5),
        note=_sentence(source),
    )


def _trained_row(source: Source) -> Row:
    return Row(
        cells=(
            source.words.say("noise.trained", name=one_line(source.comparison.trained.name)),
            just("–"),
            just(source.count("table.gains")),
            just(source.count("table.losses")),
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

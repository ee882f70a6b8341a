"""Curve: the gain of every checkpoint with bands that hold at once, over the training log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Grid, Line, Panel, PanelsDrawing, Plot, Row, Section
from evalsuite.reporting.sections.training import smoothed
from evalsuite.reporting.source import NONE, count
from evalsuite.reporting.wording import Number, just

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.groups.curve import CurveComparison
    from evalsuite.reporting.page import Page

__all__ = ["curve", "curve_grid"]

LOGGED = (
    ("reward", "reward"),
    ("completions/mean_length", "length"),
    ("completions/clipped_ratio", "clipped"),
)
"""Metrics of the training log that stand under the gain, and our name for each."""
SHARES = {"completions/clipped_ratio"}


def curve(page: Page) -> Section | None:
    """Draw the gain over the steps, tied to reward, length and clipped share where a log tells."""
    record = page.curve
    if record is None:
        return None
    say, level = page.words.say, page.level("curve.confidence_level")
    panels = (_gain_panel(page, record), *_logged_panels(page, record))
    title = say("curve.found", n=count(len(record.curve.steps)), **_ends(page, record))
    plot = Plot(
        id="curve",
        title=title,
        alt=str(say("curve.alt", title=title, level=level)),
        drawing=PanelsDrawing(
            panels=panels, columns=1, axis=page.words.text("axis.step"), span=_span(panels)
        ),
        aid=say("curve.aid" if len(panels) > 1 else "curve.aid_alone", level=level),
        how=str(
            say("curve.how", n=count(record.curve.rewards_averaged), luck=page.points("curve.luck"))
        ),
        grid=curve_grid(page),
        open_grid=True,
    )
    return Section(id="curve", title=page.words.text("curve.section"), blocks=(plot,))


def _ends(page: Page, record: CurveComparison) -> dict[str, Number]:
    return {
        "first": page.signed("curve.steps.0.gain"),
        "last": page.signed(f"curve.steps.{len(record.curve.steps) - 1}.gain"),
        "best": page.signed(f"curve.steps.{record.curve.best}.gain"),
    }


def _gain_panel(page: Page, record: CurveComparison) -> Panel:
    rows, title = record.curve.steps, page.words.text("axis.gain")
    line = Line(
        label=title,
        x=tuple(float(row.step) for row in rows),
        y=tuple(row.gain for row in rows),
        low=tuple(row.interval.low for row in rows),
        high=tuple(row.interval.high for row in rows),
        role="text",
        dots=True,
    )
    return Panel(title=title, lines=(line,), floor=0)


def _logged_panels(page: Page, record: CurveComparison) -> Iterator[Panel]:
    for key, name in LOGGED if record.training else ():
        logged = tuple(
            (i, row["step"], row[key])
            for i, row in enumerate(record.training.steps if record.training else ())
            if "step" in row and key in row
        )
        if len(logged) > 1:
            title = page.words.text(f"training.{name}")
            lines = smoothed(title, logged)
            yield Panel(title=title, lines=lines, percent=key in SHARES, floor=0)


def _span(panels: tuple[Panel, ...]) -> tuple[float, float]:
    """Give all panels one stretch of steps: what stands above each other belongs together."""
    steps = [x for panel in panels for line in panel.lines for x in line.x]
    return min(steps), max(steps)


def curve_grid(page: Page) -> Grid:
    """Tabulate every checkpoint: gain with its band, tests, what is established, and the reward."""
    steps = len(page.parts)
    return Grid(
        id="curve-data",
        caption=page.words.say("curve.caption", n=count(steps)),
        columns=page.words.texts("curve.columns"),
        rows=tuple(_row(page, i) for i in range(steps)),
        textual=(1, 5),
        dispensable=(7, 1, 6, 2),
        note=page.words.say(
            "curve.note",
            base=page.first.percent("base.accuracy"),
            interval=page.first.rates("base.interval"),
            level=page.level("curve.confidence_level"),
        ),
    )


def _row(page: Page, i: int) -> Row:
    record, part, key = page.curve, page.parts[i], f"curve.steps.{i}"
    row = page.value(key)
    is_best = record is not None and i == record.curve.best
    return Row(
        cells=(
            just(page.count(f"{key}.step")),
            part.link,
            just(part.percent("trained.accuracy")),
            page.gain(key),
            page.pcell(f"{key}.adjusted"),
            just(page.words.text(f"decision.{row.decision or 'none'}")),
            NONE if row.reward is None else just(page.expected(f"{key}.reward", digits=3)),
            NONE if row.fall is None else page.gain(f"{key}.fall"),
        ),
        role="headline" if is_best else "",
    )

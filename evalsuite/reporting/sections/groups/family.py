"""Family: the comparisons that were declared together, as each one's own page shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Grid, Row, Section
from evalsuite.reporting.naming import task_label
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.wording import just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.source import Source

__all__ = ["family"]


def family(page: Page) -> Section | None:
    """Tabulate all comparisons that were declared together, itself included.

    None where a comparison stands alone.
    """
    source = page.alone
    listed = () if source is None else source.comparison.family
    if source is None or len(listed) < 2:
        return None
    is_by_task = listed[0].task is not None
    grid = Grid(
        id="family-data",
        caption=source.words.say("family.caption_tasks" if is_by_task else "family.caption"),
        columns=source.words.texts("family.columns_tasks")
        if is_by_task
        else source.columns("family.columns", "family.columns_questions"),
        rows=tuple(_row(source, i) for i in range(len(listed))),
        textual=(1,),
        note=source.words.say("family.note_tasks" if is_by_task else "family.note"),
    )
    return Section(id="family", title=source.words.text("family.section"), blocks=(grid,))


def _row(source: Source, i: int) -> Row:
    key = f"family.{i}"
    task, comparison = source.value(f"{key}.task"), source.comparison
    name = source.value(f"{key}.trained") if task is None else task
    own = comparison.trained.name if task is None else comparison.task
    return Row(
        cells=(
            just(one_line(name if task is None else task_label(task))),
            just(source.words.text(f"decision.{source.value(f'{key}.decision')}")),
            source.gain(key),
            source.pcell(f"{key}.exact"),
            source.pcell(f"{key}.adjusted"),
        ),
        role="headline" if name == own else "",
    )

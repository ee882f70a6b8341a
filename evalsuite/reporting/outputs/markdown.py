"""The report in short, as Markdown: for a pull request, a job summary or a notebook.

Names and details come from outside, so every character that Markdown, HTML or a code host gives
a meaning to is escaped: no link, image, mention or table cell can be made by a model.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Checks
from evalsuite.reporting.outputs.inert import one_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.blocks import Grid
    from evalsuite.reporting.view import ReportView
    from evalsuite.reporting.wording import Phrase

__all__ = ["escape_markdown", "grid_markdown", "render_markdown"]

MOST_ROWS = 60
"""Rows of a table; a pull-request comment holds 65,536 characters."""
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$^])")


def render_markdown(view: ReportView) -> str:
    """Write a report's summary."""
    return "\n".join(_lines(view)) + "\n"


def _lines(view: ReportView) -> Iterator[str]:
    yield f"## {escape_markdown(view.headline)}"
    yield ""
    if view.made_of is not None:
        yield escape_markdown(view.made_of.line)
        yield ""
    yield escape_markdown(str(view.summary))
    yield ""
    if view.history is not None:
        yield escape_markdown(str(view.history))
        yield ""
    for _, sentence in view.qualifiers:
        yield f"- {escape_markdown(str(sentence))}"
    yield from ([""] if view.qualifiers else [])
    yield from grid_markdown(view.subsets)
    yield ""
    yield escape_markdown(str(view.tests))
    yield ""
    if view.budgets is not None:
        yield from grid_markdown(view.budgets)
        yield ""
    if view.noise is not None:
        yield escape_markdown(str(view.noise.note))
        yield ""
        yield from grid_markdown(view.noise)
        yield ""
    for member in view.members:
        yield f"- **{escape_markdown(str(member.name))}** {escape_markdown(member.headline)}"
        if member.made_of is not None:
            yield f"  - {escape_markdown(member.made_of.line)}"
        for _, sentence in member.qualifiers:
            yield f"  - {escape_markdown(str(sentence))}"
    yield from ([""] if view.members else [])
    yield from _checks(view)
    yield f"<sub>{escape_markdown(view.title)} · {escape_markdown(str(view.stamp))}</sub>"


def _checks(view: ReportView) -> Iterator[str]:
    words = view.words
    counted = words.text("chips.between").join(str(sentence) for _, sentence in view.chips)
    yield escape_markdown(words.text("chips.lead") + counted)
    yield ""
    has_intro = False
    for section in view.sections:
        for block in section.blocks:
            if isinstance(block, Checks) and not block.folded:
                for item in block.items:
                    has_intro = True
                    detail = one_line(item.detail, longest=300)
                    line = str(words.say("chips.detail", title=item.title, detail=detail))
                    line += f" → {item.remedy}" if item.remedy else ""
                    yield f"- **{escape_markdown(item.code)}** {escape_markdown(line)}"
    yield from ([""] if has_intro else [])


def grid_markdown(grid: Grid) -> Iterator[str]:
    """Write a table as Markdown lines."""
    texts = {0, *grid.textual}
    yield _row([escape_markdown(heading) for heading in grid.columns])
    yield _row([":--" if i in texts else "--:" for i in range(len(grid.columns))])
    for row in grid.rows[:MOST_ROWS]:
        cells = [_cell(cell) for cell in row.cells]
        yield _row([f"**{c}**" if c and row.role == "headline" else c for c in cells])
    if len(grid.rows) > MOST_ROWS:
        yield _row(["…", *("" for _ in grid.columns[1:])])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(cell: Phrase) -> str:
    return escape_markdown(str(cell))


def escape_markdown(text: str) -> str:
    r"""Escape everything that Markdown, HTML or a code host would act on.

    Parameters
    ----------
    text
        One line, without control characters.

    Examples
    --------
    >>> escape_markdown("![x](http://a) | <b> @you")
    '!\\[x\\](http:&#47;&#47;a) \\| \\<b\\> &#64;you'
    """
    escaped = _SPECIAL.sub(r"\\\1", text.replace("&", "&amp;"))
    for plain, entity in (("@", "&#64;"), ("://", ":&#47;&#47;"), ("www.", "www&#46;")):
        escaped = escaped.replace(plain, entity)
    return escaped

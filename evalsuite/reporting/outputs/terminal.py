"""The report in a terminal: whole, headline first, or as the last lines of a command.

Needs neither a template engine nor a plotting library, so the answer is there at once. Foreign
text has had its control characters made visible before it comes here: no escape sequence of a
model reaches the terminal.
"""

from __future__ import annotations

import unicodedata
from itertools import chain
from typing import TYPE_CHECKING

from evalsuite.reporting.outputs.inert import columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from evalsuite.reporting.blocks import Grid
    from evalsuite.reporting.opening.first_lines import Tone
    from evalsuite.reporting.opening.opening import Opening
    from evalsuite.reporting.sections.groups.each import Member
    from evalsuite.reporting.view import ReportView
    from evalsuite.reporting.wording import Words

__all__ = ["MOST_LINES", "path_lines", "render_ending", "render_terminal", "wrapped"]

MOST_LINES = 12
"""Of the ending: half of a screen of 24 lines."""

_TONES: dict[Tone, str] = {
    "good": "\x1b[1;32m",
    "bad": "\x1b[1;31m",
    "invalid": "\x1b[1;31m",
    "qualified": "\x1b[1;33m",
    "neutral": "\x1b[1m",
}
_ASKED = ("decoding_dependent", "other_decoding", "whole_base")
"""What an option asked for by name is never only counted among what does not fit."""
_BOLD, _FAINT, _PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
_GAP = 2
_NARROWEST_HEADING = 8
_WIDEST_TEXT = 100
_STOPS, _OPENINGS = " ，。、；：？！）》」』”’％…·", "（《「『“‘"
_IN_NAMES = " -/"
"""Where a heading may break: a model's name must not take the room of other columns."""


def render_terminal(view: ReportView, *, width: int = 100, color: bool = False) -> str:
    """Write a report for a terminal.

    Parameters
    ----------
    view
        A finished report.
    width
        Columns of the terminal; tables leave out their least columns to fit.
    color
        Whether to use ANSI colour and weight.

    Returns
    -------
    str
        Ends in a newline.
    """
    lines = [
        *_verdict(view, width, color=color),
        *(line for _, text in view.qualifiers for line in _item(str(text), width)),
        "",
        *_tables(view, width, color=color),
        *_counted(view, width),
        *(line for doubt in view.doubts for line in _item(doubt, width)),
    ]
    return "\n".join(lines) + "\n"


def render_ending(
    opening: Opening,
    paths: Mapping[str, Path],
    *,
    width: int = 80,
    color: bool = False,
    report: ReportView | None = None,
) -> str:
    """Write the last lines of a command: verdict, what it is made of, doubts, paths by their label.

    They are at most `MOST_LINES`, so that the verdict stays on the screen, unless verdict and
    parts alone take more; what to doubt and does not fit is counted. With a ``report`` its tables
    stand before them, and nothing is left out.
    """
    tables = [] if report is None else _tables(report, width, color=color)
    verdict = list(_verdict(opening, width, color=color))
    last = [*_counted(opening, width), *path_lines(opening.words, paths)]
    wanted_first = sorted(opening.qualifiers, key=lambda qualifier: qualifier[0] not in _ASKED)
    doubts = [*(str(sentence) for _, sentence in wanted_first), *opening.doubts]
    if opening.noise is not None and report is None:
        doubts.insert(0, str(opening.noise.note))
    items = [list(_item(text, width)) for text in doubts]
    if report is None:
        room = MOST_LINES - len(verdict) - len(last)
        items = _fitting(items, room, opening.words, width, where="" if paths else "_here")
    return "\n".join([*tables, *verdict, *chain.from_iterable(items), *last]) + "\n"


def path_lines(words: Words, paths: Mapping[str, Path]) -> Iterator[str]:
    """Write where each thing was written, its label in front.

    Parameters
    ----------
    words
        A language.
    paths
        By the key of their label: ``report``, ``json`` or ``brief``.
    """
    for key, path in paths.items():
        label = words.text(f"terminal.{key}")
        yield f"  {label}{' ' * (8 - columns(label))} {path}"


def _fitting(
    items: list[list[str]], room: int, words: Words, width: int, *, where: str
) -> list[list[str]]:
    """Keep whole doubts in their order, and count those that do not fit.

    ``where`` ends the key of the sentence that says where they stand: with or without a report.
    """
    if sum(map(len, items)) <= room:
        return items
    shown: list[list[str]] = []
    # one line is left for the count
    while sum(map(len, shown)) + len(items[len(shown)]) < room:
        shown.append(items[len(shown)])
    key = f"terminal.{'further' if shown else 'doubts'}{where}"
    return [*shown, list(_item(str(words.say(key, n=len(items) - len(shown))), width))]


def _verdict(opening: Opening, width: int, *, color: bool) -> Iterator[str]:
    yield from _paragraph(opening.headline, width, _TONES[opening.tone], color=color)
    if opening.made_of is not None:
        yield from _paragraph(opening.made_of.line, width, "", color=color)


def _counted(opening: Opening, width: int) -> Iterator[str]:
    text = opening.words.text
    counted = text("chips.between").join(str(sentence) for _, sentence in opening.chips)
    # behind the checks: a line of its own would push a doubt off the screen
    history = "" if opening.last_time is None else f" · {opening.last_time}"
    for i, line in enumerate(wrapped(f"{text('chips.lead')}{counted}{history}", width - 4)):
        yield f"{'  ' if i == 0 else '    '}{line}"


def _tables(view: ReportView, width: int, *, color: bool) -> list[str]:
    """Write what was asked and every table, then each member of a group."""
    lines = [
        *_paragraph(str(view.summary), width, "", color=color),
        *_paragraph(str(view.history or ""), width, "", color=color),
        "",
        *_table(view.subsets, width, color=color),
        *_paragraph(str(view.tests), width, _FAINT, color=color, indent="  "),
        "",
    ]
    if view.budgets is not None and len(view.budgets.rows) > 1:
        lines += [*_table(view.budgets, width, color=color), ""]
    if view.noise is not None:
        lines += [*_paragraph(str(view.noise.note), width, "", color=color)]
        lines += [*_table(view.noise, width, color=color), ""]
    for member in view.members:
        lines += [*_member(member, view, width, color=color), ""]
    return lines


def _member(member: Member, view: ReportView, width: int, *, color: bool) -> Iterator[str]:
    sentence = view.words.say("models.member", name=member.name, headline=member.headline)
    yield from _paragraph(str(sentence), width, "", color=color, indent="  ")
    if member.made_of is not None:
        yield from _paragraph(member.made_of.line, width, "", color=color, indent="  ")
    for _, doubt in member.qualifiers:
        yield from (f"  {line}" for line in _item(str(doubt), width - 2))


def _paragraph(
    text: str, width: int, style: str, *, color: bool, indent: str = ""
) -> Iterator[str]:
    for line in wrapped(text, min(width, _WIDEST_TEXT) - len(indent)):
        yield f"{indent}{_styled(line, style, color=color)}"


def _item(text: str, width: int) -> Iterator[str]:
    for i, line in enumerate(wrapped(text, min(width, _WIDEST_TEXT) - 4)):
        yield ("  ! " if i == 0 else "    ") + line


def _styled(text: str, style: str, *, color: bool) -> str:
    return f"{style}{text}{_PLAIN}" if color and style else text


def wrapped(text: str, width: int, *, after: str = " ") -> list[str]:
    """Break lines by what is seen: a Chinese character takes two columns.

    Parameters
    ----------
    text
        Whole, without line breaks.
    width
        In columns; a longer word has a line of its own.
    after
        Characters behind which a line may break, beside Chinese ones.
    """
    lines, line = [], ""
    for word in _words(text, after=after):
        if line and columns(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += word
    return [*lines, line.rstrip()] if line.strip() else lines


def _words(text: str, *, after: str = " ") -> Iterator[str]:
    """Cut where a line may break: in Chinese anywhere but before a stop or after an opening."""
    word = ""
    for character, following in zip(text, f"{text[1:]} ", strict=False):
        word += character
        is_wide = unicodedata.east_asian_width(character) in "WF" and character not in _OPENINGS
        if (character in after or is_wide) and following not in _STOPS:
            yield word
            word = ""
    if word:
        yield word


def _table(grid: Grid, width: int, *, color: bool) -> Iterator[str]:
    columns_left = list(range(len(grid.columns)))
    for column in grid.dispensable:
        if _table_width(grid, columns_left) <= width:
            break
        columns_left.remove(column)
    widths = [_column_width(grid, i) for i in columns_left]
    headings = [
        wrapped(grid.columns[i], w, after=_IN_NAMES)
        for i, w in zip(columns_left, widths, strict=True)
    ]
    tall = max(map(len, headings))
    for level in range(tall):
        cells = [h[level - tall + len(h)] if level >= tall - len(h) else "" for h in headings]
        yield _styled(_aligned(cells, widths), _FAINT, color=color)
    for row in grid.rows:
        line = _aligned([str(row.cells[i]) for i in columns_left], widths)
        yield _styled(line, _BOLD if row.role == "headline" else "", color=color)


def _table_width(grid: Grid, columns_left: Sequence[int]) -> int:
    return sum(_column_width(grid, i) + _GAP for i in columns_left)


def _column_width(grid: Grid, column: int) -> int:
    cells = (columns(str(row.cells[column])) for row in grid.rows)
    heading = grid.columns[column]
    words = (columns(word.rstrip()) for word in _words(heading, after=_IN_NAMES))
    return max(*cells, *words, min(columns(heading), _NARROWEST_HEADING), 1)


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = zip(cells, widths, strict=True)
    line = "  " + first[0] + " " * (first[1] - columns(first[0]))
    for text, width in others:
        line += " " * (_GAP + width - columns(text)) + text
    return line.rstrip()

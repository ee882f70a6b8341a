r"""The report in short as a LaTeX table, to stand in a paper.

Model output never becomes LaTeX: every character with a meaning is escaped, so a model named
``\input{/etc/passwd}`` prints its name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.blocks import Grid
    from evalsuite.reporting.view import ReportView

__all__ = ["escape_latex", "render_latex"]

_MINUS = re.compile(r"(?<![\w.-])-(?=[0-9])")
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "-": r"{-}",
    "\u2212": r"$-$",
    "–": r"--",
    "→": r"$\rightarrow$",
    "±": r"$\pm$",
    "…": r"\dots{}",
    "⟨": r"$\langle$",
    "⟩": r"$\rangle$",
}


def render_latex(view: ReportView) -> str:
    """Write a report's tables for a LaTeX paper.

    They need the packages booktabs, textcomp and fontenc with T1.
    """
    grids = [grid for grid in (view.subsets, view.budgets, view.noise) if grid is not None]
    made_of = "" if view.made_of is None else f" {view.made_of.line}."
    first = f"{view.headline}{made_of} {view.summary} {view.tests}"
    captions = [first, *(str(grid.caption) for grid in grids[1:])]
    if view.noise is not None:
        captions[-1] = str(view.noise.note)
    lines = ["% \\usepackage[T1]{fontenc} \\usepackage{textcomp} \\usepackage{booktabs}"]
    for grid, caption in zip(grids, captions, strict=True):
        lines += _table(grid, caption)
    return "\n".join(lines) + "\n"


def _table(grid: Grid, caption: str) -> Iterator[str]:
    columns = "".join("l" if i in {0, *grid.textual} else "r" for i in range(len(grid.columns)))
    yield r"\begin{table}"
    yield r"\centering\small"
    yield rf"\caption{{{escape_latex(caption)}}}"
    yield rf"\begin{{tabular}}{{{columns}}}"
    yield r"\toprule"
    yield _row(list(grid.columns))
    yield r"\midrule"
    for row in grid.rows:
        if row.role == "headline" and row is grid.rows[-1]:
            yield r"\midrule"
        yield _row([str(cell) for cell in row.cells])
    yield r"\bottomrule"
    yield r"\end{tabular}"
    yield r"\end{table}"


def _row(cells: list[str]) -> str:
    return " & ".join(map(escape_latex, cells)) + r" \\"


def escape_latex(text: str) -> str:
    r"""Escape everything that TeX would act on.

    Parameters
    ----------
    text
        One line, without control characters.

    Examples
    --------
    >>> escape_latex(r"\input{x} 5% of $y_1$")
    '\\textbackslash{}input\\{x\\} 5\\% of \\$y\\_1\\$'
    """
    typeset = _MINUS.sub("\u2212", text)
    return "".join(_SPECIAL.get(character, character) for character in typeset)

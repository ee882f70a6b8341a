r"""The report in short as a LaTeX table, to stand in a paper.

Model output never becomes LaTeX: every character with a meaning is escaped, so a model named
``\input{/etc/passwd}`` prints its name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from evalsuite.reporting.numbers import true_minus

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.blocks import Grid
    from evalsuite.reporting.view import ReportView

__all__ = ["escape_latex", "render_latex"]

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
    "—": r"---",
    "·": r"\textperiodcentered{}",
    "×": r"$\times$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "\u00a0": "~",
    "→": r"$\rightarrow$",
    "±": r"$\pm$",
    "…": r"\dots{}",
    "⟨": r"$\langle$",
    "⟩": r"$\rangle$",
}


def render_latex(view: ReportView) -> str:
    """Write a report's tables for a LaTeX paper, each no wider than its column.

    They need the packages booktabs and graphicx; the first lines name the rest.
    """
    grids = [grid for grid in (view.subsets, view.budgets, view.noise) if grid is not None]
    captions = [view.headline, *(str(grid.caption) for grid in grids[1:])]
    if view.noise is not None:
        captions[-1] = str(view.noise.note)
    notes = [str(view.summary), *([] if grids[0].tells_tests else [str(view.tests)])]
    notes[:0] = [] if view.made_of is None else [view.made_of.line]
    lines = [_PREAMBLE]
    for i, (grid, caption) in enumerate(zip(grids, captions, strict=True)):
        lines += _table(grid, caption, notes if i == 0 else [])
    return "\n".join(lines) + "\n"


_PREAMBLE = r"""% Packages: booktabs, graphicx; with pdflatex also [T1]{fontenc} and textcomp.
% Chinese and other scripts: xelatex with fontspec and a font that has them, such as
%   \setmainfont{Noto Serif CJK SC} \XeTeXlinebreaklocale "zh" \XeTeXlinebreakskip=0pt plus 1pt
% where pdflatex prints code points.
\ifdefined\evsbox\else\newsavebox{\evsbox}\fi
\DeclareRobustCommand{\evstext}[2]{%
  \ifdefined\XeTeXversion#2\else\ifdefined\directlua#2\else\texttt{#1}\fi\fi}"""


def _table(grid: Grid, caption: str, notes: list[str]) -> Iterator[str]:
    yield r"\begin{table}"
    yield r"\centering\small"
    yield rf"\caption{{{escape_latex(caption)}}}\label{{tab:evalsuite-{grid.id}}}"
    yield r"\begin{lrbox}{\evsbox}"
    yield from _tabular(grid)
    yield r"\end{lrbox}"
    yield r"\ifdim\wd\evsbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\evsbox}}"
    yield r"\else\usebox{\evsbox}\fi"
    texts = [escape_latex(text) for text in (str(grid.note), *notes) if text]
    if texts:
        yield r"\par\smallskip\begin{minipage}{\linewidth}\footnotesize"
        yield "\n\\par ".join(texts)
        yield r"\end{minipage}"
    yield r"\end{table}"


def _tabular(grid: Grid) -> Iterator[str]:
    texts = {0, *grid.textual}
    places = "".join("l" if i in texts else "r" for i in range(len(grid.columns)))
    yield rf"\begin{{tabular}}{{{places}}}"
    yield r"\toprule"
    yield _row(list(grid.columns))
    yield r"\midrule"
    for row in grid.rows:
        is_headline = row.role == "headline"
        if is_headline and row is grid.rows[-1]:
            yield r"\midrule"
        yield _row([str(cell) for cell in row.cells], bold=is_headline)
    yield r"\bottomrule"
    yield r"\end{tabular}"


def _row(cells: list[str], *, bold: bool = False) -> str:
    texts = map(escape_latex, cells)
    return " & ".join(rf"\textbf{{{t}}}" if bold and t else t for t in texts) + r" \\"


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
    typeset = (_SPECIAL.get(c, c) for c in true_minus(text))
    return _FOREIGN.sub(_by_engine, "".join(typeset))


_FOREIGN = re.compile(r"[^\x00-\x7f\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]+")
"""What pdflatex's encoding T1 has no letters for; those of Western Europe every engine has."""


def _by_engine(match: re.Match[str]) -> str:
    """Let engines of Unicode set the text, and pdflatex its code points."""
    text = match.group()
    codes = " ".join(f"U+{ord(c):04X}" for c in text)
    return rf"\evstext{{{codes}}}{{{text}}}"

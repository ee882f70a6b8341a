from __future__ import annotations

import re

import pytest
from report_builders import HOSTILE, built, hostile

from evalsuite.reporting.outputs.inert import visible
from evalsuite.reporting.outputs.latex import escape_latex, render_latex
from evalsuite.reporting.view import report_view

KNOWN = re.compile(
    r"\\(?:textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|textquotedbl"
    r"|textasciigrave|dots|[{}$&#%_])(?:\{\})?"
    r"|\$(?:-|\\rightarrow|\\pm|\\langle|\\rangle)\$"
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_a_model_wrote_is_a_command(text: str) -> None:
    left = KNOWN.sub("", escape_latex(visible(text)))

    assert not re.search(r"[\\$&#%_^~<>|]", left)
    assert left.count("{") == left.count("}")


def test_a_minus_is_a_minus_and_a_hyphen_a_hyphen() -> None:
    assert escape_latex("-3.0 (-9.8 to 3.7) mid-p") == "$-$3.0 ($-$9.8 to 3.7) mid{-}p"


def test_tables_are_balanced_and_have_as_many_cells_as_columns() -> None:
    for comparison, rows in (built(), hostile()):
        text = render_latex(report_view(comparison, rows))

        assert text.count(r"\begin{") == text.count(r"\end{")
        for table in re.findall(
            r"\\begin\{tabular\}\{(\w+)\}(.*?)\\end\{tabular\}", text, re.DOTALL
        ):
            for line in table[1].strip().splitlines():
                if line.endswith(r"\\"):
                    assert len(re.findall(r"(?<!\\)&", line)) == len(table[0]) - 1

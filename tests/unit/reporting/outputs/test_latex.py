from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest
from report_builders import HOSTILE, built, hostile

from evalsuite.reporting.outputs.inert import visible
from evalsuite.reporting.outputs.latex import escape_latex, render_latex
from evalsuite.reporting.view import report_view

if TYPE_CHECKING:
    from pathlib import Path

KNOWN = re.compile(
    r"\\(?:textbackslash|textasciicircum|textasciitilde|textless|textgreater|textbar|textquotedbl"
    r"|textasciigrave|textperiodcentered|dots|[{}$&#%_])(?:\{\})?"
    r"|\$(?:-|\\(?:rightarrow|pm|langle|rangle|times|leq|geq))\$"
    r"|\\evstext\{[U+0-9A-F ]+\}\{[^{}\\$&#%_^~]+\}"
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


def test_a_caption_is_the_headline_alone_and_a_table_can_be_cited() -> None:
    comparison, rows = built()
    view = report_view(comparison, rows)
    text = render_latex(view)

    assert rf"\caption{{{escape_latex(view.headline)}}}\label{{tab:evalsuite-" in text
    assert escape_latex(str(view.tests)) in text
    labels = re.findall(r"\\label\{([^}]*)\}", text)
    assert len(labels) == len(set(labels)) == text.count(r"\begin{table}")


def test_the_headline_row_is_bold() -> None:
    comparison, rows = built()

    assert re.search(
        r"^\\textbf\{full set\} & \\textbf\{",
        render_latex(report_view(comparison, rows)),
        re.MULTILINE,
    )


def test_letters_that_pdflatex_lacks_are_told_as_code_points() -> None:
    assert escape_latex("é中文") == r"é\evstext{U+4E2D U+6587}{中文}"


FONT = (
    r"\usepackage{fontspec}\setmainfont{%s}"
    r'\XeTeXlinebreaklocale "zh" \XeTeXlinebreakskip=0pt plus 1pt'
)
PREAMBLES = {
    "pdflatex": r"\usepackage[T1]{fontenc}\usepackage{textcomp}",
    "xelatex": FONT % "Noto Serif CJK SC",
}


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("engine", ["pdflatex", "xelatex"])
@pytest.mark.parametrize("kind", ["plain", "hostile"])
def test_it_compiles_and_no_table_leaves_the_column(
    tmp_path: Path, engine: str, lang: str, kind: str
) -> None:
    """With the real engines, in two columns: the narrowest place of a paper."""
    if shutil.which(engine) is None:
        pytest.skip(f"no {engine} here (Debian: texlive-latex-base, texlive-xetex)")
    preamble = PREAMBLES[engine]
    if engine == "xelatex" and "Noto Serif CJK SC" not in _fonts():
        preamble = r"\usepackage{fontspec}"  # letters may be missing, commands may not
    comparison, rows = built() if kind == "plain" else hostile()
    table = render_latex(report_view(comparison, rows, lang=lang))
    text = "\n".join(
        [
            r"\documentclass[twocolumn]{article}\usepackage{booktabs,graphicx}",
            rf"{preamble}\begin{{document}}",
            table,
            r"\end{document}",
        ]
    )
    (tmp_path / "paper.tex").write_text(text, "utf-8")

    done = subprocess.run(
        [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "paper.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=120,
    )

    log = (tmp_path / "paper.log").read_text("utf-8", "replace")
    assert done.returncode == 0, log[-2000:]
    if kind == "plain":
        assert "Overfull" not in log
    assert not re.search(r"LaTeX Warning: (?!Label|There were|Reference)", log)


def _fonts() -> str:
    if shutil.which("fc-list") is None:
        return ""
    return subprocess.run(["fc-list"], capture_output=True, text=True, check=True).stdout

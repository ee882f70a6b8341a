"""``evalsuite report``: the same results in another shape or language; no model, no GPU."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.paired import PairedRow
    from evalsuite.reporting.explorer import Which
    from evalsuite.reporting.view import ReportView

__all__ = ["command"]

FORMATS = {
    "html": "report.html",
    "md": "summary.md",
    "text": "summary.txt",
    "latex": "summary.tex",
    "junit": "junit.xml",
    "card": "card.md",
    "csv": "answers.csv",
    "table-csv": "results.csv",
    "json-schema": "results.schema.json",
}
"""Every format with the file it is written to."""


@click.command()
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="html", show_default=True
)
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
@click.option(
    "--responses",
    type=click.Choice(["all", "flips", "sample", "none"]),
    default="all",
    show_default=True,
    help="Which questions the HTML carries.",
)
@click.option(
    "--figures",
    type=click.Path(file_okay=False, path_type=Path),
    help="Also save every figure there as SVG, PDF and PNG.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    help="File to write, or - for stdout  [default: beside the results]",
)
def command(
    path: Path, *, form: str, lang: str, responses: str, figures: Path | None, output: Path | None
) -> int:
    """Rebuild a report from PATH (results.json or its folder).

    The questions come from questions.jsonl beside it; without that file there is no browser.
    """
    from evalsuite.reporting.explorer import select_rows
    from evalsuite.reporting.view import report_view
    from evalsuite.storage import write_atomically

    results = path / "results.json" if path.is_dir() else path
    comparison, rows = _read(results)
    shown = select_rows(rows, cast("Which", responses), seed=comparison.seeds.root)
    view = report_view(comparison, shown, lang=lang, complete=len(rows) or None)
    text = _rendered(form, view, comparison, rows)
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        target = output or results.with_name(FORMATS[form])
        write_atomically(target, text)
        click.echo(f"{target}  ({len(text.encode()):,} bytes)")
    if figures is not None:
        for saved in _save_figures(view, figures):
            click.echo(saved, err=True)
    return 0


def _read(results: Path) -> tuple[Comparison, list[PairedRow]]:
    from evalsuite.records.codec import from_json
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.paired import PairedRow

    if not results.is_file():
        raise InvalidInputError(f"{results} does not exist; name results.json or its folder")
    comparison = from_json(Comparison, results.read_bytes(), origin=str(results))
    questions = results.with_name("questions.jsonl")
    if not questions.is_file():
        return comparison, []
    rows = [
        from_json(PairedRow, line, origin=f"{questions} line {number}")
        for number, line in enumerate(questions.read_bytes().splitlines(), start=1)
    ]
    return comparison, rows


def _rendered(form: str, view: ReportView, comparison: Comparison, rows: list[PairedRow]) -> str:
    if form in _OF_VIEW:
        module, function = _OF_VIEW[form]
        text: str = getattr(import_module(f"evalsuite.reporting.{module}"), function)(view)
        return text
    if form == "json-schema":
        from evalsuite.records.codec import json_schema

        return json_schema(type(comparison))
    from evalsuite.reporting import exports

    if form == "csv":
        return exports.answers_csv(comparison, rows)
    if form == "table-csv":
        return exports.numbers_csv(comparison)
    write = exports.render_junit if form == "junit" else exports.model_card
    return write(view, comparison)


_OF_VIEW = {
    "html": ("html", "render_html"),
    "md": ("markdown", "render_markdown"),
    "text": ("terminal", "render_terminal"),
    "latex": ("latex", "render_latex"),
}
"""Modules are loaded when used: only one needs a template engine, only one a plotting library."""


def _save_figures(view: ReportView, folder: Path) -> list[str]:
    from evalsuite.reporting.blocks import Plot
    from evalsuite.reporting.figures import save_figure

    folder.mkdir(parents=True, exist_ok=True)
    plots = [b for section in view.sections for b in section.blocks if isinstance(b, Plot)]
    return [str(saved) for plot in plots for saved in save_figure(plot, folder)]

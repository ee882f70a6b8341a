"""``evalsuite report``: the same results in another shape or language; no model, no GPU."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.open_report import open_option, open_report
from evalsuite.cli.shared.trackers import log_to_option, require_trackers, send_report
from evalsuite.errors import Clause, InvalidInputError

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.judged import Judged
    from evalsuite.records.paired import PairedRow
    from evalsuite.reporting.browser.selection import Which
    from evalsuite.reporting.view import ReportView

__all__ = ["command"]

FORMATS = {
    "html": "report.html",
    "brief": "brief.html",
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
    "--format",
    "form",
    type=click.Choice(list(FORMATS)),
    default="html",
    show_default=True,
    help="What is written.",
)
@click.option("--brief", is_flag=True, help="One page to forward; as --format brief.")
@lang_option
@open_option
@log_to_option
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
    path: Path,
    *,
    form: str,
    brief: bool,
    open_it: bool,
    lang: str,
    responses: str,
    figures: Path | None,
    log_to: tuple[str, ...],
    output: Path | None,
) -> int:
    """Rebuild a report from PATH (results.json or its folder).

    The questions come from questions.jsonl beside it; without that file there is no browser. A
    report on several models, seeds or tasks is rebuilt with the reports it leads to.
    """
    from evalsuite.cli.shared.report_files import read_results
    from evalsuite.records.comparison import Comparison

    form = "brief" if brief else form
    _refuse_other_page(log_to, form, output)
    require_trackers(log_to)
    results = path / "results.json" if path.is_dir() else path
    judged = read_results(results)
    if isinstance(judged, Comparison):
        text, view = _single(results, judged, form, lang=lang, responses=responses)
    else:
        text, view = _several(results, judged, form, lang=lang)
        if form == "html" and output is None:
            _rebuild_members(results.parent, judged, lang=lang, responses=responses)
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        target = output or results.with_name(FORMATS[form])
        if target.resolve() == results.resolve():
            raise InvalidInputError(
                "{target} is what the report is made from; choose another --output", target=target
            )
        _save(target, text, lang)
        if open_it:
            open_report(target, lang)
    if figures is not None:
        for saved in _save_figures(view, figures):
            click.echo(saved, err=True)
    send_report(log_to, results.parent, judged)
    return 0


def _refuse_other_page(log_to: tuple[str, ...], form: str, output: Path | None) -> None:
    """Refuse a page that would not be sent: a tracker gets the report.html beside the results.

    That one may hold every answer where the page that was asked for holds none.
    """
    if log_to and (form != "html" or output is not None):
        raise InvalidInputError(
            "--log-to sends report.html beside the results, not {file}; leave --output, --brief "
            "and --format out, or --log-to",
            file=output or FORMATS[form],
        )


def _save(target: Path, text: str, lang: str) -> None:
    from evalsuite.disk.files import write_atomically
    from evalsuite.reporting.wording import words

    write_atomically(target, text)
    click.echo(words(lang).say("written.file", file=str(target), size=len(text.encode())))


def _single(
    results: Path, judged: Comparison, form: str, *, lang: str, responses: str
) -> tuple[str, ReportView]:
    from evalsuite.cli.shared.report_files import part_view, read_rows

    rows = read_rows(results)
    view = part_view(judged, rows, lang=lang, responses=cast("Which", responses))
    return _rendered(form, view, judged, rows), view


def _several(results: Path, judged: Judged, form: str, *, lang: str) -> tuple[str, ReportView]:
    from evalsuite.cli.shared.report_files import member_folders, view_of
    from evalsuite.records.codec import json_schema
    from evalsuite.records.groups.suite import SuiteComparison

    folders = member_folders(judged)
    view = view_of(judged, lang)
    if form == "json-schema":
        return json_schema(type(judged)), view
    if form == "junit" and isinstance(judged, SuiteComparison):
        from evalsuite.reporting.outputs.exports import render_junit

        return render_junit(view, judged), view
    if form not in _OF_VIEW:
        part = Clause("task" if isinstance(judged, SuiteComparison) else "model")
        raise InvalidInputError(
            "--format {form} is about one {part}, and {results} holds {n_folders}; name one, such "
            "as {example}",
            form=form,
            part=part,
            results=results,
            n_folders=len(folders),
            example=results.parent / folders[0],
        )
    return _of_view(form, view), view


def _rebuild_members(folder: Path, judged: Judged, *, lang: str, responses: str) -> None:
    from evalsuite.cli.shared.report_files import member_folders

    for name, comparison in zip(member_folders(judged), judged.parts, strict=True):
        results = folder / name / "results.json"
        if results.is_file():
            text, _ = _single(results, comparison, "html", lang=lang, responses=responses)
            _save(results.with_name(FORMATS["html"]), text, lang)


_OF_VIEW = ("html", "brief", "md", "text", "latex")


def _rendered(form: str, view: ReportView, comparison: Comparison, rows: list[PairedRow]) -> str:
    if form in _OF_VIEW:
        return _of_view(form, view)
    if form == "json-schema":
        from evalsuite.records.codec import json_schema

        return json_schema(type(comparison))
    from evalsuite.reporting.outputs import exports

    if form == "csv":
        return exports.answers_csv(comparison, rows)
    if form == "table-csv":
        return exports.numbers_csv(comparison)
    write = exports.render_junit if form == "junit" else exports.model_card
    return write(view, comparison)


def _of_view(form: str, view: ReportView) -> str:
    """Load only the output that is asked for: one needs a template engine, one a plotter."""
    if form == "html":
        from evalsuite.reporting.outputs.html import render_html

        return render_html(view)
    if form == "brief":
        from evalsuite.reporting.outputs.brief import render_brief

        return render_brief(view)
    if form == "md":
        from evalsuite.reporting.outputs.markdown import render_markdown

        return render_markdown(view)
    if form == "text":
        from evalsuite.reporting.outputs.terminal import render_terminal

        return render_terminal(view)
    from evalsuite.reporting.outputs.latex import render_latex

    return render_latex(view)


def _save_figures(view: ReportView, folder: Path) -> list[str]:
    from evalsuite.reporting.blocks import Plot
    from evalsuite.reporting.drawing.paper import save_figure

    folder.mkdir(parents=True, exist_ok=True)
    plots = [b for section in view.sections for b in section.blocks if isinstance(b, Plot)]
    return [str(saved) for plot in plots for saved in save_figure(plot, folder)]

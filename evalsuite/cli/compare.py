"""``evalsuite compare``: the product. Runs what is missing, compares, judges, writes the report."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click
from click.core import ParameterSource

from evalsuite.asking.spec import preset_models, spec_of
from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.open_report import open_option, open_report
from evalsuite.cli.shared.options import (
    ColumnOptions,
    Words,
    columns_of,
    generation_options,
    json_option,
    laid_over,
    log_options,
    quiet_option,
    tasks_option,
    verbose_option,
)
from evalsuite.cli.shared.process import collecting_often
from evalsuite.cli.shared.trackers import log_to_option, require_trackers, send_report
from evalsuite.cli.shared.typed_names import ModelName
from evalsuite.cli.terminal.grouped import GroupedCommand
from evalsuite.cli.terminal.plan_lines import announce, print_costs
from evalsuite.cli.terminal.progress import ProgressLine, silence
from evalsuite.cli.terminal.reading_lines import announce_reading
from evalsuite.errors import Clause, NotComparableError
from evalsuite.records.groups.family import Family

if TYPE_CHECKING:
    from typing import Unpack

    from evalsuite.asking.compare import Compared, Plan
    from evalsuite.asking.options import CompareOptions
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.records.judged import Judged

    class _Options(CompareOptions, ColumnOptions):
        """Every option of the command that is no part of its own face."""


__all__ = ["command"]


EXAMPLES = (
    ("evalsuite compare base trained", "the embedded pair: no download, no GPU"),
    (
        "evalsuite compare ./my-base ./my-grpo --task questions.jsonl --prompt plain",
        "your models on your questions",
    ),
    ("evalsuite compare logs/base logs/trained --task gsm8k_cot", "logs of a harness"),
    ("evalsuite compare base trained --dry-run", "what it would cost"),
)


FORMATS = ("text", "md", "latex", "json")
"""What a comparison may be printed as; the report is written all the same."""


@click.command(cls=GroupedCommand, examples=EXAMPLES)
@click.argument("base", default="base", type=ModelName())
@click.argument("trained", nargs=-1, type=ModelName())
@click.option("--preset", help="tiny, smol or tutorial: models and settings of a known pair.")
@tasks_option
@generation_options
@click.option("--headline-budget", type=int, help="Budget of the verdict  [default: the largest]")
@click.option("--margin", default=2.0, show_default=True, help="Points that matter.")
@click.option("--alpha", type=float, help="Level of the decisions  [default: 0.05]")
@click.option("--confidence", type=float, help="Level of the intervals  [default: 1 - alpha]")
@click.option(
    "--declare",
    type=Words(),
    default=(),
    help="budgets, graders, or both: judge these together with the headline, by Holm.",
)
@click.option(
    "--train-log",
    type=click.Path(exists=True, path_type=Path),
    help="train_log.jsonl or the folder of the training run.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the report  [default: below reports/, named after the models]",
)
@lang_option
@click.option(
    "--stop-early",
    is_flag=True,
    help="Look while generating and stop once the answer is known; the result stays valid.",
)
@click.option(
    "--looks",
    type=click.Choice(["planned", "anytime"]),
    default="planned",
    show_default=True,
    help="How --stop-early looks: five times at a planned number, or after every batch.",
)
@click.option(
    "--also",
    multiple=True,
    metavar="DECODING",
    help="Test whether the gain differs under another decoding: greedy, temperature=0.7,samples=8, "
    "or stored runs or logs as BASE,TRAINED; may be given several times.",
)
@click.option(
    "--use-all-of-base",
    is_flag=True,
    help="Trained answered a part of base's questions: estimate the gain with all of base's too.",
)
@click.option(
    "--noise-floor",
    is_flag=True,
    help="Ask base once more in another order and batch size, and show what changes by itself.",
)
@click.option(
    "--twins",
    is_flag=True,
    help="Of the embedded task: ask the same questions in other words too, and test whether the "
    "gain is smaller there.",
)
@log_options
@verbose_option
@quiet_option
@click.option("--brief", is_flag=True, help="Also write brief.html, one page to forward.")
@click.option("--no-report", is_flag=True, help="Print the verdict; write no report.")
@open_option
@log_to_option
@click.option("--dry-run", is_flag=True, help="Say what it would cost; generate nothing.")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="What is printed: the last lines, a summary for a pull request or paper, or results.json.",
)
@json_option
@click.pass_context
def command(
    ctx: click.Context,
    /,
    base: str,
    trained: tuple[str, ...],
    *,
    preset: str | None,
    as_json: bool,
    brief: bool,
    dry_run: bool,
    form: str,
    log_to: tuple[str, ...],
    no_report: bool,
    open_it: bool,
    quiet: bool,
    verbose: bool,
    lang: str,
    output: Path | None,
    **options: Unpack[_Options],
) -> int:
    """Compare TRAINED with BASE and write a report.

    Names: an alias, a run, a folder, a .gguf file, org/name on the Hub, or a log of lm-eval,
    Inspect, lighteval or a table: its folder, file, pattern or NAME=PATH. Without aliases, base
    and trained are the embedded models. Several TRAINED are judged together, in one report.
    'NAME@*' (or NAME@all, NAME@0,2) stands for the training seeds of one recipe, and
    'path:out/checkpoint-*' for the checkpoints of one training, in order of step. Several tasks of
    one TRAINED, named or found in both logs or in runs ('run:base-*'), are judged together.
    """
    from evalsuite.cli.shared.report_files import report_folder, write_report
    from evalsuite.reporting.telling import in_english

    if not trained and ctx.get_parameter_source("base") is ParameterSource.COMMANDLINE:
        raise click.UsageError(Clause("compare {base} with what? Give BASE and TRAINED", base=base))
    if no_report and (log_to or open_it or brief or output):
        raise click.UsageError(
            Clause(
                "--no-report writes none; leave out --output, --brief, --open and --log-to, or it"
            )
        )
    require_trackers(log_to)
    names = preset_models(preset, (base, *(trained or ("trained",))))
    form = "json" if as_json else form
    spec = spec_of(**laid_over(preset, ctx, _of_the_spec(options)))
    spec = replace(spec, has_page=not no_report or form != "text")
    if not quiet:
        announce_reading(names, lang)
    plan = _plan(names, spec)
    if not quiet:
        announce(plan, lang)
    if dry_run:
        print_costs(plan, lang, as_json=form == "json")
        return 0
    compared = _compared(plan, lang, quiet=quiet)
    judged = in_english(compared.judged)
    paths: dict[str, Path] = {}
    folder = output or report_folder(Path("reports"), judged)
    if not no_report:
        from evalsuite.cli.shared.earlier_reports import with_earlier

        judged = with_earlier(judged, folder)
        write_report(folder, judged, compared.pairs, lang=lang, brief=brief)
        paths = _paths(folder, brief=brief)
    if form == "text":
        _print_ending(judged, paths, lang=lang, verbose=verbose)
    else:
        _print_document(_document(judged, form, lang=lang), {} if quiet else paths, lang)
    send_report(log_to, folder, judged)
    if open_it:
        open_report(folder / "report.html", lang)
    return NotComparableError.exit_code if _is_invalid(judged) else 0


def _of_the_spec(options: _Options) -> CompareOptions:
    """Give the options as the specification takes them: the columns are one."""
    others = {
        key: value for key, value in options.items() if key not in ColumnOptions.__annotations__
    }
    return cast("CompareOptions", {**others, "columns": columns_of(options)})


def _plan(names: tuple[str, ...], spec: CompareSpec) -> Plan:
    from evalsuite.asking.compare import plan_comparison

    return plan_comparison(names, spec)


def _compared(plan: Plan, lang: str, *, quiet: bool) -> Compared:
    from evalsuite.asking.compare import run_comparison

    reporter = silence if quiet else partial(ProgressLine, lang=lang)
    with collecting_often() if plan.asks_models else nullcontext():
        return run_comparison(plan, reporter=reporter)


def _document(judged: Judged, form: str, *, lang: str) -> str:
    from evalsuite.cli.shared.report_files import view_of
    from evalsuite.records.codec import to_json
    from evalsuite.reporting.outputs.latex import render_latex
    from evalsuite.reporting.outputs.markdown import render_markdown

    if form == "json":
        return to_json(judged)
    return {"md": render_markdown, "latex": render_latex}[form](view_of(judged, lang))


def _print_document(text: str, paths: dict[str, Path], lang: str) -> None:
    """Print it alone on stdout: what is piped on is a document and nothing else."""
    from evalsuite.reporting.outputs.terminal import path_lines
    from evalsuite.reporting.wording import words

    click.echo(text, nl=False)
    for line in path_lines(words(lang), paths):
        click.echo(line, err=True)


def _print_ending(judged: Judged, paths: dict[str, Path], *, lang: str, verbose: bool) -> None:
    """Print the answer; the whole report is made for its tables alone."""
    from evalsuite.cli.shared.report_files import view_of
    from evalsuite.reporting.opening.opening import opening_of
    from evalsuite.reporting.outputs.terminal import render_ending
    from evalsuite.reporting.page import page_of

    width = min(shutil.get_terminal_size((100, 24)).columns, 120)
    report = view_of(judged, lang) if verbose else None
    opening = report or opening_of(page_of(judged, lang=lang))
    ending = render_ending(opening, paths, width=width, color=_use_color(), report=report)
    click.echo(ending, nl=False)


def _paths(folder: Path, *, brief: bool) -> dict[str, Path]:
    paths = {"report": folder / "report.html", "json": folder / "results.json"}
    return {**paths, "brief": folder / "brief.html"} if brief else paths


def _is_invalid(judged: Judged) -> bool:
    """Whether the comparison, or any model of a family, is no comparison at all; a suite tells."""
    verdicts = [judged.verdict]
    if isinstance(judged, Family):
        verdicts = [part.verdict for part in judged.parts]
    return any(verdict is not None and verdict.decision == "invalid" for verdict in verdicts)


def _use_color() -> bool:
    """Colour only a terminal whose owner did not refuse it (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")

"""``evalsuite compare``: the product. Runs what is missing, compares, judges, writes the report."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.asking.spec import CompareOptions, spec_of
from evalsuite.cli.options import generation_options, json_option, laid_over, named_models
from evalsuite.cli.progress import ProgressLine
from evalsuite.errors import NotComparableError
from evalsuite.records.comparison import Family

if TYPE_CHECKING:
    from typing import Unpack

    from evalsuite.asking.road import Plan
    from evalsuite.records.judged import Judged

__all__ = ["command"]


@click.command()
@click.argument("base", default="base")
@click.argument("trained", nargs=-1)
@click.option("--preset", help="tiny, smol or tutorial: models and settings of a known pair.")
@generation_options
@click.option("--headline-budget", type=int, help="Budget of the verdict  [default: the largest]")
@click.option("--margin", default=2.0, show_default=True, help="Points that matter.")
@click.option("--alpha", default=0.05, show_default=True)
@click.option("--confidence", default=0.95, show_default=True)
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
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", show_default=True)
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
    "--noise-floor",
    is_flag=True,
    help="Ask base once more in another order and batch size, and show what changes by itself.",
)
@click.option("--dry-run", is_flag=True, help="Say what it would cost; generate nothing.")
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
    dry_run: bool,
    lang: str,
    output: Path | None,
    **options: Unpack[CompareOptions],
) -> int:
    """Compare TRAINED with BASE and write a report.

    Names: an alias, a run, a folder, a .gguf file, or org/name on the Hub. Without aliases, base
    and trained are the embedded models. Several TRAINED are judged together, in one report.
    'NAME@*' (or NAME@all, NAME@0,2) stands for the training seeds of one recipe.
    """
    from evalsuite.asking.road import plan_comparison, run_comparison
    from evalsuite.cli.report_files import report_folder, write_report
    from evalsuite.reporting.telling import in_english

    names = named_models(preset, (base, *(trained or ("trained",))))
    plan = plan_comparison(names, spec_of(**laid_over(preset, ctx, options)))
    _announce(plan)
    if dry_run:
        return _estimate(plan)
    compared = run_comparison(plan, reporter=ProgressLine)
    judged = in_english(compared.judged)
    folder = output or report_folder(Path("reports"), judged)
    write_report(folder, judged, compared.pairs, lang=lang)
    return _show(judged, folder, as_json=as_json, lang=lang)


def _announce(plan: Plan) -> None:
    """Say on stderr what each name stands for and what is left to do."""
    roles = ["base"] * plan.n_bases + ["trained"] * (len(plan.models) - plan.n_bases)
    for role, planned in zip(roles, plan.models, strict=True):
        model, missing = planned.model, planned.missing
        pinned = f"@{model.revision[:8]}" if model.revision else ""
        state = f"{missing:,} answers to generate" if missing else "complete, reused"
        where = "" if model.source == "embedded" else f" {model.location}"
        click.echo(f"  {role:<8} {model.name} ({model.source}{where}{pinned}): {state}", err=True)
    if all(planned.model.source == "embedded" for planned in plan.models):
        note = plan.models[-1].model.note
        click.echo(
            f"  the embedded models on the embedded task{f': {note}' if note else ''}", err=True
        )


def _estimate(plan: Plan) -> int:
    """Print questions, tokens, minutes and disk, from a few seconds of real generation."""
    from evalsuite.asking.estimate import estimate

    total = most = 0.0
    for planned in plan.models:
        name = planned.model.name
        if not planned.missing:
            click.echo(f"{name}: nothing to generate")
            continue
        cost = estimate(planned, plan.spec)
        total, most = total + cost.minutes, most + cost.most_minutes
        memory = "" if cost.memory_mb is None else f", {cost.memory_mb:,} MB of memory"
        click.echo(
            f"{name}: {cost.answers:,} answers, about {cost.tokens:,} tokens (at most "
            f"{cost.most_tokens:,}) at {cost.tokens_per_second:,.0f} tokens/s: about "
            f"{cost.minutes:.1f} minutes (at most {cost.most_minutes:.1f}), at most "
            f"{cost.disk_mb:.1f} MB on disk{memory}"
        )
    if plan.spec.noise_floor:
        click.echo(f"{plan.models[0].model.name} once more for the noise floor: not counted here")
    click.echo(f"in all about {total:.1f} minutes, at most {most:.1f}")
    return 0


def _show(judged: Judged, folder: Path, *, as_json: bool, lang: str) -> int:
    from evalsuite.cli.report_files import view_of
    from evalsuite.records.codec import to_json
    from evalsuite.reporting.outputs.terminal import render_terminal

    if as_json:
        click.echo(to_json(judged), nl=False)
    else:
        width = min(shutil.get_terminal_size((100, 24)).columns, 120)
        click.echo(render_terminal(view_of(judged, lang), width=width, color=_use_color()))
    click.echo(f"  report   {folder / 'report.html'}", err=as_json)
    click.echo(f"  json     {folder / 'results.json'}", err=as_json)
    return NotComparableError.exit_code if _is_invalid(judged) else 0


def _is_invalid(judged: Judged) -> bool:
    """Whether the comparison, or any model of a family, is no comparison at all."""
    verdicts = [judged.verdict]
    if isinstance(judged, Family):
        verdicts = [part.verdict for part in judged.parts]
    return any(verdict is not None and verdict.decision == "invalid" for verdict in verdicts)


def _use_color() -> bool:
    """Colour only a terminal whose owner did not refuse it (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")

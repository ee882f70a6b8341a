"""``evalsuite compare``: the product. Runs what is missing, compares, judges, writes the report."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.options import apply_preset, generation_options, json_option, spec_from_options
from evalsuite.cli.progress import ProgressLine
from evalsuite.errors import InvalidInputError, NotComparableError

if TYPE_CHECKING:
    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.records.comparison import Comparison, Family
    from evalsuite.records.recipe import RecipeComparison
    from evalsuite.records.replicates import RecipePlan
    from evalsuite.reporting.view import ReportView

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
    stop_early: bool,
    **values: Any,
) -> int:
    """Compare TRAINED with BASE and write a report.

    Names: an alias, a run, a folder, a .gguf file, or org/name on the Hub. Without aliases, base
    and trained are the embedded models. Several TRAINED are judged together, in one report.
    'NAME@*' (or NAME@all, NAME@0,2) stands for the training seeds of one recipe.
    """
    from evalsuite.asking.recipe_plan import plan_recipe
    from evalsuite.asking.session import plan_session

    names = apply_preset(ctx, preset, values)
    asked = spec_from_options(values)
    wanted = (base, *(trained or ("trained",)))
    if preset is not None:
        _refuse_foreign(preset, wanted, names)
    models = tuple(names.get(name, name) for name in wanted)
    recipe = plan_recipe(models)
    planned = plan_session(models if recipe is None else recipe.names.names, asked)
    _announce(planned, n_bases=1 if recipe is None else len(recipe.names.bases))
    if asked.noise_floor and (stop_early or (recipe and len(recipe.names.seeds) > 1)):
        raise InvalidInputError(
            "--noise-floor needs one base and its whole run; leave out --stop-early, and compare "
            "one training seed at a time"
        )
    if dry_run:
        return _estimate(planned, asked)
    found: Comparison | Family | RecipeComparison
    if stop_early:
        found, folder = _compare_early(planned, asked, values)
    elif recipe is not None and len(recipe.names.seeds) > 1:
        found, folder = _compare_seeds(recipe, planned, asked, values)
    else:
        found, folder = _compare(planned, asked, values)
    return _show(found, folder, as_json=as_json, lang=values["lang"])


def _refuse_foreign(preset: str, wanted: tuple[str, ...], names: dict[str, str]) -> None:
    """Refuse to fill a preset's missing model with the embedded one of the same name."""
    from evalsuite.models.names import EMBEDDED, read_aliases

    known = {*names, *read_aliases()}
    missing = [name for name in wanted if name in EMBEDDED and name not in known]
    if missing and preset != "tiny":
        raise InvalidInputError(
            f"preset {preset} has no model {missing[0]!r}; train one with evalsuite train "
            f"--preset {preset}, or name it: evalsuite compare base FOLDER --preset {preset}"
        )


def _announce(planned: tuple[PlannedRun, ...], *, n_bases: int) -> None:
    """Say on stderr what each name stands for and what is left to do."""
    roles = ["base"] * n_bases + ["trained"] * (len(planned) - n_bases)
    for role, one in zip(roles, planned, strict=True):
        model = one.model
        pinned = f"@{model.revision[:8]}" if model.revision else ""
        state = f"{one.missing:,} answers to generate" if one.missing else "complete, reused"
        where = "" if model.source == "embedded" else f" {model.location}"
        click.echo(f"  {role:<8} {model.name} ({model.source}{where}{pinned}): {state}", err=True)
    if all(one.model.source == "embedded" for one in planned):
        note = planned[-1].model.note
        click.echo(
            f"  the embedded models on the embedded task{f': {note}' if note else ''}", err=True
        )


def _estimate(planned: tuple[PlannedRun, ...], asked: CompareSpec) -> int:
    """Print questions, tokens, minutes and disk, from a few seconds of real generation."""
    from evalsuite.asking.estimate import estimate

    total = most = 0.0
    for one in planned:
        if not one.missing:
            click.echo(f"{one.model.name}: nothing to generate")
            continue
        cost = estimate(one, asked)
        total, most = total + cost.minutes, most + cost.most_minutes
        memory = "" if cost.memory_mb is None else f", {cost.memory_mb:,} MB of memory"
        click.echo(
            f"{one.model.name}: {cost.answers:,} answers, about {cost.tokens:,} tokens (at most "
            f"{cost.most_tokens:,}) at {cost.tokens_per_second:,.0f} tokens/s: about "
            f"{cost.minutes:.1f} minutes (at most {cost.most_minutes:.1f}), at most "
            f"{cost.disk_mb:.1f} MB on disk{memory}"
        )
    if asked.noise_floor:
        click.echo(f"{planned[0].model.name} once more for the noise floor: not counted here")
    click.echo(f"in all about {total:.1f} minutes, at most {most:.1f}")
    return 0


def _compare(
    planned: tuple[PlannedRun, ...], asked: CompareSpec, values: dict[str, Any]
) -> tuple[Comparison | Family, Path]:
    from evalsuite.asking.noise_floor import measure_noise_floor, with_noise_floor
    from evalsuite.asking.session import compare_planned, finish_run, judge_family
    from evalsuite.cli.folders import family_folder, report_folder
    from evalsuite.records.comparison import Family
    from evalsuite.training.log import find_training_log

    base, *rest = [finish_run(one, asked, progress=ProgressLine(one.model.name)) for one in planned]
    comparisons = [
        compare_planned(
            base, one, asked, training=find_training_log(one.model, values["train_log"])
        )
        for one in rest
    ]
    if asked.noise_floor:
        again = ProgressLine(f"{base.model.name} again")
        floor = measure_noise_floor(base, asked, progress=again)
        comparisons = [with_noise_floor(each, floor) for each in comparisons]
    if len(rest) > 1:
        family = Family(comparisons=tuple(judge_family(comparisons, asked.policy)))
        folder = values["output"] or family_folder(Path("reports"), family)
        _write_family(folder, family, base, rest, lang=values["lang"])
        return family, folder
    folder = values["output"] or report_folder(Path("reports"), comparisons[0])
    _write(folder, comparisons[0], base, rest[0], lang=values["lang"])
    return comparisons[0], folder


def _compare_seeds(
    recipe: RecipePlan,
    planned: tuple[PlannedRun, ...],
    asked: CompareSpec,
    values: dict[str, Any],
) -> tuple[RecipeComparison, Path]:
    """Compare all training seeds of a recipe; each has its own report in a subfolder."""
    from evalsuite.asking.recipe import compare_recipe, seed_pairs
    from evalsuite.asking.session import finish_run
    from evalsuite.cli.folders import member_folders, recipe_folder

    runs = [finish_run(one, asked, progress=ProgressLine(one.model.name)) for one in planned]
    found = compare_recipe(recipe, runs, asked, train_log=values["train_log"])
    folder = values["output"] or recipe_folder(Path("reports"), found)
    rows = zip(member_folders(found), found.comparisons, seed_pairs(recipe, runs), strict=True)
    for name, comparison, (base, trained) in rows:
        _write(folder / name, comparison, base, trained, lang=values["lang"])
    _write_page(folder, found, lang=values["lang"])
    return found, folder


def _compare_early(
    planned: tuple[PlannedRun, ...], asked: CompareSpec, values: dict[str, Any]
) -> tuple[Comparison, Path]:
    from evalsuite.asking.early import judge_early, run_until_decided
    from evalsuite.asking.session import compare_planned
    from evalsuite.cli.folders import report_folder
    from evalsuite.training.log import find_training_log

    if len(planned) != 2:
        raise InvalidInputError("--stop-early looks at one pair; give one TRAINED")
    base, trained, found = run_until_decided(
        planned[0], planned[1], asked, progress=ProgressLine("questions")
    )
    log = find_training_log(trained.model, values["train_log"])
    comparison = judge_early(compare_planned(base, trained, asked, training=log), found, asked)
    folder = values["output"] or report_folder(Path("reports"), comparison)
    _write(folder, comparison, base, trained, lang=values["lang"])
    return comparison, folder


def _write(
    folder: Path, comparison: Comparison, base: PlannedRun, trained: PlannedRun, *, lang: str
) -> None:
    """Write results.json, questions.jsonl, report.html and summary.md."""
    from evalsuite.comparing.rows import paired_rows
    from evalsuite.records.codec import to_json, to_line
    from evalsuite.reporting.outputs.html import render_html
    from evalsuite.reporting.outputs.markdown import render_markdown
    from evalsuite.reporting.view import report_view
    from evalsuite.storage import write_atomically

    if base.run is None or trained.run is None:
        raise NotComparableError("a run is not finished; start the same command again")
    rows = paired_rows(base.run, trained.run, base.budgets, comparison.headline_budget)
    view = report_view(comparison, rows, lang=lang)
    write_atomically(folder / "questions.jsonl", "".join(map(to_line, rows)))
    write_atomically(folder / "report.html", render_html(view))
    write_atomically(folder / "summary.md", render_markdown(view))
    write_atomically(folder / "results.json", to_json(comparison))


def _write_family(
    folder: Path, family: Family, base: PlannedRun, rest: list[PlannedRun], *, lang: str
) -> None:
    """Write one report on all models, and each model's own in a subfolder."""
    from evalsuite.cli.folders import member_folders

    names = member_folders(family)
    for name, comparison, trained in zip(names, family.comparisons, rest, strict=True):
        _write(folder / name, comparison, base, trained, lang=lang)
    _write_page(folder, family, lang=lang)


def _write_page(folder: Path, found: Family | RecipeComparison, *, lang: str) -> None:
    """Write what leads to the reports in the subfolders."""
    from evalsuite.records.codec import to_json
    from evalsuite.reporting.outputs.html import render_html
    from evalsuite.reporting.outputs.markdown import render_markdown
    from evalsuite.storage import write_atomically

    view = _view(found, lang)
    write_atomically(folder / "report.html", render_html(view))
    write_atomically(folder / "summary.md", render_markdown(view))
    write_atomically(folder / "results.json", to_json(found))


def _show(
    found: Comparison | Family | RecipeComparison, folder: Path, *, as_json: bool, lang: str
) -> int:
    from evalsuite.records.codec import to_json
    from evalsuite.records.comparison import Family
    from evalsuite.reporting.outputs.terminal import render_terminal

    if as_json:
        click.echo(to_json(found), nl=False)
    else:
        width = min(shutil.get_terminal_size((100, 24)).columns, 120)
        click.echo(render_terminal(_view(found, lang), width=width, color=_use_color()))
    click.echo(f"  report   {folder / 'report.html'}", err=as_json)
    click.echo(f"  json     {folder / 'results.json'}", err=as_json)
    judged = found.comparisons if isinstance(found, Family) else (found,)
    invalid = any(c.verdict is not None and c.verdict.decision == "invalid" for c in judged)
    return NotComparableError.exit_code if invalid else 0


def _view(found: Comparison | Family | RecipeComparison, lang: str) -> ReportView:
    from evalsuite.cli.folders import member_folders
    from evalsuite.records.comparison import Comparison
    from evalsuite.reporting.view import report_view

    folders = () if isinstance(found, Comparison) else member_folders(found)
    return report_view(found, folders=folders, lang=lang)


def _use_color() -> bool:
    """Colour only a terminal whose owner did not refuse it (https://no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")

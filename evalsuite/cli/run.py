"""``evalsuite run``: generate and grade one model's answers, in one process or in shards."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import click

from evalsuite.asking.spec import preset_models, spec_of
from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import (
    generation_options,
    json_option,
    laid_over,
    quiet_option,
    task_option,
)
from evalsuite.cli.shared.process import collecting_often
from evalsuite.cli.shared.typed_names import ModelName
from evalsuite.cli.terminal.grouped import GroupedCommand
from evalsuite.cli.terminal.progress import ProgressLine, silence
from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Unpack

    from evalsuite.asking.evaluate import Reporter
    from evalsuite.asking.options import CompareOptions
    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.records.run import Run
    from evalsuite.reporting.wording import Words

__all__ = ["command"]


EXAMPLES = (
    ("evalsuite run ./my-model --task questions.jsonl --prompt plain", "answer, or go on"),
    ("evalsuite run ./my-model --shard 3/8", "one of eight processes"),
)


@click.command(cls=GroupedCommand, examples=EXAMPLES)
@click.argument("model", type=ModelName())
@click.option("--preset", help="tiny, smol or tutorial: settings of a known task.")
@click.option(
    "--shard",
    metavar="I/N",
    help="Answer only share I of N, beside other processes; then evalsuite runs merge.",
)
@click.option("--shards", type=click.IntRange(min=1), help="Answer in so many shards on Ray.")
@click.option(
    "--executor",
    type=click.Choice(["ray"]),
    help="ray: this machine, or the cluster that RAY_ADDRESS names.",
)
@task_option
@generation_options
@quiet_option
@lang_option
@json_option
@click.pass_context
@collecting_often()
def command(
    ctx: click.Context,
    /,
    model: str,
    *,
    preset: str | None,
    shard: str | None,
    shards: int | None,
    executor: str | None,
    as_json: bool,
    lang: str,
    quiet: bool,
    **options: Unpack[CompareOptions],
) -> None:
    """Generate and grade MODEL's answers; the same command continues an interrupted run."""
    from evalsuite.asking.answering.runs import answer_run
    from evalsuite.asking.session import plan_session
    from evalsuite.records.codec import to_json
    from evalsuite.reporting.wording import words

    if (shards is None) != (executor is None) or (shard and shards):
        raise InvalidInputError(
            "--shards N and --executor ray go together; without Ray start the processes yourself, "
            "each with its own --shard I/N"
        )
    catalogue, reporter = words(lang), silence if quiet else partial(ProgressLine, lang=lang)
    spec = spec_of(**laid_over(preset, ctx, options))
    (planned,) = plan_session(preset_models(preset, (model,)), spec)
    if shard is not None:
        document, line = _shard_done(planned, spec, shard, reporter, catalogue)
        click.echo(to_json(document) if as_json else line, nl=not as_json)
        return
    run: Run | None
    folder: Path | None
    if shards is not None and planned.run is None:
        from evalsuite.asking.answering.ray_shards import run_on_ray

        merged = run_on_ray(planned, spec, shards, on_shard=partial(_tell_shard, catalogue))
        run, folder = merged.run, merged.folder
    else:
        run, folder = answer_run(planned, spec, progress=reporter(planned.model.name))
    if run is not None and folder is not None:
        _show(run, folder, catalogue, as_json=as_json)


def _shard_done(
    planned: PlannedRun, spec: CompareSpec, name: str, reporter: Reporter, catalogue: Words
) -> tuple[dict[str, Any], str]:
    """Answer one share of the questions; say what was done and how to bring the shares together."""
    from evalsuite.asking.answering.shards import run_shard
    from evalsuite.disk.storage import run_folder
    from evalsuite.records.shard import Shard

    shard = Shard.parse(name)
    if planned.run is not None:
        document: dict[str, Any] = {
            "shard": name,
            "answers": 0,
            "folder": str(planned.folder),
            "finished": True,
        }
        line = catalogue.say("shards.nothing", shard=name, folder=str(planned.folder))
        return document, str(line)
    folder, label = run_folder(spec.runs, planned.spec), f"{planned.model.name} {name}"
    n = run_shard(planned, spec, shard, progress=reporter(label)).responses
    document = {"shard": name, "answers": n, "folder": str(folder), "finished": False}
    return document, str(catalogue.say("shards.done", shard=name, n=n, folder=str(folder)))


def _tell_shard(catalogue: Words, name: str, answers: int) -> None:
    line = catalogue.say("shards.progress", shard=name, n=answers)
    click.echo(f"  {line}", err=True)


def _show(run: Run, folder: Path, catalogue: Words, *, as_json: bool) -> None:
    from evalsuite.cli.show import run_summary, summary_lines
    from evalsuite.records.codec import to_json

    summary = run_summary(run, folder)
    if as_json:
        click.echo(to_json(summary), nl=False)
    else:
        click.echo("\n".join(summary_lines(summary, catalogue)))

"""``evalsuite run``: generate and grade one model's answers."""

from __future__ import annotations

from typing import Any

import click

from evalsuite.cli.options import apply_preset, generation_options, json_option, spec_from_options
from evalsuite.cli.progress import ProgressLine

__all__ = ["command"]


@click.command()
@click.argument("model")
@click.option("--preset", help="tiny, smol or tutorial: settings of a known task.")
@generation_options
@json_option
@click.pass_context
def command(
    ctx: click.Context, /, model: str, *, preset: str | None, as_json: bool, **values: Any
) -> None:
    """Generate and grade MODEL's answers; the same command continues an interrupted run."""
    from evalsuite.cli.summary import run_summary, summary_lines
    from evalsuite.evaluation.session import finish_run, plan_session
    from evalsuite.records.codec import to_json

    names = apply_preset(ctx, preset, values)
    asked = spec_from_options(values)
    (planned,) = plan_session((names.get(model, model),), asked)
    done = finish_run(planned, asked, progress=ProgressLine(planned.model.name))
    if done.run is None or done.folder is None:
        return
    summary = run_summary(done.run, done.folder)
    if as_json:
        click.echo(to_json(summary), nl=False)
    else:
        click.echo("\n".join(summary_lines(summary)))

"""``evalsuite show``: a run, or one question of one or two runs, as text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from evalsuite.records.run import Response, Run

__all__ = ["command"]


@click.command()
@click.argument("run")
@click.argument("question", required=False)
@click.option("--with", "other", help="A second run, shown below the first.")
@click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
)
def command(run: str, question: str | None, *, other: str | None, runs: Path) -> None:
    """Show RUN, or its answers to one QUESTION (an id, or the row number in the run)."""
    from evalsuite.cli.summary import run_summary, summary_lines

    first, folder = _load(run, runs)
    if question is None:
        click.echo("\n".join(summary_lines(run_summary(first, folder))))
        click.echo("  questions " + ", ".join(q.id for q in first.questions[:5]) + ", ...")
        return
    shown = [first] if other is None else [first, _load(other, runs)[0]]
    click.echo("\n\n".join(_answers(one, question) for one in shown))


def _load(name: str, runs: Path) -> tuple[Run, Path]:
    from evalsuite.models.names import resolve
    from evalsuite.storage import load_run

    spec = resolve(name, runs=runs)
    if spec.source != "run":
        raise InvalidInputError(
            f"{name!r} is a {spec.source}, not a run; see `evalsuite runs list`"
        )
    return load_run(Path(spec.location)), Path(spec.location)


def _answers(run: Run, question: str) -> str:
    """Write question, gold and every sample; model output is made harmless first."""
    from evalsuite.comparing.rows import gold_text
    from evalsuite.reporting.outputs.inert import visible
    from evalsuite.tasks.grading import task_of_run

    found = [q for i, q in enumerate(run.questions) if q.id == question or str(i) == question]
    if not found:
        raise InvalidInputError(
            f"{question!r} is neither a question of this run nor a row number below "
            f"{len(run.questions)}; `evalsuite show RUN` lists some"
        )
    asked, decides = found[0], task_of_run(run.spec).decides
    gold = visible(gold_text(asked) or "not recorded")
    parts = [f"{visible(run.spec.model.name)}  {asked.id}  gold {gold}"]
    if asked.text:
        parts.append(visible(asked.text))
    for response, grade in zip(run.responses, run.grades, strict=True):
        if response.question_id == asked.id:
            verdict = {True: "right", False: "wrong", None: "not graded"}[grade.is_right(decides)]
            reading = visible(grade.readings.get(decides) or "no answer")
            parts.append(
                f"-- sample {response.sample}: {verdict}, read {reading}, {_ending(response)}"
            )
            parts.append("(no text recorded)" if response.text is None else visible(response.text))
    return "\n".join(parts)


def _ending(response: Response) -> str:
    """Say how a response ended and how long it is, or that its log does not tell."""
    n = response.n_tokens
    length = "length not recorded" if n is None else f"{n} tokens"
    if response.finish == "unknown":
        return f"end not recorded, {length}"
    return f"{response.finish}, {length}" if n is None else f"{response.finish} after {length}"

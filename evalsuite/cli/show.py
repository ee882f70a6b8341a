"""``evalsuite show``: a run in a few lines, or one question of one or two runs, as text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.options import json_option, store_option
from evalsuite.cli.shared.stored_runs import find_run
from evalsuite.cli.shared.typed_names import RunName
from evalsuite.errors import InvalidInputError, listed

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.gains import Interval
    from evalsuite.records.run import ModelSpec, Response, Run

__all__ = ["command", "run_summary", "summary_lines"]


@click.command()
@click.argument("run", type=RunName())
@click.argument("question", required=False)
@click.option("--with", "other", type=RunName(), help="A second run, shown below the first.")
@store_option
@json_option
def command(
    run: str, question: str | None, *, other: str | None, runs: Path, as_json: bool
) -> None:
    """Show RUN, or its answers to one QUESTION (an id, or the row number in the run)."""
    if question is None:
        _show_whole(_folder_of(run, runs), as_json=as_json)
        return
    from evalsuite.disk.excerpt import load_excerpt

    if as_json:
        raise InvalidInputError(
            "--json is about a whole run; its answers stand in responses.jsonl of its folder"
        )
    names = [run] if other is None else [run, other]
    excerpts = [load_excerpt(_folder_of(name, runs), question) for name in names]
    click.echo("\n\n".join(map(_answers, excerpts)))


def _show_whole(folder: Path, *, as_json: bool) -> None:
    from evalsuite.disk.storage import load_run
    from evalsuite.records.codec import to_json

    stored = load_run(folder)
    summary = run_summary(stored, folder)
    if as_json:
        click.echo(to_json(summary), nl=False)
        return
    click.echo("\n".join(summary_lines(summary)))
    click.echo(f"  questions {listed([question.id for question in stored.questions])}")


def _folder_of(name: str, runs: Path) -> Path:
    return find_run(_source_of(name), runs, complete=True)


def _source_of(name: str) -> str:
    """Follow an alias that stands for a run; every other name is one of the store's."""
    from evalsuite.models.names import read_aliases

    aliases, source = read_aliases(), name.removeprefix("alias:")
    return aliases[source] if aliases.get(source, "").startswith("run:") else source


def _answers(run: Run) -> str:
    """Write question, gold and every sample; model output is made harmless first."""
    from evalsuite.comparing.tables import gold_text
    from evalsuite.reporting.outputs.inert import visible
    from evalsuite.tasks.grading import task_of_run

    (chosen,), decides = run.questions, task_of_run(run.spec).decides
    gold = visible(gold_text(chosen) or "not recorded")
    parts = [f"{visible(run.spec.model.name)}  {chosen.id}  gold {gold}"]
    if chosen.text:
        parts.append(visible(chosen.text))
    for response, grade in zip(run.responses, run.grades, strict=True):
        verdict = {True: "right", False: "wrong", None: "not graded"}[grade.is_right(decides)]
        reading = visible(grade.readings.get(decides) or "no answer")
        parts.append(f"-- sample {response.sample}: {verdict}, read {reading}, {_ending(response)}")
        parts.append("(no text recorded)" if response.text is None else visible(response.text))
    return "\n".join(parts)


def _ending(response: Response) -> str:
    """Say how a response ended and how long it is, or that its log does not tell."""
    n = response.n_tokens
    length = "length not recorded" if n is None else f"{n} tokens"
    if response.finish == "unknown":
        return f"end not recorded, {length}"
    return f"{response.finish}, {length}" if n is None else f"{response.finish} after {length}"


@dataclass(frozen=True, slots=True, kw_only=True)
class GraderCount:
    """What one grader called right, of the answers that it could grade."""

    correct: int
    accuracy: float
    interval: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What a complete run holds; fractions, not percent. Its fields are the keys of ``--json``."""

    model: ModelSpec
    task: str
    split: str
    n: int
    graders: dict[str, GraderCount]
    truncated: int
    unknown_finish: int
    no_answer: int
    max_new_tokens: int | None
    environment: dict[str, Any]
    folder: str


def run_summary(run: Run, folder: Path) -> RunSummary:
    """Count what a complete run holds."""
    from evalsuite.records.gains import Interval
    from evalsuite.stats import proportion_interval
    from evalsuite.tasks.grading import task_of_run

    task = task_of_run(run.spec)
    graders = {}
    for grader in task.graders:
        graded = [right for g in run.grades if (right := g.is_right(grader)) is not None]
        if not graded:
            continue
        interval = proportion_interval(sum(graded), len(graded))
        graders[grader] = GraderCount(
            correct=interval.successes,
            accuracy=interval.estimate,
            interval=Interval(low=interval.low, high=interval.high),
        )
    return RunSummary(
        model=run.spec.model,
        task=run.spec.task,
        split=run.spec.split,
        n=len(run.grades),
        graders=graders,
        truncated=sum(r.finish == "length" for r in run.responses),
        unknown_finish=sum(r.finish == "unknown" for r in run.responses),
        no_answer=sum(g.readings.get(task.decides) is None for g in run.grades),
        max_new_tokens=run.spec.decoding.max_new_tokens,
        environment=run.environment,
        folder=str(folder),
    )


def summary_lines(summary: RunSummary) -> list[str]:
    """Write what `run_summary` counts for a terminal."""
    from evalsuite.reporting.numbers import count_text, percent_text
    from evalsuite.reporting.outputs.inert import visible

    n, limit = count_text(summary.n), summary.max_new_tokens
    lines = [f"{visible(summary.model.name)} on {visible(summary.task)} {summary.split}"]
    for grader, row in summary.graders.items():
        low, high = percent_text(row.interval.low), percent_text(row.interval.high)
        lines.append(f"  {grader:<9} {percent_text(row.accuracy)} ({low} to {high}; {n} answers)")
    at = "an unknown number of tokens" if limit is None else f"{limit} tokens"
    cut = "unknown" if summary.unknown_finish else f"{count_text(summary.truncated)} of {n}"
    lines += [
        f"  cut off   {cut} at {at}",
        f"  no answer {count_text(summary.no_answer)} of {n}",
    ]
    peak = summary.environment.get("peak_rss_mb")
    lines += [f"  memory    {count_text(peak)} MB at the process's peak"] if peak else []
    notes = summary.environment.get("notes")
    lines += (
        [f"  note      {visible(str(note))}" for note in notes] if isinstance(notes, list) else []
    )
    return [*lines, f"  run       {summary.folder}"]

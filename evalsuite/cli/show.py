"""``evalsuite show``: a run in a few lines, or one question of one or two runs, as text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import json_option, store_option
from evalsuite.cli.shared.stored_runs import find_run
from evalsuite.cli.shared.typed_names import RunName
from evalsuite.cli.terminal.columns import labelled
from evalsuite.errors import InvalidInputError, listed
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.gains import Interval
    from evalsuite.records.run import ModelSpec, Response, Run
    from evalsuite.reporting.wording import Words

__all__ = ["command", "run_summary", "summary_lines"]

_OUTCOMES = {True: "show.right", False: "show.wrong", None: "show.not_graded"}


@click.command()
@click.argument("run", type=RunName())
@click.argument("question", required=False)
@click.option("--with", "other", type=RunName(), help="A second run, shown below the first.")
@store_option
@lang_option
@json_option
def command(
    run: str, question: str | None, *, other: str | None, runs: Path, lang: str, as_json: bool
) -> None:
    """Show RUN, or its answers to one QUESTION (an id, or the row number in the run)."""
    from evalsuite.reporting.wording import words

    if question is None:
        _show_whole(_folder_of(run, runs), words(lang), as_json=as_json)
        return
    from evalsuite.disk.excerpt import load_excerpt

    if as_json:
        raise InvalidInputError(
            "--json is about a whole run; its answers stand in responses.jsonl of its folder"
        )
    names = [run] if other is None else [run, other]
    excerpts = [load_excerpt(_folder_of(name, runs), question) for name in names]
    click.echo("\n\n".join(_answers(excerpt, words(lang)) for excerpt in excerpts))


def _show_whole(folder: Path, catalogue: Words, *, as_json: bool) -> None:
    from evalsuite.disk.storage import load_run
    from evalsuite.records.codec import to_json

    stored = load_run(folder)
    summary = run_summary(stored, folder)
    if as_json:
        click.echo(to_json(summary), nl=False)
        return
    click.echo("\n".join(summary_lines(summary, catalogue)))
    ids = listed([question.id for question in stored.questions])
    click.echo(labelled(catalogue.text("show.questions"), ids))


def _folder_of(name: str, runs: Path) -> Path:
    return find_run(_source_of(name), runs, complete=True)


def _source_of(name: str) -> str:
    """Follow an alias that stands for a run; every other name is one of the store's."""
    from evalsuite.models.names import read_aliases

    aliases, source = read_aliases(), name.removeprefix("alias:")
    return aliases[source] if aliases.get(source, "").startswith("run:") else source


def _answers(run: Run, catalogue: Words) -> str:
    """Write question, gold and every sample; model output is made harmless first."""
    from evalsuite.comparing.tables import gold_text
    from evalsuite.reporting.outputs.inert import visible
    from evalsuite.tasks.grading import task_of_run

    (chosen,), decides = run.questions, task_of_run(run.spec).decides
    name, gold = visible(run.spec.model.name), gold_text(chosen)
    gold = visible(gold) if gold else catalogue.text("show.not_recorded")
    parts = [str(catalogue.say("show.question", name=name, id=chosen.id, gold=gold))]
    if chosen.text:
        parts.append(visible(chosen.text))
    for response, grade in zip(run.responses, run.grades, strict=True):
        reading = grade.readings.get(decides)
        read = catalogue.text("show.unread")
        if reading:
            read = str(catalogue.say("show.read", reading=visible(reading)))
        sample = catalogue.say(
            "show.sample",
            sample=response.sample,
            outcome=catalogue.text(_OUTCOMES[grade.is_right(decides)]),
            read=read,
            ending=_ending(response, catalogue),
        )
        text = catalogue.text("show.no_text") if response.text is None else visible(response.text)
        parts += [str(sample), text]
    return "\n".join(parts)


def _ending(response: Response, catalogue: Words) -> str:
    """Say how a response ended and how long it is, or that its log does not tell."""
    say, n = catalogue.say, response.n_tokens
    if response.finish == "unknown":
        return str(say("show.end_unknown_somewhere" if n is None else "show.end_unknown", n=str(n)))
    finish = catalogue.find(f"show.finish_{response.finish}") or response.finish
    key = "show.ended_somewhere" if n is None else "show.ended"
    return str(say(key, finish=finish, n=str(n)))


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


def summary_lines(summary: RunSummary, catalogue: Words) -> list[str]:
    """Write what `run_summary` counts for a terminal."""
    from evalsuite.reporting.clauses import recalled
    from evalsuite.reporting.outputs.inert import visible

    say, n = catalogue.say, summary.n
    name, task = visible(summary.model.name), visible(summary.task)
    head = str(say("show.title", name=name, task=task, split=summary.split))
    rows: list[tuple[str, object]] = [
        (grader, _accuracy(count, n, catalogue)) for grader, count in summary.graders.items()
    ]
    rows.append((catalogue.text("show.cut_off"), _cut_off(summary, catalogue)))
    no_answer = say("show.part", part=summary.no_answer, whole=n)
    rows.append((catalogue.text("show.no_answer"), no_answer))
    if peak := summary.environment.get("peak_rss_mb"):
        rows.append((catalogue.text("show.memory"), say("show.peak", megabytes=peak)))
    notes = summary.environment.get("notes")
    for note in map(str, notes if isinstance(notes, list) else []):
        rows += [(catalogue.text("show.note"), visible(recalled(note, catalogue.lang)))]
    rows.append((catalogue.text("show.run"), summary.folder))
    return [head, *(labelled(label, text) for label, text in rows)]


def _accuracy(count: GraderCount, n: int, catalogue: Words) -> object:
    low, high = count.interval.low, count.interval.high
    return catalogue.say("show.accuracy", share=count.accuracy, low=low, high=high, n=n)


def _cut_off(summary: RunSummary, catalogue: Words) -> object:
    cut: object = catalogue.text("unknown")
    if not summary.unknown_finish:
        cut = catalogue.say("show.part", part=summary.truncated, whole=summary.n)
    if summary.max_new_tokens is None:
        return catalogue.say("show.cut_somewhere", cut=str(cut))
    return catalogue.say("show.cut_at", cut=str(cut), tokens=str(summary.max_new_tokens))

"""``evalsuite regrade``: grade stored answers again, without generating."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evalsuite.cli.shared.language import lang_option
from evalsuite.cli.shared.options import store_option

if TYPE_CHECKING:
    from evalsuite.records.run import Grade, Run, Task

__all__ = ["command"]


@click.command()
@click.argument("run")
@store_option
@lang_option
def command(run: str, runs: Path, lang: str) -> None:
    """Grade the stored answers of RUN again with this version's graders.

    Scores that came with a log stay as they were imported.
    """
    from evalsuite.disk.storage import held_run, is_regrade_open, load_run, write_grades
    from evalsuite.errors import Clause, InvalidInputError
    from evalsuite.models.names import resolve
    from evalsuite.reporting.wording import words
    from evalsuite.tasks.grading import task_of_run

    spec = resolve(run, runs=runs)
    if spec.source != "run":
        raise InvalidInputError(
            "{run!r} is {kind}, not a run; see `evalsuite runs list`",
            run=run,
            kind=Clause("a log") if spec.source == "log" else Clause("a model"),
        )
    folder = Path(spec.location)
    with held_run(folder):
        stored = load_run(folder)
        task = task_of_run(stored.spec)
        grades = _graded(stored, task)
        changed = sum(new != old for new, old in zip(grades, stored.grades, strict=True))
        if changed or is_regrade_open(folder):
            write_grades(folder, grades)
    catalogue = words(lang)
    versions = catalogue.text("list").join(f"{name}@{v}" for name, v in task.graders.items())
    counts = {"changed": changed, "n": len(grades)}
    line = catalogue.say("regrade.done", folder=str(folder), graders=versions, **counts)
    click.echo(line)


def _graded(stored: Run, task: Task) -> list[Grade]:
    """Grade what our graders read; scores that came with a log can't be made again."""
    from evalsuite.comparing.tabulate import with_recorded
    from evalsuite.tasks.grading import grade_response

    questions = {question.id: question for question in stored.questions}
    return [
        with_recorded(grade_response(response, questions[response.question_id], task), old, task)
        for response, old in zip(stored.responses, stored.grades, strict=True)
    ]

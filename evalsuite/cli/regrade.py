"""``evalsuite regrade``: grade stored answers again, without generating."""

from __future__ import annotations

from pathlib import Path

import click

__all__ = ["command"]


@click.command()
@click.argument("run")
@click.option(
    "--runs",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("runs"),
    show_default=True,
)
def command(run: str, runs: Path) -> None:
    """Grade the stored answers of RUN again with this version's graders."""
    from evalsuite.disk.storage import held_run, is_regrade_open, load_run, write_grades
    from evalsuite.errors import InvalidInputError
    from evalsuite.models.names import resolve
    from evalsuite.tasks.grading import grade_response, task_of_run

    spec = resolve(run, runs=runs)
    if spec.source != "run":
        raise InvalidInputError(
            f"{run!r} is a model ({spec.source}), not a run; see `evalsuite runs list`"
        )
    folder = Path(spec.location)
    with held_run(folder):
        stored = load_run(folder)
        questions, task = {q.id: q for q in stored.questions}, task_of_run(stored.spec)
        grades = [grade_response(r, questions[r.question_id], task) for r in stored.responses]
        changed = sum(new != old for new, old in zip(grades, stored.grades, strict=True))
        if changed or is_regrade_open(folder):
            write_grades(folder, grades)
    versions = ", ".join(f"{name}@{version}" for name, version in task.graders.items())
    click.echo(f"{folder}: {changed:,} of {len(grades):,} grades changed ({versions})")

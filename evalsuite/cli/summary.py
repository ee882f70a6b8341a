"""A run in a few lines: how many right, found, cut off, and where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.records.codec import plain

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.run import Run

__all__ = ["run_summary", "summary_lines"]


def run_summary(run: Run, folder: Path) -> dict[str, Any]:
    """Count what a run holds.

    Parameters
    ----------
    run
        Complete.
    folder
        Where it lies.

    Returns
    -------
    dict
        JSON types; fractions, not percent.
    """
    from evalsuite.stats import proportion_interval
    from evalsuite.tasks.grading import task_of_run

    n, task = len(run.grades), task_of_run(run.spec)
    graders = {}
    for grader in task.graders:
        graded = [right for g in run.grades if (right := g.is_right(grader)) is not None]
        if not graded:
            continue
        interval = proportion_interval(sum(graded), len(graded))
        graders[grader] = {
            "correct": sum(graded),
            "accuracy": sum(graded) / len(graded),
            "interval": {"low": interval.low, "high": interval.high},
        }
    return {
        "model": plain(run.spec.model),
        "task": run.spec.task,
        "split": run.spec.split,
        "n": n,
        "graders": graders,
        "truncated": sum(r.finish == "length" for r in run.responses),
        "unknown_finish": sum(r.finish == "unknown" for r in run.responses),
        "no_answer": sum(g.readings.get(task.decides) is None for g in run.grades),
        "max_new_tokens": run.spec.decoding.max_new_tokens,
        "environment": run.environment,
        "folder": str(folder),
    }


def summary_lines(summary: dict[str, Any]) -> list[str]:
    """Write a summary for a terminal.

    Parameters
    ----------
    summary
        From `run_summary`.

    Returns
    -------
    list of str
    """
    from evalsuite.records.numbers import count_text, percent_text
    from evalsuite.reporting.outputs.inert import visible

    n = summary["n"]
    lines = [
        f"{visible(summary['model']['name'])} on {visible(summary['task'])} {summary['split']}"
    ]
    for grader, found in summary["graders"].items():
        low, high = found["interval"]["low"], found["interval"]["high"]
        lines.append(
            f"  {grader:<9} {percent_text(found['accuracy'])} "
            f"({percent_text(low)} to {percent_text(high)}; {count_text(n)} answers)"
        )
    unknown = summary["unknown_finish"]
    limit = summary["max_new_tokens"]
    at = "an unknown number of tokens" if limit is None else f"{limit} tokens"
    cut = "unknown" if unknown else f"{count_text(summary['truncated'])} of {count_text(n)}"
    lines += [
        f"  cut off   {cut} at {at}",
        f"  no answer {count_text(summary['no_answer'])} of {count_text(n)}",
    ]
    peak = summary["environment"].get("peak_rss_mb")
    lines += [f"  memory    {count_text(peak)} MB at the process's peak"] if peak else []
    return [*lines, f"  run       {summary['folder']}"]

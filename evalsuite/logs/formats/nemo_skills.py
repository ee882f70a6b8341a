"""Logs of NeMo-Skills: ``output.jsonl``, or one ``output-rs<seed>.jsonl`` a seed of a folder.

The seeds of a folder are samples of one log. Where a judge answered, its own end and its own count
took the place of the answer's in that line. The layout is that of runs of NeMo-Skills 0.7.0.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from evalsuite.errors import at_line
from evalsuite.logs.formats.answers import AnswerRow, count_of, finish_of, log_of_answers
from evalsuite.logs.lines import (
    hash_of,
    identity_of,
    json_file,
    json_lines,
    mapping,
    number,
    text_of,
)
from evalsuite.logs.log import Harness, LogFile
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evalsuite.logs.log import Log
    from evalsuite.records.run import Finish

__all__ = ["is_nemo_skills", "nemo_skills_file", "read_nemo_skills"]

_SEED = re.compile(r"output-rs(?P<seed>\d+)")
_CORRECT = ("symbolic_correct", "is_correct", "judge_correct")
_MARK = "Judgement:"
"""After which a judge of mathematics says yes or no."""


def is_nemo_skills(row: Mapping[str, Any]) -> bool:
    """Return whether a line is an output of NeMo-Skills'."""
    return "generation" in row and "predicted_answer" in row


def nemo_skills_file(path: Path, paths: Sequence[Path]) -> LogFile:
    """Describe one file, or all seeds of its folder that are among ``paths``, under the first."""
    files = [path]
    if _SEED.fullmatch(path.stem):
        files = [p for p in paths if p.parent == path.parent and _SEED.fullmatch(p.stem)]
    summary = path.parent.with_name("metrics.json")
    return LogFile(
        format="nemo-skills",
        path=files[0],
        parts=tuple(files[1:]),
        task=path.parent.name,
        results=summary if summary.is_file() else None,
    )


def read_nemo_skills(file: LogFile) -> Log:
    """Read the outputs of one benchmark, each seed's as a sample."""
    files = (file.path, *file.parts)
    lines = [
        (at_line(path, line), row, seed if len(files) > 1 else None)
        for seed, path in enumerate(files)
        for line, row in json_lines(path)
    ]
    is_judged = any(_MARK in str(row.get("judgement")) for _, row, _ in lines)
    task = file.task or file.path.stem
    return log_of_answers(
        [_output(where, row, seed, is_judged=is_judged) for where, row, seed in lines],
        file.path.name,
        format="nemo-skills",
        harness=Harness(name="NeMo-Skills", version=None),
        task=task,
        files=(*files, *([file.results] if file.results else [])),
        stated=_stated(file.results, task, len(files)),
    )


def _stated(path: Path | None, task: str, seeds: int) -> Tally:
    """Read the means over as many seeds as were read; none where it was summed over others."""
    modes = mapping(json_file(path).get(task)) if path else {}
    averages = [name for name in modes if name.startswith("pass@1[")]
    name = f"pass@1[avg-of-{seeds}]" if averages else "pass@1"
    if seeds > 1 and not averages:
        return Tally()
    stated = mapping(modes.get(name))
    n, percents = stated.get("num_entries"), {k: number(stated.get(k)) for k in _CORRECT}
    means = {k: percent / 100 for k, percent in percents.items() if percent is not None}
    return Tally(n=n if isinstance(n, int) else None, means=means)


def _output(where: str, row: Mapping[str, Any], seed: int | None, *, is_judged: bool) -> AnswerRow:
    scores = {
        key: number(int(row[key]) if isinstance(row[key], bool) else row[key])
        for key in _CORRECT
        if key in row
    }
    if is_judged:
        scores["judge_correct"] = float(_is_yes(str(row.get("judgement"))))
    problem = text_of(row.get("problem")) or text_of(row.get("question"))
    read, finish = text_of(row.get("predicted_answer")), _finish(row)
    return AnswerRow(
        where=where,
        # lines of two models stand in the order in which answers came; the problem does not change
        native_id=str(identity_of(row, "id", where)) if problem is None else hash_of(problem)[:12],
        repeat=seed,
        question=problem,
        gold=text_of(row.get("expected_answer")),
        text=text_of(row.get("generation")),
        finish=finish,
        n_tokens=count_of(row.get("num_generated_tokens"), finish),
        scores=scores,
        readings=dict.fromkeys(scores, read),
    )


def _is_yes(judgement: str) -> bool:
    """Read a judgement as the tool does: without a word for it, it is a no."""
    _, mark, verdict = judgement.rpartition(_MARK)
    return bool(mark) and verdict.strip().lower().startswith("yes")


def _finish(row: Mapping[str, Any]) -> Finish:
    """Return how the answer ended; unknown where the end is that of what a judge wrote."""
    if row.get("error"):
        return "error"
    if "judgement" in row:
        turns = row.get("serialized_output")
        last = mapping(turns[-1]) if isinstance(turns, list) and turns else {}
        if last.get("content") != row.get("generation"):
            return "unknown"
    return finish_of(row.get("finish_reason"))

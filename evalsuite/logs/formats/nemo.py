"""Logs of NVIDIA's tools: NeMo Evaluator's ``results.jsonl`` and NeMo-Skills' ``output*.jsonl``.

NeMo Evaluator tells how an answer ended in a second file, ``inference_log.jsonl``, joined by
problem and repeat; of two lines on one answer the last counts, as for the tool itself. NeMo-Skills
writes one file a seed: the seeds of a folder are samples of one log. The first layout is that of
nemo-evaluator 0.3.0, the second that of NeMo-Skills 0b012df8; no file of a real run was at hand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from evalsuite.errors import at_line
from evalsuite.logs.formats.answers import AnswerRow, finish_of, log_of_answers
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

__all__ = [
    "is_nemo_evaluator",
    "is_nemo_skills",
    "nemo_evaluator_file",
    "nemo_skills_file",
    "read_nemo_evaluator",
    "read_nemo_skills",
]

_INFERENCE = "inference_log.jsonl"
_SEED = re.compile(r"output-rs(?P<seed>\d+)")
_CORRECT = ("symbolic_correct", "is_correct", "judge_correct")


def is_nemo_evaluator(row: Mapping[str, Any]) -> bool:
    """Return whether a line is a result of NeMo Evaluator's."""
    return {"problem_idx", "repeat", "reward", "model_response"} <= row.keys()


def is_nemo_skills(row: Mapping[str, Any]) -> bool:
    """Return whether a line is an output of NeMo-Skills'."""
    return "generation" in row and "predicted_answer" in row


def nemo_evaluator_file(path: Path) -> LogFile:
    """Describe a file of results; the bundle beside it names benchmark and model."""
    bundles = sorted(path.parent.glob("eval-*.json"))
    return LogFile(
        format="nemo-evaluator",
        path=path,
        results=bundles[0] if len(bundles) == 1 else None,
    )


def read_nemo_evaluator(file: LogFile) -> Log:
    """Read the rewards of one benchmark, with the ends its inference log tells."""
    bundle = json_file(file.results) if file.results else {}
    benchmark, config = mapping(bundle.get("benchmark")), mapping(bundle.get("config"))
    inferred = _inferences(file.path.with_name(_INFERENCE))
    rows = [_result(file.path, line, row, inferred) for line, row in json_lines(file.path)]
    models = {text_of(row.get("model")) for row in inferred.values()} - {None, ""}
    model = text_of(config.get("model")) or (models.pop() if len(models) == 1 else None)
    n = benchmark.get("samples")
    return log_of_answers(
        rows,
        file.path.name,
        format="nemo-evaluator",
        harness=Harness(name="NeMo Evaluator", version=text_of(bundle.get("sdk_version"))),
        model=model,
        task=text_of(benchmark.get("name")) or file.path.parent.name,
        files=(file.path, *([file.results] if file.results else [])),
        stated=Tally(n=n if isinstance(n, int) else None),
    )


def _inferences(path: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    if not path.is_file():
        return {}
    lines = (row for _, row in json_lines(path) if row.get("_type") != "meta")
    return {(str(row.get("problem_idx")), str(row.get("repeat"))): row for row in lines}


def _result(
    path: Path,
    line: int,
    row: Mapping[str, Any],
    inferred: Mapping[tuple[str, str], Mapping[str, Any]],
) -> AnswerRow:
    where = at_line(path, line)
    problem, repeat = str(identity_of(row, "problem_idx", where)), row.get("repeat")
    about = inferred.get((problem, str(repeat)), {})
    scorers = mapping(row.get("scorer_rewards"))
    read = row.get("extracted_answer")
    return AnswerRow(
        where=where,
        native_id=problem,
        repeat=repeat if isinstance(repeat, int) else None,
        question=text_of(row.get("prompt")),
        gold=text_of(row.get("expected_answer")),
        text=text_of(row.get("model_response")),
        prompt=None if row.get("prompt") is None else hash_of(row["prompt"]),
        finish=finish_of(about.get("finish_reason")),
        scores={"reward": number(row.get("reward"))}
        | {str(name).removeprefix("scorer:"): number(value) for name, value in scorers.items()},
        readings={"reward": text_of(read) or None} if "extracted_answer" in row else {},
    )


def nemo_skills_file(path: Path, paths: Sequence[Path]) -> LogFile:
    """Describe one file, or all seeds of its folder that are among ``paths``, under the first."""
    files = [path]
    if _SEED.fullmatch(path.stem):
        files = [p for p in paths if p.parent == path.parent and _SEED.fullmatch(p.stem)]
    return LogFile(
        format="nemo-skills", path=files[0], parts=tuple(files[1:]), task=path.parent.name
    )


def read_nemo_skills(file: LogFile) -> Log:
    """Read the outputs of one benchmark, each seed's as a sample."""
    files = (file.path, *file.parts)
    rows = [
        _output(path, line, row, seed if len(files) > 1 else None)
        for seed, path in enumerate(files)
        for line, row in json_lines(path)
    ]
    return log_of_answers(
        rows,
        file.path.name,
        format="nemo-skills",
        harness=Harness(name="NeMo-Skills", version=None),
        task=file.task or file.path.stem,
        files=files,
    )


def _output(path: Path, line: int, row: Mapping[str, Any], seed: int | None) -> AnswerRow:
    scores = {
        key: number(int(row[key]) if isinstance(row[key], bool) else row[key])
        for key in _CORRECT
        if key in row
    }
    problem = text_of(row.get("problem")) or text_of(row.get("question"))
    where = at_line(path, line)
    count, read = row.get("num_generated_tokens"), text_of(row.get("predicted_answer"))
    return AnswerRow(
        where=where,
        # lines of two models stand in the order in which answers came; the problem does not change
        native_id=str(identity_of(row, "id", where)) if problem is None else hash_of(problem)[:12],
        repeat=seed,
        question=problem,
        gold=text_of(row.get("expected_answer")),
        text=text_of(row.get("generation")),
        finish=finish_of(row.get("finish_reason")),
        n_tokens=count if isinstance(count, int) and not isinstance(count, bool) else None,
        scores=scores,
        readings=dict.fromkeys(scores, read),
    )

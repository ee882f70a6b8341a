"""Logs of NeMo Evaluator: ``results.jsonl``, with what lies beside it of the same run.

Its ends stand in ``inference_log.jsonl``, or in ``trajectories.jsonl`` where shards were merged; of
two lines on one answer the last counts, as for the tool itself. Requests that failed for the
server's sake and answers whose judge failed are wrong there; here nobody has graded them. The
layout is that of runs of nemo-evaluator 0.4.0.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from evalsuite.errors import at_line
from evalsuite.logs.formats.answers import AnswerRow, count_of, finish_of, log_of_answers
from evalsuite.logs.lines import (
    hash_of,
    identity_of,
    json_file,
    json_lines,
    mapping,
    neighbour,
    number,
    samples_beside,
    text_of,
)
from evalsuite.logs.log import Harness, LogFile
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from evalsuite.logs.log import Log

__all__ = [
    "is_bundle",
    "is_nemo_evaluator",
    "nemo_evaluator_file",
    "read_nemo_evaluator",
    "results_of",
]

_FAILED = ("infra_error", "system", "server_error", "rate_limit", "model_timeout")
"""Categories of errors that say nothing about the model; others, such as a context that is too
long for it, are its own."""
_KEPT = ("model", "finish_reason", "completion_tokens", "error")
_LARGEST_CONFIG = 2**20
"""Bytes; a run's own copy of its settings has a few thousand."""
_SETTING = re.compile(r"^ {6}(temperature|top_p|max_tokens|seed): (\S+)$", re.MULTILINE)
_SERVICES = re.compile(r"^services:\n((?: .*\n)*)", re.MULTILINE)
_SERVICE = re.compile(r"^  \S.*:$", re.MULTILINE)


def is_nemo_evaluator(row: Mapping[str, Any]) -> bool:
    """Return whether a line is a result of NeMo Evaluator's."""
    return {"problem_idx", "repeat", "reward", "model_response"} <= row.keys()


def is_bundle(document: Mapping[str, Any]) -> bool:
    """Return whether a JSON document is the bundle of a run, which holds its totals."""
    return {"run_id", "sdk_version", "benchmark"} <= document.keys()


def results_of(bundle: Path) -> LogFile:
    """Find the answers behind a bundle that was named alone, as `nel compare` takes them.

    Raises
    ------
    InvalidInputError
        Where there are none, as of harnesses in containers: totals can't be paired.
    """
    results = samples_beside(bundle, "results.jsonl")
    return replace(nemo_evaluator_file(results), results=bundle)


def nemo_evaluator_file(path: Path) -> LogFile:
    """Describe a file of results by the bundle beside it, and a task by its folder without one."""
    # each run into a folder leaves a bundle there, and only the last one's results; names have
    # the second at which they were written
    bundles = sorted(path.parent.glob("eval-*.json"))
    results = bundles[-1] if bundles else None
    benchmark = mapping(neighbour(results).get("benchmark")) if results else {}
    return LogFile(
        format="nemo-evaluator",
        path=path,
        task=text_of(benchmark.get("name")) or path.parent.name,
        results=results,
    )


def read_nemo_evaluator(file: LogFile, *, allow_missing: bool = False) -> Log:
    """Read the rewards of one benchmark, with the ends that its neighbours tell."""
    bundle = json_file(file.results) if file.results else {}
    benchmark, config = mapping(bundle.get("benchmark")), mapping(bundle.get("config"))
    calls = _calls(file.path.parent)
    rows = [_result(file.path, line, row, calls) for line, row in json_lines(file.path)]
    # every benchmark's file has this name
    name = f"{file.path.parent.name}/{file.path.name}"
    models = {text_of(call.get("model")) for call in calls.values()} - {None, ""}
    model = text_of(config.get("model")) or (models.pop() if len(models) == 1 else None)
    return log_of_answers(
        rows,
        name,
        allow_missing=allow_missing,
        format="nemo-evaluator",
        harness=Harness(name="NeMo Evaluator", version=text_of(bundle.get("sdk_version"))),
        model=model,
        task=file.task or file.path.parent.name,
        files=(file.path, *([file.results] if file.results else [])),
        stated=_stated(benchmark),
        **_decoding(config, file.path.parent.with_name("full_config.yaml")),
    )


def _stated(benchmark: Mapping[str, Any]) -> Tally:
    """Read the means that were not rounded: of all rewards, and of every further scorer."""
    n, scores = benchmark.get("samples"), mapping(benchmark.get("scores"))
    means = {"reward": number(mapping(scores.get("summary")).get("mean"))}
    for name, score in scores.items():
        right, total = (number(mapping(score).get(key)) for key in ("correct", "total"))
        if name.startswith("scorer:") and right is not None and total:
            means[_plain(name)] = right / total
    known = {name: mean for name, mean in means.items() if mean is not None}
    return Tally(n=n if isinstance(n, int) else None, means=known)


def _decoding(config: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Take the settings of the one service whose model was asked, from the run's own copy.

    Nothing where a solver, which has settings of its own, or a proxy may have changed them.
    """
    is_small = path.is_file() and path.stat().st_size <= _LARGEST_CONFIG
    told = path.read_text(encoding="utf-8", errors="replace") if is_small else ""
    services = _SERVICES.search(f"{told}\n")
    model = f"\n    model: {text_of(config.get('model'))}\n"
    blocks = [b for b in _SERVICE.split(services[1]) if model in b] if services else []
    if services is None or len(blocks) != 1 or "    proxy:" in blocks[0]:
        return {}
    if "generation:" in told.replace(services[0], ""):
        return {}
    settings = {name: _number(value) for name, value in _SETTING.findall(blocks[0])}
    limit, seed = settings.get("max_tokens"), settings.get("seed")
    return {
        "max_new_tokens": int(limit) if limit and limit.is_integer() and limit > 0 else None,
        "temperature": settings.get("temperature"),
        "top_p": settings.get("top_p"),
        "seed": None if seed is None else int(seed),
    }


def _number(written: str) -> float | None:
    """Read a plain number; None of names of variables and whatever else may stand there."""
    return float(written) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", written) else None


def _plain(scorer: str) -> str:
    return scorer.removeprefix("scorer:")


def _calls(folder: Path) -> dict[tuple[str, str], Mapping[str, Any]]:
    """Index what is known of how each answer was made."""
    log, merged = folder / "inference_log.jsonl", folder / "trajectories.jsonl"
    if log.is_file():
        return _by_answer(row for _, row in json_lines(log) if row.get("_type") != "meta")
    if merged.is_file():
        return _by_answer(_flat(row) for _, row in json_lines(merged))
    return {}


def _by_answer(rows: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], Mapping[str, Any]]:
    # a line has the whole of what an agent did
    return {
        (str(row.get("problem_idx")), str(row.get("repeat"))): {key: row.get(key) for key in _KEPT}
        for row in rows
    }


def _flat(step: Mapping[str, Any]) -> dict[str, Any]:
    """Give a line of trajectories the names that the inference log has."""
    model = mapping(step.get("model"))
    return {
        "problem_idx": step.get("problem_idx"),
        "repeat": step.get("repeat"),
        "model": model.get("model"),
        "finish_reason": model.get("finish_reason"),
        "completion_tokens": mapping(model.get("tokens")).get("completion"),
    }


def _result(
    path: Path,
    line: int,
    row: Mapping[str, Any],
    calls: Mapping[tuple[str, str], Mapping[str, Any]],
) -> AnswerRow:
    where = at_line(path, line)
    problem, repeat = str(identity_of(row, "problem_idx", where)), row.get("repeat")
    call, details = calls.get((problem, str(repeat)), {}), mapping(row.get("scoring_details"))
    error = details.get("error_category") or call.get("error")
    finish = "error" if error else finish_of(call.get("finish_reason"))
    n_turns = len(_messages(row, "agent"))
    scorers = mapping(row.get("scorer_rewards"))
    read = row.get("extracted_answer")
    return AnswerRow(
        where=where,
        native_id=problem,
        repeat=repeat if isinstance(repeat, int) else None,
        question=text_of(row.get("prompt")),
        gold=text_of(row.get("expected_answer")),
        text=text_of(row.get("model_response")),
        prompt=_prompt(row),
        finish=finish,
        # of an agent's many turns the counts are summed
        n_tokens=count_of(call.get("completion_tokens"), finish) if n_turns < 2 else None,
        is_failed=error in _FAILED or bool(mapping(details.get("judge")).get("error")),
        scores={"reward": number(row.get("reward"))}
        | {_plain(str(name)): number(value) for name, value in scorers.items()},
        readings={"reward": text_of(read) or None} if "extracted_answer" in row else {},
    )


def _messages(row: Mapping[str, Any], source: str) -> list[object]:
    """List what the model, the system or the user wrote, of rows that keep their trajectory."""
    turns = row.get("trajectory")
    steps = mapping(turns[0]).get("steps") if isinstance(turns, list) and turns else None
    listed = map(mapping, steps if isinstance(steps, list) else [])
    return [step.get("message") for step in listed if step.get("source") == source]


def _prompt(row: Mapping[str, Any]) -> str | None:
    """Hash the prompt with what the system was told, which is not part of it."""
    prompt = row.get("prompt")
    return None if prompt is None else hash_of(prompt, *_messages(row, "system"))

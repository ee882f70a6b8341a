"""Logs of verifiers: ``results.jsonl`` with ``metadata.json``, and ``traces.jsonl`` of version 1.

In the first a row is a rollout with its reward; in the second a row is an episode of one trace, a
graph of messages with named rewards. The second is held against a file that verifiers 0.4.0 wrote,
the first against the 58 files of real runs in the history of its own repository.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, at_line
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
    from collections.abc import Mapping
    from pathlib import Path

    from evalsuite.logs.log import Log
    from evalsuite.records.run import Finish

__all__ = ["is_verifiers", "read_verifiers", "verifiers_file"]

_ROLLOUT = frozenset({"example_id", "reward", "prompt", "completion"})
"""Keys that every rollout has; a table of somebody else's has the first two by chance."""
_EARLIER = frozenset({"id", "reward", "prompt", "completion", "task"})
"""The same of 2025, when the example was called by the name that everybody's is."""


def is_verifiers(row: Mapping[str, Any]) -> bool:
    """Return whether a line is a rollout or an episode of verifiers'."""
    if {"traces", "task", "env"} <= row.keys() or row.keys() >= _ROLLOUT:
        return True
    # messages are a list; a table of somebody else's holds texts
    return row.keys() >= _EARLIER and isinstance(row["completion"], list)


def verifiers_file(path: Path) -> LogFile:
    """Describe a file of rollouts; what lies beside it names environment and model."""
    about = path.with_name("metadata.json")
    return LogFile(format="verifiers", path=path, results=about if about.is_file() else None)


def read_verifiers(file: LogFile) -> tuple[Log, ...]:
    """Read the rollouts of one environment, or one log a task of a group of them."""
    about = json_file(file.results) if file.results else {}
    tasks: dict[str | None, list[AnswerRow]] = {}
    models: set[str | None] = set()
    versions: set[str | None] = set()
    for line, row in json_lines(file.path):
        where = at_line(file.path, line)
        if "traces" in row:
            trace = _only_trace(row, where)
            versions.add(text_of(mapping(trace.get("verifiers")).get("version")))
            models |= {text_of(mapping(call).get("model")) for call in _calls(trace)}
            task, answer = text_of(mapping(row.get("env")).get("id")), _traced(trace, where)
        else:
            task, answer = text_of(row.get("task")), _rollout(row, where)
        tasks.setdefault(task or None, []).append(answer)
    named = models - {None}
    model = text_of(about.get("model")) or (named.pop() if len(named) == 1 else None)
    environment = text_of(about.get("env_id")) or text_of(about.get("env"))
    harness = Harness(name="verifiers", version=versions.pop() if len(versions) == 1 else None)
    return tuple(
        log_of_answers(
            rows,
            file.path.name,
            format="verifiers",
            harness=harness,
            model=model,
            # of a group, each task has ids of its own that count from 0
            task=(environment if len(tasks) == 1 else None) or task or "rollouts",
            files=(file.path,),
            stated=_stated(about) if len(tasks) == 1 else Tally(),
        )
        for task, rows in (tasks or {None: []}).items()
    )


def _stated(about: Mapping[str, Any]) -> Tally:
    """Take the mean reward; without any metrics beside it, its 0 is what nobody computed."""
    reward, n = number(about.get("avg_reward")), about.get("num_examples")
    if reward is None or not mapping(about.get("avg_metrics")):
        return Tally()
    is_count = isinstance(n, int) and not isinstance(n, bool) and n > 0
    return Tally(n=n if is_count else None, means={"reward": reward})


def _rollout(row: Mapping[str, Any], where: str) -> AnswerRow:
    truncated = row.get("is_truncated")
    # false says that no limit was met, true that one was: of tokens or of turns
    finish: Finish = "unknown"
    if isinstance(truncated, bool):
        finish = "length" if truncated else "stop"
    native_id = identity_of(row, "example_id" if "example_id" in row else "id", where)
    return AnswerRow(
        where=where,
        native_id=str(native_id),
        question=_last_message(row.get("prompt")),
        gold=text_of(row.get("answer")) or None,
        document=hash_of(native_id, row.get("prompt")),
        prompt=None if row.get("prompt") is None else hash_of(row["prompt"]),
        text=_last_message(row.get("completion")),
        finish=finish,
        scores={"reward": number(row.get("reward"))},
    )


def _only_trace(row: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    traces = row.get("traces")
    if not isinstance(traces, list) or len(traces) != 1:
        raise InvalidInputError(
            "{where} is an episode of several agents; only episodes of one are compared",
            where=where,
        )
    return mapping(traces[0])


def _calls(trace: Mapping[str, Any]) -> list[Any]:
    calls = trace.get("calls")
    return calls if isinstance(calls, list) else []


def _traced(trace: Mapping[str, Any], where: str) -> AnswerRow:
    task = mapping(trace.get("task"))
    asked = mapping(task.get("data"))
    rewards = {name: mapping(reward) for name, reward in mapping(trace.get("rewards")).items()}
    nodes = trace.get("nodes")
    listed = map(mapping, nodes if isinstance(nodes, list) else [])
    said = [node for node in listed if node.get("sampled")]
    calls = [mapping(call) for call in _calls(trace) if mapping(call).get("error") is None]
    last = mapping(said[-1].get("message")) if said else {}
    identity = text_of(task.get("key")) or text_of(task.get("hash"))
    native_id = text_of(asked.get("id")) or text_of(asked.get("idx")) or identity
    return AnswerRow(
        where=where,
        native_id=native_id or hash_of(asked)[:12],
        question=_last_message(asked.get("prompt")),
        gold=text_of(asked.get("answer")),
        document=text_of(task.get("hash")) or hash_of(asked),
        text=text_of(trace.get("root_reply")) or text_of(last.get("content")),
        finish=finish_of(calls[-1].get("finish_reason")) if calls else "unknown",
        scores={str(name): number(reward.get("score")) for name, reward in rewards.items()},
    )


def _last_message(written: object) -> str | None:
    if isinstance(written, list):
        return text_of(mapping(written[-1]).get("content")) if written else None
    return text_of(written)

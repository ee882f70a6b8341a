"""Logs of HELM: ``per_instance_stats.json``, with texts from ``scenario_state.json`` beside it.

A stat is a number about an answer, right or not; those that count or time things are no scores.
Perturbed forms of a question are questions of their own. The layout is that of runs of
crfm-helm 0.5.16 and of files that others' runs, of multiple choice and of free text, wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError
from evalsuite.logs.formats.answers import AnswerRow, is_lower_better, log_of_answers
from evalsuite.logs.lines import hash_of, json_file, json_list, mapping, neighbour, number, text_of
from evalsuite.logs.log import Harness, LogFile
from evalsuite.records.log_notes import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evalsuite.logs.log import Log
    from evalsuite.records.run import Finish

__all__ = ["HELM_NAME", "helm_file", "read_helm"]

HELM_NAME = "per_instance_stats.json"
_SPEC = "run_spec.json"
_ENDS: dict[str, Finish] = {
    "finish_reason_length": "length",
    "finish_reason_stop": "stop",
    "finish_reason_endoftext": "stop",
}
_NO_SCORES = (
    *("num_", "finish_reason_", "inference_", "training_", "logprob", "batch_size", "max_prob"),
    *("prompt_truncated", "predicted_index", "perplexity", "bits_per_byte"),
)
"""What the names of stats begin with that count, time or describe; some are 0 or 1 by chance."""


def helm_file(path: Path) -> LogFile:
    """Describe a run's stats by its ``run_spec.json``; a suite's folder holds many runs.

    Without it by the folder they lie in, which HELM names after scenario and model.
    """
    summary, spec = path.with_name("stats.json"), neighbour(path.with_name(_SPEC))
    return LogFile(
        format="helm",
        path=path,
        task=_task(text_of(spec.get("name")) or path.parent.name),
        model=text_of(mapping(spec.get("adapter_spec")).get("model")),
        results=summary if summary.is_file() else None,
    )


def read_helm(file: LogFile) -> Log:
    """Read the stats of one run."""
    about = file.path.with_name(_SPEC)
    spec = json_file(about) if about.is_file() else {}
    adapter = mapping(spec.get("adapter_spec"))
    texts = _requests(file.path.with_name("scenario_state.json"))
    items = json_list(file.path)
    rows = [_row(file.path, i, item, texts) for i, item in enumerate(items, 1)]
    limit = adapter.get("max_tokens")
    return log_of_answers(
        rows,
        file.path.name,
        is_lower_better,
        format="helm",
        harness=Harness(name="HELM", version=None),
        model=file.model,
        task=file.task or file.path.parent.name,
        files=(file.path, *([file.results] if file.results else [])),
        max_new_tokens=limit if isinstance(limit, int) and limit > 0 else None,
        temperature=number(adapter.get("temperature")),
        stated=_stated(file.results, items),
    )


def _stated(path: Path | None, items: Sequence[object]) -> Tally:
    """Read the means of the run's own summary; none where perturbed forms stand among the rows."""
    if path is None or any(_perturbed(mapping(item)) for item in items):
        return Tally()
    told: dict[str, list[float | None]] = {}
    for stat in map(mapping, json_list(path)):
        name = mapping(stat.get("name"))
        if not _perturbed(name):
            told.setdefault(str(name.get("name")), []).append(number(stat.get("mean")))
    # of several splits each has its own mean, and the rows do not say which is theirs
    means = {name: m for name, (m, *others) in told.items() if m is not None and not others}
    n = means.get("num_instances")
    return Tally(n=None if n is None else int(n), means=means)


def _task(name: str) -> str:
    """Leave the model out of a run's name, ``gsm:model=org_name,stop=none``: a pair shares it."""
    scenario, _, arguments = name.partition(":")
    others = [a for a in arguments.split(",") if a and not a.startswith(("model=", "model_"))]
    return f"{scenario}:{','.join(others)}" if others else scenario


def _requests(path: Path) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    """Index what was asked; the first request of an instance stands for it."""
    if not path.is_file():
        return {}
    states = json_file(path).get("request_states")
    requests: dict[tuple[str, str, str], Mapping[str, Any]] = {}
    for state in map(mapping, states if isinstance(states, list) else []):
        instance = mapping(state.get("instance"))
        trial = str(state.get("train_trial_index"))
        key = str(instance.get("id")), trial, _perturbed(instance)
        requests.setdefault(key, state)
    return requests


def _perturbed(item: Mapping[str, Any]) -> str:
    perturbation = mapping(item.get("perturbation"))
    return "" if not perturbation else hash_of(perturbation)[:6]


def _row(
    path: Path,
    i: int,
    item: object,
    requests: Mapping[tuple[str, str, str], Mapping[str, Any]],
) -> AnswerRow:
    stats, about = _stats(item), mapping(item)
    if "instance_id" not in about:
        raise InvalidInputError(
            "{path} item {item} has no instance_id; it is no log of HELM", path=path, item=i
        )
    trial, changed = about.get("train_trial_index"), _perturbed(about)
    state = requests.get((str(about["instance_id"]), str(trial), changed), {})
    instance, request = mapping(state.get("instance")), mapping(state.get("request"))
    completions = mapping(state.get("result")).get("completions")
    first = mapping(completions[0]) if isinstance(completions, list) and completions else {}
    ends = {end for name, end in _ENDS.items() if stats.get(name) == 1}
    return AnswerRow(
        where=f"{path} item {i}",
        native_id=f"{about['instance_id']}{f' ({changed})' if changed else ''}",
        repeat=trial if isinstance(trial, int) else None,
        question=text_of(mapping(instance.get("input")).get("text")),
        gold=_gold(instance.get("references")),
        prompt=None if "prompt" not in request else hash_of(request["prompt"]),
        text=text_of(first.get("text")),
        finish=ends.pop() if len(ends) == 1 else "unknown",
        scores={name: value for name, value in stats.items() if not name.startswith(_NO_SCORES)},
    )


def _stats(item: object) -> dict[str, float | None]:
    """Return every stat's mean by its name; of one that is there twice, the last."""
    stats = mapping(item).get("stats")
    return {
        str(mapping(stat.get("name")).get("name")): number(stat.get("mean"))
        for stat in map(mapping, stats if isinstance(stats, list) else [])
    }


def _gold(references: object) -> str | None:
    listed = map(mapping, references if isinstance(references, list) else [])
    right = [r for r in listed if isinstance(r.get("tags"), list) and "correct" in r["tags"]]
    return text_of(mapping(right[0].get("output")).get("text")) if len(right) == 1 else None

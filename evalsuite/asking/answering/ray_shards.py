"""Shards of a run on a Ray cluster: one Ray Data task a shard, then a merge.

Ray places the tasks and starts a failed one again; everything else is what a shard does anyway.
All nodes must see the run store and the model under the same path and have evalsuite installed.
"""

from __future__ import annotations

import json
import logging
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.asking.answering.shards import Merged, merge_runs, run_shard
from evalsuite.disk.storage import run_folder
from evalsuite.errors import Clause, EvalsuiteError, InvalidInputError, RunFailedError, joined
from evalsuite.records.shard import Shard

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec

__all__ = ["answer_one", "received", "run_on_ray"]


def run_on_ray(
    planned: PlannedRun, spec: CompareSpec, count: int, *, on_shard: Callable[[str, int], None]
) -> Merged:
    """Answer a planned run in ``count`` shards on Ray and merge them.

    Connects to the cluster that ``RAY_ADDRESS`` names; else starts one on this machine and ends it
    afterwards. A task takes one GPU where the cluster has any and the device allows, else one CPU.
    ``on_shard`` gets the name and the number of answers of every finished shard.

    Raises
    ------
    InvalidInputError
        If Ray is not installed.
    RunFailedError
        If a shard fails for good; the same command goes on from what is there.
    """
    if planned.run is not None:
        raise InvalidInputError(
            "{model} is finished; there is nothing to answer", model=planned.model.name
        )
    ray = _ray()
    spec = replace(spec, runs=spec.runs.resolve())
    is_ours = not ray.is_initialized()
    if is_ours:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nobody is told what runs here
        ray.init(log_to_driver=False, logging_level="ERROR")
        logging.getLogger("ray.data").setLevel(logging.ERROR)
    try:
        _answer(ray, planned, spec, count, on_shard)
    except ray.exceptions.RayError as error:
        raise RunFailedError(
            "Ray failed ({reason}); start the same command again to go on", reason=_reason(error)
        ) from error
    finally:
        if is_ours:
            ray.shutdown()
    return merge_runs([run_folder(spec.runs, planned.spec)], spec.runs)


def _ray() -> Any:
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise InvalidInputError(
            "--executor ray needs Ray; run: pip install 'evalsuite[ray]'"
        ) from error
    return ray


def _answer(
    ray: Any,
    planned: PlannedRun,
    spec: CompareSpec,
    count: int,
    on_shard: Callable[[str, int], None],
) -> None:
    """Stream the shards through Ray Data, each a block and so a task of its own."""
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    on_gpu = spec.device != "cpu" and ray.cluster_resources().get("GPU", 0) >= 1
    shards = [{"index": index} for index in range(1, count + 1)]
    done = ray.data.from_items(shards, override_num_blocks=count).map(
        answer_one,
        fn_kwargs={"planned": _anywhere(planned), "spec": spec, "count": count},
        **({"num_gpus": 1} if on_gpu else {"num_cpus": spec.threads or 1}),
    )
    errors = []
    for row in done.iter_rows():
        if row["error"]:
            error = received(json.loads(row["error"]))
            errors.append(Clause("shard {name}: {error}", name=row["shard"], error=error))
        else:
            on_shard(row["shard"], row["answers"])
    if errors:
        raise RunFailedError(
            "{errors}; start the same command again to go on", errors=joined(errors, "; ")
        )


def _reason(error: Exception) -> str:
    """Find the line that names what went wrong below a worker's traceback."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if re.match(r"[\w.]*(Error|Exception)\b", line)]
    return (named or lines or [type(error).__name__])[-1][:300]


def _anywhere(planned: PlannedRun) -> PlannedRun:
    """Give the model a path that holds on every node, whatever their working folder."""
    location = Path(planned.model.location)
    if planned.model.source == "hub" or not location.exists():
        return planned
    return replace(planned, model=replace(planned.model, location=str(location.resolve())))


def answer_one(
    row: dict[str, Any], *, planned: PlannedRun, spec: CompareSpec, count: int
) -> dict[str, Any]:
    """Answer one shard; runs on a worker. What a person may cause comes back as JSON in a row."""
    shard = Shard(index=int(row["index"]), count=count)
    try:
        record = run_shard(planned, spec, shard)
    except EvalsuiteError as error:
        return {"shard": shard.name, "answers": 0, "error": json.dumps(_sent(error.clause))}
    return {"shard": shard.name, "answers": record.responses, "error": ""}


def _sent(text: str) -> Any:
    """Take a clause apart into JSON types, with the values that another language needs."""
    if not isinstance(text, Clause):
        return text
    return [text.template, {place: _sent(value) for place, value in text.values.items()}]


def received(parts: Any) -> str:
    """Put together what a worker sent: a text, or a clause as template and values."""
    if isinstance(parts, str):
        return parts
    template, values = parts
    return Clause.of_written(template, {place: received(value) for place, value in values.items()})

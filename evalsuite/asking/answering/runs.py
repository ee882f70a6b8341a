"""Planned runs answered: one after another, or at once where none takes from another.

Servers at different addresses, host and port, answer at the same time, and so do tiny models on
this machine, each on a core of its own. Answers are the same either way. Every other model has the
machine for itself.
"""

from __future__ import annotations

import gc
import os
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from evalsuite.asking.answering.at_once import run_pieces
from evalsuite.asking.answering.shards import finish_from_shards
from evalsuite.asking.engines import load_engine
from evalsuite.asking.evaluate import Progress, Tally, evaluate, silent
from evalsuite.asking.plan import FinishedRun, PlannedRun, finished
from evalsuite.disk.journal import read_answers
from evalsuite.disk.storage import is_complete, journal_scope, load_run, run_folder
from evalsuite.errors import Clause, joined
from evalsuite.models.servers import read_address
from evalsuite.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.evaluate import Reporter
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.generation.engine import Engine
    from evalsuite.records.run import Run

__all__ = ["answer_run", "finish_run", "finish_runs", "share_nothing", "waves"]

_LARGEST_TINY = 20 << 20
"""Bytes of weights. What runs on one thread has no more (docs/decisions/0014); whether it does so,
the engine tells when it is loaded."""


def finish_run(
    planned: PlannedRun, spec: CompareSpec, *, progress: Progress = silent
) -> FinishedRun:
    """Generate what is missing of one run, and grade it once for every comparison it stands in."""
    return _graded(planned, answer_run(planned, spec, progress=progress), spec)


def finish_runs(
    planned: Sequence[PlannedRun], labels: Sequence[str], spec: CompareSpec, reporter: Reporter
) -> list[FinishedRun]:
    """Generate what is missing of several runs, and grade each; in their order.

    ``labels`` say what people know each run by; of several at once the sum is reported.
    """
    finished_runs: dict[int, FinishedRun] = {}
    for wave in waves(planned, spec):
        runs = [planned[i] for i in wave]
        if len(runs) == 1:
            answered = [answer_run(runs[0], spec, progress=reporter(labels[wave[0]]))]
        else:
            label = _label([labels[i] for i in wave], among=len(planned))
            answered = _answer_together(runs, spec, reporter(label))
        for i, done in zip(wave, answered, strict=True):
            finished_runs[i] = _graded(planned[i], done, spec)
    return [finished_runs[i] for i in range(len(planned))]


def answer_run(
    planned: PlannedRun, spec: CompareSpec, *, progress: Progress = silent
) -> tuple[Run, Path | None]:
    """Generate what is missing of one run; give it with its folder, which a log does not have."""
    stored = _stored(planned, spec)
    if stored is not None:
        return stored
    total = len(planned.selection.questions) * planned.spec.decoding.samples
    # Loading libraries and weights can take a minute in which nothing is answered.
    progress(done=total - planned.missing, total=total, tokens=0, truncated=0, seconds=0.0)
    engine = load_engine(planned, spec)
    answered = _generate(planned, spec, engine, progress)
    del engine
    gc.collect()  # two models in memory at once is what laptops fail on
    return answered


def waves(planned: Sequence[PlannedRun], spec: CompareSpec) -> list[list[int]]:
    """Put each run, by position, into the first wave that it takes nothing from.

    Runs of one wave are answered at once, if their models turn out to leave room, and waves one
    after another.
    """
    needs = [_needs(run, spec) for run in planned]
    groups: list[list[int]] = []
    for i, (run, needed) in enumerate(zip(planned, needs, strict=True)):
        most = _most_at_once(run, spec)
        fitting = (g for g in groups if len(g) < most and _is_free(needed, [needs[j] for j in g]))
        group = next(fitting, None)
        if group is None:
            groups.append([i])
        else:
            group.append(i)
    return groups


def share_nothing(
    planned: Sequence[PlannedRun], engines: Sequence[Engine], spec: CompareSpec
) -> bool:
    """Tell whether runs take nothing from each other when they are answered at once."""
    return len(waves(planned, spec)) == 1 and all(map(_leaves_room, engines))


def _graded(
    planned: PlannedRun, answered: tuple[Run, Path | None], spec: CompareSpec
) -> FinishedRun:
    run, folder = answered
    return finished(replace(planned, folder=folder), run, spec)


def _stored(planned: PlannedRun, spec: CompareSpec) -> tuple[Run, Path | None] | None:
    """Read a run that needs no model any more; None where it does."""
    if planned.run is not None:
        return planned.run, planned.folder
    folder = run_folder(spec.runs, planned.spec)
    # In order of cost. Complete: the other model of the pair was this one, or another process was
    # faster. Shards: no model is needed. Only then are weights loaded.
    if is_complete(folder):
        return load_run(folder), folder
    sharded = finish_from_shards(folder)
    return None if sharded is None else (sharded, folder)


def _generate(
    planned: PlannedRun, spec: CompareSpec, engine: Engine, progress: Progress
) -> tuple[Run, Path]:
    return evaluate(
        planned.spec,
        planned.selection.questions,
        planned.prompts,
        engine,
        spec.runs,
        prompt_template=planned.prompt_template,
        prompt_record=planned.prompt_record,
        progress=progress,
    )


def _needs(planned: PlannedRun, spec: CompareSpec) -> frozenset[str]:
    """Name what a run needs for itself while it is answered; empty is the whole machine."""
    if planned.run is not None:
        return frozenset()  # read at once
    if planned.spec.engine == "endpoint":
        return read_address(planned.model.location).hosts
    folder = run_folder(spec.runs, planned.spec)
    return frozenset({str(folder)}) if _is_tiny(planned) else frozenset()


def _is_free(needed: frozenset[str], taken: Sequence[frozenset[str]]) -> bool:
    return bool(needed) and all(other and needed.isdisjoint(other) for other in taken)


def _is_tiny(planned: PlannedRun) -> bool:
    """Tell by its files whether a model may be so small that it runs on one thread."""
    if planned.spec.engine != "hf" or planned.model.source not in ("embedded", "folder"):
        return False
    files = Path(planned.model.location).glob("*.safetensors")
    return 0 < sum(path.stat().st_size for path in files) <= _LARGEST_TINY


def _most_at_once(planned: PlannedRun, spec: CompareSpec) -> int:
    """Count the models that may be in this machine's memory, each on a thread of its own."""
    if planned.spec.engine == "endpoint":
        return sys.maxsize
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(n_cores or 1, spec.threads or sys.maxsize)


def _answer_together(
    planned: Sequence[PlannedRun], spec: CompareSpec, progress: Progress
) -> list[tuple[Run, Path | None]]:
    """Generate what is missing of several runs; read the others."""
    answered = [_stored(run, spec) for run in planned]
    missing = [run for run, stored in zip(planned, answered, strict=True) if stored is None]
    generated = iter(_generate_together(missing, spec, progress) if missing else [])
    return [next(generated) if stored is None else stored for stored in answered]


def _generate_together(
    missing: Sequence[PlannedRun], spec: CompareSpec, progress: Progress
) -> list[tuple[Run, Path]]:
    """Generate several runs, at once if their models leave room."""
    tally = Tally(progress, total=sum(run.missing for run in missing))
    for number, run in enumerate(missing):
        folder = run_folder(spec.runs, run.spec)
        tally.add(number, read_answers(folder, journal_scope(run.spec)).values())
    tally.begin()
    # One after another, in this thread: what loads a model sets numbers and types for all threads.
    engines = [load_engine(run, spec) for run in missing]
    pieces = [
        partial(_generate, run, spec, engine) for run, engine in zip(missing, engines, strict=True)
    ]
    # numpy loads its random numbers when they are first drawn, and of two threads that draw then,
    # one would find half of them.
    stream(spec.seed, "at-once")
    at_once = share_nothing(missing, engines, spec)
    generated = run_pieces(pieces, tally.tell, at_once=at_once)
    del engines, pieces
    gc.collect()
    return generated


def _leaves_room(engine: Engine) -> bool:
    """Tell whether another engine may work beside this one: a server's, or one of one thread."""
    facts = engine.describe()
    return (facts.get("device", "cpu"), facts.get("threads", 1)) == ("cpu", 1)


def _label(labels: Sequence[str], *, among: int) -> str:
    """Name the runs of a wave together; of a pair nothing has to be told apart."""
    return Clause("both models") if len(labels) == among == 2 else joined(labels, " + ")

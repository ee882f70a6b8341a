"""A run's generation: every question not answered yet is asked, and the run is finished.

Every answer goes to the journal as soon as it is finished, so the work can be interrupted at any
moment and continued by the same command.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from evalsuite.disk.journal import read_shards
from evalsuite.disk.storage import is_complete, load_run, open_journal, run_folder, write_run
from evalsuite.errors import EvalsuiteError, RunFailedError
from evalsuite.generation.engine import requests_for
from evalsuite.generation.memory import peak_rss_mb
from evalsuite.records.codec import plain
from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import Run
from evalsuite.tasks.grading import grade_response, task_of_run

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
    from pathlib import Path

    from evalsuite.disk.journal import Journal
    from evalsuite.generation.engine import Engine
    from evalsuite.records.run import Question, Response, RunSpec
    from evalsuite.records.training import PromptRecord

__all__ = [
    "Progress",
    "Reporter",
    "Tally",
    "evaluate",
    "finished_run",
    "generate_missing",
    "lasting_environment",
    "silent",
    "with_sessions",
]

_SYNC_SECONDS = 1.0
"""What a power cut may cost. Each answer is written at once, so that a kill costs none; the disk is
waited for in groups, as servers may answer faster than it syncs."""


class Progress(Protocol):
    """Who is told about every finished batch of answers.

    The first call comes before libraries and model are loaded: with no tokens and no seconds.
    """

    def __call__(
        self, *, done: int, total: int, tokens: int, truncated: int, seconds: float
    ) -> None:
        """Show how far the run is."""


Reporter = Callable[[str], Progress]
"""Gives the progress of one run by the name people know it by."""


def silent(*, done: int, total: int, tokens: int, truncated: int, seconds: float) -> None:
    """Show nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """How far one part is."""

    done: int = 0
    tokens: int = 0
    truncated: int = 0


class Tally:
    """What several parts have answered together, for whoever shows the progress of their sum.

    A part is told by a name of its own; what is known of it last counts.
    """

    def __init__(self, progress: Progress, *, total: int) -> None:
        self._progress = progress
        self._total = total
        self._parts: dict[Hashable, _State] = {}
        self._started = time.monotonic()
        self._is_under_way = False

    def begin(self) -> None:
        """Say that libraries and models are loaded next."""
        done = sum(part.done for part in self._parts.values())
        self._progress(done=done, total=self._total, tokens=0, truncated=0, seconds=0.0)

    def tell(
        self,
        name: Hashable,
        *,
        done: int,
        tokens: int,
        truncated: int,
        seconds: float,
        **_: int,
    ) -> None:
        """Show the sum, after one part has come this far.

        Time is counted from when the first part began: what models took to load is no part of it.
        """
        if not self._is_under_way:
            self._is_under_way, self._started = True, time.monotonic() - seconds
        self._parts[name] = _State(done=done, tokens=tokens, truncated=truncated)
        self.show()

    def add(self, name: Hashable, responses: Collection[Response]) -> None:
        """Count answers that a part has, in this session or from one before."""
        before = self._parts.get(name, _State())
        truncated = sum(response.finish == "length" for response in responses)
        self._parts[name] = replace(before, done=len(responses), truncated=truncated)

    def show(self) -> None:
        """Show the sum."""
        parts = self._parts.values()
        self._progress(
            done=sum(part.done for part in parts),
            total=self._total,
            tokens=sum(part.tokens for part in parts),
            truncated=sum(part.truncated for part in parts),
            seconds=time.monotonic() - self._started,
        )


def evaluate(
    spec: RunSpec,
    questions: Sequence[Question],
    prompts: Mapping[str, str],
    engine: Engine,
    root: Path,
    *,
    prompt_template: str = "",
    prompt_record: PromptRecord | None = None,
    progress: Progress = silent,
) -> tuple[Run, Path]:
    """Generate what is missing of a run, grade it and write it below ``root`` (``runs/``).

    Questions come in the order in which the run is stored. A run that was complete before is read
    back, and nothing is generated. ``prompt_template`` is the prompt as sent with ``{question}``
    for the question, ``prompt_record`` tells the rest of it; both are for the record only.

    Raises
    ------
    RunFailedError
        If another process holds the run, or the engine returns too little.
    """
    folder = run_folder(root, spec)
    if is_complete(folder):
        return load_run(folder), folder
    with open_journal(folder, spec, questions) as journal:
        if is_complete(folder):  # another process finished it while this one waited for the lock
            return load_run(folder), folder
        environment = generate_missing(
            spec,
            prompts,
            engine,
            journal,
            prompt_template=prompt_template,
            prompt_record=prompt_record,
            progress=progress,
        )
        shards = read_shards(folder)
        if shards:
            environments = {shard.name: record.environment for shard, record in shards.items()}
            environment["shards"] = environments
        environment = with_sessions(environment, journal)
        run = finished_run(spec, questions, journal.done, environment)
        write_run(folder, run)
    return run, folder


def generate_missing(
    spec: RunSpec,
    prompts: Mapping[str, str],
    engine: Engine,
    journal: Journal,
    *,
    question_ids: Collection[str] | None = None,
    prompt_template: str = "",
    prompt_record: PromptRecord | None = None,
    progress: Progress = silent,
) -> dict[str, object]:
    """Generate every answer that is wanted and not in the journal yet; tell the environment.

    Every answer is in the journal at once. ``question_ids`` of None wants all. The
    environment names engine, versions, seconds, tokens and memory of this work alone.
    """
    ids = spec.question_ids if question_ids is None else question_ids
    wanted = {(question_id, s) for question_id in ids for s in range(spec.decoding.samples)}
    have = {key: r for r in journal.done if (key := (r.question_id, r.sample)) in wanted}
    every = requests_for({id_: prompts[id_] for id_ in ids}, samples=spec.decoding.samples)
    missing = [request for request in every if request.key not in have]
    done, tokens, started = len(have), 0, time.monotonic()
    truncated = sum(r.finish == "length" for r in have.values())
    if missing:
        journal.begin_session(engine.describe())
    for batch in _in_time(_written(engine.generate(missing, spec.generation), journal)):
        journal.sync()
        done += len(batch)
        tokens += sum(r.n_tokens or 0 for r in batch)
        truncated += sum(r.finish == "length" for r in batch)
        progress(
            done=done,
            total=len(wanted),
            tokens=tokens,
            truncated=truncated,
            seconds=time.monotonic() - started,
        )
    seconds = time.monotonic() - started
    return {
        **lasting_environment(engine, prompt_template, prompt_record),
        "seconds": round(seconds, 3),
        "tokens": tokens,
        "tokens_per_second": round(tokens / seconds, 1) if tokens and seconds > 0 else None,
        "peak_rss_mb": peak_rss_mb(),
        "finished_utc": datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
    }


def lasting_environment(
    engine: Engine, prompt_template: str, prompt_record: PromptRecord | None
) -> dict[str, object]:
    """Tell what is the same whenever these answers are made: engine, versions and prompt."""
    record = {} if prompt_record is None else {"prompt_record": plain(prompt_record)}
    return {**engine.describe(), "prompt_template": prompt_template, **record}


def with_sessions(environment: Mapping[str, object], journal: Journal) -> dict[str, object]:
    """Add where the answers of earlier sessions were made, as far as it differs from the last.

    One session alone adds nothing.
    """
    sessions = journal.sessions()
    if len(sessions) < 2:
        return dict(environment)
    differing = [
        {"answers": s.answers, "environment": _differing(s.environment, environment)}
        for s in sessions
    ]
    return {**environment, "sessions": differing}


def _differing(
    earlier: Mapping[str, object] | None, last: Mapping[str, object]
) -> dict[str, object] | None:
    if earlier is None:
        return None
    return {key: value for key, value in earlier.items() if last.get(key) != value}


def finished_run(
    spec: RunSpec,
    questions: Sequence[Question],
    responses: Collection[Response],
    environment: Mapping[str, object],
) -> Run:
    """Put all answers, which may come in any order, in the order of questions and grade them.

    Raises
    ------
    RunFailedError
        If answers are missing.
    """
    order = {question.id: position for position, question in enumerate(questions)}
    expected = len(questions) * spec.decoding.samples
    if len(responses) != expected:
        raise RunFailedError(
            "{n_responses:,} of {expected:,} answers came back; start the same command again",
            n_responses=len(responses),
            expected=expected,
        )
    ordered = sorted(responses, key=lambda r: (order[r.question_id], r.sample))
    by_id, task = {question.id: question for question in questions}, task_of_run(spec)
    return Run(
        spec=spec,
        environment=dict(environment),
        questions=questions,
        responses=tuple(ordered),
        grades=tuple(grade_response(r, by_id[r.question_id], task) for r in ordered),
    )


def _written(responses: Iterator[Response], journal: Journal) -> Iterator[Response]:
    for response in responses:
        journal.write([response])
        yield response


def _in_time(responses: Iterator[Response]) -> Iterator[list[Response]]:
    """Group responses so that those that follow each other quickly wait for the disk once."""
    batch: list[Response] = []
    since = time.monotonic()
    try:
        for response in responses:
            batch.append(response)
            if time.monotonic() - since >= _SYNC_SECONDS:
                yield batch
                batch, since = [], time.monotonic()
    except (EvalsuiteError, KeyboardInterrupt):
        yield batch  # what came before the failure, or a Ctrl-C, is kept
        raise
    if batch:
        yield batch

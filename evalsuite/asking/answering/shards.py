"""One run by many processes: each answers its share in a journal of its own, then all are merged.

A shard knows nothing of the others: it needs the same command, and either the same run folder or
one of the same name that is brought to the others afterwards. Merging is by question and sample,
so it may be repeated, and shards of different counts may be mixed.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from evalsuite.asking.engines import load_engine
from evalsuite.asking.evaluate import (
    Progress,
    finished_run,
    generate_missing,
    silent,
    with_sessions,
)
from evalsuite.disk.journal import add_answers, keep_shard, read_answers, read_shards, seal_shard
from evalsuite.disk.storage import (
    fingerprint,
    held_run,
    is_complete,
    journal_scope,
    load_run,
    open_journal,
    read_questions,
    read_spec,
    run_folder,
    write_run,
)
from evalsuite.errors import Clause, InvalidInputError, NotComparableError, joined
from evalsuite.records.codec import plain
from evalsuite.records.dataclass import dataclass
from evalsuite.records.shard import shard_of
from evalsuite.tasks.questions import questions_sha256

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.disk.journal import Answers
    from evalsuite.generation.engine import Engine
    from evalsuite.records.run import Question, Run, RunSpec
    from evalsuite.records.shard import Shard, ShardRecord

__all__ = ["Merged", "answer_shard", "finish_from_shards", "merge_runs", "run_shard"]

_LARGEST = ("finished_utc", "peak_rss_mb")
"""Of all shards the latest and the most; seconds and tokens are summed instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What a merge led to."""

    folder: Path
    """In the run store."""
    run: Run | None
    """None where answers are still missing."""
    answers: int
    """Held now."""
    wanted: int
    missing: tuple[tuple[str, int], ...]
    """Missing answers by shard, such as ``("2/8", 40)``; by the name ``""`` without shards."""


def run_shard(
    planned: PlannedRun, spec: CompareSpec, shard: Shard, *, progress: Progress = silent
) -> ShardRecord:
    """Answer one shard's questions of a run, beside other processes.

    ``planned`` is the whole run, so that all shards agree on what it is. What any journal of the
    run holds is not asked again; a finished shard is left as it is, and no model is loaded.

    Raises
    ------
    InvalidInputError
        If the run is finished.
    RunFailedError
        If another process works on the same shard.
    """
    if planned.run is not None:
        raise InvalidInputError(
            "{model} is finished; there is nothing to answer", model=planned.model.name
        )
    done = read_shards(run_folder(spec.runs, planned.spec)).get(shard)
    return done or answer_shard(
        shard, planned, load_engine(planned, spec), root=spec.runs, progress=progress
    )


def answer_shard(
    shard: Shard, planned: PlannedRun, engine: Engine, *, root: Path, progress: Progress = silent
) -> ShardRecord:
    """Answer one shard that is not finished with a loaded engine; ``root`` is ``runs/``.

    Raises
    ------
    RunFailedError
        If another process works on the same shard.
    """
    folder = run_folder(root, planned.spec)
    # A merge may have brought it while the model was loaded: beside the record of a finished shard
    # a journal that was begun anew would count as damaged.
    done = read_shards(folder).get(shard)
    if done is not None:
        return done
    with open_journal(folder, planned.spec, planned.selection.questions, shard=shard) as journal:
        environment = generate_missing(
            planned.spec,
            planned.prompts,
            engine,
            journal,
            question_ids=tuple(q for q in planned.spec.question_ids if shard.holds(q)),
            prompt_template=planned.prompt_template,
            prompt_record=planned.prompt_record,
            progress=progress,
        )
        return seal_shard(folder, shard, with_sessions(environment, journal))


def finish_from_shards(folder: Path) -> Run | None:
    """Finish a run whose shards have answered everything; no model is needed.

    None where there is no finished shard or an answer is missing. The folder may not exist.
    """
    if not (folder / "spec.json").is_file() or not read_shards(folder):
        return None
    return merge_runs([folder], folder.parent).run


def merge_runs(folders: Sequence[Path], root: Path) -> Merged:
    """Bring the answers of one run together, and finish it where none is missing.

    ``folders`` have one fingerprint: the run itself, or copies from other machines. They are only
    read, but for the run's own folder in ``root``.

    Raises
    ------
    NotComparableError
        If the folders are of different runs; the message says in what.
    InvalidInputError
        If two journals answer one question differently, or a file is not what it says.
    RunFailedError
        If another process works on the run itself.
    """
    spec = _one_spec(folders)
    questions = _questions_of(folders[0], spec)
    target = run_folder(root, spec)
    if is_complete(target):
        _gather(spec, read_answers(target, journal_scope(spec)), folders)
        with held_run(target):  # its owner takes away what an interrupted merge left
            pass
        return _merged(target, load_run(target), spec, {})
    with open_journal(target, spec, questions) as journal:
        have = {(r.question_id, r.sample): r for r in journal.done}
        answers, records = _gather(spec, have, folders)
        journal.append(answer for key, answer in answers.items() if key not in have)
        run = None
        if len(answers) == len(journal_scope(spec).wanted):
            run = finished_run(spec, questions, answers.values(), _environment(folders, records))
            write_run(target, run)
        else:
            for record in records.values():
                keep_shard(target, record)
    return _merged(target, run, spec, answers, records)


def _one_spec(folders: Sequence[Path]) -> RunSpec:
    """Read what was asked, and refuse folders in which something else was asked."""
    specs = [read_spec(folder) for folder in folders]
    first = specs[0]
    for folder, spec in zip(folders, specs, strict=True):
        if fingerprint(spec) != fingerprint(first):
            raise NotComparableError(
                "{first} and {folder} are different runs: they differ in {differences}; merge "
                "folders of one run only",
                first=folders[0],
                folder=folder,
                differences=joined(_differences(first, spec)),
            )
    return first


def _differences(first: RunSpec, second: RunSpec) -> list[Clause]:
    """Name what two runs differ in, with both values where they are short."""
    left, right = plain(first), plain(second)
    named: list[Clause] = []
    if left["model"] != right["model"]:
        named.append(
            Clause("model ({first}, {second})", first=first.model.name, second=second.model.name)
        )
    if left["decoding"] != right["decoding"]:
        keys = [k for k, value in left["decoding"].items() if value != right["decoding"][k]]
        both = "; ".join(f"{k} {left['decoding'][k]}, {right['decoding'][k]}" for k in keys)
        named.append(Clause("decoding ({both})", both=both))
    named += [
        Clause("{key} ({left}, {right})", key=key, left=left[key], right=right[key])
        for key in ("engine", "dtype", "prompt")
        if left[key] != right[key]
    ]
    if left["questions_sha256"] != right["questions_sha256"]:
        named.append(
            Clause(
                "questions ({first:,}, {second:,})",
                first=len(first.question_ids),
                second=len(second.question_ids),
            )
        )
    elif left["prompts_sha256"] != right["prompts_sha256"] and first.prompt == second.prompt:
        named.append(Clause("prompts as rendered"))
    return named or [Clause("order of questions")]


def _questions_of(folder: Path, spec: RunSpec) -> tuple[Question, ...]:
    questions = read_questions(folder)
    hashed = all(q.text for q in questions)  # texts may have been left out of a run that ships
    if hashed and questions_sha256(questions) != spec.questions_sha256:
        raise InvalidInputError(
            "{folder}/questions.jsonl does not hold the questions that were asked; copy it again",
            folder=folder,
        )
    return questions


def _gather(
    spec: RunSpec, have: Answers, folders: Sequence[Path]
) -> tuple[Answers, dict[Shard, ShardRecord]]:
    """Collect every answer and shard record; refuse what contradicts or was not asked."""
    # A union by question and sample: the order of the folders, repeats and shards of other counts
    # do not matter, as equal answers are one and different ones are refused.
    answers, scope = dict(have), journal_scope(spec)
    records: dict[Shard, ShardRecord] = {}
    for folder in folders:
        records |= read_shards(folder)
        add_answers(answers, read_answers(folder, scope).values(), origin=folder)
    return answers, dict(sorted(records.items()))


def _environment(folders: Iterable[Path], records: Mapping[Shard, ShardRecord]) -> dict[str, Any]:
    """Tell where a merged run was made: what all shards share once, the rest by shard."""
    finished = [load_run(folder).environment for folder in folders if is_complete(folder)]
    if finished:
        return finished[0]
    if not records:
        return {"notes": [Clause("no environment: no process that answered came to its end")]}
    environments = {shard.name: record.environment for shard, record in records.items()}
    every = list(environments.values())
    shared = {k: v for k, v in every[0].items() if all(k in e and e[k] == v for e in every)}
    shared |= {k: max(e[k] for e in every) for k in _LARGEST if all(e.get(k) for e in every)}
    if all(e.get("seconds") and e.get("tokens") is not None for e in every):
        seconds, tokens = (sum(e[k] for e in every) for k in ("seconds", "tokens"))
        rate = round(tokens / seconds, 1)
        shared |= {"seconds": round(seconds, 3), "tokens": tokens, "tokens_per_second": rate}
    return shared | {
        "shards": {
            name: {k: v for k, v in environment.items() if shared.get(k) != v}
            for name, environment in environments.items()
        }
    }


def _merged(
    target: Path,
    run: Run | None,
    spec: RunSpec,
    answers: Answers,
    records: Collection[Shard] = (),
) -> Merged:
    wanted = journal_scope(spec).wanted
    missing = set() if run else wanted - answers.keys()
    count = max((shard.count for shard in records), default=0)
    by_shard = Counter(shard_of(q, count) if count else None for q, _ in missing)
    return Merged(
        folder=target,
        run=run,
        answers=len(wanted) - len(missing),
        wanted=len(wanted),
        missing=tuple((s.name if s else "", n) for s, n in sorted(by_shard.items(), key=str)),
    )

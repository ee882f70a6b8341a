"""How many answers a second the journal takes, beside what it costs to write their JSON at all.

Each answer is handed to the system at once, as it comes from an engine; the disk is waited for
once a second. Ours and the standard library's JSON, written line by line, take turns in one
process. ``nox -s bench -- journal`` runs this alone.
"""

from __future__ import annotations

import json
import statistics
import time
from typing import TYPE_CHECKING

import pytest
from bench_results import record_result, results_folder

from evalsuite.disk.journal import Journal, JournalScope
from evalsuite.records.codec import plain
from evalsuite.records.run import Response

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

ANSWERS, ROUNDS = 50_000, 3


def made(tokens: int) -> list[Response]:
    return [
        Response(
            question_id=f"made-{i:06d}",
            sample=0,
            text="word" * tokens,
            token_ends=tuple(range(4, 4 * tokens + 1, 4)),
            finish="stop",
            n_tokens=tokens,
        )
        for i in range(ANSWERS)
    ]


def in_journal(answers: Sequence[Response], path: Path) -> None:
    wanted = frozenset((answer.question_id, 0) for answer in answers)
    journal = Journal(path, {}, JournalScope(fingerprint="0" * 64, wanted=wanted))
    synced = time.monotonic()
    for answer in answers:
        journal.write([answer])
        if time.monotonic() - synced > 1:
            journal.sync()
            synced = time.monotonic()
    journal.sync()
    journal.close()


def as_json(documents: Sequence[object], path: Path) -> None:
    with path.open("ab", buffering=0) as file:
        for document in documents:
            file.write(json.dumps(document).encode() + b"\n")


def cpu_of(call: object, *arguments: object) -> float:
    started = time.process_time()
    call(*arguments)  # type: ignore[operator]  # either of the two above
    return time.process_time() - started


@pytest.mark.parametrize("tokens", [1, 20, 100])
def test_an_answer_costs_little_more_than_its_json(tokens: int, tmp_path: Path) -> None:
    answers = made(tokens)
    documents = [plain(answer) for answer in answers]
    ours, bare = [], []
    for turn in range(ROUNDS):
        ours.append(cpu_of(in_journal, answers, tmp_path / f"{turn}.jsonl"))
        bare.append(cpu_of(as_json, documents, tmp_path / f"{turn}.json"))
    result = {"tokens": tokens, "answers": ANSWERS, "ours_s": ours, "json_s": bare}
    record_result(results_folder(tmp_path), "journal", result)
    rates = [f"{ANSWERS / seconds:,.0f}" for seconds in sorted(ours)]
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    print(f"\n{tokens} tokens an answer: {', '.join(rates)} answers a second of CPU")
    print(f"{ratio:.2f} times what their JSON alone costs")

    assert ratio < 3

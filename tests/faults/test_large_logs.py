"""Logs of a million answers are imported and compared in bounded memory; CPU times are printed."""

from __future__ import annotations

import json
import os
import random
from typing import TYPE_CHECKING

import pytest
from forked import Forks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

WORDS = ("so", "the", "total", "of", "apples", "is", "then", "we", "add", "and", "by", "each")
COMPARE = ("compare", "base.jsonl", "trained.jsonl", "--no-report")
IMPORT = ("import", "log.jsonl", "--name", "x", "--task", "t", "--data", "data.jsonl")


@pytest.fixture(scope="module")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    with Forks(tmp_path_factory.mktemp("large")) as running:
        yield running


def megabytes_of(forks: Forks, folder: Path, answers: int) -> float:
    """Import so many made-up answers of 140 bytes; give the peak of memory."""
    folder.mkdir()
    rng = random.Random(1)  # noqa: S311  not for secrets
    with (folder / "data.jsonl").open("w") as data, (folder / "log.jsonl").open("w") as log:
        for i in range(answers):
            gold = rng.randrange(1000)
            text = f"{' '.join(rng.choices(WORDS, k=14))} \\boxed{{{gold + rng.randrange(2)}}}"
            question = {"question": f"What is the answer to question number {i}?", "answer": gold}
            data.write(json.dumps(question) + "\n")
            row = {"id": i, "text": text, "finish": "stop", "n_tokens": 30}
            log.write(json.dumps(row) + "\n")
    says = f"{answers:,} answers to {answers:,} of the task's"
    return peak_of(forks, folder, *IMPORT, says=says, answers=answers)


def peak_of(forks: Forks, folder: Path, *command: str, says: str, answers: int) -> float:
    """Run a command that must say this; print what it costs, and give the peak."""
    outcome = forks.run(folder, *command, seconds=1200.0)
    assert outcome.code == 0, outcome.errors
    assert says in outcome.output.replace("\n", " ")
    print(f"{answers:,} answers: {outcome.seconds} s of CPU, {outcome.megabytes} MB")
    return outcome.megabytes


def test_an_answer_of_140_bytes_takes_less_than_a_kilobyte_of_memory(
    forks: Forks, tmp_path: Path
) -> None:
    few = megabytes_of(forks, tmp_path / "few", 5_000)
    many = megabytes_of(forks, tmp_path / "many", 30_000)

    assert many - few < 25


@pytest.mark.faults
def test_a_million_answers_are_imported_in_less_than_a_gigabyte(
    forks: Forks, tmp_path: Path
) -> None:
    """EVALSUITE_LARGE_LOG asks for fewer answers."""
    answers = int(os.environ.get("EVALSUITE_LARGE_LOG", "1000000"))

    assert megabytes_of(forks, tmp_path / "large", answers) < 1000


def compared_megabytes(forks: Forks, folder: Path, answers: int) -> float:
    """Compare two made-up tables of so many answers in all, 200 bytes each; give the peak."""
    folder.mkdir()
    for name in ("base", "trained"):
        golds, rng = random.Random(0), random.Random(name)  # noqa: S311  not for secrets
        with (folder / f"{name}.jsonl").open("w") as log:
            for i in range(answers // 2):
                gold, score = golds.randrange(1000), rng.randrange(2)
                words = " ".join(rng.choices(WORDS, k=rng.randrange(3, 18)))
                answer = f"\\boxed{{{gold}}}" if rng.randrange(8) else str(gold + 1)
                row = {
                    "id": i,
                    "question": f"What is the answer to question number {i}?",
                    "text": f"{words} {answer}",
                    "gold": str(gold),
                    "score": float(score),
                    "finish": rng.choice(("stop", "stop", "length")),
                    "n_tokens": rng.randrange(10, 60),
                }
                log.write(json.dumps(row) + "\n")
    says = f"{answers // 2:,} questions"
    return peak_of(forks, folder, *COMPARE, says=says, answers=answers)


def test_a_row_of_200_bytes_is_compared_in_700_bytes_of_memory(
    forks: Forks, tmp_path: Path
) -> None:
    """Measured: 590 to 620 bytes a row, between 6,000 and 46,000 or 86,000 rows."""
    few = compared_megabytes(forks, tmp_path / "few", 6_000)
    many = compared_megabytes(forks, tmp_path / "many", 46_000)

    assert many - few < 40_000 * 700 / 2**20


@pytest.mark.faults
def test_a_million_rows_are_compared_in_less_than_700_megabytes(
    forks: Forks, tmp_path: Path
) -> None:
    """EVALSUITE_LARGE_LOG asks for fewer answers."""
    answers = int(os.environ.get("EVALSUITE_LARGE_LOG", "1000000"))

    assert compared_megabytes(forks, tmp_path / "large", answers) < 700

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from evalsuite.errors import InvalidInputError
from evalsuite.logs.lighteval import lighteval_file, read_lighteval

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.logs.log import Log

STAMP = "2026-01-02T03-04-05.000001"
END = 9


def row(i: int, score: float, tokens: list[int], **document: Any) -> dict[str, Any]:
    return {
        "doc": {
            "id": str(i),
            "query": f"What is number {i}?",
            "choices": [str(i)],
            "gold_index": [0],
            "generation_size": 4,
        }
        | document,
        "metric": {"extractive_match": score},
        "model_response": {"input": None, "text": [f"It is {i}"], "output_tokens": [tokens]},
    }


def read(tmp_path: Path, rows: list[dict[str, Any]], **results: Any) -> Log:
    folder = tmp_path / "details" / "small" / STAMP
    folder.mkdir(parents=True)
    path = folder / f"details_numbers|0_{STAMP}.parquet"
    parquet.write_table(pa.Table.from_pylist(rows), path)
    if results:
        named = tmp_path / "results" / "small" / f"results_{STAMP}.json"
        named.parent.mkdir(parents=True)
        named.write_text(json.dumps(results), encoding="utf-8")
    return read_lighteval(lighteval_file(path))


def test_tokens_end_at_the_first_end_token_and_not_where_the_batch_is_padded(
    tmp_path: Path,
) -> None:
    rows = [row(0, 1.0, [1, END, END, END]), row(1, 0.0, [1, 2, 3, 4])]

    log = read(tmp_path, rows)

    assert [(e.answers[0].finish, e.answers[0].n_tokens) for e in log.entries] == [
        ("stop", 1),
        ("length", 4),
    ]


def test_without_padding_ends_stay_unknown(tmp_path: Path) -> None:
    log = read(tmp_path, [row(0, 1.0, [1, 2, 3, 4])])

    assert (log.entries[0].answers[0].finish, log.entries[0].answers[0].n_tokens) == (
        "unknown",
        None,
    )


def test_task_model_gold_and_limit_are_read(tmp_path: Path) -> None:
    log = read(tmp_path, [row(0, 1.0, [1])], results={"numbers|0": {"extractive_match": 1.0}})

    assert (log.task, log.model, log.max_new_tokens) == ("numbers|0", "small", 4)
    assert log.entries[0].gold == "0"
    assert log.entries[0].prompt is None
    assert log.stated.means == {"extractive_match": 1.0}


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / f"details_numbers_{STAMP}.parquet"
    parquet.write_table(pa.Table.from_pylist([row(0, 1.0, [1])]), path)
    path.write_bytes(path.read_bytes()[:-20])

    with pytest.raises(InvalidInputError, match="no whole parquet"):
        read_lighteval(lighteval_file(path))


@pytest.mark.parametrize("tokens", [7, "x", [[[1], [1]]], [["a", "a"]], None])
def test_tokens_that_are_none_tell_no_end(tmp_path: Path, tokens: object) -> None:
    rows = [row(i, 1.0, [1]) for i in range(2)]
    for each in rows:
        each["model_response"]["output_tokens"] = tokens

    log = read(tmp_path, rows)

    assert {entry.answers[0].finish for entry in log.entries} == {"unknown"}


def test_limits_that_are_no_numbers_are_no_limit(tmp_path: Path) -> None:
    log = read(tmp_path, [row(0, 1.0, [1], generation_size=[4])])

    assert log.max_new_tokens is None

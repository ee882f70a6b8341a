"""Whatever a log's file holds, reading it gives a log or one kind of error."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from format_builders import ROWS, helm_item, lines
from hypothesis import HealthCheck, given, settings, strategies as st
from log_builders import inspect_sample, lm_eval_row, packed, write_inspect, write_lm_eval

from evalsuite.errors import EvalsuiteError
from evalsuite.logs.detect import find_files, read_file
from evalsuite.logs.runs import run_of_log

if TYPE_CHECKING:
    from pathlib import Path

    from hypothesis.strategies import SearchStrategy

SETTINGS = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150
)
JSON: SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


def read(path: Path) -> None:
    with suppress(EvalsuiteError):
        for file in find_files(str(path)):
            for log in read_file(file, allow_missing=True):
                with suppress(EvalsuiteError):
                    run_of_log(log)


def spoilt(row: dict[str, Any], key: str, value: Any) -> dict[str, Any]:
    return row | {key: value}


@SETTINGS
@given(key=st.sampled_from(sorted(lm_eval_row(0, 1.0))), value=JSON)
def test_any_field_of_lm_eval_may_be_anything(tmp_path: Path, key: str, value: Any) -> None:
    path = write_lm_eval(tmp_path, [lm_eval_row(0, 1.0), lm_eval_row(1, 0.0)])
    rows = [lm_eval_row(0, 1.0), spoilt(lm_eval_row(1, 0.0), key, value)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    read(path)


@SETTINGS
@given(
    key=st.sampled_from(["results", "configs", "versions", "n-shot", "n-samples", "config"]),
    value=JSON,
)
def test_any_part_of_the_results_may_be_anything(tmp_path: Path, key: str, value: Any) -> None:
    read(write_lm_eval(tmp_path, [lm_eval_row(0, 1.0)], **{key: value}))


@SETTINGS
@given(key=st.sampled_from(sorted(inspect_sample(1, "C"))), value=JSON, name=st.sampled_from("je"))
def test_any_field_of_inspect_may_be_anything(
    tmp_path: Path, key: str, value: Any, name: str
) -> None:
    path = write_inspect(tmp_path / "log.json", [inspect_sample(1, "C")])
    document = json.loads(path.read_text(encoding="utf-8"))
    document["samples"].append(spoilt(inspect_sample(2, "I"), key, value))
    if name == "j":
        path.write_text(json.dumps(document), encoding="utf-8")
    else:
        samples = document.pop("samples")
        members = {f"samples/{i}.json": json.dumps(s).encode() for i, s in enumerate(samples)}
        path = tmp_path / "log.eval"
        path.write_bytes(packed(members | {"header.json": json.dumps(document).encode()}))

    read(path)


@SETTINGS
@given(rows=st.lists(st.dictionaries(st.sampled_from(["id", "score", "text", "gold"]), JSON)))
def test_any_table_may_hold_anything(tmp_path: Path, rows: list[dict[str, Any]]) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")

    read(path)


@SETTINGS
@given(
    content=st.binary(max_size=200),
    name=st.sampled_from(["eval", "json", "jsonl", "csv", "parquet"]),
)
def test_any_bytes_are_a_log_or_a_domain_error(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / f"log.{name}"
    path.write_bytes(content)

    read(path)


@SETTINGS
@given(at=st.integers(min_value=0), byte=st.integers(0, 255))
def test_a_spoilt_byte_of_an_archive_is_no_crash(tmp_path: Path, at: int, byte: int) -> None:
    path = write_inspect(tmp_path / "log.eval", [inspect_sample(1, "C")])
    content = bytearray(path.read_bytes())
    content[at % len(content)] = byte
    path.write_bytes(bytes(content))

    read(path)


@SETTINGS
@given(form=st.sampled_from(sorted(ROWS)), value=JSON, data=st.data())
def test_any_field_of_a_row_may_be_anything(
    tmp_path: Path, form: str, value: Any, data: st.DataObject
) -> None:
    row = ROWS[form](1)
    key = data.draw(st.sampled_from(sorted(row)))
    path = tmp_path / "reviews" / "m" / "results.jsonl"

    read(lines(path, [ROWS[form](0), spoilt(row, key, value)]))


@SETTINGS
@given(key=st.sampled_from(sorted(helm_item(0))), value=JSON)
def test_any_field_of_helm_may_be_anything(tmp_path: Path, key: str, value: Any) -> None:
    path = tmp_path / "per_instance_stats.json"
    path.write_text(json.dumps([helm_item(0), spoilt(helm_item(1), key, value), value]))

    read(path)

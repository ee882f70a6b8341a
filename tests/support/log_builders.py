"""Made-up logs of other harnesses, in their own formats."""

from __future__ import annotations

import hashlib
import json
import struct
import zlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import zstandard

from evalsuite.records.codec import from_plain
from evalsuite.records.log_notes import LogNotes
from evalsuite.records.run import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from evalsuite.records.run import Run

STAMP = "2026-01-02T03-04-05.000001"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def lm_eval_row(i: int, score: float, **more: Any) -> dict[str, Any]:
    """Write a row as lm-eval does; question i has gold i, which a right text says."""
    document = {"question": f"What is number {i}?", "answer": f"#### {i}"}
    text = f"It is #### {i if score else i + 1}"
    row = {
        "doc_id": i,
        "doc": document,
        "target": document["answer"],
        "arguments": {
            "gen_args_0": {
                "arg_0": document["question"],
                "arg_1": {"until": ["\n\n"], "do_sample": False, "max_gen_toks": 32},
            }
        },
        "resps": [[text]],
        "filtered_resps": [str(i if score else i + 1)],
        "filter": "strict-match",
        "metrics": ["exact_match"],
        "doc_hash": digest(json.dumps(document)),
        "prompt_hash": digest(document["question"]),
        "target_hash": digest(document["answer"]),
        "exact_match": score,
    }
    return row | more


def write_lm_eval(
    folder: Path,
    rows: Sequence[Mapping[str, Any]],
    *,
    task: str = "numbers",
    model: str = "models/base",
    stamp: str = STAMP,
    **results: Any,
) -> Path:
    """Write a folder as ``--log_samples`` does, its results counted from the rows."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"samples_{task}_{stamp}.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    means: dict[str, float] = {}
    for filter_name in {row["filter"] for row in rows}:
        scores = [row["exact_match"] for row in rows if row["filter"] == filter_name]
        means[f"exact_match,{filter_name}"] = sum(scores) / len(scores)
    n = len({row["doc_id"] for row in rows})
    document = {
        "results": {task: means},
        "configs": {task: {"metric_list": [{"metric": "exact_match", "aggregation": "mean"}]}},
        "versions": {task: 1.0},
        "n-shot": {task: 0},
        "n-samples": {task: {"original": n, "effective": n}},
        "higher_is_better": {task: {"exact_match": True}},
        "config": {"model_args": {"pretrained": model}, "model_dtype": "torch.float32"},
        "lm_eval_version": "0.4.13",
    } | results
    (folder / f"results_{stamp}.json").write_text(json.dumps(document), encoding="utf-8")
    return path


def inspect_sample(i: int, value: Any, *, epoch: int = 1, **more: Any) -> dict[str, Any]:
    sample = {
        "id": i,
        "epoch": epoch,
        "input": f"What is number {i}?",
        "target": str(i),
        "messages": [
            {"role": "user", "content": f"What is number {i}?"},
            {"role": "assistant", "content": "..."},
        ],
        "output": {
            "choices": [
                {
                    "message": {"content": f"It is {i if value == 'C' else i + 1}"},
                    "stop_reason": "stop",
                }
            ]
        },
        "scores": {"match": {"value": value, "answer": str(i)}},
    }
    return sample | more


def inspect_header(samples: Sequence[Mapping[str, Any]], **more: Any) -> dict[str, Any]:
    value_of = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
    scores = [s["scores"].get("match") for s in samples]
    values = [value_of.get(score["value"], 0.0) for score in scores if score]
    header = {
        "version": 2,
        "status": "success",
        "eval": {
            "task": "numbers",
            "model": "openai/small",
            "dataset": {"sample_ids": sorted({s["id"] for s in samples})},
            "model_generate_config": {"max_tokens": 64, "temperature": 0.0},
            "packages": {"inspect_ai": "0.3.285"},
        },
        "results": {
            "scores": [
                {
                    "name": "match",
                    "metrics": {"accuracy": {"value": sum(values) / max(len(values), 1)}},
                }
            ]
        },
    }
    return header | more


def write_inspect(
    path: Path, samples: Sequence[Mapping[str, Any]], *, method: int = 93, **header: Any
) -> Path:
    """Write a log as ``.json`` or as an archive, by its suffix."""
    document = inspect_header(samples, **header)
    if path.suffix == ".json":
        path.write_text(json.dumps(document | {"samples": list(samples)}), encoding="utf-8")
        return path
    members = {
        f"samples/{s['id']}_epoch_{s['epoch']}.json": json.dumps(s).encode() for s in samples
    }
    path.write_bytes(packed(members | {"header.json": json.dumps(document).encode()}, method))
    return path


def packed(members: Mapping[str, bytes], method: int = 93, *, claims: int | None = None) -> bytes:
    """Write a zip by hand: `zipfile` can't pack with zstd, nor lie about a member's size."""
    body, directory = b"", b""
    for name, content in members.items():
        squeezed, size = _squeezed(content, method), len(content) if claims is None else claims
        common = struct.pack(
            "<5H3L2H",
            *(20, 0, method, 0, 0, zlib.crc32(content), len(squeezed), size, len(name.encode()), 0),
        )
        directory += b"PK\x01\x02" + struct.pack("<H", 20) + common
        directory += struct.pack("<3H2L", 0, 0, 0, 0, len(body)) + name.encode()
        body += b"PK\x03\x04" + common + name.encode() + squeezed
    end = struct.pack("<4H2LH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + b"PK\x05\x06" + end


def _squeezed(content: bytes, method: int) -> bytes:
    if method == 93:
        return zstandard.ZstdCompressor().compress(content)
    if method == 8:
        squeezer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
        return squeezer.compress(content) + squeezer.flush()
    return content


def as_log(
    run: Run,
    *,
    second: float | None = 1.0,
    decides: float = 1.0,
    is_read: bool = True,
    prompt: str | None = "p",
    **log: Any,
) -> Run:
    """Turn a run into one that was read from a log, with a score of its harness that decides.

    Scores are those of strict times ``decides``, and of a second grader times ``second``, from 1
    down where it is negative.
    """
    graders = {"theirs": "1"} | ({} if second is None else {"second": "1"})
    task = Task(name="test", split="", kind="score", graders=graders, decides="theirs")
    grades = []
    for grade in run.grades:
        right = grade.scores["strict"] or 0.0
        scores: dict[str, float | None] = {"theirs": right * decides}
        if second is not None:
            scores["second"] = right * second if second >= 0 else 1 - right
        readings: dict[str, str | None] = {"theirs": "7"} if is_read else {}
        grades.append(replace(grade, scores=scores, readings=readings, spans={}))
    noted = {
        "harness": "lm-eval",
        "version": "0.4.13",
        "model": run.spec.model.name,
        "stated": {"n": len(run.questions), "means": {"theirs": 0.5}},
        "counted": {"n": len(run.questions), "means": {"theirs": 0.5}},
    } | log
    metadata = {} if prompt is None else {"prompt": prompt}
    return replace(
        run,
        spec=replace(run.spec, engine="imported", graded_as=task),
        environment={"sha256": f"{run.spec.model.name}{prompt}"},
        log=from_plain(LogNotes, noted, origin="a test"),
        questions=tuple(replace(q, metadata=metadata) for q in run.questions),
        responses=tuple(replace(r, token_ends=None, finish="unknown") for r in run.responses),
        grades=tuple(grades),
    )

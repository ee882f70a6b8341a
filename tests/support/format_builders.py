"""Made-up logs of the formats that keep one answer a row, as their tools lay them out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from pyarrow import parquet

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

RIGHT = (1, 0, 1, 1)
"""Which of the questions every built log has right."""
Row = dict[str, Any]


def lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def document(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def asked(i: int) -> str:
    return f"What is number {i}?"


def answered(i: int) -> str:
    return f"It is {i if RIGHT[i] else i + 1}"


def eee_row(i: int, **more: Any) -> Row:
    row = {
        "schema_version": "0.3.0",
        "evaluation_id": "numbers/org/small/1",
        "model_id": "org/small",
        "evaluation_name": "numbers",
        "evaluation_result_id": "accuracy",
        "sample_id": str(i),
        "interaction_type": "single_turn",
        "input": {"raw": asked(i), "reference": [str(i)]},
        "output": {"raw": [answered(i)]},
        "answer_attribution": [],
        "evaluation": {"score": float(RIGHT[i]), "is_correct": bool(RIGHT[i])},
        "metadata": {"stop_reason": "stop", "epoch": "1"},
    }
    return row | more


def write_eee(folder: Path) -> Path:
    totals = {
        "schema_version": "0.3.0",
        "eval_library": {"name": "inspect_ai", "version": "0.3.285"},
        "evaluation_results": [
            {
                "evaluation_name": "numbers",
                "evaluation_result_id": "accuracy",
                "metric_config": {"metric_id": "accuracy", "lower_is_better": False},
                "score_details": {"score": 0.75},
                "generation_config": {"generation_args": {"max_tokens": 64, "temperature": 0.0}},
            }
        ],
    }
    document(folder / "a1.json", totals)
    return lines(folder / "a1_samples.jsonl", [eee_row(i) for i in range(4)])


def write_trl(folder: Path) -> Path:
    columns = {
        "step": [10] * 4,
        "prompt": [[{"role": "user", "content": asked(i)}] for i in range(4)],
        "completion": [[{"role": "assistant", "content": answered(i)}] for i in range(4)],
        "correct_reward": [float(right) for right in RIGHT],
        "length_reward": [-1.5] * 4,
        "advantage": [0.5] * 4,
    }
    path = folder / "completions" / "completions_00010.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.table(columns), path)
    return path


def verl_row(i: int, **more: Any) -> Row:
    row = {"input": asked(i), "output": answered(i), "gts": str(i), "step": 10}
    return row | {"score": 2.0 * RIGHT[i] - 1, "acc": bool(RIGHT[i])} | more


def write_verl(folder: Path) -> Path:
    return lines(folder / "10.jsonl", [verl_row(i) for i in range(4)])


def nemo_row(i: int, **more: Any) -> Row:
    row = {
        "problem_idx": i,
        "repeat": 0,
        "reward": float(RIGHT[i]),
        "scorer_rewards": {},
        "prompt": asked(i),
        "model_response": answered(i),
        "extracted_answer": str(i),
        "expected_answer": str(i),
        "scoring_details": {},
        "metadata": {},
        "tokens": 31,
        "latency_ms": 210.0,
    }
    return row | more


def write_nemo_evaluator(folder: Path) -> Path:
    ends = ("stop", "length", "stop", "stop")
    inferred = [
        {"problem_idx": i, "repeat": 0, "finish_reason": end, "model": "small"}
        for i, end in enumerate(ends)
    ]
    lines(folder / "inference_log.jsonl", [{"_type": "meta", "config_hash": "x"}, *inferred])
    bundle = {
        "run_id": "eval-1",
        "sdk_version": "0.3.0",
        "config": {},
        "benchmark": {"name": "numbers", "samples": 4, "repeats": 1, "scores": {}},
    }
    document(folder / "eval-1.json", bundle)
    return lines(folder / "results.jsonl", [nemo_row(i) for i in range(4)])


def byob_row(i: int, **more: Any) -> Row:
    row = {
        "sample_id": i,
        "prompt": asked(i),
        "response": answered(i),
        "target": str(i),
        "scores": {"correct": bool(RIGHT[i])},
        "status": "scored",
        "error": None,
        "metadata": {"question": asked(i), "answer": str(i)},
    }
    return row | more


def skills_row(i: int, **more: Any) -> Row:
    row = {
        "problem": asked(i),
        "expected_answer": str(i),
        "generation": answered(i),
        "predicted_answer": str(i),
        "num_generated_tokens": 12,
        "finish_reason": "stop",
        "symbolic_correct": bool(RIGHT[i]),
    }
    return row | more


def write_nemo_skills(folder: Path) -> Path:
    return lines(folder / "numbers" / "output.jsonl", [skills_row(i) for i in range(4)])


def evalscope_row(i: int, **more: Any) -> Row:
    score = {"value": {"acc": float(RIGHT[i])}, "extracted_prediction": str(i)}
    row = {
        "index": i,
        "target": [str(i)],
        "messages": [
            {"role": "user", "content": asked(i)},
            {"role": "assistant", "content": answered(i)},
        ],
        "sample_score": {
            "score": score | {"prediction": answered(i)},
            "sample_id": i,
            "group_id": i,
            "generation_index": 0,
        },
    }
    return row | more


def write_evalscope(folder: Path) -> Path:
    predictions = [
        {
            "index": i,
            "model": "small",
            "model_output": {"choices": [{"stop_reason": "max_tokens" if i == 1 else "stop"}]},
        }
        for i in range(4)
    ]
    lines(folder / "predictions" / "small" / "numbers_main.jsonl", predictions)
    rows = [evalscope_row(i) for i in range(4)]
    return lines(folder / "reviews" / "small" / "numbers_main.jsonl", rows)


def helm_item(i: int, **more: Any) -> Row:
    values = {
        "exact_match": float(RIGHT[i]),
        "num_train_trials": 1.0,
        "finish_reason_length": float(i == 1),
        "finish_reason_stop": float(i != 1),
        "logprob": -3.0,
    }
    stats = [
        {"name": {"name": name, "split": "test"}, "count": 1, "sum": value, "mean": value}
        for name, value in values.items()
    ]
    return {"instance_id": f"id{i}", "train_trial_index": 0, "stats": stats} | more


def write_helm(folder: Path) -> Path:
    spec = {
        "name": "numbers:model=org_small,stop=none",
        "adapter_spec": {"model": "org/small", "max_tokens": 64, "temperature": 0.0},
    }
    states = [
        {
            "instance": {
                "id": f"id{i}",
                "input": {"text": asked(i)},
                "references": [{"output": {"text": str(i)}, "tags": ["correct"]}],
            },
            "train_trial_index": 0,
            "request": {"prompt": asked(i)},
            "result": {"completions": [{"text": answered(i)}]},
        }
        for i in range(4)
    ]
    document(folder / "run_spec.json", spec)
    document(folder / "scenario_state.json", {"request_states": states})
    return document(folder / "per_instance_stats.json", [helm_item(i) for i in range(4)])


def olmo_row(i: int, **more: Any) -> Row:
    row = {
        "doc_id": i,
        "native_id": i,
        "model_output": [{"text": answered(i), "extracted_answer": str(i)}],
        "instance_metrics": {"exact_match": {"exact_match": float(RIGHT[i])}},
        "label": str(i),
    }
    return row | more


def write_olmo(folder: Path) -> Path:
    path = folder / "predictions" / "small" / "numbers-predictions.jsonl"
    return lines(path, [olmo_row(i) for i in range(4)])


def verifiers_row(i: int, **more: Any) -> Row:
    row = {
        "example_id": i,
        "prompt": [{"role": "user", "content": asked(i)}],
        "completion": [{"role": "assistant", "content": answered(i)}],
        "answer": str(i),
        "task": "numbers",
        "reward": float(RIGHT[i]),
        "is_truncated": i == 1,
    }
    return row | more


def write_verifiers(folder: Path) -> Path:
    document(folder / "metadata.json", {"env_id": "numbers", "model": "small"})
    return lines(folder / "results.jsonl", [verifiers_row(i) for i in range(4)])


def episode(i: int, **more: Any) -> Row:
    reply = {"role": "assistant", "content": answered(i)}
    trace = {
        "task": {"type": "Numbers", "data": {"idx": i, "prompt": asked(i)}, "hash": f"h{i}"},
        "nodes": [
            {"message": {"role": "user", "content": asked(i)}, "sampled": False},
            {"parent": 0, "message": reply, "sampled": True},
        ],
        "calls": [
            {"node": 1, "model": "small", "finish_reason": "length" if i == 1 else "stop"},
        ],
        "rewards": {"correct": {"score": float(RIGHT[i]), "weight": 1.0}},
    }
    return {"env": {"id": "numbers"}, "task": trace["task"], "traces": [trace], "ok": True} | more


def write_traces(folder: Path) -> Path:
    return lines(folder / "traces.jsonl", [episode(i) for i in range(4)])


def arena_row(i: int, **more: Any) -> Row:
    row = {"benchmark_id": "numbers", "model": "small", "example_id": f"numbers/{i}"}
    return row | {"pass1": float(RIGHT[i]), "correct": RIGHT[i], "count": 1} | more


def write_arena(folder: Path) -> Path:
    return lines(folder / "arena.jsonl", [arena_row(i) for i in range(4)])


WRITERS: dict[str, Callable[[Path], Path]] = {
    "every-eval-ever": write_eee,
    "trl": write_trl,
    "verl": write_verl,
    "nemo-evaluator": write_nemo_evaluator,
    "nemo-skills": write_nemo_skills,
    "evalscope": write_evalscope,
    "helm": write_helm,
    "olmo-eval": write_olmo,
    "verifiers": write_verifiers,
    "eval-arena": write_arena,
}
ROWS: dict[str, Callable[[int], Row]] = {
    "every-eval-ever": eee_row,
    "verl": verl_row,
    "nemo-evaluator": nemo_row,
    "byob": byob_row,
    "nemo-skills": skills_row,
    "evalscope": evalscope_row,
    "olmo-eval": olmo_row,
    "verifiers": verifiers_row,
    "episode": episode,
    "eval-arena": arena_row,
}

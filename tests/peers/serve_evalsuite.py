"""Evalsuite's own engine as a benchmark process."""

from __future__ import annotations

from typing import Any

from protocol import Answer, serve


def load(case: dict[str, Any]) -> tuple[Any, str]:
    import torch

    torch.set_num_threads(case["threads"])
    from evalsuite.generation.engine import Request
    from evalsuite.generation.slots.engine import SlotEngine
    from evalsuite.models.load import load_model
    from evalsuite.models.names import resolve
    from evalsuite.records.run import Decoding

    loaded = load_model(resolve(f"path:{case['model']}"), device="cpu", dtype=case["dtype"])
    engine = SlotEngine(loaded, threads=case["threads"], **case["settings"])
    asked = [Request(question_id=p["id"], sample=0, prompt=p["text"]) for p in case["prompts"]]

    def answer() -> list[Answer]:
        found = engine.generate(asked, Decoding(max_new_tokens=case["max_new_tokens"]))
        return [
            {
                "id": r.question_id,
                "text": r.text,
                "tokens": (r.n_tokens or 0) + (r.finish == "stop"),
                "ended": r.finish == "stop",
            }
            for r in found
        ]

    return answer, f"torch {torch.__version__}, {engine.describe()['decoder']}"


if __name__ == "__main__":
    serve(load)

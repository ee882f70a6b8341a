"""The whole job asked of lm-eval: every budget and every subset generates anew, as its tasks do.

Runs in lm-eval's own environment, called with a job file. Each model is loaded once and gets all
requests in one call, as the tasks of one lm-eval command do, so batches are full; prompts are
handed over ready made, and nothing is graded, which all favours lm-eval.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def options(budget: int) -> dict[str, Any]:
    return {"max_gen_toks": budget, "do_sample": False, "until": []}


def run(job: dict[str, Any]) -> dict[str, int]:
    import torch

    torch.set_num_threads(job["threads"])
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    answered, same_ids = 0, True
    for folder in job["models"]:
        model = HFLM(pretrained=folder, device="cpu", dtype="float32", batch_size=job["batch_size"])
        first = job["prompts"][0]
        same_ids = same_ids and model.tok_encode(first["text"]) == first["ids"]
        asked = [
            Instance("generate_until", {}, (job["prompts"][place]["text"], options(budget)), i)
            for budget in job["budgets"]
            for places in job["sets"]
            for i, place in enumerate(places)
        ]
        answered += len(model.generate_until(asked, disable_tqdm=True))
    return {"answered": answered, "same_ids": same_ids}


if __name__ == "__main__":
    replies = sys.stdout
    sys.stdout = sys.stderr
    found = run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    replies.write(json.dumps(found) + "\n")

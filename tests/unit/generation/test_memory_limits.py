"""Memory that really runs out: fewer slots, the same answers."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

SCRIPT = """
import json, resource
import torch
from evalsuite.generation.engine import Request
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.records.run import Decoding

torch.set_num_threads(1)
loaded = load_model(resolve("trained"), device="cpu")
prompts = [f"user: {i} + {i} " * 30 for i in range(256)]
asked = [Request(question_id=str(i), sample=0, prompt=p) for i, p in enumerate(prompts)]
_, hard = resource.getrlimit(resource.RLIMIT_AS)

def answered(spare):
    engine = SlotEngine(loaded, batch_size=256)
    list(engine.generate(asked[:4], Decoding(max_new_tokens=2)))  # what is made only once
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    limit = used + spare if spare else resource.RLIM_INFINITY
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    found = list(engine.generate(asked, Decoding(max_new_tokens=4)))
    texts = {r.question_id: [r.text, r.n_tokens, r.finish] for r in found}
    return {"slots": engine.describe()["slots"], "n": len(found), "texts": texts}

print(json.dumps([answered(150 * 2**20), answered(0)]))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits address space as Linux does")
def test_a_real_failed_allocation_lowers_the_slots_and_changes_no_answer() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, check=True, text=True, timeout=300
    )
    tight, roomy = json.loads(done.stdout)

    assert roomy["slots"] == 256
    assert tight["slots"] < 256
    assert tight["n"] == 256
    assert tight["texts"] == roomy["texts"]

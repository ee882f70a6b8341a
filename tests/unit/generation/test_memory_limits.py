"""Memory that really runs out: fewer slots, the same answers."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import json, resource, sys
import torch
from evalsuite.generation.engine import Request
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.records.run import Decoding

torch.set_num_threads(1)
loaded = load_model(resolve("trained"), device="cpu")
engine = SlotEngine(loaded, batch_size=512)
prompts = [f"user: {i} + {i} " * 30 for i in range(512)]
asked = [Request(question_id=str(i), sample=0, prompt=p) for i, p in enumerate(prompts)]
list(engine.generate(asked[:4], Decoding(max_new_tokens=2)))  # what is made only once
spare = int(sys.argv[1]) * 2**20
if spare:
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + spare, used + spare))
found = list(engine.generate(asked, Decoding(max_new_tokens=4)))
texts = {r.question_id: [r.text, r.n_tokens, r.finish] for r in found}
print(json.dumps({"slots": engine.describe()["slots"], "n": len(found), "texts": texts}))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits address space as Linux does")
def test_a_real_failed_allocation_lowers_the_slots_and_changes_no_answer() -> None:
    import json

    roomy, tight = (
        json.loads(
            subprocess.run(
                [sys.executable, "-c", SCRIPT, spare],
                capture_output=True,
                check=True,
                text=True,
                timeout=300,
            ).stdout
        )
        for spare in ("0", "300")
    )

    assert roomy["slots"] == 512
    assert tight["slots"] < 512
    assert tight["n"] == 512
    assert tight["texts"] == roomy["texts"]

"""Shards that DeepSpeed really writes, merged with the command that evalsuite names.

``python tests/peers/deepspeed_shards.py STAGE FOLDER`` in an environment with DeepSpeed; one
process on a CPU. It trains the embedded base for three steps and prints whether the merged weights
are those in memory.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

os.environ |= {"DS_ACCELERATOR": "cpu", "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}
os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "29617"}

import deepspeed  # type: ignore[import-not-found]  # of that environment
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from evalsuite.models.identity import merge_advice

BASE = Path(__file__).parents[2] / "evalsuite" / "embedded" / "base"


def main(stage: int, folder: Path) -> None:
    """Train, leave shards, merge them and compare."""
    # Its C++ for shared memory takes minutes to compile, and only makes sums faster.
    sys.modules["deepspeed.comm.torch"].build_shm_op = lambda: None  # type: ignore[attr-defined]
    model = AutoModelForCausalLM.from_pretrained(BASE, dtype=torch.float32)
    tokenizer = AutoTokenizer.from_pretrained(BASE)
    torch.distributed.init_process_group("gloo")
    deepspeed.init_distributed(dist_backend="gloo")
    engine, *_ = deepspeed.initialize(
        model=model,
        optimizer=torch.optim.AdamW(model.parameters(), lr=1e-2),
        config={
            "train_micro_batch_size_per_gpu": 1,
            "zero_optimization": {"stage": stage},
            "zero_allow_untested_optimizer": True,
            "zero_force_ds_cpu_optimizer": False,
        },
    )
    ids = torch.tensor([tokenizer("Tom has 5 apples. He buys 3 more.")["input_ids"]])
    for _ in range(3):
        engine.backward(engine(input_ids=ids, labels=ids).loss)
        engine.step()
    engine.save_checkpoint(str(folder), tag="global_step3")
    model.config.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    with deepspeed.zero.GatheredParameters(list(model.parameters()), enabled=stage == 3):
        trained = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}

    command = str(merge_advice(folder)).removeprefix("run: ").partition("run: ")[2]
    print(command)
    subprocess.run(command, shell=True, check=True)  # noqa: S602  as its reader would type it

    merged = load_file(folder / "model.safetensors")
    is_same = all(torch.equal(merged[name], trained[name]) for name in trained)
    print(f"stage {stage}: {len(merged)} tensors, as in memory: {is_same}")


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))

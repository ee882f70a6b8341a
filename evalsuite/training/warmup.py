"""Supervised warm-up with TRL's SFTTrainer: what a base has to know before GRPO can help it."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from evalsuite.models.quiet import quiet_libraries, quiet_warnings
from evalsuite.seeds import stream
from evalsuite.training.options import checkpointing_key

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["warm_up"]


def warm_up(
    model: Any,
    tokenizer: Any,
    demonstrations: Sequence[tuple[list[dict[str, str]], str]],
    *,
    output: Path,
    steps: int,
    learning_rate: float,
    batch_size: int = 32,
    seed: int = 0,
    callbacks: Sequence[Any] = (),
) -> None:
    """Train a model on worked solutions; the loss counts the solutions only.

    Parameters
    ----------
    model, tokenizer
        A causal language model and its tokenizer with a chat template; the model is changed.
    demonstrations
        Chat messages and the solution that should follow them.
    output
        Folder for the trainer's own files.
    steps
        Optimizer steps; the learning rate falls linearly to zero over them.
    learning_rate
        At its peak, after a tenth of the steps, at most 30.
    batch_size
        Demonstrations per step.
    seed
        Order of the demonstrations.
    callbacks
        ``transformers.TrainerCallback`` objects.
    """
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTConfig, SFTTrainer

    quiet_libraries()
    rows = [
        {"prompt": messages, "completion": [{"role": "assistant", "content": answer}]}
        for messages, answer in _in_batches_of_like_length(demonstrations, batch_size, seed)
    ]
    has_gpu = torch.cuda.is_available()
    config = SFTConfig(
        output_dir=str(output),
        use_cpu=not has_gpu,
        bf16=False,
        **{checkpointing_key(field.name for field in fields(SFTConfig)): False},
        per_device_train_batch_size=batch_size,
        max_steps=steps,
        learning_rate=learning_rate,
        lr_scheduler_type="linear",
        warmup_steps=min(30, max(1, steps // 10)),
        adam_beta2=0.98,
        max_grad_norm=1.0,
        train_sampling_strategy="sequential",
        completion_only_loss=True,
        logging_steps=min(25, max(1, steps // 10)),
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        seed=seed,
        data_seed=seed,
    )
    with quiet_warnings():
        trainer = SFTTrainer(
            model=model,
            args=config,
            train_dataset=Dataset.from_list(rows),
            processing_class=tokenizer,
            callbacks=list(callbacks),
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()


def _in_batches_of_like_length(
    demonstrations: Sequence[tuple[list[dict[str, str]], str]], batch_size: int, seed: int
) -> list[tuple[list[dict[str, str]], str]]:
    """Shuffle, then let each batch hold prompts of like length: less padding, same mixture.

    Grouping by the whole length would sort the solutions by style and let the model swing
    between styles from batch to batch.
    """
    rng = stream(seed, "warm-up order")
    order = [int(i) for i in rng.permutation(len(demonstrations))]
    chunk = 16 * batch_size
    batches = []
    for start in range(0, len(order), chunk):
        like = sorted(
            order[start : start + chunk], key=lambda i: len(demonstrations[i][0][-1]["content"])
        )
        batches += [like[k : k + batch_size] for k in range(0, len(like), batch_size)]
    full = [batch for batch in batches if len(batch) == batch_size] or batches
    return [demonstrations[i] for k in rng.permutation(len(full)) for i in full[int(k)]]

"""Looks: the model in training answers questions as it is, and is left as it was.

Each look is a run of the run store, so that `evalsuite compare` reads any two of them.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import torch

from evalsuite.disk.storage import is_complete, load_run, open_journal, run_folder, write_run
from evalsuite.generation.batched import BatchedEngine
from evalsuite.generation.engine import requests_for
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.models.prompt import prompt_record, settings_in_memory
from evalsuite.records.codec import plain, sha256_of
from evalsuite.records.run import Decoding, Run, RunSpec
from evalsuite.tasks.grading import grade_response, task_of_run
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import questions_sha256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from evalsuite.generation.engine import Engine
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.run import Question, Response
    from evalsuite.records.training import PromptRecord
    from evalsuite.tasks.prompts import Prompt

__all__ = ["answer_run", "engine_of", "still", "weights_sha256"]

_ANSWERS_A_WRITE = 64
"""Each write waits for the disk; so many answers a kill may cost."""


@contextmanager
def still(model: Any) -> Iterator[None]:
    """Hold a model in training still: evaluation mode, own precision, random numbers put back."""
    was_training, config = model.training, model.config
    had_cache = config.use_cache
    # Mixed precision hangs its own forward on the model: answers are those of the weights as they
    # are, as compare would ask them.
    forward = model.__dict__.pop("forward", None)
    model.eval()
    config.use_cache = True
    try:
        # Greedy answers draw nothing, but building an engine may: forked, so that a watched run has
        # the same weights as one that nobody watches.
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            yield
    finally:
        if forward is not None:
            model.forward = forward
        config.use_cache = had_cache
        model.train(was_training)


def engine_of(loaded: LoadedModel, *, has_adapter: bool) -> Engine:
    """Build an engine from weights as they are now; an adapter needs the model's own layers."""
    return BatchedEngine(loaded) if has_adapter else SlotEngine(loaded)


def weights_sha256(model: Any) -> str:
    """Hash every tensor of a model with its name: what its answers depend on, wherever it lies."""
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        # One tensor at a time: a copy of all of them may not fit beside the optimizer.
        flat = tensor.detach().cpu().contiguous().reshape(-1)
        digest.update(flat.view(torch.uint8).numpy())
    return digest.hexdigest()


def answer_run(
    loaded: LoadedModel,
    engine: Engine,
    questions: Sequence[Question],
    root: Path,
    *,
    task: str,
    split: str,
    prompt: str,
    max_new_tokens: int,
) -> tuple[Run, Path]:
    """Let a model that is held still answer every question greedily, as a run below ``root``.

    A run of the very same weights and questions is gone on with, or read back.
    """
    template = load_prompt(prompt, loaded.template_arguments)
    prompts = {q.id: engine.render(messages(template, q.text)) for q in questions}
    spec = RunSpec(
        model=loaded.spec,
        task=task,
        split=split,
        question_ids=tuple(prompts),
        questions_sha256=questions_sha256(tuple(questions)),
        prompt=template.name,
        prompts_sha256=sha256_of(sorted(prompts.items())),
        decoding=Decoding(max_new_tokens=max_new_tokens),
        dtype=loaded.dtype,
        engine="hf",
    )
    folder = run_folder(root, spec)
    if is_complete(folder):
        return load_run(folder), folder
    with open_journal(folder, spec, questions) as journal:
        have = {response.question_id for response in journal.done}
        missing = {id_: text for id_, text in prompts.items() if id_ not in have}
        for batch in _batches(engine.generate(requests_for(missing), spec.generation)):
            journal.append(batch)
        environment = {
            **engine.describe(),
            "prompt_template": engine.render(messages(template, "{question}")),
            "prompt_record": plain(_record(loaded, template, spec)),
        }
        run = _graded(spec, tuple(questions), journal.done, environment)
        write_run(folder, run)
    return run, folder


def _record(loaded: LoadedModel, prompt: Prompt, spec: RunSpec) -> PromptRecord:
    """Record how the model in memory is asked: its files may be another's, or not there yet."""
    names = ("temperature", "top_p", "repetition_penalty")
    used = {name: getattr(spec.generation, name) for name in names}
    asked = settings_in_memory(loaded.model)
    return prompt_record(loaded.spec, loaded.tokenizer, prompt, used=used, asked=asked)


def _graded(
    spec: RunSpec,
    questions: tuple[Question, ...],
    responses: Sequence[Response],
    environment: dict[str, Any],
) -> Run:
    by_id, task = {response.question_id: response for response in responses}, task_of_run(spec)
    # In the order of questions, in which runs are stored; engines answer in any.
    ordered = tuple(by_id[question.id] for question in questions)
    return Run(
        spec=spec,
        environment=environment,
        questions=questions,
        responses=ordered,
        grades=tuple(grade_response(r, q, task) for r, q in zip(ordered, questions, strict=True)),
    )


def _batches(responses: Iterator[Response]) -> Iterator[list[Response]]:
    batch: list[Response] = []
    for response in responses:
        batch.append(response)
        if len(batch) >= _ANSWERS_A_WRITE:
            yield batch
            batch = []
    if batch:
        yield batch

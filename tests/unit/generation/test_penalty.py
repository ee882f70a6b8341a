"""The penalty is that of transformers, in every engine of ours."""

from __future__ import annotations

import pytest
import torch
from builders import text_of
from transformers import RepetitionPenaltyLogitsProcessor

from evalsuite.generation.batched import BatchedEngine
from evalsuite.generation.engine import requests_for
from evalsuite.generation.penalty import occurrence, penalised
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions


@pytest.mark.parametrize("penalty", [0.8, 1.0, 1.1, 2.0])
def test_logits_are_those_of_transformers(penalty: float) -> None:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn((3, 50), generator=generator)
    ids = torch.randint(50, (3, 20), generator=generator)
    marks = torch.stack([occurrence(row, 50, logits.device) for row in ids.tolist()])

    ours = penalised(logits, marks, penalty)

    assert torch.equal(ours, RepetitionPenaltyLogitsProcessor(penalty)(ids, logits.clone()))


@pytest.mark.parametrize("engine", [SlotEngine, BatchedEngine])
def test_greedy_answers_equal_those_of_transformers(
    engine: type[SlotEngine | BatchedEngine],
) -> None:
    loaded = load_model(resolve("base"), device="cpu")
    running = engine(loaded)
    asked = load_questions("embedded")[:16]
    prompts = {q.id: running.render(messages(load_prompt("plain"), q.text)) for q in asked}
    decoding = Decoding(max_new_tokens=64, repetition_penalty=1.3)

    ours = {r.question_id: text_of(r) for r in running.generate(requests_for(prompts), decoding)}

    plain = Decoding(max_new_tokens=64)
    without = {r.question_id: text_of(r) for r in running.generate(requests_for(prompts), plain)}
    assert ours != without
    for question, prompt in prompts.items():
        ids = loaded.tokenizer(prompt, return_tensors="pt", add_special_tokens=False)["input_ids"]
        theirs = loaded.model.generate(
            ids,
            do_sample=False,
            max_new_tokens=64,
            repetition_penalty=1.3,
            eos_token_id=list(loaded.eos_ids),
        )
        text = loaded.tokenizer.decode(theirs[0, ids.shape[1] :], skip_special_tokens=True)
        assert ours[question] == text

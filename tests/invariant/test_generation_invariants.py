"""The engine's promises, on a real model: neither batch, order nor budget changes an answer."""

from __future__ import annotations

import pytest
import torch

from evalsuite.core.batched import BatchedEngine
from evalsuite.core.generation import Request
from evalsuite.core.model import LoadedModel, load_model
from evalsuite.core.names import resolve
from evalsuite.evaluation.budgets import cut_response
from evalsuite.records.run import Decoding, Response
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions

GREEDY = Decoding(max_new_tokens=96)
SAMPLED = Decoding(max_new_tokens=96, temperature=1.0, samples=2, seed=3)


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load_model(resolve("trained"), device="cpu")


def answers(
    loaded: LoadedModel, decoding: Decoding, *, batch_size: int = 64, reverse: bool = False
) -> dict[tuple[str, int], Response]:
    engine = BatchedEngine(loaded, batch_size=batch_size)
    requests = [
        Request(
            question_id=q.id, sample=s, prompt=engine.render(messages(load_prompt("plain"), q.text))
        )
        for q in load_questions("embedded")[:48]
        for s in range(decoding.samples)
    ]
    found = engine.generate(requests[::-1] if reverse else requests, decoding)
    return {(r.question_id, r.sample): r for r in found}


@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("batch_size", [1, 7])
def test_the_batch_size_changes_no_answer(
    loaded: LoadedModel, decoding: Decoding, batch_size: int
) -> None:
    assert answers(loaded, decoding, batch_size=batch_size) == answers(loaded, decoding)


@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
def test_the_order_of_questions_changes_no_answer(loaded: LoadedModel, decoding: Decoding) -> None:
    assert answers(loaded, decoding, reverse=True) == answers(loaded, decoding)


@pytest.mark.parametrize("decoding", [GREEDY, SAMPLED], ids=["greedy", "sampled"])
@pytest.mark.parametrize("budget", [1, 24, 48])
def test_cutting_equals_a_real_run_at_the_small_budget(
    loaded: LoadedModel, decoding: Decoding, budget: int
) -> None:
    from dataclasses import replace

    large = answers(loaded, decoding)
    small = answers(loaded, replace(decoding, max_new_tokens=budget))

    assert {key: cut_response(r, budget) for key, r in large.items()} == small


def test_answers_equal_transformers_generate_one_by_one(loaded: LoadedModel) -> None:
    ours = answers(loaded, GREEDY)
    for question in load_questions("embedded")[:12]:
        prompt = BatchedEngine(loaded).render(messages(load_prompt("plain"), question.text))
        ids = torch.tensor([loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"]])
        out = loaded.model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            max_new_tokens=96,
            do_sample=False,
            eos_token_id=list(loaded.eos_ids),
            pad_token_id=loaded.tokenizer.pad_token_id,
        )
        text = loaded.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)

        assert ours[question.id, 0].text == text


def test_samples_of_a_question_differ_and_seeds_differ(loaded: LoadedModel) -> None:
    from dataclasses import replace

    first = answers(loaded, SAMPLED)
    other = answers(loaded, replace(SAMPLED, seed=4))
    texts = {key: r.text for key, r in first.items()}

    assert any(texts[q, 0] != texts[q, 1] for q, _ in texts)
    assert any(r.text != other[key].text for key, r in first.items())


def test_sampling_follows_the_models_own_probabilities(loaded: LoadedModel) -> None:
    """The share of each first token over many samples is the softmax of the logits."""
    engine = BatchedEngine(loaded)
    question = load_questions("embedded")[0]
    prompt = engine.render(messages(load_prompt("plain"), question.text))
    ids = torch.tensor([loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"]])
    with torch.inference_mode():
        law = torch.softmax(loaded.model(input_ids=ids).logits[0, -1].double() / 2.0, dim=-1)
    n = 2000
    requests = [Request(question_id="q", sample=s, prompt=prompt) for s in range(n)]
    decoding = Decoding(max_new_tokens=1, temperature=2.0, samples=n)

    drawn = [r.text for r in engine.generate(requests, decoding)]

    likeliest = int(law.argmax())
    expected = float(law[likeliest])
    share = drawn.count(loaded.tokenizer.decode([likeliest], skip_special_tokens=True)) / n
    assert abs(share - expected) < 4 * (expected * (1 - expected) / n) ** 0.5 + 1e-9


def test_token_ends_rebuild_every_prefix(loaded: LoadedModel) -> None:
    for answer in answers(loaded, GREEDY).values():
        assert answer.token_ends is not None
        assert len(answer.token_ends) == answer.n_tokens
        assert answer.token_ends[-1] == len(answer.text)
        assert list(answer.token_ends) == sorted(answer.token_ends)

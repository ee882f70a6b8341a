"""The engine's promises, on a real model: neither batch, order nor budget changes an answer."""

from __future__ import annotations

import itertools
from functools import cache
from typing import TYPE_CHECKING

import pytest
import torch
from builders import text_of

from evalsuite.comparing.budgets import cut_response
from evalsuite.generation import sampling
from evalsuite.generation.batched import BatchedEngine
from evalsuite.generation.engine import Request
from evalsuite.generation.slots import alone
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.generation.slots.loop import SlotRun
from evalsuite.models.load import LoadedModel, load_model
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding, Response
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.generation.slots.answers import Row

    Usual = Callable[[Decoding], dict[tuple[str, int], Response]]

GREEDY = Decoding(max_new_tokens=96)
SAMPLED = Decoding(max_new_tokens=96, temperature=1.0, samples=2, seed=3)
PENALISED = Decoding(max_new_tokens=96, repetition_penalty=1.2)
NUCLEUS = Decoding(max_new_tokens=96, temperature=1.0, top_p=0.9, samples=2, seed=3)
WATCHED = Decoding(
    max_new_tokens=96, temperature=1.0, samples=2, seed=3, repetition_penalty=1.1, stop=("boxed",)
)
KINDS, NAMES = [GREEDY, SAMPLED, PENALISED], ["greedy", "sampled", "penalised"]


@pytest.fixture(
    scope="module",
    params=[
        "cpu",
        pytest.param(
            "cuda",
            marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here"),
        ),
    ],
)
def loaded(request: pytest.FixtureRequest) -> LoadedModel:
    return load_model(resolve("trained"), device=request.param)


def requests(engine: BatchedEngine | SlotEngine, decoding: Decoding) -> list[Request]:
    return [
        Request(
            question_id=q.id,
            sample=s,
            prompt=engine.render(messages(load_prompt("plain"), q.text)),
        )
        for q in load_questions("embedded")[:48]
        for s in range(decoding.samples)
    ]


def answers(
    loaded: LoadedModel,
    decoding: Decoding,
    *,
    batch_size: int = 64,
    reverse: bool = False,
    kind: type[BatchedEngine | SlotEngine] = SlotEngine,
) -> dict[tuple[str, int], Response]:
    engine = kind(loaded, batch_size=batch_size)
    asked = requests(engine, decoding)
    found = list(engine.generate(asked[::-1] if reverse else asked, decoding))
    assert engine.describe().get("decoder", "packed") == "packed"  # or batches are tested twice
    return {(r.question_id, r.sample): r for r in found}


@pytest.fixture(scope="module")
def usual(loaded: LoadedModel) -> Usual:
    """Give the answers in order and in a batch of 64, asked for once."""
    return cache(lambda decoding: answers(loaded, decoding))


@pytest.mark.parametrize("decoding", KINDS, ids=NAMES)
@pytest.mark.parametrize("batch_size", [1, 7])
def test_the_batch_size_changes_no_answer(
    loaded: LoadedModel, usual: Usual, decoding: Decoding, batch_size: int
) -> None:
    assert answers(loaded, decoding, batch_size=batch_size) == usual(decoding)


@pytest.mark.parametrize("decoding", KINDS, ids=NAMES)
def test_the_order_of_questions_changes_no_answer(
    loaded: LoadedModel, usual: Usual, decoding: Decoding
) -> None:
    assert answers(loaded, decoding, reverse=True) == usual(decoding)


@pytest.mark.parametrize("decoding", KINDS, ids=NAMES)
@pytest.mark.parametrize("budget", [1, 24, 48])
def test_cutting_equals_a_real_run_at_the_small_budget(
    loaded: LoadedModel, usual: Usual, decoding: Decoding, budget: int
) -> None:
    from dataclasses import replace

    small = answers(loaded, replace(decoding, max_new_tokens=budget))

    assert {key: cut_response(r, budget) for key, r in usual(decoding).items()} == small


@pytest.mark.parametrize("decoding", [*KINDS, NUCLEUS], ids=[*NAMES, "top-p"])
def test_slots_and_batches_give_the_same_answers(
    loaded: LoadedModel, usual: Usual, decoding: Decoding
) -> None:
    assert usual(decoding) == answers(loaded, decoding, kind=BatchedEngine)


@pytest.mark.parametrize("decoding", KINDS, ids=NAMES)
def test_a_resumed_run_gives_the_answers_of_an_uninterrupted_one(
    loaded: LoadedModel, usual: Usual, decoding: Decoding
) -> None:
    engine = SlotEngine(loaded, batch_size=16)
    asked = requests(engine, decoding)
    first = list(itertools.islice(engine.generate(asked, decoding), 21))
    done = {(r.question_id, r.sample) for r in first}
    rest = [r for r in asked if (r.question_id, r.sample) not in done]

    resumed = [*first, *SlotEngine(loaded, batch_size=16).generate(rest, decoding)]

    assert {(r.question_id, r.sample): r for r in resumed} == usual(decoding)


@pytest.mark.parametrize(
    ("decoding", "size", "block"),
    [
        (GREEDY, 1.0, alone.BLOCK),
        (SAMPLED, 0.02, alone.BLOCK),
        (SAMPLED, 0.02, 16),
        (NUCLEUS, 0.02, 16),
        (WATCHED, 0.1, 16),
    ],
    ids=["greedy", "sampled", "sampled-blocks", "top-p", "watched"],
)
def test_a_close_choice_is_decided_the_same_in_every_batch(
    loaded: LoadedModel,
    decoding: Decoding,
    size: float,
    block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Noise far above rounding changes answers; with the margin to match, it changes none."""
    monkeypatch.setattr(alone, "BLOCK", block)
    calm = answers(loaded, decoding)
    noise = torch.Generator().manual_seed(0)
    exact = SlotRun._next_logits

    def noisy(self: SlotRun, rows: list[Row]) -> torch.Tensor:
        logits = exact(self, rows)
        return logits + size * torch.rand(logits.shape, generator=noise).to(logits.device)

    monkeypatch.setattr(SlotRun, "_next_logits", noisy)
    assert answers(loaded, decoding) != calm
    monkeypatch.setattr(sampling, "_CLOSE_LOGITS", size)
    monkeypatch.setattr(sampling, "_CLOSE_LAW", 2 * size)

    assert answers(loaded, decoding) == calm


def test_what_all_prompts_begin_with_is_shared_and_changes_no_answer(loaded: LoadedModel) -> None:
    long = "Be brief, and think before you answer; the answer goes into a box. "
    engine = SlotEngine(loaded, batch_size=8)
    asked = [
        Request(question_id=r.question_id, sample=0, prompt=long + r.prompt)
        for r in requests(engine, GREEDY)[:16]
    ]
    together = {r.question_id: r for r in engine.generate(asked, GREEDY)}
    assert engine.describe()["decoder"] == "packed"
    alone = {r.question_id: r for one in asked for r in engine.generate([one], GREEDY)}

    assert together == alone


def test_answers_equal_transformers_generate_one_by_one(loaded: LoadedModel, usual: Usual) -> None:
    ours = usual(GREEDY)
    for question in load_questions("embedded")[:12]:
        prompt = SlotEngine(loaded).render(messages(load_prompt("plain"), question.text))
        encoded = loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"]
        ids = torch.tensor([encoded], device=loaded.device)
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


def test_samples_of_a_question_differ_and_seeds_differ(loaded: LoadedModel, usual: Usual) -> None:
    from dataclasses import replace

    first = usual(SAMPLED)
    other = answers(loaded, replace(SAMPLED, seed=4))
    texts = {key: r.text for key, r in first.items()}

    assert any(texts[q, 0] != texts[q, 1] for q, _ in texts)
    assert any(r.text != other[key].text for key, r in first.items())


def test_sampling_follows_the_models_own_probabilities(loaded: LoadedModel) -> None:
    """The share of each first token over many samples is the softmax of the logits."""
    engine = SlotEngine(loaded)
    question = load_questions("embedded")[0]
    prompt = engine.render(messages(load_prompt("plain"), question.text))
    encoded = loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"]
    ids = torch.tensor([encoded], device=loaded.device)
    with torch.inference_mode():
        law = torch.softmax(loaded.model(input_ids=ids).logits[0, -1].double() / 2.0, dim=-1)
    n = 2000
    asked = [Request(question_id="q", sample=s, prompt=prompt) for s in range(n)]
    decoding = Decoding(max_new_tokens=1, temperature=2.0, samples=n)

    drawn = [r.text for r in engine.generate(asked, decoding)]

    likeliest = int(law.argmax())
    expected = float(law[likeliest])
    share = drawn.count(loaded.tokenizer.decode([likeliest], skip_special_tokens=True)) / n
    assert abs(share - expected) < 4 * (expected * (1 - expected) / n) ** 0.5 + 1e-9


def test_token_ends_rebuild_every_prefix(usual: Usual) -> None:
    for answer in usual(GREEDY).values():
        assert answer.token_ends is not None
        assert len(answer.token_ends) == answer.n_tokens
        assert answer.token_ends[-1] == len(text_of(answer))
        assert list(answer.token_ends) == sorted(answer.token_ends)

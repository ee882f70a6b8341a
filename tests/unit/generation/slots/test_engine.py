"""Slots: every architecture is served right or refused, and memory running out is survived."""

from __future__ import annotations

import itertools
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import torch
from random_models import TEXTS, random_model

from evalsuite.errors import RunFailedError
from evalsuite.generation.engine import Request
from evalsuite.generation.slots.answers import Row, arrange
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.generation.slots.kernels import begin_kernels, compiled_kernels
from evalsuite.generation.slots.probe import find_decoder
from evalsuite.records.run import Decoding, Response

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.models.load import LoadedModel

PROMPTS = [
    f"Answer with a number only, please. {text}"[: 60 + 7 * i] for i, text in enumerate(TEXTS * 3)
]
SERVED: dict[str, tuple[str, dict[str, Any], str]] = {
    "llama": ("LlamaConfig", {}, "packed"),
    "llama-wide-rope": (
        "LlamaConfig",
        {
            "rope_parameters": {
                "rope_type": "llama3",
                "rope_theta": 1e4,
                "factor": 8.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            }
        },
        "packed",
    ),
    "smollm2": ("LlamaConfig", {"tie_word_embeddings": True}, "packed"),
    "qwen2": ("Qwen2Config", {}, "packed"),
    "qwen3": ("Qwen3Config", {}, "packed"),
    "mistral": ("MistralConfig", {"sliding_window": None}, "packed"),
    "smollm3": ("SmolLM3Config", {}, "stock"),
    "gemma": ("GemmaConfig", {}, "stock"),
    "gemma3": ("Gemma3TextConfig", {}, "stock"),
}
REFUSED = {
    "softcap": ("Gemma2Config", {}, "softcap"),
    "state-space": ("MambaConfig", {}, "kind"),
    "dynamic-rope": (
        "LlamaConfig",
        {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}},
        "kind",
    ),
}


def answers(engine: SlotEngine, decoding: Decoding) -> dict[str, Response]:
    requests = [
        Request(question_id=f"q-{i}", sample=0, prompt=prompt) for i, prompt in enumerate(PROMPTS)
    ]
    responses = list(engine.generate(requests, decoding))
    assert len(responses) == len(requests)
    return {r.question_id: r for r in responses}


def plain_answer(loaded: LoadedModel, prompt: str, tokens: int) -> str:
    ids = torch.tensor([loaded.tokenizer(prompt, add_special_tokens=False)["input_ids"]])
    out = loaded.model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=tokens,
        do_sample=False,
        eos_token_id=list(loaded.eos_ids),
        pad_token_id=loaded.tokenizer.pad_token_id,
    )
    text = loaded.tokenizer.decode(out[0, ids.shape[1] :], skip_special_tokens=True)
    return str(text).rstrip("\ufffd")  # a character cut in the middle is no text


@pytest.fixture(params=["compiled", "torch"])
def attention(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    if request.param == "compiled" and shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    monkeypatch.setenv("EVALSUITE_KERNELS", "1" if request.param == "compiled" else "0")
    begin_kernels.cache_clear()
    compiled_kernels.cache_clear()
    yield request.param
    begin_kernels.cache_clear()
    compiled_kernels.cache_clear()


@pytest.mark.parametrize("name", SERVED)
def test_an_architecture_answers_as_transformers_generate_does(name: str, attention: str) -> None:
    config, changes, decoder = SERVED[name]
    loaded = random_model(config, changes)
    engine = SlotEngine(loaded, batch_size=4)

    responses = answers(engine, Decoding(max_new_tokens=24))

    assert engine.describe()["decoder"] == decoder
    assert engine.describe()["attention"] == attention
    if decoder == "packed":
        kernels, _ = compiled_kernels(torch.float32, "cpu", 12)
        is_compiled = kernels is not None and kernels.multiplies
        assert engine.describe()["products"] == ("compiled" if is_compiled else "torch")
    for i, prompt in enumerate(PROMPTS):
        assert responses[f"q-{i}"].text == plain_answer(loaded, prompt, 24)


@pytest.mark.parametrize("name", REFUSED)
def test_an_unsupported_architecture_is_detected_and_served_in_batches(name: str) -> None:
    config, changes, reason = REFUSED[name]
    loaded = random_model(config, changes)
    engine = SlotEngine(loaded, batch_size=4)

    responses = answers(engine, Decoding(max_new_tokens=8))

    facts = engine.describe()
    assert facts["decoder"] == "batched"
    assert any(reason in note for note in facts["notes"])
    assert responses["q-0"].text == plain_answer(loaded, PROMPTS[0], 8)


def test_answers_that_reach_past_a_sliding_window_are_served_in_batches() -> None:
    loaded = random_model("MistralConfig", {"sliding_window": 64})
    engine = SlotEngine(loaded, batch_size=4)
    short = Decoding(max_new_tokens=4)

    answers(engine, short)
    assert engine.describe()["decoder"] == "packed"
    responses = answers(engine, Decoding(max_new_tokens=48))

    assert engine.describe()["decoder"] == "batched"
    assert any("past its window" in note for note in engine.describe()["notes"])
    assert responses["q-8"].text == plain_answer(loaded, PROMPTS[8], 48)
    answers(engine, short)
    assert engine.describe()["decoder"] == "packed"


def test_a_decoder_with_a_wrong_weight_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe must see a mistake as small as one norm left out."""
    from evalsuite.generation.slots import packed

    loaded = random_model("Qwen3Config", {})
    whole = packed._pack
    monkeypatch.setattr(
        packed,
        "_pack",
        lambda layer, kernels: replace(whole(layer, kernels), query_norm=None),
    )

    decoder, reason = find_decoder(loaded)

    assert decoder is not None
    assert decoder.name == "stock"
    assert "logits differ" in reason


@pytest.mark.parametrize("config", ["LlamaConfig", "GemmaConfig"])
def test_bfloat16_is_served_without_falling_back(config: str) -> None:
    loaded = random_model(config, {}, "bfloat16")
    engine = SlotEngine(loaded, batch_size=4)

    responses = answers(engine, Decoding(max_new_tokens=16))

    assert engine.describe()["decoder"] != "batched"
    assert all(r.n_tokens for r in responses.values())


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("no"), RuntimeError("can't allocate memory")]
)
def test_memory_running_out_halves_the_slots_and_loses_no_answer(
    monkeypatch: pytest.MonkeyPatch, error: RuntimeError
) -> None:
    from evalsuite.generation.slots import loop as slotrun
    from evalsuite.generation.slots.arena import StepPass

    loaded = random_model("LlamaConfig", {})
    expected = answers(SlotEngine(loaded, batch_size=2), Decoding(max_new_tokens=16))
    steps = itertools.count()
    whole = StepPass

    def scarce(arena: Any, held: list[int], **more: Any) -> Any:
        if next(steps) >= 10 and len(held) > 2:
            raise error
        return whole(arena, held, **more)

    monkeypatch.setattr(slotrun, "StepPass", scarce)
    engine = SlotEngine(loaded, batch_size=8)

    assert answers(engine, Decoding(max_new_tokens=16)) == expected
    assert engine.describe()["slots"] == 2


def test_memory_for_not_even_one_answer_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from evalsuite.generation.slots import loop as slotrun

    def none_left(*_: Any, **__: Any) -> Any:
        raise torch.OutOfMemoryError("no")

    engine = SlotEngine(random_model("LlamaConfig", {}), batch_size=8)
    monkeypatch.setattr(slotrun, "StepPass", none_left)

    with pytest.raises(RunFailedError, match="does not fit into memory"):
        answers(engine, Decoding(max_new_tokens=16))


def test_another_runtime_error_is_not_mistaken_for_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    from evalsuite.generation.slots import loop as slotrun

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("shapes differ")

    engine = SlotEngine(random_model("LlamaConfig", {}), batch_size=8)
    monkeypatch.setattr(slotrun, "StepPass", broken)

    with pytest.raises(RuntimeError, match="shapes differ"):
        answers(engine, Decoding(max_new_tokens=16))


def test_no_requests_are_no_responses() -> None:
    engine = SlotEngine(random_model("LlamaConfig", {}))

    assert list(engine.generate([], Decoding(max_new_tokens=4))) == []


def test_threads_are_set_while_generating_recorded_and_set_back() -> None:
    before = torch.get_num_threads()
    engine = SlotEngine(random_model("LlamaConfig", {}), batch_size=4, threads=1)
    requests = [Request(question_id="q", sample=0, prompt=PROMPTS[0])]

    for _ in engine.generate(requests, Decoding(max_new_tokens=4)):
        assert torch.get_num_threads() == 1

    assert torch.get_num_threads() == before
    assert engine.describe()["threads"] == 1


def test_the_model_is_left_as_it_was() -> None:
    loaded = random_model("GemmaConfig", {})
    attention = loaded.model.config._attn_implementation
    requests = [Request(question_id="q", sample=0, prompt=PROMPTS[0])]

    for _ in SlotEngine(loaded).generate(requests, Decoding(max_new_tokens=4)):
        assert loaded.model.config._attn_implementation == attention


def row(slot: int, held: int) -> Row:
    request = Request(question_id=f"q-{slot}-{held}", sample=0, prompt="")
    return Row(request, [0] * (held + 1), None, slot=slot)


def test_rows_of_similar_length_become_neighbours() -> None:
    rows = [row(slot, held) for slot, held in enumerate([5, 390, 7, 380, 6, 385])]

    slots = arrange(rows, 3)

    assert sorted(slots) == list(range(6))
    assert {r.held for r, slot in zip(rows, slots, strict=True) if slot < 3} == {380, 385, 390}


def test_rows_in_the_right_block_stay_where_they_are() -> None:
    rows = [row(0, 380), row(2, 390), row(3, 7), row(-1, 4)]

    slots = arrange(rows, 2)

    assert sorted(slots) == list(range(4))
    assert slots[0] == 0
    assert slots[1] == 1  # slot 2 is in the second block, which is for short rows
    assert slots[2] == 3


def test_rows_of_like_length_only_close_the_gaps() -> None:
    rows = [row(1, 40), row(4, 90), row(3, 7), row(-1, 4)]

    slots = arrange(rows, 2)

    assert sorted(slots) == list(range(4))
    assert (slots[0], slots[2]) == (1, 3)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_answers_after_others_are_those_of_a_new_engine(dtype: str) -> None:
    """The arena is kept: what longer answers left in it must not be seen by shorter ones."""
    loaded = random_model("LlamaConfig", {}, dtype)
    engine = SlotEngine(loaded)
    short, long = (Decoding(max_new_tokens=n) for n in (5, 150))
    expected = answers(SlotEngine(loaded), short)

    answers(engine, long)
    kept = engine._arena
    found = answers(engine, short)

    assert kept is not None
    assert engine._arena is kept
    assert {k: r.text for k, r in found.items()} == {k: r.text for k, r in expected.items()}


def test_an_arena_serves_one_list_of_answers_at_a_time() -> None:
    engine = SlotEngine(random_model("LlamaConfig", {}))
    expected = answers(engine, Decoding(max_new_tokens=8))
    asked = [Request(question_id=f"q-{i}", sample=0, prompt=p) for i, p in enumerate(PROMPTS)]

    one, other = (engine.generate(asked, Decoding(max_new_tokens=8)) for _ in range(2))
    pairs = list(zip(one, other, strict=True))  # both are under way at once

    for side in zip(*pairs, strict=True):
        assert {r.question_id: r.text for r in side} == {k: r.text for k, r in expected.items()}


def test_an_arena_is_not_kept_where_it_is_large_or_its_answers_were_not_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    engine = SlotEngine(random_model("LlamaConfig", {}))
    asked = [Request(question_id=f"q-{i}", sample=0, prompt=p) for i, p in enumerate(PROMPTS)]
    given_up = engine.generate(asked, Decoding(max_new_tokens=8))
    next(given_up)
    del given_up
    after_giving_up = engine._arena

    answers(engine, Decoding(max_new_tokens=8))
    assert (after_giving_up, engine._arena is None) == (None, False)
    monkeypatch.setattr("evalsuite.generation.slots.engine._KEPT_BYTES", 1)
    answers(engine, Decoding(max_new_tokens=8))
    assert engine._arena is None


def test_a_list_of_other_length_has_slots_of_its_own() -> None:
    engine = SlotEngine(random_model("LlamaConfig", {}))
    few = [Request(question_id=f"q-{i}", sample=0, prompt=p) for i, p in enumerate(PROMPTS[:2])]
    list(engine.generate(few, Decoding(max_new_tokens=4)))

    answers(engine, Decoding(max_new_tokens=4))

    assert engine._arena is not None
    assert engine._arena.slots == engine.describe()["slots"] == len(PROMPTS)

"""The tiny model's tokenizer loses nothing and its weights come from the seed alone."""

from __future__ import annotations

import pytest
import torch

from evalsuite.embedded.model import build_model, build_tokenizer
from evalsuite.tasks.wordproblems import word_problems

_TEXTS = [f"{q.text} {q.gold_text} \\boxed{{{q.gold}}}" for q in word_problems("train", n=300)]


@pytest.mark.parametrize(
    "text",
    ["12 + 5 = 17. \\boxed{17}", "h\u00e9llo \u2211 \U0001f642", "\n\n tab\t  spaces ", "9**9", ""],
)
def test_tokenizer_gives_back_any_text_exactly(text: str) -> None:
    tokenizer = build_tokenizer(_TEXTS)
    assert tokenizer.decode(tokenizer(text)["input_ids"]) == text


def test_digits_are_single_tokens_and_a_box_is_never_glued_to_its_number() -> None:
    tokenizer = build_tokenizer(_TEXTS)
    pieces = [tokenizer.decode([i]) for i in tokenizer("12 + 5 = 17. \\boxed{17}")["input_ids"]]
    assert pieces == ["1", "2", " + ", "5", " = ", "1", "7", ". ", "\\boxed{", "1", "7", "}"]


def test_chat_template_ends_every_message_with_the_end_token() -> None:
    tokenizer = build_tokenizer(_TEXTS)
    talk = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    written = tokenizer.apply_chat_template(talk, tokenize=False)
    assert written == "<|user|>a<|end|><|assistant|>b<|end|>"
    asked = tokenizer.apply_chat_template(talk[:1], tokenize=False, add_generation_prompt=True)
    assert written.startswith(asked)
    assert tokenizer.convert_ids_to_tokens(tokenizer.eos_token_id) == "<|end|>"


def test_two_tokenizers_from_the_same_texts_are_equal() -> None:
    first, second = (build_tokenizer(_TEXTS).backend_tokenizer.to_str() for _ in range(2))
    assert first == second


def test_weights_depend_on_the_seed_and_on_nothing_drawn_before() -> None:
    tokenizer = build_tokenizer(_TEXTS)
    torch.manual_seed(123)
    first = build_model(tokenizer, seed=0).state_dict()["lm_head.weight"]
    after_draws = torch.rand(3)
    second = build_model(tokenizer, seed=0).state_dict()["lm_head.weight"]
    other = build_model(tokenizer, seed=1).state_dict()["lm_head.weight"]
    assert torch.equal(first, second)
    assert not torch.equal(first, other)
    torch.manual_seed(123)
    assert torch.equal(after_draws, torch.rand(3))


def test_model_ends_on_the_end_token_and_is_small() -> None:
    tokenizer = build_tokenizer(_TEXTS)
    model = build_model(tokenizer, seed=0)
    assert model.generation_config.eos_token_id == [tokenizer.eos_token_id]
    assert 300_000 < sum(p.numel() for p in model.parameters()) < 600_000

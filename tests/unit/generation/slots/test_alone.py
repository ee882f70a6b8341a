"""Close draws of a block of positions, decided by one pass over the row alone."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import torch

from evalsuite.generation.engine import Request
from evalsuite.generation.sampling import draw_uniforms
from evalsuite.generation.slots.alone import BLOCK, Alone
from evalsuite.generation.slots.answers import Row
from evalsuite.models.load import LoadedModel, load_model
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding
from evalsuite.tasks.prompts import load_prompt, messages
from evalsuite.tasks.questions import load_questions

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLED = Decoding(max_new_tokens=40, temperature=1.0, seed=3)


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load_model(resolve("trained"), device="cpu")


@pytest.fixture(scope="module")
def prompt(loaded: LoadedModel) -> list[int]:
    text = messages(load_prompt("plain"), load_questions("embedded")[0].text)[-1]["content"]
    ids: list[int] = loaded.tokenizer(text)["input_ids"]
    return ids


def row_of(prompt: list[int], decoding: Decoding = SAMPLED) -> Row:
    request = Request(question_id="q", sample=0, prompt="")
    return Row(request, prompt, draw_uniforms(request, decoding))


def written_alone(alone: Alone, prompt: list[int], decoding: Decoding = SAMPLED) -> Row:
    """Draw an answer token by token, each by a pass over what stands before it."""
    row = row_of(prompt, decoding)
    for _ in range(decoding.max_new_tokens):
        row.write(alone.choice(prompt, row))
    return row


@pytest.mark.parametrize("penalty", [1.0, 1.3])
def test_the_first_other_token_is_found_and_none_before_it(
    loaded: LoadedModel, prompt: list[int], penalty: float
) -> None:
    decoding = replace(SAMPLED, repetition_penalty=penalty)
    alone = Alone(loaded, decoding)
    row = written_alone(alone, prompt, decoding)
    right = row.written[17]
    row.close = [3, 17, 20]
    assert alone.first_other(prompt, row) is None

    row.written[17] = right + 1

    assert alone.first_other(prompt, row) == (17, right)


def test_an_end_token_is_held_against_the_row_like_any_other(
    loaded: LoadedModel, prompt: list[int]
) -> None:
    alone = Alone(loaded, SAMPLED)
    row = written_alone(alone, prompt)
    last = row.written.pop()
    row.close, row.end = [39], last
    assert alone.first_other(prompt, row) is None

    row.end = last + 1

    assert alone.first_other(prompt, row) == (39, last)


def test_what_comes_later_in_a_row_changes_no_bit_of_what_stands_before(
    loaded: LoadedModel, prompt: list[int]
) -> None:
    alone, row = Alone(loaded, SAMPLED), row_of(prompt)
    length, kept = alone._shape(prompt, 0)
    short = alone._logits([*prompt, *row.written], length, kept)

    row.written = [*range(5, 5 + BLOCK)]
    long = alone._logits([*prompt, *row.written], length, kept)

    assert short.shape[0] == BLOCK
    assert torch.equal(short[0], long[0])
    assert not torch.equal(short[1:], long[1:])


@pytest.mark.parametrize(
    ("settings", "shapes"),
    [
        ({"max_position_embeddings": 4 * BLOCK}, [(BLOCK + 9, BLOCK), (2 * BLOCK + 9, BLOCK)]),
        ({"max_position_embeddings": 2 * BLOCK}, [(BLOCK + 9, BLOCK), (BLOCK + 10, 1)]),
        ({"max_position_embeddings": 4 * BLOCK, "num_experts": 8}, [(110, 1), (BLOCK + 10, 1)]),
        ({}, [(110, 1), (BLOCK + 10, 1)]),
    ],
    ids=["block", "last positions", "experts", "positions not told"],
)
def test_a_pass_is_as_long_as_the_block_where_that_may_be(
    settings: dict[str, Any], shapes: Sequence[tuple[int, int]]
) -> None:
    config = SimpleNamespace(**settings, to_dict=lambda: settings)
    model = SimpleNamespace(config=SimpleNamespace(get_text_config=lambda: config))
    alone = Alone(SimpleNamespace(model=model), SAMPLED)  # type: ignore[arg-type]  # its config

    assert [alone._shape([7] * 10, place) for place in (100, BLOCK)] == shapes

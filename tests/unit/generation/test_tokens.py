"""At which character each token ends."""

from __future__ import annotations

import tokenizers
import transformers
from tokenizers import decoders, models, pre_tokenizers

from evalsuite.generation.engine import Request
from evalsuite.generation.tokens import decode_with_ends, rebuild_ends, respond

REQUEST = Request(question_id="q", sample=0, prompt="p")


def bytewise() -> transformers.PreTrainedTokenizerBase:
    """Make a tokenizer with one token a byte, so that a Chinese character takes three."""
    alphabet = {c: i for i, c in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    backend = tokenizers.Tokenizer(models.BPE(vocab=alphabet, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=backend)


def ids(text: str) -> list[int]:
    return list(bytewise().backend_tokenizer.encode(text).ids)


def test_a_character_counts_from_the_token_that_completes_it() -> None:
    text, ends = decode_with_ends(bytewise(), ids("a二b"))

    assert text == "a二b"
    assert ends == (1, 1, 1, 2, 3)


def test_a_character_that_the_last_token_leaves_incomplete_is_no_text() -> None:
    text, ends = decode_with_ends(bytewise(), ids("a二")[:-1])

    assert text == "a"
    assert ends == (1, 1, 1)


def test_the_token_that_completes_a_stop_string_is_not_counted() -> None:
    response = respond(bytewise(), REQUEST, ids("7\n#"), ended=False, stop_end=2)

    assert (response.text, response.token_ends) == ("7\n", (1, 2))
    assert (response.finish, response.n_tokens) == ("stop", 2)


def test_an_answer_without_an_end_token_is_cut_off() -> None:
    assert respond(bytewise(), REQUEST, ids("7"), ended=False).finish == "length"


def test_rebuilt_ends_grow_and_reach_the_end() -> None:
    assert rebuild_ends(bytewise(), "ab二")[-1] == 3
    assert list(rebuild_ends(bytewise(), "ab二")) == sorted(rebuild_ends(bytewise(), "ab二"))

"""At which character each token ends."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import tokenizers
import transformers
from tokenizers import decoders, models, pre_tokenizers

from evalsuite.errors import RunFailedError
from evalsuite.generation.engine import Request
from evalsuite.generation.tokens import decode_with_ends, encode_prompts, rebuild_ends, respond
from evalsuite.models.load import load_tokenizer
from evalsuite.models.names import embedded_folder, resolve

if TYPE_CHECKING:
    from pathlib import Path

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


def test_a_regular_expression_that_runs_wild_is_one_line(tmp_path: Path) -> None:
    shutil.copytree(embedded_folder() / "base", tmp_path / "wild")
    path = tmp_path / "wild" / "tokenizer.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    pattern = {"Regex": "(a+)+$"}
    settings["pre_tokenizer"] = {
        "type": "Split",
        "pattern": pattern,
        "behavior": "Isolated",
        "invert": False,
    }
    path.write_text(json.dumps(settings), encoding="utf-8")
    tokenizer, _ = load_tokenizer(resolve(f"path:{tmp_path / 'wild'}"))

    with pytest.raises(RunFailedError, match=r"fails over question q-1 .*retry-limit"):
        encode_prompts(tokenizer, [Request(question_id="q-1", sample=0, prompt="a" * 400 + " b!")])

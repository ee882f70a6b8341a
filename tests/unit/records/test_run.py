from __future__ import annotations

import hashlib
import tracemalloc
from dataclasses import replace

import pytest
from builders import question, response, run

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json, to_line
from evalsuite.records.run import Grade, LoggedDecoding, Response


def test_a_question_is_known_by_the_hash_of_its_text_or_the_one_its_source_tells() -> None:
    whole = question(0)
    withheld = replace(whole, text=None, metadata={"sha256": whole.sha256})

    assert whole.sha256 == hashlib.sha256(b"What is number 0?").hexdigest()
    assert withheld.sha256 == whole.sha256
    assert replace(whole, text="a\ud800").sha256 is not None
    assert replace(whole, text="").sha256 is None


def test_how_the_end_is_known_is_written_only_where_it_was_inferred() -> None:
    recorded = response(0, "7")
    inferred = replace(recorded, finish_source="inferred")

    assert "finish_source" not in to_line(recorded)
    assert from_json(Response, to_line(recorded)) == recorded
    assert from_json(Response, to_line(inferred)) == inferred


def test_a_response_without_text_survives_its_file() -> None:
    missing = replace(response(0, "7"), text=None, token_ends=None, finish="error")

    assert from_json(Response, to_line(missing)) == missing


def test_a_score_between_wrong_and_right_is_not_right() -> None:
    grade = Grade(question_id="q", sample=None, scores={"f1": 0.5, "em": None}, readings={})

    assert grade.is_right("f1") is False
    assert grade.is_right("em") is grade.is_right("other") is None


def test_a_log_can_not_be_generated() -> None:
    log = run(["7"], decoding=LoggedDecoding(max_new_tokens=None, samples=1)).spec

    assert run(["7"]).spec.generation.max_new_tokens == 64
    with pytest.raises(InvalidInputError, match="does not record how it was decoded"):
        _ = log.generation


def test_token_ends_of_a_damaged_file_stay_as_they_are() -> None:
    assert response(0, "abc", token_ends=(3, 2)).token_ends == (3, 2)
    assert response(0, "abc", token_ends=(-1, 2)).token_ends == (-1, 2)


def test_a_response_read_back_takes_little_more_than_a_byte_a_token() -> None:
    tokens = 50_000
    line = to_line(response(0, "x" * tokens))
    from_json(Response, to_line(response(0, "x")))  # makes what reads responses

    tracemalloc.start()
    held = from_json(Response, line)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert held.token_ends == tuple(range(1, tokens + 1))
    assert size < 2.1 * tokens  # a byte of text, a byte of token ends


def test_surroundings_take_nothing_of_another_kind_for_known() -> None:
    strange = {"server": ["vllm"], "slots": "8", "sha256": 7, "prompt_record": "text"}
    told = {"server": "vllm 0.9", "slots": 8, "sha256": "ab", "prompt_record": {"system": None}}

    unknown = replace(run(["7"]), environment=strange).surroundings
    known = replace(run(["7"]), environment=told).surroundings

    assert (unknown.server, unknown.slots, unknown.sha256, unknown.prompt_record) == (None,) * 4
    assert {name: getattr(known, name) for name in told} == told

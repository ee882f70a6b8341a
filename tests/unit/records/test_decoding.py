from __future__ import annotations

from dataclasses import replace

from builders import run

from evalsuite.records.codec import from_json, to_json
from evalsuite.records.run import Decoding, LoggedDecoding, RunSpec, same_decoding


def test_what_is_not_recorded_is_neither_equal_nor_different() -> None:
    ours = Decoding(max_new_tokens=300, temperature=0.7)
    log = LoggedDecoding(max_new_tokens=300, samples=1)

    assert same_decoding(ours, ours) is True
    assert same_decoding(ours, log) is same_decoding(log, ours) is same_decoding(log, log) is None
    assert same_decoding(ours, replace(log, temperature=0.0)) is False


def test_a_penalty_that_only_one_side_records_leaves_the_question_open() -> None:
    told = LoggedDecoding(
        max_new_tokens=300, samples=1, temperature=0.0, top_p=1.0, seed=0, stop=()
    )
    penalised = Decoding(max_new_tokens=300, repetition_penalty=1.1)

    assert same_decoding(told, told) is True
    assert same_decoding(told, replace(penalised, repetition_penalty=1.0)) is True
    assert same_decoding(told, penalised) is None
    assert same_decoding(penalised, Decoding(max_new_tokens=300)) is False


def test_a_spec_keeps_what_its_log_does_not_tell() -> None:
    log = run(["7"], decoding=LoggedDecoding(max_new_tokens=None, samples=1)).spec
    ours = run(["7"]).spec

    assert from_json(RunSpec, to_json(log)) == log
    assert from_json(RunSpec, to_json(ours)) == ours

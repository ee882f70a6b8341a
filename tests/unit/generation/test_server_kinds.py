"""What each kind of server is sent, so that it decodes as our own engine does."""

from __future__ import annotations

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.generation.server_kinds import check_penalty, is_known, kind_of, settings_for
from evalsuite.records.run import Decoding

PLAIN = Decoding(max_new_tokens=8)
PENALISED = Decoding(max_new_tokens=8, repetition_penalty=1.1)


@pytest.mark.parametrize(
    ("kind", "name"), [("vllm", "repetition_penalty"), ("llamacpp", "repeat_penalty")]
)
def test_a_penalty_goes_by_the_servers_own_name(kind: str, name: str) -> None:
    assert settings_for(kind, PLAIN)[name] == 1.0
    assert settings_for(kind, PENALISED)[name] == 1.1


def test_llama_cpp_counts_the_whole_text_and_not_its_last_64_tokens() -> None:
    assert settings_for("llamacpp", PENALISED)["repeat_last_n"] == 131_072


@pytest.mark.parametrize("kind", ["sglang", "somebody"])
def test_a_server_that_may_count_otherwise_is_refused(kind: str) -> None:
    kinds = {"http://a/v1": "vllm", "http://b/v1": kind}

    check_penalty(kinds, PLAIN)
    with pytest.raises(InvalidInputError, match=f"http://b/v1 is of kind {kind}; leave"):
        check_penalty(kinds, PENALISED)


def test_a_server_that_does_not_say_what_it_is_is_unknown() -> None:
    assert not is_known(kind_of({}))
    assert is_known(kind_of({"owned_by": "vllm"}))
    assert settings_for("unknown", PLAIN) == {}

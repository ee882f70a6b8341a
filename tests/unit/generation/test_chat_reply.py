from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, strategies as st

from evalsuite.generation.chat_reply import ReplyError, read_reply
from evalsuite.generation.engine import Request
from evalsuite.records.run import Decoding, Response

ASKED = Request(question_id="q-1", sample=2, prompt="[]")


def reply(
    text: str | None,
    pieces: list[bytes] | None,
    *,
    finish: str = "stop",
    counted: int | None = None,
    **message: Any,
) -> dict[str, Any]:
    content = None if pieces is None else [{"token": "x", "bytes": list(p)} for p in pieces]
    choice = {
        "finish_reason": finish,
        "message": {"role": "assistant", "content": text, **message},
        "logprobs": None if content is None else {"content": content},
    }
    counted = len(pieces or ()) if counted is None else counted
    return {"choices": [choice], "usage": {"completion_tokens": counted}}


def read(
    body: dict[str, Any], *, budget: int = 8, needs_ends: bool = True, holds_back: bool = False
) -> Response:
    decoding = Decoding(max_new_tokens=budget)
    return read_reply(body, ASKED, decoding, needs_ends=needs_ends, holds_back=holds_back)


def test_a_reply_names_its_question_and_sample() -> None:
    answer = read(reply("ab", [b"a", b"b", b"<end>"]))

    assert (answer.question_id, answer.sample, answer.finish) == ("q-1", 2, "stop")


@pytest.mark.parametrize(
    ("pieces", "counted"),
    [
        ([b"a", b"bc", b"<|im_end|>"], 3),  # vLLM
        ([b"a", b"bc", b""], 3),  # llama.cpp
        ([b"a", b"bc"], 3),  # counted but not listed
        ([b"a", b"bc"], 2),  # neither counted nor listed
    ],
)
def test_the_end_token_is_left_out_however_a_server_tells_it(
    pieces: list[bytes], counted: int
) -> None:
    answer = read(reply("abc", pieces, counted=counted))

    assert (answer.text, answer.token_ends, answer.n_tokens) == ("abc", (1, 3), 2)


def test_a_cut_off_answer_keeps_every_token() -> None:
    answer = read(reply("abc", [b"a", b"bc"], finish="length"), budget=2)

    assert (answer.finish, answer.token_ends, answer.n_tokens) == ("length", (1, 3), 2)


def test_a_character_counts_from_the_token_that_completes_it() -> None:
    robot = "🤖".encode()
    answer = read(reply("a🤖b", [b"a", robot[:2], robot[2:], b"b", b""]))

    assert answer.token_ends == (1, 1, 2, 3)


def test_tokens_that_a_server_holds_back_are_counted_where_they_stood() -> None:
    body = reply("a 🤖b", [b"a", " 🤖".encode(), b"b", b""], counted=6)

    answer = read(body, holds_back=True)

    assert (answer.text, answer.token_ends, answer.n_tokens) == ("a 🤖b", (1, 2, 2, 3, 4), 5)
    with pytest.raises(ReplyError, match="lists 4 tokens but counts 6"):
        read(body)


def test_a_cut_off_answer_has_no_end_token_among_those_held_back() -> None:
    body = reply("a\ufffd", [b"a"], finish="length", counted=2)

    answer = read(body, budget=2, holds_back=True)

    assert (answer.text, answer.token_ends, answer.n_tokens) == ("a", (1, 1), 2)


def test_a_token_held_back_is_not_taken_for_an_end_token_that_is_only_counted() -> None:
    """By number they are alike: one more is counted than listed."""
    either = reply("éè", ["é".encode(), "è".encode(), b""], counted=4)

    with pytest.raises(ReplyError, match="lists 3 tokens but counts 4, so smaller budgets"):
        read(either, holds_back=True)
    assert read(either, holds_back=True, needs_ends=False).token_ends is None


@pytest.mark.parametrize("written", ["a", "a\ufffd"])
def test_a_character_the_budget_leaves_incomplete_is_not_part_of_the_text(written: str) -> None:
    answer = read(reply(written, [b"a", "🤖".encode()[:2]], finish="length"), budget=2)

    assert (answer.text, answer.token_ends, answer.n_tokens) == ("a", (1, 1), 2)


def test_tokens_without_bytes_are_read_by_their_text() -> None:
    body = reply("ab", [b"a", b"b"], finish="length")
    for token, text in zip(body["choices"][0]["logprobs"]["content"], "ab", strict=True):
        token.update(token=text, bytes=None)

    assert read(body, budget=2).token_ends == (1, 2)


def test_bytes_that_are_no_list_are_not_taken_for_a_count_of_zeros() -> None:
    body = reply("ab", [b"a", b"b"], counted=2)
    body["choices"][0]["logprobs"]["content"] = [{"token": t, "bytes": 1} for t in "ab"]

    assert read(body).token_ends == (1, 2)


def test_an_empty_answer_is_an_answer() -> None:
    assert read(reply(None, [b"<end>"])).n_tokens == 0


@given(st.text(max_size=20), st.lists(st.integers(0, 60), max_size=8), st.booleans())
def test_ends_rebuild_the_text_wherever_its_bytes_are_cut(
    text: str, cuts: list[int], ended: bool
) -> None:
    content = text.encode()
    places = sorted({min(c, len(content)) for c in cuts} | {0, len(content)})
    pieces = [content[a:b] for a, b in pairwise(places)]
    finish = "stop" if ended else "length"
    body = reply(text, [*pieces, *([b"<|end|>"] if ended else [])], finish=finish)

    answer = read(body, budget=len(pieces) if not ended else 99)

    assert answer.text == text
    assert answer.n_tokens == len(pieces)
    for k, end in enumerate(answer.token_ends or ()):
        assert text[:end] == content[: places[k + 1]].decode("utf-8", "ignore")


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda r: r.pop("choices"), "no single choice"),
        (lambda r: r["choices"].append({}), "no single choice"),
        (lambda r: r.pop("usage"), "no usage.completion_tokens"),
        (lambda r: r["usage"].update(completion_tokens=True), "no usage.completion_tokens"),
        (lambda r: r["usage"].update(completion_tokens=-1), "no usage.completion_tokens"),
        (lambda r: r["choices"][0].pop("finish_reason"), "no finish_reason"),
        (lambda r: r["choices"][0].update(finish_reason=None), "no finish_reason"),
        (lambda r: r["choices"][0].update(finish_reason="content_filter"), "neither stop nor"),
        (lambda r: r["choices"][0].update(message=[]), "no message.content"),
        (lambda r: r["choices"][0]["message"].pop("content"), "no message.content"),
        (lambda r: r["choices"][0]["message"].update(content=7), "no message.content"),
        (lambda r: r["choices"][0]["message"].update(reasoning_content="hm"), "without that"),
        (lambda r: r["choices"][0].update(logprobs=None), "tells no logprobs.*one budget"),
        (lambda r: r["choices"][0]["message"].update(content="other"), "do not join"),
        (lambda r: r["usage"].update(completion_tokens=7), "lists 3 tokens but counts 7"),
        (
            lambda r: r["choices"][0]["logprobs"]["content"][0].update(bytes=[256]),
            "without readable bytes",
        ),
        (lambda r: r["choices"][0]["logprobs"].update(content=[7]), "without its text"),
    ],
)
def test_what_is_missing_is_an_error_and_not_a_guess(spoil: Any, complaint: str) -> None:
    body = reply("ab", [b"a", b"b", b"<end>"])
    spoil(body)

    with pytest.raises(ReplyError, match=complaint):
        read(body)


def test_an_answer_cut_off_before_its_budget_is_an_error() -> None:
    with pytest.raises(ReplyError, match="cut off after 2 of 8 tokens: its context is full"):
        read(reply("ab", [b"a", b"b"], finish="length"))


@pytest.mark.parametrize(("finish", "n_tokens"), [("stop", None), ("length", 3)])
def test_with_one_budget_unknown_token_ends_stay_unknown(finish: str, n_tokens: int | None) -> None:
    body = reply("ab", None, finish=finish, counted=3)

    answer = read(body, budget=3, needs_ends=False)

    assert (answer.text, answer.token_ends, answer.n_tokens) == ("ab", None, n_tokens)


def stopped(reason: object, text: str, pieces: list[bytes]) -> Response:
    body = reply(text, pieces)
    if reason is not ...:
        body["choices"][0]["stop_reason"] = reason
    decoding = Decoding(max_new_tokens=8, stop=("So", "\n\n"))
    return read_reply(body, ASKED, decoding, needs_ends=True)


@pytest.mark.parametrize("text", ["a b. ", "a b. So"])
def test_an_answer_keeps_its_stop_string_up_to_its_end(text: str) -> None:
    answer = stopped("So", text, [b"a", b" b. ", b"Some"])

    assert (answer.text, answer.token_ends, answer.n_tokens) == ("a b. So", (1, 5), 2)
    assert answer.finish == "stop"


def test_with_stop_strings_an_end_token_is_still_an_end_token() -> None:
    answer = stopped(None, "ab", [b"a", b"b", b"<end>"])

    assert (answer.text, answer.token_ends) == ("ab", (1, 2))


def test_a_server_that_does_not_tell_what_ended_an_answer_serves_no_stop_strings() -> None:
    with pytest.raises(ReplyError, match="does not tell a stop string from an end token"):
        stopped(..., "ab", [b"a", b"b", b"<end>"])


def test_a_stop_string_among_tokens_that_are_not_told_is_an_error_with_a_way_out() -> None:
    body = reply("ab", None, counted=3)
    body["choices"][0]["stop_reason"] = "So"
    decoding = Decoding(max_new_tokens=8, stop=("So",))

    with pytest.raises(ReplyError, match=r"tells no logprobs, so .* leave --stop out"):
        read_reply(body, ASKED, decoding, needs_ends=False)


def test_a_stop_string_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ReplyError, match="do not join to the text and its stop string"):
        stopped("So", "ab", [b"a", b"b"])

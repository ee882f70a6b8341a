"""The reader of chat completions: text, how it ended, and where each token ends.

``finish_reason`` and ``usage.completion_tokens`` must be in the reply. Token ends come from
``logprobs.content``; they are taken only where the listed tokens join to the text, byte by byte.
What differs between servers and is settled here: vLLM lists the end token with its name, llama.cpp
with an empty text, others leave it out; both of these count it in ``completion_tokens``. llama.cpp
lists the tokens of one character as one (see `evalsuite.generation.held_back`). A stop string is
read from ``stop_reason`` (vLLM) or ``matched_stop`` (SGLang).
"""

from __future__ import annotations

from codecs import getincrementaldecoder
from contextlib import suppress
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from evalsuite.errors import TranslatableError
from evalsuite.generation.held_back import with_held_back
from evalsuite.generation.stops import first_stop
from evalsuite.records.run import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.generation.engine import Request
    from evalsuite.records.run import Decoding

__all__ = ["ReplyError", "read_reply"]


class ReplyError(TranslatableError, ValueError):
    """A reply that can't be read as an answer; says what is missing or wrong."""


class _NoEndsError(TranslatableError, ValueError):
    """Why it is not known where the tokens end."""


def read_reply(
    reply: dict[str, Any],
    request: Request,
    decoding: Decoding,
    *,
    needs_ends: bool,
    holds_back: bool = False,
) -> Response:
    """Turn the JSON object of ``/chat/completions`` into a response.

    ``needs_ends`` tells whether smaller budgets will be cut from this response, ``holds_back``
    whether the server lists the tokens of one character as one. Where it is not known where the
    tokens end, ``token_ends`` is None; ``n_tokens`` then is the reported number for a cut-off
    answer and None for a finished one, whose end token may be in it.

    Raises ReplyError where a field is missing, the answer ended otherwise than by itself or at the
    budget, or token ends are needed and not listed.
    """
    choice, n_reported = _only_choice(reply), _completion_tokens(reply)
    finish, text = _finish(choice), _text(choice)
    # "length" also stands for a context that is full. Such an answer is neither finished nor cut
    # off at the budget, so it must not count as either.
    if finish == "length" and n_reported < decoding.max_new_tokens:
        raise ReplyError(
            "cut off after {n_reported:,} of {limit:,} tokens: its context is full; serve the "
            "model with a longer one, or lower --max-new-tokens",
            n_reported=n_reported,
            limit=decoding.max_new_tokens,
        )
    # The end token is counted: an answer that takes the whole budget and ends is one token of it.
    if n_reported > decoding.max_new_tokens:
        return _over_budget(request, choice, text, n_reported, decoding)
    if decoding.stop and finish == "stop" and _ended_by_string(choice):
        return _stopped(request, choice, text, n_reported, decoding)
    try:
        pieces = _written(_pieces(choice), text, n_reported, finish, holds_back=holds_back)
    except _NoEndsError as missing:
        if needs_ends:
            raise ReplyError(
                "{missing}, so smaller budgets can't be cut; ask for one budget: --max-new-tokens "
                "{limit}",
                missing=missing,
                limit=decoding.max_new_tokens,
            ) from None
        n_tokens = n_reported if finish == "length" else None
        return _response(request, text, None, finish, n_tokens)
    # The joined text, not the reported one: token ends count its characters, and a last incomplete
    # character may stand in the one and not in the other.
    joined, ends = _joined(pieces)
    return _response(request, joined, ends, finish, len(ends))


def _over_budget(
    request: Request, choice: dict[str, Any], text: str, n_reported: int, decoding: Decoding
) -> Response:
    """Cut an answer of a server that ignores the budget where it had to end: it is cut off."""
    limit = decoding.max_new_tokens
    try:
        pieces = _written(_pieces(choice), text, n_reported, _finish(choice))
    except _NoEndsError as missing:
        raise ReplyError(
            "it took {n_reported:,} tokens where {limit:,} were allowed, and {missing}, so it "
            "can't be cut; serve the model with a server that keeps max_tokens",
            n_reported=n_reported,
            limit=limit,
            missing=missing,
        ) from None
    joined, ends = _joined(pieces[:limit])
    return _response(request, joined, ends, "length", len(ends))


def _ended_by_string(choice: dict[str, Any]) -> bool:
    """Tell a stop string from an end token, which servers call ``stop`` alike."""
    # Both keys hold the string itself, or else a number or null for an end token.
    for name in ("stop_reason", "matched_stop"):
        if name in choice:
            return isinstance(choice[name], str)
    raise ReplyError(
        "the server does not tell a stop string from an end token; leave --stop out, or serve the "
        "model with vLLM or SGLang"
    )


def _stopped(
    request: Request, choice: dict[str, Any], text: str, n_reported: int, decoding: Decoding
) -> Response:
    """Keep the answer up to the end of its stop string; the token that completes it is the end."""
    try:
        pieces = _pieces(choice)
    except _NoEndsError as missing:
        raise ReplyError(
            "{missing}, so it can't be told where the stop string ends; leave --stop out, or serve "
            "the model with logprobs",
            missing=missing,
        ) from None
    joined, ends = _joined(pieces)
    end = first_stop(joined, decoding.stop)
    if end is None or len(pieces) != n_reported or not joined[:end].startswith(text):
        raise ReplyError("the listed tokens do not join to the text and its stop string")
    return _response(request, joined[:end], ends[:-1], "stop", len(ends) - 1)


def _response(
    request: Request,
    text: str,
    ends: tuple[int, ...] | None,
    finish: str,
    n_tokens: int | None,
) -> Response:
    return Response(
        question_id=request.question_id,
        sample=request.sample,
        text=text,
        token_ends=ends,
        finish="stop" if finish == "stop" else "length",
        n_tokens=n_tokens,
    )


def _only_choice(reply: dict[str, Any]) -> dict[str, Any]:
    choices = reply.get("choices")
    if not isinstance(choices, list) or len(choices) != 1 or not isinstance(choices[0], dict):
        raise ReplyError("the reply holds no single choice")
    return choices[0]


def _completion_tokens(reply: dict[str, Any]) -> int:
    usage = reply.get("usage")
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    if not isinstance(count, int) or isinstance(count, bool) or count < 0:
        raise ReplyError("the reply has no usage.completion_tokens")
    return count


def _finish(choice: dict[str, Any]) -> str:
    finish = choice.get("finish_reason")
    if finish is None:
        raise ReplyError("the reply has no finish_reason")
    if finish not in ("stop", "length"):
        raise ReplyError(
            "finish_reason is {reason!r}, neither stop nor length", reason=str(finish)[:40]
        )
    return str(finish)


def _text(choice: dict[str, Any]) -> str:
    """Take the text; what a server set aside as reasoning or a tool call would be missing."""
    message = choice.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("content", 0), str | None):
        raise ReplyError("the reply has no message.content")
    for aside in ("reasoning_content", "reasoning", "tool_calls"):
        if message.get(aside):
            raise ReplyError(
                "part of the answer is in message.{aside}; serve the model without that parser",
                aside=aside,
            )
    return message["content"] or ""


def _pieces(choice: dict[str, Any]) -> list[bytes]:
    """List the bytes of every token; they may be part of a character."""
    logprobs = choice.get("logprobs")
    content = logprobs.get("content") if isinstance(logprobs, dict) else None
    if not isinstance(content, list):
        raise _NoEndsError("the server tells no logprobs")
    with suppress(TypeError, KeyError, ValueError):  # one by one, then: that says what is wrong
        listed = [token["bytes"] for token in content]
        if {*map(type, listed)} <= {list}:  # of a number, bytes() makes as many zeros
            return [*map(bytes, listed)]
    return [*map(_piece, content)]


def _piece(token: Any) -> bytes:
    listed = token.get("bytes") if isinstance(token, dict) else None
    if isinstance(listed, list):
        try:
            return bytes(listed)
        except (TypeError, ValueError):
            raise _NoEndsError("the server lists a token without readable bytes") from None
    text = token.get("token") if isinstance(token, dict) else None
    if not isinstance(text, str):
        raise _NoEndsError("the server lists a token without its text")
    return text.encode("utf-8", "replace")


def _written(
    pieces: list[bytes], text: str, n_reported: int, finish: str, *, holds_back: bool = False
) -> list[bytes]:
    """Leave the end token out, and check pieces against the text and the number reported."""
    ended = finish == "stop"
    without = pieces[:-1]
    # The end token first: where it is listed, with its name (vLLM) or without text (llama.cpp), it
    # is counted too. An empty one would also pass as text below, and be counted as a token.
    if ended and len(pieces) == n_reported and pieces and _is_text(without, text):
        return without
    # Before the end token that is only counted: one that is held back looks the same by number.
    if holds_back and n_reported > len(pieces) and (not ended or pieces[-1:] == [b""]):
        listed = without if ended else pieces
        placed = with_held_back(listed, text, n_reported - len(pieces))
        if placed is None:
            raise _numbers_differ(len(pieces), n_reported)
        pieces, n_reported = placed, len(placed)
    # Not listed but counted: one more than listed. A cut-off answer has no end token to count.
    if n_reported - len(pieces) not in ({0, 1} if ended else {0}):
        raise _numbers_differ(len(pieces), n_reported)
    if not _is_text(pieces, text):
        raise _NoEndsError("the listed tokens do not join to the text")
    return pieces


def _numbers_differ(n_tokens: int, n_reported: int) -> _NoEndsError:
    return _NoEndsError(
        "the server lists {n_tokens:,} tokens but counts {n_reported:,}",
        n_tokens=n_tokens,
        n_reported=n_reported,
    )


def _is_text(pieces: Sequence[bytes], text: str) -> bool:
    """Compare; a last character whose bytes are incomplete may stand as U+FFFD or not at all."""
    joined, _ = _joined(pieces)
    return text.startswith(joined) and not text[len(joined) :].strip("\ufffd")


def _joined(pieces: Sequence[bytes]) -> tuple[str, tuple[int, ...]]:
    """Join tokens; a character counts from the token that completes it."""
    whole = b"".join(pieces)
    if whole.isascii():  # a byte is a character, and none is in two tokens
        return whole.decode("ascii"), tuple(accumulate(map(len, pieces)))
    # Incremental, for a token may hold part of a character; without a last call with final=True
    # the bytes of an incomplete one are left out, as `decode_with_ends` leaves them out.
    decode = getincrementaldecoder("utf-8")("replace").decode
    parts = [decode(piece) for piece in pieces]
    return "".join(parts), tuple(accumulate(map(len, parts)))

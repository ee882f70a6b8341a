"""Prompts as token ids, and responses as text with the character at which each token ends."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import Response
from evalsuite.tasks.hub import prepare_hub

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from transformers import PreTrainedTokenizerBase

    from evalsuite.generation.engine import Request

__all__ = [
    "EncodedPrompt",
    "decode_with_ends",
    "encode_prompts",
    "load_rebuilder",
    "rebuild_ends",
    "respond",
]


@dataclass(frozen=True, slots=True)
class EncodedPrompt:
    """A request and the token ids of its prompt."""

    request: Request
    ids: list[int]


def encode_prompts(
    tokenizer: PreTrainedTokenizerBase,
    requests: Sequence[Request],
    *,
    vocabulary: int | None = None,
) -> list[EncodedPrompt]:
    """Encode the prompts of requests, in their order.

    Raises RunFailedError where a prompt has a token that the model, with an embedding for each of
    ``vocabulary`` tokens, does not know.
    """
    # The chat template has written every special token already; one more would be another prompt.
    prompts = [EncodedPrompt(request, _ids(tokenizer, request)) for request in requests]
    largest = max((max(prompt.ids, default=0) for prompt in prompts), default=0)
    if vocabulary is not None and largest >= vocabulary:
        raise RunFailedError(
            "{model} writes token {largest:,} and the model knows {vocabulary:,} tokens: "
            "tokenizer and weights belong to different models; copy the model again",
            model=tokenizer.name_or_path,
            largest=largest,
            vocabulary=vocabulary,
        )
    return prompts


def _ids(tokenizer: PreTrainedTokenizerBase, request: Request) -> list[int]:
    try:
        ids = tokenizer(request.prompt, add_special_tokens=False)["input_ids"]
    except BaseException as error:
        # A regular expression of tokenizer.json that runs wild ends in a panic of Rust, which is
        # no Exception.
        if not isinstance(error, ValueError) and type(error).__name__ != "PanicException":
            raise
        reason = " ".join(str(error).split())[:200]
        raise RunFailedError(
            "the tokenizer of {model} fails over question {question} ({reason}); mend its "
            "tokenizer.json, or copy the model again",
            model=tokenizer.name_or_path,
            question=request.question_id,
            reason=reason,
        ) from error
    return [int(i) for i in ids]


def respond(
    tokenizer: PreTrainedTokenizerBase,
    request: Request,
    ids: Sequence[int],
    *,
    ended: bool,
    stop_end: int | None = None,
) -> Response:
    """Turn the tokens of an answer, without its end token, into a response.

    ``ended`` tells whether an end token came within the budget: ``stop``, else ``length``. An
    answer that needs the whole budget and would have ended with the next token counts as cut off.

    Where the last id completed a stop string, ``stop_end`` counts the characters up to the
    string's end.
    """
    text, ends = decode_with_ends(tokenizer, ids)
    if stop_end is not None:
        # The token that completes a stop string is the end token: its text is kept up to there,
        # but it is not counted, as no end token is. One rule then cuts every smaller budget
        # (docs/decisions/0023).
        text, ends = text[:stop_end], ends[:-1]
    return Response(
        question_id=request.question_id,
        sample=request.sample,
        text=text,
        token_ends=ends,
        finish="stop" if ended or stop_end is not None else "length",
        n_tokens=len(ends),
    )


def decode_with_ends(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]
) -> tuple[str, tuple[int, ...]]:
    """Decode an answer: its text, and the characters up to the end of each token.

    ``text[:ends[k - 1]]`` is what the first k tokens say. A character whose bytes are spread over
    several tokens counts from the token that completes it; one that the last token leaves
    incomplete is not part of the text. Special tokens have no text.
    """
    text = str(tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None:
        return text, _by_prefixes(tokenizer, ids, len(text))
    from tokenizers.decoders import DecodeStream

    written, ends = 0, []
    decoder = DecodeStream(skip_special_tokens=True)
    for token in ids:
        written += len(decoder.step(backend, int(token)) or "")
        ends.append(min(written, len(text)))
    # The stream holds back only the bytes of a character that is not complete. Where it leaves
    # out more, this tokenizer's decoder is not one that can be streamed.
    if text[written:].strip("\ufffd"):
        return text, _by_prefixes(tokenizer, ids, len(text))
    return text[:written], tuple(ends)


def _by_prefixes(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int], length: int
) -> tuple[int, ...]:
    """Decode every prefix: slow, but right for any tokenizer."""
    ends = []
    for k in range(1, len(ids) + 1):
        prefix = tokenizer.decode(
            ids[:k], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        ends.append(min(len(str(prefix).rstrip("\ufffd")), length))
    return tuple(ends)


def rebuild_ends(tokenizer: PreTrainedTokenizerBase, text: str) -> tuple[int, ...]:
    """Tokenize a stored response again to find where its tokens end.

    The tokenizer, which needs a compiled backend, is that of the model. A model may have written
    the same text in other tokens than its tokenizer would, so a few responses differ by a token or
    two from what was counted when they were written.
    """
    encoded = tokenizer.backend_tokenizer.encode(text, add_special_tokens=False)
    ends, furthest = [], 0
    for _, end in encoded.offsets:
        # Tokens of one character share its offsets in any order; an end never moves back.
        furthest = max(furthest, end)
        ends.append(furthest)
    return tuple(ends)


def load_rebuilder(name: str) -> Callable[[str], tuple[int, ...]]:
    """Load a tokenizer for `rebuild_ends`, from a folder or ``org/name`` on the Hub.

    Raises InvalidInputError where there is none, or it has no compiled backend.
    """
    from transformers import AutoTokenizer

    prepare_hub()
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        reason = (str(error).strip().splitlines() or ["no reason given"])[0][:160]
        raise InvalidInputError(
            "can't load the tokenizer {name!r} ({reason}); give a folder that holds tokenizer.json",
            name=name,
            reason=reason,
        ) from error
    if getattr(tokenizer, "backend_tokenizer", None) is None:
        raise InvalidInputError(
            "the tokenizer {name!r} has no compiled backend; use a fast one", name=name
        )
    return partial(rebuild_ends, tokenizer)

"""From token ids to text, with the character at which each token ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

__all__ = ["decode_with_ends"]


def decode_with_ends(
    tokenizer: PreTrainedTokenizerBase, ids: Sequence[int]
) -> tuple[str, tuple[int, ...]]:
    """Decode a response and find where each of its tokens ends.

    Parameters
    ----------
    tokenizer
        Of the model that wrote the ids.
    ids
        The response's tokens, without the end token.

    Returns
    -------
    text, token_ends
        ``text[:token_ends[k - 1]]`` is what the first k tokens say. A character whose bytes are
        spread over several tokens counts from the token that completes it; one that the last
        token leaves incomplete is not part of the text. Special tokens have no text.
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

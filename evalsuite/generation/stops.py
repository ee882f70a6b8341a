"""Notice the token that completes a stop string, while an answer is being written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

__all__ = ["StopWatch", "first_stop"]


def first_stop(text: str, stop: Sequence[str], start: int = 0) -> int | None:
    """Find where the first stop string to be completed ends.

    Parameters
    ----------
    text
        What has been written.
    stop
        Stop strings, none of them empty.
    start
        Characters that are known to complete none.

    Returns
    -------
    int or None
        Characters up to and including that stop string.

    Examples
    --------
    >>> first_stop("a = 2. So b", ["So", ". S"])
    8
    >>> first_stop("a = 2", ["So"]) is None
    True
    """
    ends = []
    for one in stop:
        place = text.find(one, max(0, start - len(one) + 1))
        if place >= 0:
            ends.append(place + len(one))
    return min(ends, default=None)


class StopWatch:
    """Reads one answer token by token.

    Parameters
    ----------
    tokenizer
        Of the model that writes.
    stop
        Stop strings.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stop: Sequence[str]) -> None:
        from tokenizers.decoders import DecodeStream

        self._tokenizer = tokenizer
        self._stop = stop
        self._backend = getattr(tokenizer, "backend_tokenizer", None)
        self._stream = DecodeStream(skip_special_tokens=True)
        self._ids: list[int] = []
        self._text = ""

    def read(self, token: int) -> int | None:
        """Read the next token.

        Parameters
        ----------
        token
            Not an end token.

        Returns
        -------
        int or None
            Characters of the answer up to the end of the stop string that this token completes;
            None where it completes none. Special tokens have no text and complete none.
        """
        known = len(self._text)
        if self._backend is not None:
            self._text += self._stream.step(self._backend, token) or ""
        else:  # decode everything again: slow, but right for any tokenizer
            self._ids.append(token)
            text = self._tokenizer.decode(
                self._ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
            self._text = str(text).rstrip("\ufffd")
        return first_stop(self._text, self._stop, known)

"""Stop strings: the token that completes one, noticed while an answer is being written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedTokenizerBase

__all__ = ["StopWatch", "first_stop"]


def first_stop(text: str, stop: Sequence[str], start: int = 0) -> int | None:
    """Count the characters up to and including the first stop string to be completed.

    No stop string is empty. The first ``start`` characters are known to complete none.

    Examples
    --------
    >>> first_stop("a = 2. So b", ["So", ". S"])
    8
    >>> first_stop("a = 2", ["So"]) is None
    True
    """
    ends = []
    for string in stop:
        # A string may begin in what is known and be completed by what is new.
        begin = text.find(string, max(0, start - len(string) + 1))
        if begin >= 0:
            ends.append(begin + len(string))
    # The one completed first ends the answer, however early another begins: this is what a reader
    # of one token after the other would have stopped at.
    return min(ends, default=None)


class StopWatch:
    """A reader of one answer, token by token."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, stop: Sequence[str]) -> None:
        from tokenizers.decoders import DecodeStream

        self._tokenizer = tokenizer
        self._stop = stop
        self._backend = getattr(tokenizer, "backend_tokenizer", None)
        self._stream = DecodeStream(skip_special_tokens=True)
        self._ids: list[int] = []
        self._text = ""

    def read(self, token: int) -> int | None:
        """Read the next token, which is no end token.

        Returns the characters of the answer up to the end of the stop string that this token
        completes; None where it completes none. Special tokens have no text and complete none.
        """
        known = len(self._text)
        if self._backend is not None:
            self._text += self._stream.step(self._backend, token) or ""
        else:
            # Without a compiled backend everything is decoded again, for only whole prefixes are
            # right for any tokenizer. A last character that is not complete yet is no text.
            self._ids.append(token)
            text = self._tokenizer.decode(
                self._ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
            self._text = str(text).rstrip("\ufffd")
        return first_stop(self._text, self._stop, known)

"""Ends inferred: how an answer ended that its log does not tell, from its length or its marks.

What is inferred says so for good. Without a token limit nothing is inferred from a length.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.logs.log import Entry
from evalsuite.records.packed import inner_column, packed
from evalsuite.tasks.graders.thoughts import is_thinking

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.logs.log import Log, LoggedAnswer
    from evalsuite.records.run import Finish

__all__ = ["with_inferred_ends"]


def with_inferred_ends(
    log: Log, *, budget: int | None = None, count: Callable[[str], int] | None = None
) -> Log:
    """Infer the ends that a log leaves unknown.

    An answer that ends while its model was still thinking was cut off. With ``count``, which counts
    the tokens of a text as the model's tokenizer does, so was one of at least as many tokens as the
    limit: the log's own, else ``budget``; a shorter one ended by itself.

    Raises
    ------
    InvalidInputError
        Where lengths are to be judged and no limit is known.
    """
    if log.is_choice:
        return log
    limit = log.max_new_tokens or budget
    if count is not None and limit is None:
        raise InvalidInputError(
            "{log} does not record its token limit, so no end can be inferred from a length; give "
            "it with --log-budget",
            log=log.files[0].name,
        )
    entries = log.entries
    told = (inner_column(entries, "answers", name) for name in ("finish", "text"))
    if any(_is_open(finish, text, count) for finish, text in zip(*told, strict=True)):
        entries = packed(Entry, (_with_ends(entry, limit, count) for entry in entries))
    return replace(log, entries=entries, max_new_tokens=limit)


def _with_ends(entry: Entry, limit: int | None, count: Callable[[str], int] | None) -> Entry:
    return replace(entry, answers=tuple(_inferred(a, limit, count) for a in entry.answers))


def _is_open(finish: Finish, text: str | None, count: Callable[[str], int] | None) -> bool:
    """Tell whether more may be said of an answer's end than its log does."""
    return finish == "unknown" and text is not None and (count is not None or is_thinking(text))


def _inferred(
    answer: LoggedAnswer, limit: int | None, count: Callable[[str], int] | None
) -> LoggedAnswer:
    if answer.finish != "unknown" or answer.text is None:
        return answer
    if is_thinking(answer.text):
        return replace(answer, finish="length", finish_source="inferred")
    if count is None or limit is None:
        return answer
    # as many tokens as the limit and no room for the end token: cut off, whatever the text says
    ended = count(answer.text) < limit
    return replace(answer, finish="stop" if ended else "length", finish_source="inferred")

"""Cuts of the one stored generation at every smaller budget, at token ends.

A response is *cut off* at a budget when it had not ended within it, the end token included. What
is left of a cut response is graded as it stands: a boxed answer before the cut counts, because the
model declared it. The last number of a cut text does not: it is where the cut fell, in the middle
of a calculation as often as at its end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.records.run import Response

__all__ = ["cut_end", "cut_response", "ended_within", "is_left_whole"]


def ended_within(response: Response, budget: int | None) -> bool | None:
    """Return whether a response ended by itself within a budget, the end token counted.

    Without a budget, the response as stored. None where a log does not say how the response ended
    and it is no longer than the budget.
    """
    n = response.n_tokens
    if response.finish == "length":
        return False
    # + 1: the end token needs room too, and the stored count leaves it out
    if budget is not None and n is not None and n + 1 > budget:
        return False
    return None if response.finish in ("unknown", "error") else True


def cut_response(response: Response, budget: int) -> Response:
    """Cut a stored response to what a run at a smaller budget would have written.

    The same object where the budget, at least 1, does not reach into it.

    Raises
    ------
    InvalidInputError
        If the response has no text or no token ends and can't be cut.
    """
    if is_left_whole(response, budget):
        return response
    if response.token_ends is None or response.text is None:
        raise InvalidInputError(
            "{question} has no token ends and can't be cut at {budget} tokens; import the log "
            "with a tokenizer, or compare at its own budget only",
            question=response.question_id,
            budget=budget,
        )
    end = _end(response.token_ends, budget)
    return replace(
        response,
        text=response.text[:end],
        token_ends=response.token_ends[:budget],
        finish="length",
        n_tokens=min(budget, len(response.token_ends)),
    )


def is_left_whole(response: Response, budget: int) -> bool:
    """Return whether a response ended within a budget, or may not have but is short enough."""
    if response.finish == "length":
        return (response.n_tokens or 0) <= budget
    if response.n_tokens is None:
        return response.finish == "stop"
    return response.n_tokens + 1 <= budget


def cut_end(response: Response, budget: int) -> int | None:
    """Return the character at which a budget cuts a response; None where it does not."""
    if ended_within(response, budget) is not False or response.token_ends is None:
        return None
    return _end(response.token_ends, budget)


def _end(token_ends: Sequence[int], budget: int) -> int:
    return token_ends[min(budget, len(token_ends)) - 1] if token_ends else 0

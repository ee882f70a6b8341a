"""Every smaller budget from the one stored generation, by cutting at token ends.

A response is *cut off* at a budget when it had not ended within it, the end token included. What
is left of a cut response is graded as it stands: a boxed answer before the cut counts, the last
number of a cut text does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from evalsuite.records.run import Response

__all__ = ["cut_place", "cut_response", "ended_within"]


def ended_within(response: Response, budget: int | None) -> bool | None:
    """Tell whether a response ended by itself within a budget.

    Parameters
    ----------
    response
        As stored, generated at the largest budget.
    budget
        ``max_new_tokens``; None asks about the response as stored.

    Returns
    -------
    bool or None
        The end token counts as a token. None where a log does not say how the response ended and
        it is no longer than the budget.
    """
    n, unsure = response.n_tokens, response.finish in ("unknown", "error")
    if response.finish == "length":
        return False
    if budget is not None and n is not None and n + 1 > budget:
        return False
    return None if unsure else True


def cut_response(response: Response, budget: int) -> Response:
    """Cut a stored response to what a run at a smaller budget would have written.

    Parameters
    ----------
    response
        Generated at this budget or a larger one.
    budget
        ``max_new_tokens``, at least 1.

    Returns
    -------
    Response
        The same object where the budget does not reach into it.

    Raises
    ------
    InvalidInputError
        If the response has no text or no token ends and can't be cut.
    """
    if ended_within(response, budget) or _is_whole(response, budget):
        return response
    if response.token_ends is None or response.text is None:
        raise InvalidInputError(
            f"{response.question_id} has no token ends and can't be cut at {budget} tokens; "
            "import the log with a tokenizer, or compare at its own budget only"
        )
    end = _end(response.token_ends, budget)
    return replace(
        response,
        text=response.text[:end],
        token_ends=response.token_ends[:budget],
        finish="length",
        n_tokens=min(budget, len(response.token_ends)),
    )


def _is_whole(response: Response, budget: int) -> bool:
    """Tell whether a response that may not have ended is short enough to stay as it is."""
    if response.finish == "length":
        return (response.n_tokens or 0) <= budget
    return response.n_tokens is not None and response.n_tokens + 1 <= budget


def cut_place(response: Response, budget: int) -> int | None:
    """Give the character at which a budget cuts a response; None where it does not."""
    if ended_within(response, budget) is not False or response.token_ends is None:
        return None
    return _end(response.token_ends, budget)


def _end(token_ends: tuple[int, ...], budget: int) -> int:
    within = token_ends[:budget]
    return within[-1] if within else 0

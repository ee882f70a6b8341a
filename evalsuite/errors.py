"""Errors a person may cause or meet, each with the exit code the command line ends with.

Every message is one sentence that says what happened, why, and the way out. They are raised
where the problem is noticed and caught in one place only: the command line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "EvalsuiteError",
    "InvalidInputError",
    "NotComparableError",
    "RunFailedError",
    "UnknownModelError",
    "listed",
]


class EvalsuiteError(Exception):
    """The root of all errors evalsuite raises on purpose."""

    exit_code = 5


class InvalidInputError(EvalsuiteError, ValueError):
    """A value, option or file that breaks a rule; the message names value, rule and way out."""

    exit_code = 2


class UnknownModelError(InvalidInputError):
    """A model name that leads nowhere, or to several places."""


class NotComparableError(EvalsuiteError, ValueError):
    """Two runs whose difference would mean nothing: other questions, prompts or decoding."""

    exit_code = 4


class RunFailedError(EvalsuiteError, RuntimeError):
    """Work that could not be finished: no memory, no Hub, a broken server, a locked run."""

    exit_code = 5


def listed(names: Sequence[object], most: int = 5) -> str:
    """List the first names of a message, and say where there are more."""
    return ", ".join([*map(str, names[:most]), *["..."] * (len(names) > most)])

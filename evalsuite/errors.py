"""Errors a person may cause or meet, each with the exit code the command line ends with.

Every message is one sentence that says what happened, why, and the way out. They are raised
where the problem is noticed and caught in one place only: the command line.
"""

from __future__ import annotations

__all__ = [
    "EvalsuiteError",
    "InvalidInputError",
    "NotComparableError",
    "RunFailedError",
    "UnknownModelError",
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

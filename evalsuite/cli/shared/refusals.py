"""Refusals of click as clauses: what its messages say, by the templates that they were made of.

click fills its templates before anybody can ask for them. They are recognised in what it says; a
message of another version that is none of these stays as it is.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from evalsuite.cli.terminal.help_page import metavar_told
from evalsuite.errors import Clause

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["TEMPLATES", "as_clause"]

TEMPLATES = (
    "Invalid value for {parameter}: {message}",
    "Invalid value: {message}",
    "Could not open file {file}: {message}",
    "No such option {name}. {near}",
    "No such option {name}",
    "No such command {name}. {near}",
    "No such command {name}",
    "Did you mean {near}?",
    "(Did you mean one of: {near}?)",
    "Missing argument {name}",
    "Missing option {name}",
    "Missing command",
    "Got unexpected extra argument ({words})",
    "Got unexpected extra arguments ({words})",
    "Option {name} requires an argument",
    "Option {name} requires {n} arguments",
    "Option {name} does not take a value",
    "{value} is not one of {choices}",
    "{value} is not in the range {range}",
    "{value} is not a valid integer range",
    "{value} is not a valid integer",
    "{value} is not a valid float range",
    "{value} is not a valid float",
    "{value} is not a valid boolean. Recognized values: {states}",
    "File {path} does not exist",
    "Directory {path} does not exist",
    "Path {path} does not exist",
    "File {path} is a directory",
    "Directory {path} is a file",
    "File {path} is not readable",
    "Directory {path} is not writable",
)
"""Without the full stop; the special ones stand before the general."""
_OF_ARGUMENTS = ("Invalid value for {parameter}: {message}", "Missing argument {name}")
"""Which name an argument as the pages of help do."""


class _Argument(Clause):
    """An argument or option as click names it, in quotes."""

    __slots__ = ()

    def told(self, translations: Mapping[str, str]) -> str:
        return metavar_told(self, translations)


def as_clause(said: str, own: Clause | None = None) -> Clause:
    """Find the template of what click says, and of what it repeats in it.

    Parameters
    ----------
    said
        One line, with or without its full stop.
    own
        A message of ours that click says, alone or in its own.

    Examples
    --------
    >>> as_clause("Invalid value for '--n': 0 is not in the range x>=1.").template
    'Invalid value for {parameter}: {message}'
    """
    said = said.strip().rstrip(".")
    if own is not None and said == own.strip().rstrip("."):
        return own
    for template in TEMPLATES:
        match = _pattern(template).fullmatch(said)
        if match is not None:
            values: dict[str, str] = match.groupdict()
            if "states" in values:  # click counts the empty text among them, which nobody sees
                values["states"] = values["states"].removeprefix(", ")
            # In no other: what a person typed may look like a message, a thousand times nested.
            for name in values.keys() & {"message", "near"}:
                values[name] = as_clause(values[name], own)
            if template in _OF_ARGUMENTS:
                (name,) = values.keys() - {"message"}
                values[name] = _Argument(values[name])
            return Clause(template, **values)
    return Clause(said)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    words = re.escape(template).replace(r"\{", "{").replace(r"\}", "}")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>.+?)", words), re.DOTALL)

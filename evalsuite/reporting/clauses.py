"""Clauses told in another language, by a table that has their English templates as keys."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from evalsuite.errors import Clause
from evalsuite.reporting.catalogues import LOCALE, read_catalogue

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["error_templates", "help_texts", "recalled", "told"]


_PLACE = re.compile(r"(\{[a-z]\w*(?:![rs])?(?::[^{}\s]+)?\})")
"""A value's place, as `evalsuite.errors.Clause` reads it."""
_LONGEST_STORED, _MOST_PLACES = 400, 3
"""Characters and places: a hostile text could fit a template with many in as many ways."""


def told(text: str, lang: str) -> str:
    """Tell a clause in a language; any other text stays as it is.

    Parameters
    ----------
    text
        A clause, or text from outside.
    lang
        Of the table; what it lacks stays English, as all of it does where there is no table.
    """
    return text.told(error_templates(lang)) if isinstance(text, Clause) else text


def recalled(text: str, lang: str) -> str:
    """Tell English that a clause was stored as, found again by its template; other text stays.

    Parameters
    ----------
    text
        Of a file, such as a note of a run's environment.
    lang
        Of the table. A template that begins with a value is not looked for: it fits any text.
    """
    if len(text) > _LONGEST_STORED:
        return text
    for template, translation in error_templates(lang).items():
        head, brace, _ = template.partition("{")
        if text == template or (head and brace and text.startswith(head)):
            values = _values(template, text)
            if values is not None:
                parts = {place: recalled(value, lang) for place, value in values.items()}
                return "".join(parts.get(piece, piece) for piece in _PLACE.split(translation))
    return text


def _values(template: str, text: str) -> dict[str, str] | None:
    """Read what stands in the places of a template; None where the text is not of it."""
    pieces = _PLACE.split(template)
    if len(pieces) // 2 > _MOST_PLACES:
        return None
    pattern = "".join("(.+)" if i % 2 else re.escape(piece) for i, piece in enumerate(pieces))
    match = re.fullmatch(pattern, text, re.DOTALL)
    return None if match is None else dict(zip(pieces[1::2], match.groups(), strict=True))


@cache
def error_templates(lang: str) -> Mapping[str, str]:
    """Open the table of errors in a language; English has none, as the templates are English.

    Parameters
    ----------
    lang
        One of the languages of reports.
    """
    return _table(f"errors.{lang}.toml")


@cache
def help_texts(lang: str) -> Mapping[str, str]:
    """Open the table of help in a language; English has none, as the texts are English.

    Parameters
    ----------
    lang
        One of the languages of reports.
    """
    return _table(f"help.{lang}.toml")


def _table(name: str) -> Mapping[str, str]:
    table = LOCALE / name
    return read_catalogue(table.read_text("utf-8")) if table.is_file() else {}

"""Clauses told in another language, by a table that has their English templates as keys."""

from __future__ import annotations

import tomllib
from functools import cache
from typing import TYPE_CHECKING

from evalsuite.errors import Clause

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["error_templates", "told"]


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


@cache
def error_templates(lang: str) -> Mapping[str, str]:
    """Open the table of a language; English has none, as the templates are English.

    Parameters
    ----------
    lang
        One of the languages of reports.
    """
    from importlib.resources import files  # a command without an error needs none of it

    table = files("evalsuite.reporting").joinpath("locale", f"errors.{lang}.toml")
    return tomllib.loads(table.read_text("utf-8")) if table.is_file() else {}

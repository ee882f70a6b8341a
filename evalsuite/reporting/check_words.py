"""Checks in the reader's language: titles by code, details by the shape of their English.

``results.json`` holds a check's title and detail in English. A detail is matched with the English
sentences of its code; what stands in their gaps fills the same sentence of another language. A
detail that no sentence fits stays as it is, and says that it is English.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import CheckItem
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.records.comparison import Check
    from evalsuite.reporting.wording import Words

__all__ = ["told_check"]

STORED = "en"
"""Language of the checks in ``results.json``."""


def told_check(check: Check, catalogue: Words) -> CheckItem:
    """Say a check in the language of a catalogue, as far as the catalogue knows it.

    Parameters
    ----------
    check
        With its title and detail in English, as stored.
    catalogue
        The language wanted.

    Returns
    -------
    CheckItem
        Texts that stay in English in a page of another language say so.
    """
    title, detail = check.title, check.detail
    title_lang = detail_lang = None
    if catalogue.lang != STORED:
        known = catalogue.sentences.get(f"check_title.{check.code}")
        translated = _translated(check, catalogue)
        title, title_lang = (title, STORED) if known is None else (known, None)
        detail, detail_lang = (detail, STORED) if translated is None else (translated, None)
    return CheckItem(
        code=one_line(check.code),
        title=one_line(title),
        detail=visible(detail),
        title_lang=title_lang,
        detail_lang=detail_lang,
    )


def _translated(check: Check, catalogue: Words) -> str | None:
    for key, pattern in _patterns():
        if key.partition("_")[0] != check.code:
            continue
        found = pattern.fullmatch(check.detail)
        if found is not None:
            return str(catalogue.say(f"check_detail.{key}", **_values(found, catalogue)))
    return None


def _values(found: re.Match[str], catalogue: Words) -> dict[str, str]:
    """Take what stood in the gaps; a reason is a word of ours and has its own translation."""
    values = found.groupdict()
    if "reason" in values:
        reason = f"check_reason.{values['reason']}"
        values["reason"] = catalogue.sentences.get(reason, values["reason"])
    return values


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    prefix = "check_detail."
    return tuple(
        (key.removeprefix(prefix), _pattern(sentence))
        for key, sentence in words(STORED).sentences.items()
        if key.startswith(prefix)
    )


def _pattern(sentence: str) -> re.Pattern[str]:
    """Turn a sentence with gaps into a pattern that reads the gaps back."""
    parts = [
        re.escape(literal) + ("" if name is None else f"(?P<{name}>.+?)")
        for literal, name, _, _ in Formatter().parse(sentence)
    ]
    return re.compile("".join(parts))

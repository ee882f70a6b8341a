"""Sentences: whole ones from a catalogue, with numbers in them that know where they come from.

A `Number` is what a reader sees together with the exact value and its place in ``results.json``,
so an output can carry both and a test can compare them. A `Phrase` is text with numbers in it.
Catalogues are TOML files of whole sentences, one a language, with the same keys. ``<base>`` and
``<trained>`` in a sentence stand for the models: their names, or the role's word where a report
gives a model no name of its own.
"""

from __future__ import annotations

import re
from dataclasses import field, replace
from functools import cache
from string import Formatter
from typing import TYPE_CHECKING, Any

from evalsuite.errors import Clause, InvalidInputError, joined
from evalsuite.records.dataclass import dataclass
from evalsuite.records.verdict import Statement
from evalsuite.reporting import LANGUAGES
from evalsuite.reporting.catalogues import LOCALE, read_catalogue
from evalsuite.reporting.clauses import told
from evalsuite.reporting.naming import task_label
from evalsuite.reporting.numbers import count_text, percent_text, points_text, pvalue_text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["LANGUAGES", "Link", "Number", "Phrase", "Value", "Words", "just", "words"]

_MODEL = re.compile("<(base|trained|Base|Trained)>")
_HAN = ("\u4e00", "\u9fff")
_CHINESE = (("\u3000", "\u303f"), _HAN, ("\uff00", "\uffef"))
"""First and last characters; with the punctuation, which has its space within."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number as shown, with the exact value behind it."""

    shown: str
    value: float
    key: str | None = None
    """Path in ``results.json``, such as ``gain.interval.low``; None for a derived number."""
    href: str | None = None
    """Where a click leads, such as ``#f=broken``."""

    def __str__(self) -> str:
        return self.shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Text that leads somewhere; outputs without links show the text alone."""

    text: str
    href: str
    """Relative, made of characters that mean nothing to HTML."""

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Phrase:
    """Text, numbers and links in reading order."""

    pieces: tuple[str | Number | Link, ...] = ()

    def __str__(self) -> str:
        return "".join(map(str, self.pieces))

    def __bool__(self) -> bool:
        return bool(self.pieces)


Value = str | int | float | Number | Link | Phrase


def just(piece: str | Number | Link) -> Phrase:
    """Make a phrase of one piece.

    Parameters
    ----------
    piece
        Text, a number or a link.
    """
    return Phrase((piece,))


@dataclass(frozen=True, slots=True)
class Words:
    """One language's catalogue."""

    lang: str
    sentences: Mapping[str, str]
    lists: Mapping[str, tuple[str, ...]]
    """Headings of columns and stages, which belong together."""
    names: Mapping[str, str] = field(default_factory=dict)
    """What a model is called in place of its role, by the role."""

    def calling(self, names: Mapping[str, str]) -> Words:
        """Give the same language with models called by these names.

        Parameters
        ----------
        names
            By role; a role that is left out keeps its word.
        """
        return replace(self, names=dict(names))

    def model(self, role: str) -> str:
        """Call a model by its name, or by its role's word."""
        return self.names.get(role) or self.sentences[role]

    def find(self, key: str) -> str | None:
        """Give a sentence that has no numbers in it, or None where there is none for the key."""
        return self.text(key) if key in self.sentences else None

    def text(self, key: str) -> str:
        """Give a sentence that has no numbers in it.

        Parameters
        ----------
        key
            Dotted, such as ``changed.title``.
        """
        return self._called(self.sentences[key])

    def texts(self, key: str) -> tuple[str, ...]:
        """Give a list of headings.

        Parameters
        ----------
        key
            Dotted, such as ``estimate.columns``.
        """
        return tuple(map(self._called, self.lists[key]))

    def say(self, key: str, /, **values: Value) -> Phrase:
        """Fill a sentence.

        Parameters
        ----------
        key
            Dotted, such as ``changed.title``.
        **values
            What the sentence's placeholders stand for.

        Raises
        ------
        KeyError
            For an unknown key or a placeholder without a value: an error of ours.
        """
        pieces: list[str | Number | Link] = []
        for literal, name, form, _ in Formatter().parse(self.sentences[key]):
            filled = () if name is None else _filled(values[name], form or "")
            if literal:
                pieces.append(_closed_up(self._called(literal), pieces[-1:], filled[:1]))
            pieces.extend(filled)
        return Phrase(tuple(pieces))

    @property
    def gap(self) -> str:
        """What stands between two sentences: Chinese sets no space."""
        return "" if self.lang == "zh" else " "

    def _called(self, sentence: str) -> str:
        return _MODEL.sub(self._model_in, sentence)

    def _model_in(self, match: re.Match[str]) -> str:
        role = match[1].lower()
        if role in self.names:
            beside = (match.string[: match.start()][-1:], match.string[match.end() :][:1])
            name = self.names[role]
            # Chinese sets a space between its own characters and a name of other letters
            return name.join(
                " " if _is_in([_HAN], each) and not _is_in(_CHINESE, end) else ""
                for each, end in zip(beside, (name[:1], name[-1:]), strict=True)
            )
        word = self.sentences[role]
        return word[0].upper() + word[1:] if match[1][0].isupper() else word

    def knows(self, statement: Statement) -> bool:
        """Say whether this catalogue has the sentence, and the statement every value of it.

        Results written by an earlier version may state what is said otherwise today.
        """
        sentence = self.sentences.get(statement.key)
        names = () if sentence is None else Formatter().parse(sentence)
        return sentence is not None and {name for _, name, _, _ in names if name} <= {
            *statement.values
        }

    def tell(self, statement: Statement) -> str:
        """Say a statement: its sentence with its values, those that are statements told first."""
        return str(self.phrase(statement))

    def phrase(self, statement: Statement, path: str | None = None) -> Phrase:
        """Say the same with numbers that know their place; ``path`` is the statement's own."""
        values = {
            name: self._value(value, None if path is None else f"{path}.values.{name}")
            for name, value in statement.values.items()
        }
        if not self.knows(statement):  # it came from a file: it is none of ours, or lacks a value
            raise InvalidInputError(
                "the results state {key}, which has no sentence here, or not with these values; "
                "compare the runs again, or use the version that wrote them",
                key=repr(statement.key)[:60],
            )
        return self.say(statement.key, **values)

    def _value(self, value: object, path: str | None) -> Any:
        if value is None:
            return self.text("unknown")
        if isinstance(value, Statement):
            return self.phrase(value, path)
        if isinstance(value, Clause):
            return told(value, self.lang)
        if isinstance(value, tuple):
            return self.text("and").join(map(self.tell, value))
        if path is not None and isinstance(value, (int, float)):
            return Number(shown=str(value), value=value, key=path)
        return value


def _closed_up(literal: str, before: Sequence[Value], after: Sequence[Value]) -> str:
    """Drop the space beside what is filled in where both are Chinese there."""
    if literal[:1] == " " and _are_chinese("".join(map(str, before))[-1:], literal[1:2]):
        literal = literal[1:]
    if literal[-1:] == " " and _are_chinese(literal[-2:-1], "".join(map(str, after))[:1]):
        literal = literal[:-1]
    return literal


def _are_chinese(*characters: str) -> bool:
    return all(_is_in(_CHINESE, character) for character in characters)


def _is_in(ranges: Sequence[tuple[str, str]], character: str) -> bool:
    """Say whether it is between two others; a pattern would take longer to compile than all of it.

    An empty text is in no range.
    """
    return any(first <= character <= last for first, last in ranges)


def _filled(value: Any, form: str) -> tuple[str | Number | Link, ...]:
    """Show a value in its form; ``noun a/b`` sets a noun behind it that agrees with its number."""
    if not form.startswith("noun "):
        return _pieces(_FORMS[form](value) if form else value)
    one, many = form.removeprefix("noun ").split("/")
    counted = value.value if isinstance(value, Number) else value
    shown = count_text(value) if isinstance(value, int) else value
    return (*_pieces(shown), f" {one if counted == 1 else many}")


def _form(write: Callable[[Any], str]) -> Callable[[Any], Value]:
    """Leave text as it is: a value that was not recorded is told in words already."""

    def shown(value: Any) -> Any:
        if isinstance(value, Number):
            return replace(value, shown=write(value.value))
        return value if isinstance(value, str) else write(value)

    return shown


_FORMS: dict[str, Callable[[Any], Value]] = {
    "count": _form(count_text),
    "whole": _form(lambda value: f"{value:,.0f}"),
    "points": _form(points_text),
    "signed": _form(lambda value: points_text(value, signed=True)),
    "hundredths": _form(lambda value: f"{100 * value:g}"),
    "reward": _form(lambda value: f"{value:.3f}"),
    "p": _form(lambda value: f"{value:.2g}"),
    # of two numbers that differ, the digits in which they do
    "exact": _form(lambda value: f"{value:.12g}"),
    "plain": _form(lambda value: f"{value:g}"),
    "short": _form(lambda value: f"{value:.3g}"),
    "pvalue": _form(pvalue_text),
    "share": _form(percent_text),
    "task": lambda value: task_label(str(value)),
}
"""How a sentence shows an exact value, as in ``{gain:signed}``."""


def _pieces(value: Value) -> tuple[str | Number | Link, ...]:
    if isinstance(value, Phrase):
        return value.pieces
    if isinstance(value, (Number, Link)):
        return (value,)
    return (str(value),)


@cache
def words(lang: str) -> Words:
    """Open the catalogue of a language.

    Parameters
    ----------
    lang
        One of `LANGUAGES`.

    Raises
    ------
    InvalidInputError
        For any other language.

    Examples
    --------
    >>> str(words("en").say("interval", low="1.0", high="2.0"))
    '(1.0 to 2.0)'
    """
    if lang not in LANGUAGES:
        raise InvalidInputError(
            "--lang is {lang!r}; reports are written in {languages}",
            lang=lang,
            languages=joined(LANGUAGES, " and "),
        )
    entries = read_catalogue((LOCALE / f"{lang}.toml").read_text("utf-8"))
    return Words(
        lang,
        {key: value for key, value in entries.items() if isinstance(value, str)},
        {key: tuple(value) for key, value in entries.items() if isinstance(value, list)},
    )

"""Errors a person may cause or meet, each with the exit code the command line ends with.

Every message is one sentence that says what happened, why, and the way out. They are raised
where the problem is noticed and caught in one place only: the command line. A message is a clause:
its English template stands where it is raised and is the key by which another language is found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "Clause",
    "EvalsuiteError",
    "InvalidInputError",
    "NotComparableError",
    "RunFailedError",
    "TranslatableError",
    "UnknownModelError",
    "at_line",
    "joined",
    "listed",
    "quoted",
]

_PLACE = re.compile(r"\{([a-z]\w*)(?:![rs])?(?::[^{}\s]+)?\}")
"""A value's place in a template, written as in an f-string; any other brace is a brace."""
_SEMICOLON = "; "
"""Before the way out of an error."""


class Clause(str):
    """A sentence or a part of one, in English, with the template and values that made it.

    Parameters
    ----------
    template
        English. Without values it is the text, braces included; a clause stays what it is.
    values
        What stands in its places. They are written at once, so whatever they are may change, and
        the clause travels between processes; clauses and errors among them stay translatable.

    Examples
    --------
    >>> clause = Clause("{name!r} is {share:.0%}; use less", name="top", share=0.5)
    >>> print(clause)
    'top' is 50%; use less
    >>> clause.told({"{name!r} is {share:.0%}; use less": "{name!r} 为 {share:.0%}；请减小"})
    "'top' 为 50%；请减小"
    """

    template: str
    values: Mapping[str, str]
    """What stands in each place, by the place as the template writes it."""

    __slots__ = ("template", "values")

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Fill a template."""
        if isinstance(template, cls) and not values:
            return template
        places = _PLACE.finditer(template) if values else ()
        written = {place[0]: _written(place, values[place[1]]) for place in places}
        return cls.of_written(str(template), written)

    @classmethod
    def of_written(cls, template: str, values: Mapping[str, str]) -> Self:
        """Make one of what `template` and `values` of another hold, in another process say."""
        clause = super().__new__(cls, _filled(template, values))
        clause.template, clause.values = template, values
        return clause

    def told(self, translations: Mapping[str, str]) -> str:
        """Tell it by a table of templates; what the table lacks stays English.

        Parameters
        ----------
        translations
            Templates of another language with the same places, by the English ones.
        """
        return _filled(translations.get(self.template, self.template), self._values(translations))

    def parted(self, translations: Mapping[str, str]) -> tuple[str, str]:
        """Tell what is wrong and the way out of it, which is empty where none is given.

        The way out stands after the last semicolon of the template; what a value says has
        semicolons of its own. A template without one may end in a clause that has it.

        Parameters
        ----------
        translations
            As of `told`.

        Examples
        --------
        >>> Clause("{what}; {way}", what="no space", way=Clause("free some; then go on")).parted({})
        ('no space', 'free some; then go on')
        """
        template, values = (
            translations.get(self.template, self.template),
            self._values(translations),
        )
        semicolon = translations.get(_SEMICOLON, _SEMICOLON)
        what, mark, way = template.rpartition(semicolon if semicolon in template else _SEMICOLON)
        if mark:
            return _filled(what, values), _filled(way, values)
        for place in _PLACE.finditer(template):
            ending = self.values.get(place[0])
            if place.end() == len(template) and isinstance(ending, Clause):
                what, way = ending.parted(translations)
                return _filled(template[: place.start()], values) + what, way
        return _filled(template, values), ""

    def _values(self, translations: Mapping[str, str]) -> dict[str, str]:
        return {
            place: value.told(translations) if isinstance(value, Clause) else value
            for place, value in self.values.items()
        }


def _written(place: re.Match[str], value: object) -> str:
    if isinstance(value, TranslatableError):
        value = value.clause
    is_plain = place[0] == f"{{{place[1]}}}"
    return value if is_plain and isinstance(value, Clause) else place[0].format(**{place[1]: value})


def _filled(template: str, values: Mapping[str, str]) -> str:
    return (
        _PLACE.sub(lambda place: values.get(place[0], place[0]), template) if values else template
    )


class TranslatableError(Exception):
    """An error whose message can be told in another language.

    Parameters
    ----------
    message
        A template, or the whole message where there are no values.
    values
        What stands in its places.
    """

    def __init__(self, message: str, /, **values: object) -> None:
        self.clause = Clause(message, **values)
        super().__init__(self.clause)


class EvalsuiteError(TranslatableError):
    """The root of all errors evalsuite raises on purpose."""

    exit_code = 5
    source: Clause | None = None
    """What set the option that it is about, where nobody typed it; the command line tells it."""


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


class _Line(Clause):
    """A line of a file, taken apart only where it is told."""

    __slots__ = ()

    def told(self, translations: Mapping[str, str]) -> str:
        path, _, number = self.rpartition(" line ")
        return Clause("{path} line {number}", path=path, number=number).told(translations)


def at_line(path: object, number: int) -> Clause:
    """Name a line of a file, as cheaply as text: readers do so for every line.

    Examples
    --------
    >>> at_line("base.jsonl", 3).told({"{path} line {number}": "{path} 第 {number} 行"})
    'base.jsonl 第 3 行'
    """
    place = f"{path} line {number}"
    return _Line(place)


def listed(names: Sequence[object], most: int = 5) -> Clause:
    """List the first names of a message, and say where there are more.

    Examples
    --------
    >>> listed(["a", "b", "c"], 2).told({", ": "、"})
    'a、b、...'
    """
    return joined([*map(quoted, names[:most]), *["..."] * (len(names) > most)])


def quoted(name: object) -> str:
    """Quote a name with a comma, as it is typed: within a list it would be two names.

    Examples
    --------
    >>> ", ".join(map(quoted, ["acc", "exact_match,strict-match"]))
    "acc, 'exact_match,strict-match'"
    """
    return repr(str(name)) if "," in str(name) else str(name)


def joined(clauses: Iterable[str], separator: str = ", ") -> Clause:
    """Join clauses into one of which each, and what stands between them, is told."""
    parts = {f"part{i}": clause for i, clause in enumerate(clauses)}
    template = "{separator}".join(f"{{{name}}}" for name in parts)
    return Clause(template, separator=Clause(separator), **parts)

"""Pages of help in the language of their command line: English is click's own, with its texts.

The English stands at the options and commands and is the key of ``locale/help.*.toml``. What click
adds to it (*default*, *required*, names of values) is recognised in what click writes.
"""

from __future__ import annotations

import re
from copy import copy
from typing import TYPE_CHECKING, Any, cast

import click

from evalsuite.cli.shared.language import DEFAULT, language_of
from evalsuite.cli.shared.value_sources import SourcedContext
from evalsuite.cli.terminal.columns import padded
from evalsuite.cli.terminal.grouped import first_paragraph
from evalsuite.errors import Clause
from evalsuite.reporting.outputs.inert import columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "HelpContext",
    "HelpPage",
    "metavar_told",
    "remember",
    "speak",
    "texts_for",
    "told_for_shell",
]

_ARGUMENTS = f"{__name__}.arguments"
"""Of a context and all below it."""
_RAW = "\b"
"""What click takes for a paragraph whose lines stay as they are."""
_MEANING = re.compile(r"(?P<text>.*?)(?P<extras>(?:(?:^|  )\[[^\[\]]+\])*)", re.DOTALL)
_EXTRAS = re.compile(r"\[([^\[\]]+)\]")
_DEFAULT = "default: "
_VALUE = re.compile(r"[^\sA-Z]*[A-Z]{2,}(?: RANGE|\S)*")
_WORD = re.compile("[A-Z]{2,}(?: RANGE)?")


class HelpContext(SourcedContext):
    """The context of a command whose help has a language, and its errors what set an option."""

    def make_formatter(self) -> click.HelpFormatter:
        """Open a page; English needs no table."""
        texts = texts_for(self)
        if not texts:
            return super().make_formatter()
        return HelpPage(texts, width=self.terminal_width, max_width=self.max_content_width)


def texts_for(context: click.Context) -> Mapping[str, str]:
    """Open the table of a context's language; English has none."""
    lang = language_of(context.meta.get(_ARGUMENTS, ()))
    if lang == DEFAULT:
        return {}
    from evalsuite.reporting.clauses import help_texts

    return help_texts(lang)


def told_for_shell(command: click.Command, texts: Mapping[str, str]) -> click.Command:
    """Copy a command with what a shell shows beside its options and commands, told by a table."""
    told = copy(command)
    told.params = [_told_option(each, texts) for each in command.params]
    if isinstance(command, click.Group) and isinstance(told, click.Group):
        told.commands = {}
        for name, inner in command.commands.items():
            told.commands[name] = told_for_shell(inner, texts)
            told.commands[name].short_help = Clause(first_paragraph(inner)).told(texts)
    return told


def _told_option(parameter: click.Parameter, texts: Mapping[str, str]) -> click.Parameter:
    match = (
        _MEANING.fullmatch(parameter.help or "") if isinstance(parameter, click.Option) else None
    )
    if match is None:
        return parameter
    told = cast("click.Option", copy(parameter))
    told.help = Clause(match["text"]).told(texts)
    return told


def remember(context: click.Context, arguments: Sequence[str]) -> None:
    """Keep a command line for the pages of its contexts; help comes before options are read."""
    context.meta[_ARGUMENTS] = tuple(arguments)


def speak(command: click.Command) -> None:
    """Let a command, and those within, write their help in the language of the command line."""
    command.context_class = HelpContext
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            speak(inner)


class HelpPage(click.HelpFormatter):
    """A page told by a table, broken and set out by columns that are seen."""

    def __init__(self, texts: Mapping[str, str], **size: Any) -> None:
        super().__init__(**size)
        self._texts = texts

    def write_usage(
        self,
        prog: str,
        args: str = "",
        prefix: str | None = None,  # noqa: ARG002  click's signature
    ) -> None:
        """Write how the command is called."""
        head = self._told(Clause("Usage: {command} ", command=prog))
        lines = _wrapped(metavar_told(args, self._texts), self.width - columns(head))
        self._write_beside(head, lines, columns(head))

    def write_heading(self, heading: str) -> None:
        """Write what the lines below are about."""
        told = self._told(Clause("{heading}:", heading=Clause(heading)))
        self.write(f"{'':>{self.current_indent}}{told}\n")

    def write_text(self, text: str) -> None:
        """Write paragraphs; the lines of one that is marked as raw stay apart."""
        paragraphs = [paragraph.splitlines() for paragraph in text.split("\n\n")]
        self.write("\n".join(map(self._paragraph, filter(None, paragraphs))))

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2
    ) -> None:
        """Write names with their meanings beside them; a long name has a line of its own."""
        told = [(metavar_told(name, self._texts), text) for name, text in rows]
        widest = max((columns(name) for name, _ in told), default=0)
        column = min(widest, col_max) + col_spacing
        for name, text in told:
            lines = self._meaning(text, self.width - self.current_indent - column)
            is_long = columns(name) > column - col_spacing
            self._write_beside(name, ["", *lines] if is_long and lines else lines, column)

    def _write_beside(self, name: str, lines: Sequence[str], column: int) -> None:
        first, *others = lines or [""]
        indent, begin = " " * self.current_indent, " " * column
        beside = f"{padded(name, column)}{first}".rstrip()
        self.write("".join(f"{indent}{line}\n" for line in (beside, *map(begin.__add__, others))))

    def _paragraph(self, lines: list[str]) -> str:
        indent = " " * self.current_indent
        if lines[0].strip() == _RAW:
            told = [self._told(line) for line in lines[1:]]
        else:
            text = self._told(" ".join(line.strip() for line in lines))
            told = _wrapped(text, self.width - len(indent))
        return "".join(f"{indent}{line}\n" for line in told)

    def _meaning(self, text: str, width: int) -> list[str]:
        """Tell a meaning; what stands in brackets behind it keeps together."""
        match = _MEANING.fullmatch(text)
        if match is None:
            return _wrapped(self._told(text), width)
        lines = _wrapped(self._told(match["text"]), width) if match["text"] else []
        between = self._told("; ")
        for extra in _EXTRAS.findall(match["extras"]):
            told = f"[{between.join(map(self._extra, extra.split('; ')))}]"
            if lines and columns(lines[-1]) + 2 + columns(told) <= width:
                lines[-1] += f"  {told}"
            else:
                lines += _wrapped(told, width)
        return lines

    def _extra(self, text: str) -> str:
        value = text.removeprefix(_DEFAULT)
        is_default = value != text
        return self._told(Clause("default: {value}", value=Clause(value)) if is_default else text)

    def _told(self, text: str) -> str:
        return Clause(text).told(self._texts)


def metavar_told(text: str, texts: Mapping[str, str]) -> str:
    """Tell the words in capitals that stand for values; ``N``, names and choices stay.

    Parameters
    ----------
    text
        An option with its value, an argument, or the pieces of a usage line.
    texts
        A table; what it lacks stays.
    """

    def told(value: re.Match[str]) -> str:
        whole = texts.get(value[0])
        return whole or _WORD.sub(lambda word: texts.get(word[0], word[0]), value[0])

    return _VALUE.sub(told, text)


def _wrapped(text: str, width: int) -> list[str]:
    from evalsuite.reporting.outputs.terminal import wrapped

    return wrapped(text, max(width, 10))

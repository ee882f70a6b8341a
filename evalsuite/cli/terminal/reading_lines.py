"""What a command is reading, said before it: large logs take a while, and nothing else shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from evalsuite.cli.terminal.folding import folded
from evalsuite.errors import EvalsuiteError
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["announce_reading"]

_LARGE = 64_000_000
"""Bytes of a file: some ten seconds."""


def announce_reading(names: Sequence[str], lang: str) -> None:
    """Say on stderr which large logs are going to be read."""
    catalogue = words(lang)
    for path in _large_logs(names):
        size = path.stat().st_size / 1_000_000
        line = catalogue.say("plan.reading", file=str(path), megabytes=round(size))
        click.echo(folded(f"  {line}"), err=True)


def _large_logs(names: Sequence[str]) -> Iterator[Path]:
    """Find the files behind names of logs; what can't be read is the reader's to refuse."""
    from evalsuite.asking.logged import log_name
    from evalsuite.logs.detect import find_files
    from evalsuite.models.names import EMBEDDED, read_aliases

    known = {*read_aliases(), *EMBEDDED}
    for log in filter(None, (log_name(name, known) for name in names)):
        try:
            files = find_files(log.path)
        except EvalsuiteError:
            continue
        paths = dict.fromkeys(path for file in files for path in (file.path, *file.parts))
        yield from (path for path in paths if path.is_file() and path.stat().st_size >= _LARGE)

"""The formats of logs that are read, in the order in which a file is held against them.

It knows neither folders nor patterns, nor which log is chosen; `evalsuite.logs.detect` does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.logs.format import LogFormat, holding_one
from evalsuite.logs.lm_eval import lm_eval_file, read_lm_eval
from evalsuite.logs.lm_eval_rows import is_row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.logs.log import Format

__all__ = ["format_of", "log_formats"]

_LM_EVAL = LogFormat(
    name="lm-eval", read=holding_one(read_lm_eval), is_line=is_row, describe_one=lm_eval_file
)


def log_formats() -> Iterator[LogFormat]:
    """Give every format: a file is of the first one that knows it, and of none it is a table."""
    yield _LM_EVAL
    # Here: most logs are lm-eval's, and the readers of all others are a tenth of the imports.
    from evalsuite.logs.formats.others import OTHERS

    yield from OTHERS


def format_of(name: Format) -> LogFormat:
    """Find a format by its name."""
    return next(each for each in log_formats() if each.name == name)

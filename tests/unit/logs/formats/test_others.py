"""What is listed beside lm-eval is every other format once, and tables last."""

from __future__ import annotations

from evalsuite.logs.formats.others import OTHERS
from evalsuite.logs.log import FORMATS


def test_every_other_format_is_listed_and_tables_are_last() -> None:
    assert tuple(each.name for each in OTHERS) == FORMATS[1:]
    assert OTHERS[-1].name == "rows"

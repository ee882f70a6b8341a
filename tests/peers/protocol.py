"""How a benchmark talks to an engine: its own process, one JSON line a turn; standard library only.

The process gets a case file, loads what it needs and says it is ready. For each line ``turn`` it
answers every question of the case once and sends back how long that took and every answer.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["serve"]

Answer = dict[str, Any]
"""``id``, ``text``, ``tokens`` (the end token counted) and ``ended`` (by itself)."""


def serve(load: Callable[[dict[str, Any]], tuple[Callable[[], list[Answer]], str]]) -> None:
    """Load an engine for the case file named on the command line, then answer turns.

    Parameters
    ----------
    load
        Takes the case; returns a function that answers every question once, and the versions of
        what answers. What libraries print goes to stderr.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    case = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    answer, versions = load(case)
    _send(replies, {"ready": versions})
    for line in sys.stdin:
        if line.strip() != "turn":
            break
        started = time.perf_counter()
        answers = answer()
        _send(replies, {"seconds": time.perf_counter() - started, "answers": answers})


def up_to_end(ids: list[int], eos_ids: list[int]) -> tuple[list[int], bool]:
    """Cut generated ids after the first end token; say whether there was one."""
    ends = [place for place, token in enumerate(ids) if token in eos_ids]
    return (ids[: ends[0] + 1], True) if ends else (ids, False)


def _send(replies: Any, message: dict[str, Any]) -> None:
    replies.write(json.dumps(message) + "\n")
    replies.flush()

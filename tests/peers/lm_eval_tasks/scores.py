"""Score of a response in parts, for the harness: the share of gold calculations in it."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["partial"]

_STEP = re.compile(r"<<([^<>]*)>>")


def partial(doc: dict[str, Any], results: list[str]) -> dict[str, float]:
    """Give the share of the gold's calculations that stand in the response."""
    gold = _STEP.findall(doc["answer"])
    return {"steps": sum(step in results[0] for step in gold) / len(gold)}

"""What a run will cost on this machine, from a few seconds of real generation."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from evalsuite.core.generation import Request
from evalsuite.errors import InvalidInputError
from evalsuite.evaluation.engines import load_engine

if TYPE_CHECKING:
    from evalsuite.evaluation.asked import CompareSpec
    from evalsuite.evaluation.session import PlannedRun

__all__ = ["Cost", "estimate"]

_SAMPLE_ANSWERS = 32
_SAMPLE_TOKENS = 64
_BYTES_PER_TOKEN = 9
"""Of a journal line: about four characters of text and a token end of up to five."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """An upper bound: every answer is counted at the whole budget."""

    answers: int
    tokens: int
    tokens_per_second: float
    minutes: float
    megabytes: float


def estimate(planned: PlannedRun, asked: CompareSpec) -> Cost:
    """Measure this machine's speed on a sample of the run's own prompts.

    Parameters
    ----------
    planned
        With answers missing.
    asked
        Device, dtype and batch size.

    Returns
    -------
    Cost

    Raises
    ------
    InvalidInputError
        If nothing is missing.
    """
    if planned.spec is None or not planned.missing:
        raise InvalidInputError(f"{planned.model.name} is complete; there is nothing to estimate")
    engine = load_engine(planned, asked)
    requests = [
        Request(question_id=question_id, sample=0, prompt=prompt)
        for question_id, prompt in list(planned.prompts.items())[:_SAMPLE_ANSWERS]
    ]
    budget = planned.spec.decoding.max_new_tokens
    decoding = replace(planned.spec.decoding, max_new_tokens=min(budget, _SAMPLE_TOKENS), samples=1)
    started = time.monotonic()
    written = sum((r.n_tokens or 0) + 1 for r in engine.generate(requests, decoding))
    rate = written / (time.monotonic() - started)
    tokens = planned.missing * budget
    return Cost(
        answers=planned.missing,
        tokens=tokens,
        tokens_per_second=rate,
        minutes=tokens / rate / 60,
        megabytes=tokens * _BYTES_PER_TOKEN / 1e6,
    )

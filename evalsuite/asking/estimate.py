"""The cost of a run on this machine, from a few seconds of real generation."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.asking.answering.runs import waves
from evalsuite.asking.engines import load_engine
from evalsuite.errors import InvalidInputError
from evalsuite.generation.engine import requests_for
from evalsuite.generation.memory import peak_rss_mb
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.generation.engine import Engine
    from evalsuite.records.run import Decoding

__all__ = ["Cost", "TimeInAll", "estimate", "time_in_all"]

_SAMPLE_ANSWERS = 32
_SAMPLE_TOKENS = 64
_SAMPLE_SECONDS = 5.0
"""A sample at the whole budget is drawn only where it takes no longer."""
_BYTES_PER_TOKEN = 9
"""Of a journal line: about four characters of text and a token end of up to five."""
_CHARACTERS_PER_TOKEN = 3
"""Of a prompt; rather too few, so that the memory is rather too much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a run will take, from a sample of its own questions."""

    answers: int
    tokens: int
    """Expected: an answer still going at the end of the sample counts as a whole budget."""
    most_tokens: int
    """Every answer at the whole budget."""
    tokens_per_second: float
    minutes: float
    """For ``tokens``."""
    most_minutes: float
    disk_mb: float
    """For ``most_tokens``."""
    memory_mb: int | None
    """Of this process; None where the system does not say. A GPU's own memory is not in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeInAll:
    """What all runs of a plan take together."""

    minutes: float
    most_minutes: float
    """With every answer at the whole budget."""
    is_at_once: bool
    """Whether servers answer at the same time."""


def estimate(planned: PlannedRun, spec: CompareSpec) -> Cost:
    """Measure this machine's speed, and how long answers are, on a sample of the run's prompts.

    Raises
    ------
    InvalidInputError
        If nothing is missing.
    """
    if not planned.missing:
        raise InvalidInputError(
            "{model} is complete; there is nothing to estimate", model=planned.model.name
        )
    engine = load_engine(planned, spec)
    loaded_mb = peak_rss_mb()
    budget, answers = planned.spec.generation.max_new_tokens, planned.missing
    rate, length = _sample(engine, planned.prompts, planned.spec.generation)
    longest = max(map(len, planned.prompts.values())) // _CHARACTERS_PER_TOKEN + budget
    cache_mb = round(engine.cache_bytes(longest, answers) / 1e6)
    return Cost(
        answers=answers,
        tokens=round(answers * length),
        most_tokens=answers * budget,
        tokens_per_second=rate,
        minutes=answers * length / rate / 60,
        most_minutes=answers * budget / rate / 60,
        disk_mb=answers * budget * _BYTES_PER_TOKEN / 1e6,
        memory_mb=None if loaded_mb is None else loaded_mb + cache_mb,
    )


def time_in_all(
    planned: Sequence[PlannedRun], costs: Sequence[Cost | None], spec: CompareSpec
) -> TimeInAll:
    """Add up what runs take, by run; None for one that is there.

    Of servers that answer at the same time the slowest counts. Models on this machine are added up
    in any case: two at once take longer than each alone.
    """
    minutes = most = 0.0
    is_at_once = False
    for wave in waves(planned, spec):
        known = [cost for i in wave if (cost := costs[i]) is not None]
        are_servers = len(known) > 1 and planned[wave[0]].spec.engine == "endpoint"
        add = max if are_servers else sum
        minutes += add(cost.minutes for cost in known)
        most += add(cost.most_minutes for cost in known)
        is_at_once |= are_servers
    return TimeInAll(minutes=minutes, most_minutes=most, is_at_once=is_at_once)


def _sample(engine: Engine, prompts: dict[str, str], decoding: Decoding) -> tuple[float, float]:
    """Measure tokens per second and tokens per answer, at the whole budget where that is quick."""
    requests = requests_for(dict(list(prompts.items())[:_SAMPLE_ANSWERS]))
    budget = decoding.max_new_tokens
    limit = min(budget, _SAMPLE_TOKENS)
    while True:
        short = replace(decoding, max_new_tokens=limit, samples=1)
        started = time.monotonic()
        drawn = list(engine.generate(requests, short))
        seconds = time.monotonic() - started
        lengths = [(r.n_tokens or 0) + (r.finish == "stop") for r in drawn]
        rate = sum(lengths) / seconds
        affordable = int(rate * _SAMPLE_SECONDS / len(requests))
        if limit == budget or affordable < budget or all(r.finish == "stop" for r in drawn):
            break
        limit = budget
    counted = [budget if r.finish == "length" else n for r, n in zip(drawn, lengths, strict=True)]
    return rate, sum(counted) / len(counted)

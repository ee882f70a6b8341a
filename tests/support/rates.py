"""Error rates: what the calibration tests measure, each held to its bound and written down.

A test hands over how often something happened in one design; the bound it must keep stands there
and nowhere else. Where EVALSUITE_RATES names a file, every rate is appended to it, and
``rates_page.py`` makes the table of the docs from that file.
"""

from __future__ import annotations

import json
import math
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from evalsuite.stats import proportion_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Rate", "Rates", "read_rates"]

NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """One number of one design, with what chance alone leaves open."""

    question: str
    """Key of a row in ``rates_page.QUESTIONS``."""
    test: str
    """``file.py::function``, below tests/calibration."""
    cell: str
    """The design, as people read it."""
    n: int | None
    """Questions of an evaluation; None where it is not a matter of them."""
    value: float
    low: float
    high: float
    """95% Monte Carlo interval; the value twice where it is enumerated."""
    runs: int | None
    """Simulated evaluations; None where all outcomes are enumerated."""
    at_least: float | None
    at_most: float | None

    @property
    def is_kept(self) -> bool:
        """Whether the number is within its bounds."""
        is_low = self.at_least is not None and self.value < self.at_least
        return not is_low and (self.at_most is None or self.value <= self.at_most)

    @property
    def slack(self) -> float:
        """How far the number is inside the nearer bound."""
        below = math.inf if self.at_most is None else self.at_most - self.value
        above = math.inf if self.at_least is None else self.value - self.at_least
        return min(below, above)


class Rates:
    """Holds the rates of one test to their bounds."""

    def __init__(self, test: str) -> None:
        """Name the test, ``file.py::function``."""
        self.test = test

    def share(
        self,
        question: str,
        cell: str,
        hits: float,
        runs: int,
        *,
        n: int | None = None,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Hold a share of simulated evaluations to its bounds."""
        span = proportion_interval(round(hits), runs)
        ends = (hits / runs, span.low, span.high)
        self._hold(question, cell, n, ends, runs, (at_least, at_most))

    def mean(
        self,
        question: str,
        cell: str,
        values: Sequence[float],
        *,
        n: int | None = None,
        at_most: float,
    ) -> None:
        """Hold a mean over simulated evaluations to its bound."""
        middle = float(np.mean(values))
        half = NORMAL_95 * float(np.std(values, ddof=1)) / math.sqrt(len(values))
        ends = (middle, middle - half, middle + half)
        self._hold(question, cell, n, ends, len(values), (None, at_most))

    def enumerated(
        self,
        question: str,
        cell: str,
        value: float,
        *,
        n: int | None = None,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> None:
        """Hold a chance that was summed over all outcomes to its bounds."""
        self._hold(question, cell, n, (value, value, value), None, (at_least, at_most))

    def _hold(
        self,
        question: str,
        cell: str,
        n: int | None,
        ends: tuple[float, float, float],
        runs: int | None,
        bounds: tuple[float | None, float | None],
    ) -> None:
        value, low, high = (float(end) for end in ends)
        rate = Rate(
            question=question,
            test=self.test,
            cell=cell,
            n=n,
            value=value,
            low=low,
            high=high,
            runs=runs,
            at_least=bounds[0],
            at_most=bounds[1],
        )
        sys.stdout.write(f"{question}, {cell}: {value:.4f} ({low:.4f} to {high:.4f})\n")
        path = os.environ.get("EVALSUITE_RATES")
        if path:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(rate)) + "\n")
        assert rate.is_kept, rate


def read_rates(path: Path) -> list[Rate]:
    """Read the rates of a run; a design measured again replaces itself."""
    rates = [Rate(**json.loads(line)) for line in path.read_text("utf-8").splitlines()]
    return list({(r.question, r.test, r.cell): r for r in rates}.values())

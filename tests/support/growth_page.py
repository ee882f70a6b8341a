"""Page of growth: what a comparison costs from one size to ten and a hundred times as much."""

from __future__ import annotations

import math
import statistics
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench_results import recorded_results, this_machine

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Cost", "Growth", "growth_page"]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "growth.md"
HEAD = """# Growth

What a comparison of stored runs costs, and how that grows: from one middle size on, in one
direction at a time, to ten and a hundred times as much. Each cell is one `evalsuite compare` in a
fresh process, with its page and every file of its report: processor seconds, and the largest memory
of the process. With several turns it is the median, and the range of the seconds. The slope is the
exponent between the two largest sizes: 1 is linear, 0 is flat, 2 would be four times the cost for
twice the work.

The middle has {questions} questions, answers of up to {tokens} tokens, one budget, sample, subset,
trained model, training seed and task. Budgets are up to one at every token; samples are asked of
{sampled} questions. Runs are made without a model by `python -m made_runs` in `tests/support`.

The page is made by one command, whose test fails at a slope above 1.15:

```console
$ nox -s bench -- growth
```

Made on {day}, {turns}: {machine}.

| growing | | | | slope of time | slope of memory |
|---|---|---|---|---|---|
"""
WORDS = {
    "questions": "questions",
    "tokens": "tokens an answer",
    "budgets": "budgets",
    "samples": "samples a question",
    "subsets": "subsets",
    "models": "trained models, one family",
    "seeds": "training seeds, one recipe",
    "tasks": "tasks, one suite",
}


@dataclass(frozen=True)
class Cost:
    """What one process took."""

    cpu_s: float
    peak_mb: float


@dataclass(frozen=True)
class Growth:
    """The costs of one direction: a list of turns, each with every size once."""

    direction: str
    middle: dict[str, int]
    sizes: Sequence[int]
    turns: Sequence[Sequence[Cost]]

    def values(self, what: str, place: int) -> list[float]:
        """Give one size's seconds or memory, turn by turn."""
        return [getattr(turn[place], what) for turn in self.turns]

    def slope(self, what: str) -> float:
        """Give the exponent between the two largest sizes."""
        before, last = (statistics.median(self.values(what, place)) for place in (-2, -1))
        return math.log(last / before) / math.log(self.sizes[-1] / self.sizes[-2])

    def row(self) -> str:
        """Write a row of the page."""
        cells = [self._cell(place, n) for place, n in enumerate(self.sizes)]
        slopes = [f"{self.slope(what):.2f}" for what in ("cpu_s", "peak_mb")]
        return f"| {' | '.join([WORDS[self.direction], *cells, *slopes])} |"

    def _cell(self, place: int, n: int) -> str:
        seconds, memory = self.values("cpu_s", place), self.values("peak_mb", place)
        several = f" ({min(seconds):.1f} to {max(seconds):.1f})" if len(seconds) > 1 else ""
        told = f"{statistics.median(seconds):.1f} s{several}, {statistics.median(memory):.0f} MB"
        return f"{n:,}: {told}"


def growth_page(growths: Sequence[Growth], *, day: str, machine: str) -> str:
    """Lay out one row a direction, in the order of WORDS; one that was not measured is said."""
    by_direction = {growth.direction: growth for growth in growths}
    middle = by_direction["questions"].middle
    turns = {len(growth.turns) for growth in growths}
    head = HEAD.format(
        questions=middle["questions"],
        tokens=middle["tokens"],
        sampled=by_direction["samples"].middle["questions"] if "samples" in by_direction else "?",
        turns=f"{max(turns)} turns" if max(turns) > 1 else "one turn",
        day=day,
        machine=machine,
    )
    rows = [by_direction[name].row() for name in WORDS if name in by_direction]
    missing = [WORDS[name] for name in WORDS if name not in by_direction]
    note = f"\nNot measured in this run: {', '.join(missing)}.\n" if missing else ""
    return head + "\n".join(rows) + "\n" + note


def read_growths(folder: Path) -> list[Growth]:
    """Read what the bench wrote."""
    return [
        Growth(**(result | {"turns": [[Cost(**cost) for cost in t] for t in result["turns"]]}))
        for result in recorded_results(folder, "growth")
    ]


if __name__ == "__main__":
    today = datetime.now(UTC).date().isoformat()
    page = growth_page(read_growths(Path(sys.argv[1])), day=today, machine=this_machine())
    PAGE.write_text(page, encoding="utf-8")

"""Page of speed: what one session of every bench measured, beside the peers."""

from __future__ import annotations

import os
import statistics
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

sys.path.append(str(Path(__file__).parents[1]))  # for `peers`, where this runs as a script

from bench_results import recorded_results, this_machine
from peers.contest import OURS, Turn, entrants
from peers.standings import ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["speed_page"]

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "speed.md"
HEAD = """# Speed

How long evalsuite takes beside others that do the same, measured in turns in one session. Read
the ratios: rates belong to the machine. A ratio is the median of those within one turn; a rate or
a time stands with its range and the number of turns.

The page is made by one command, which fails where a limit in `tests/bench` is not held:

```console
$ nox -s bench
```

Made on {day}{settings}: {machine}. {limits} How costs grow with the work has [its own
page](growth.md); what was tried stands in the [lab log](../lab-log.md).
"""


def median_of(values: Sequence[float], digits: int) -> str:
    """Give the median, with the range where there is one, and the number of values."""
    n = len(values)
    span = f" ({min(values):,.{digits}f} to {max(values):,.{digits}f}; {n})" if n > 1 else " (1)"
    return f"{statistics.median(values):,.{digits}f}{span}"


def _table(*head: str, rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _generation(results: Sequence[dict[str, Any]]) -> str:
    """Lay out engines by type of numbers."""
    turns = [Turn(**result) for result in results]
    shown = sorted({(t.engine != OURS, t.engine, t.dtype) for t in turns})
    dtypes = dict.fromkeys(t.dtype for t in turns)
    rows = [_engine(turns, name, of) for dtype in dtypes for _, name, of in shown if of == dtype]
    n, budget = turns[0].questions, turns[0].budget
    missing = [e.name for e in entrants() if e.name not in {t.engine for t in turns}]
    versions = dict.fromkeys(t.versions for t in turns)
    return "".join(
        (
            f"\n## Answers of a model on a CPU\n\nSmolLM2-135M, {n} prompts at once, up to ",
            f"{budget} tokens, greedy, two threads; a first turn warms up and is not counted.\n\n",
            _table(
                *("engine", "numbers", "tokens a second", "evalsuite is", "start-up, s"),
                *("cut off", "same answers"),
                rows=rows,
            ),
            f"\nVersions: {'; '.join(versions)}.\n",
            f"\nNot measured: {', '.join(missing)}.\n" if missing else "",
        )
    )


def _engine(turns: Sequence[Turn], name: str, dtype: str) -> list[str]:
    own = [t for t in turns if (t.engine, t.dtype) == (name, dtype)]
    warm = [t for t in own if t.round > 0]
    times = ratio(turns, OURS, name, dtype)
    last = warm[-1]
    return [
        name,
        dtype,
        median_of([t.tokens / t.seconds for t in warm], 0),
        "" if name == OURS or times is None else f"{times:.2f} times as fast",
        f"{statistics.median(t.start_seconds for t in own if t.round == 0):.0f}",
        f"{last.capped} of {last.asked}",
        "" if last.same is None else f"{last.same} of {last.asked}",
    ]


def _jobs(results: Sequence[dict[str, Any]]) -> str:
    rows = [
        [
            result["job"],
            f"{result['questions']:,} and 5 x {result['subset_size']}",
            ", ".join(map(str, result["budgets"])),
            *(median_of([turn[side] for turn in result["turns"]], 0) for side in (0, 1)),
            median_of([theirs / ours for ours, theirs in result["turns"]], 1) + " times",
        ]
        for result in results
    ]
    return (
        "\n## The whole job, beside lm-eval\n\nTwo models, the full split and five subsets, three "
        "token limits, float32, from the command to the report. evalsuite generates once a model; "
        "lm-eval is asked for the same answers, in the fastest of a few batch sizes.\n\n"
        + _table(
            *("models", "questions", "token limits", "evalsuite, s", "lm-eval, s"),
            "lm-eval takes",
            rows=rows,
        )
    )


def _logs(results: Sequence[dict[str, Any]]) -> str:
    rows = [
        [
            f"{result['questions'] or 24:,}",
            *(median_of([turn[side] for turn in result["turns"]], 2) for side in (0, 1)),
            median_of([ours / theirs for ours, theirs in result["turns"]], 2) + " times",
        ]
        for result in results
    ]
    return (
        "\n## A verdict on logs, beside errorbars\n\nProcessor seconds of the two commands on two "
        "logs of lm-eval, without a page.\n\n"
        + _table("questions", "evalsuite", "errorbars", "evalsuite takes", rows=rows)
    )


def _endpoint(results: Sequence[dict[str, Any]]) -> str:
    rows = []
    for result in results:
        turns = result["turns"]
        cpu = [t["bare"]["cpu_s"] / t["ours"]["cpu_s"] for t in turns]
        speed = [t["bare"]["s"] / t["ours"]["s"] for t in turns]
        rates = [result["n"] / t["ours"]["s"] for t in turns]
        asked = f"{result['n']:,}, {result['under_way']:,} under way"
        rows.append([asked, median_of(rates, 0), median_of(speed, 2), median_of(cpu, 2)])
    return (
        "\n## Requests to servers, beside a bare client\n\nFour URLs on loopback whose answers "
        "take a second. The bare client sends and parses, and does nothing else.\n\n"
        + _table(
            *("requests", "answers a second"),
            *("of the bare client's", "of its answers in a processor second"),
            rows=rows,
        )
    )


def _journal(results: Sequence[dict[str, Any]]) -> str:
    rows = [
        [
            str(result["tokens"]),
            median_of([result["answers"] / s for s in result["ours_s"]], 0),
            median_of([o / j for o, j in zip(result["ours_s"], result["json_s"], strict=True)], 2)
            + " times",
        ]
        for result in results
    ]
    return (
        "\n## Answers into the journal\n\nEach is handed to the system as it comes; the disk is "
        "waited for once a second. Beside it, what the JSON of the answers costs.\n\n"
        + _table("tokens an answer", "answers a processor second", "of their JSON", rows=rows)
    )


def _long(results: Sequence[dict[str, Any]]) -> str:
    lengths = list(dict.fromkeys(n for result in results for n in result["turns"][0]))
    rows = [
        [
            result["dtype"],
            *(median_of([t[n] for t in result["turns"] if n in t], 3) for n in lengths),
        ]
        for result in results
    ]
    return (
        "\n## Long answers\n\nMilliseconds of processor time a token, by the length of the answer: "
        "a random model whose attention is nearly all of its work, one thread.\n\n"
        + _table("numbers", *(f"{int(n):,} tokens" for n in lengths), rows=rows)
    )


def _statistics(results: Sequence[dict[str, Any]]) -> str:
    rows = [
        [result["what"], f"{1000 * result['s']:,.{0 if result['s'] > 0.01 else 2}f}"]
        for result in results
    ]
    return "\n## Statistics\n\n" + _table("work", "ms, median", rows=rows)


PARTS: Mapping[str, Callable[[Sequence[dict[str, Any]]], str]] = {
    "generation": _generation,
    "job": _jobs,
    "logs": _logs,
    "endpoint": _endpoint,
    "journal": _journal,
    "long": _long,
    "statistics": _statistics,
}


def speed_page(
    results: Mapping[str, Sequence[dict[str, Any]]],
    *,
    day: str,
    machine: str,
    settings: str = "",
    missed: Sequence[str] = (),
) -> str:
    """Lay out what was measured, by bench; a bench without results is said to be missing.

    ``missed`` names the tests whose limits were not held.
    """
    parts = [part(results[name]) for name, part in PARTS.items() if results.get(name)]
    missing = [name for name in PARTS if not results.get(name)]
    note = f"\nNot measured in this session: {', '.join(missing)}.\n" if missing else ""
    limits = f"Limits not held: `{'`, `'.join(missed)}`." if missed else "Every limit was held."
    head = HEAD.format(day=day, machine=machine, settings=settings, limits=limits)
    return head + "".join(parts) + note


def _settings() -> str:
    """Tell the settings that a person made in the environment."""
    names = ("ENGINES", "REPEATS", "QUESTIONS", "TOKENS", "DTYPES", "JOB_QUESTIONS")
    given = {name: os.environ.get(f"EVALSUITE_BENCH_{name}") for name in names}
    told = [f'`EVALSUITE_BENCH_{name}="{value}"`' for name, value in given.items() if value]
    return f" with {' and '.join(told)}" if told else ""


def _missed(report: Path) -> list[str]:
    """List the tests that failed, of pytest's own report."""
    cases = ET.parse(report).iter("testcase")  # noqa: S314  pytest wrote it just now
    failed = (case for case in cases if {"failure", "error"} & {child.tag for child in case})
    return [case.get("name", "?") for case in failed]


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    page = speed_page(
        {name: recorded_results(folder, name) for name in PARTS},
        day=datetime.now(UTC).date().isoformat(),
        machine=this_machine(),
        settings=_settings(),
        missed=_missed(folder / "tests.xml"),
    )
    PAGE.write_text(page, encoding="utf-8")

"""The table of a contest, from the lines of its results file."""

from __future__ import annotations

import statistics
from collections import defaultdict
from typing import TYPE_CHECKING

from peers.contest import LESSON, OURS, entrants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from peers.contest import Turn

__all__ = ["ratio", "ratio_with_start", "table"]


def ratio(turns: Sequence[Turn], one: str, other: str, dtype: str) -> float | None:
    """How many times as many tokens a second one engine writes as another: median of rounds.

    Rounds in which both took part are compared; where the two never met, each is measured by
    evalsuite in its own rounds.
    """
    rates = _rates(turns, dtype)
    met = [found[one] / found[other] for found in rates.values() if {one, other} <= found.keys()]
    if met:
        return statistics.median(met)
    if OURS in (one, other):
        return None
    first, second = ratio(turns, one, OURS, dtype), ratio(turns, OURS, other, dtype)
    return None if first is None or second is None else first * second


def ratio_with_start(turns: Sequence[Turn], one: str, other: str, dtype: str) -> float | None:
    """How many times as fast one engine is, start-up and first turn together."""
    waits = {name: _waits(turns, name, dtype) for name in (one, other)}
    if not all(waits.values()):
        return None
    return statistics.median(waits[other]) / statistics.median(waits[one])


def table(turns: Sequence[Turn]) -> str:
    """Lay out every engine and dtype, and say which peers are missing."""
    counted = [t for t in turns if t.round > 0]
    head = (
        f"{'engine':29} {'dtype':8} {'tokens/s: median (range), n':>30} {'ours is':>8} "
        f"{'start s':>8} {'wait s':>7} {'ours is':>8} {'tokens':>7} {'cut off':>8} {'same':>8}"
    )
    lines = [
        "'ours is': how many times as fast evalsuite is in the same rounds, and again with",
        "start-up and first turn ('wait'); medians. 'same': answers equal to evalsuite's.",
        "",
        head,
    ]
    shown = dict.fromkeys((t.dtype, t.engine) for t in counted)
    lines += [_line(turns, name, dtype) for dtype, name in sorted(shown, reverse=True)]
    lines += _against_the_lesson(turns)
    missing = [e.name for e in entrants() if e.name not in {t.engine for t in counted}]
    return "\n".join([*lines, *(f"not measured: {name}" for name in missing)])


def _line(turns: Sequence[Turn], name: str, dtype: str) -> str:
    own = [t for t in turns if t.engine == name and t.dtype == dtype]
    warm = [t for t in own if t.round > 0]
    rates = [t.tokens / t.seconds for t in warm]
    told = f"{statistics.median(rates):.1f} ({min(rates):.1f} to {max(rates):.1f}), {len(rates)}"
    last = warm[-1]
    waits = _waits(turns, name, dtype)
    same = "" if last.same is None else f"{last.same}/{last.asked}"
    asks_all = last.asked == last.questions
    wait = f"{statistics.median(waits):.1f}" if asks_all else ""
    faster = _times(ratio(turns, OURS, name, dtype)) if name != OURS else ""
    sooner = _times(ratio_with_start(turns, OURS, name, dtype)) if name != OURS and asks_all else ""
    start = statistics.median(t.start_seconds for t in own if t.round == 0)
    return (
        f"{name:29} {dtype:8} {told:>30} {faster:>8} {start:8.1f} {wait:>7} {sooner:>8} "
        f"{last.tokens:7} {last.capped:4}/{last.asked:3} {same:>8}"
    )


def _against_the_lesson(turns: Sequence[Turn]) -> list[str]:
    """Say what changing both dtype and engine gives: the lesson's loop runs in float32."""
    lesson = [t.tokens / t.seconds for t in turns if _is(t, LESSON, "float32")]
    ours = [t.tokens / t.seconds for t in turns if _is(t, OURS, "bfloat16")]
    if not lesson or not ours:
        return []
    times = statistics.median(ours) / statistics.median(lesson)
    return [f"evalsuite in bfloat16 is {times:.1f} times the lesson's loop in float32"]


def _is(turn: Turn, name: str, dtype: str) -> bool:
    return bool(turn.round > 0 and turn.engine == name and turn.dtype == dtype)


def _rates(turns: Sequence[Turn], dtype: str) -> dict[tuple[str, int], dict[str, float]]:
    rounds: dict[tuple[str, int], dict[str, float]] = defaultdict(dict)
    for t in turns:
        if t.round > 0 and t.dtype == dtype:
            rounds[t.piece, t.round][t.engine] = t.tokens / t.seconds
    return rounds


def _waits(turns: Sequence[Turn], name: str, dtype: str) -> list[float]:
    own = [t for t in turns if t.engine == name and t.dtype == dtype and t.round == 0]
    return [t.start_seconds + t.seconds for t in own]


def _times(times: float | None) -> str:
    return "" if times is None else f"{times:.2f}x"

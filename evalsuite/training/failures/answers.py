"""Answers behind a finding, chosen from the completions that TRL writes beside its log."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from evalsuite.records.dataclass import dataclass
from evalsuite.records.training import SampledAnswer
from evalsuite.training.failures.findings import OUTCOME_NAMES, is_format
from evalsuite.training.reward_columns import answer_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from evalsuite.records.training import Diagnosis

__all__ = ["WrittenAnswer", "choose_answers", "with_answers"]

_SHOWN = 2
_LONGEST_TEXT = 600
"""Characters of an answer: its beginning and its end."""
_NO_REWARD = frozenset({"step", "prompt", "completion", "advantage"})
_OF_BOTH_ENDS = frozenset({"shortened", "lengthened"})
_NONE_SHOW_IT = frozenset({"healthy", "unknown", "ratios_clipped"})
_MOST_ROWS = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenAnswer:
    """One answer of a step's table, whole."""

    step: int
    question: str
    text: str
    rewards: dict[str, float]
    """By the name of each reward."""


def with_answers(findings: Iterable[Diagnosis], folder: Path) -> tuple[Diagnosis, ...]:
    """Put beside each finding the answers that show it; as they are without ``completions/``.

    ``folder`` is that of the log.
    """
    files = sorted((folder / "completions").glob("*.parquet"))
    findings = tuple(findings)
    if not files or all(finding.code in _NONE_SHOW_IT for finding in findings):
        return findings
    first, last = (_read(file) for file in (files[0], files[-1]))
    return tuple(
        replace(finding, answers=choose_answers(finding.code, first, last)) for finding in findings
    )


def choose_answers(
    code: str, first: Sequence[WrittenAnswer], last: Sequence[WrittenAnswer]
) -> tuple[SampledAnswer, ...]:
    """Choose the answers of the first and the last written step that show a finding."""
    if code in _NONE_SHOW_IT or not last:
        return ()
    if code in _OF_BOTH_ENDS:
        rows = [_longest(table)[0] for table in (first, last) if table]
    elif code == "cut_off":
        rows = _longest(last)
    elif code in ("no_signal", "no_gradient", "nothing_learned", "spread_lost"):
        rows = next((g for g in _groups(last) if _is_equal(g)), list(last))
    elif code == "collapsed":
        rows = max(_groups(last), key=_repeats)
        rows = sorted(rows, key=lambda row: -[r.text for r in rows].count(row.text))
    else:
        rows = sorted((row for row in last if not _outcome(row)), key=_payment, reverse=True)
    return tuple(
        SampledAnswer(step=row.step, text=_excerpt(row.text), rewards=row.rewards)
        for row in rows[:_SHOWN]
    )


def _read(file: Path) -> list[WrittenAnswer]:
    """Read one step's table; empty where it is none that TRL writes."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        return []  # a plain install: the log alone tells

    try:
        batch = next(ParquetFile(file).iter_batches(_MOST_ROWS), None)
        return [] if batch is None else [_row(row) for row in batch.to_pylist()]
    except (OSError, LookupError, TypeError, ValueError, ArithmeticError, ArrowException):
        return []


def _row(row: Mapping[str, Any]) -> WrittenAnswer:
    return WrittenAnswer(
        step=int(row["step"]),
        question=str(row["prompt"]),
        text=answer_text(row["completion"]),
        rewards={k: float(v) for k, v in row.items() if k not in _NO_REWARD and _is_number(v)},
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _groups(rows: Sequence[WrittenAnswer]) -> list[list[WrittenAnswer]]:
    groups: dict[str, list[WrittenAnswer]] = {}
    for row in rows:
        groups.setdefault(row.question, []).append(row)
    return list(groups.values())


def _is_equal(group: Sequence[WrittenAnswer]) -> bool:
    outcomes = [_outcome(row) for row in group]
    return len(set(outcomes)) == 1


def _outcome(row: WrittenAnswer) -> float:
    """Give what pays for right answers alone, else everything that was paid."""
    known = [row.rewards[name] for name in OUTCOME_NAMES if name in row.rewards]
    return float(known[0] if known else sum(row.rewards.values()))


def _payment(row: WrittenAnswer) -> tuple[bool, float]:
    has_form = any(value > 0 for name, value in row.rewards.items() if is_format(name))
    return has_form, sum(row.rewards.values())


def _longest(rows: Sequence[WrittenAnswer]) -> list[WrittenAnswer]:
    return sorted(rows, key=lambda row: len(row.text), reverse=True)


def _repeats(group: Sequence[WrittenAnswer]) -> int:
    texts = [row.text for row in group]
    return max(map(texts.count, texts))


def _excerpt(text: str) -> str:
    half = _LONGEST_TEXT // 2
    return text if len(text) <= _LONGEST_TEXT else f"{text[:half]} [...] {text[-half:]}"

"""Earlier reports of the same pair: what the last one said, and what has changed since.

Two gains are set side by side, not tested: the reports may differ in weights, questions or budget,
and which of these they differ in is said with them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

from evalsuite.cli.shared.report_files import read_results, report_folder
from evalsuite.errors import EvalsuiteError
from evalsuite.records.comparison import Comparison
from evalsuite.records.gains import Earlier

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Literal

    from evalsuite.records.gains import Change
    from evalsuite.records.judged import Judged

    Side = Literal["base", "trained"]

__all__ = ["earlier_of", "with_earlier"]

Record = TypeVar("Record", bound="Judged")
"""A comparison or a group, which comes back as what it is."""


def with_earlier(judged: Record, folder: Path) -> Record:
    """Add what the last other report of the same pair said, of those beside ``folder``.

    A report that these same answers made before does not count: it would be set beside itself. In
    a group every part has its own past, all from one report on a group of the same kind.
    """
    for results in _newest_first(judged, folder):
        before = _read(results)
        told = None if before is None else _with_past(judged, before, results.parent.name)
        if told is not None:
            return cast("Record", told)
    return judged


def _with_past(now: Judged, before: Judged, report: str) -> Judged | None:
    """Give the record with its past; None where nothing is told of any part."""
    if type(now) is not type(before):
        return None
    if isinstance(now, Comparison):
        earlier = earlier_of(before.parts[0], now, report)
        return None if earlier is None else replace(now, earlier=earlier)
    past = {_pair(part): part for part in before.parts}
    parts = tuple(
        replace(part, earlier=earlier_of(past.get(_pair(part), part), part, report))
        for part in now.parts
    )
    is_told = any(part.earlier is not None for part in parts)
    return replace(now, comparisons=parts) if is_told else None


def _newest_first(now: Judged, folder: Path) -> Iterator[Path]:
    start = report_folder(folder.parent, now).name.rpartition("-")[0] + "-"
    beside = [path for path in folder.parent.glob("*/results.json") if _is_of(path, start)]
    own = [folder / "results.json"] if (folder / "results.json").is_file() else []
    paths = {path.resolve(): path for path in [*own, *beside]}.values()
    yield from sorted(paths, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _is_of(results: Path, start: str) -> bool:
    return results.parent.name.startswith(start)


def _read(results: Path) -> Judged | None:
    """Read a report as the commands do; one that is damaged has no say."""
    try:
        return read_results(results)
    except (EvalsuiteError, OSError):
        return None


def _pair(part: Comparison) -> tuple[str, str, str]:
    return part.base.name, part.trained.name, part.task


def earlier_of(before: Comparison, now: Comparison, report: str) -> Earlier | None:
    """Tell an earlier comparison; None where it is of another pair, or nothing has changed."""
    changes = _changes(before, now)
    if _pair(before) != _pair(now) or not changes:
        return None
    return Earlier(
        report=report,
        made=_made(before),
        gain=before.gain.estimate,
        interval=before.gain.interval,
        n=before.n_questions,
        changes=changes,
    )


def _changes(before: Comparison, now: Comparison) -> tuple[Change, ...]:
    """Name what differs, as far as it is recorded; *answers* where nothing else explains them."""
    sides: tuple[Side, Side] = ("base", "trained")
    pair = (before, now)
    found: list[Change] = [side for side in sides if _differ(pair, side, "model", "weights")]
    # stopped early, it is of a part of what was to be asked
    other_questions = (
        _differ(pair, "base", "questions_sha256") or before.n_questions != now.n_questions
    )
    conditions: dict[Change, bool] = {
        "questions": other_questions,
        "budget": before.headline_budget != now.headline_budget,
        # other questions are other prompts in any case
        "prompt": _differ(pair, "base", "prompts_sha256") and not other_questions,
        "decoding": any(_decoding(before, side) != _decoding(now, side) for side in sides),
        "grader": before.decides != now.decides,
    }
    found += [name for name, holds in conditions.items() if holds]
    others: tuple[Change, ...] = ("answers",) if _differ_in_runs(pair) else ()
    return tuple(found) or others


def _decoding(comparison: Comparison, side: Side) -> dict[str, Any]:
    """Give what is set of the decoding, but its budget, which is named by itself."""
    known = _known(comparison, side, "decoding")
    settings = known if isinstance(known, dict) else {}
    # a younger setting that is off is not written
    return {key: value for key, value in settings.items() if value and key != "max_new_tokens"}


def _differ_in_runs(pair: tuple[Comparison, Comparison]) -> bool:
    return any(_differ(pair, side, "fingerprint") for side in ("base", "trained"))


def _differ(pair: tuple[Comparison, Comparison], *path: str) -> bool:
    before, now = (_known(comparison, *path) for comparison in pair)
    return bool(before != now)


def _known(comparison: Comparison, *path: str) -> Any:
    value: Any = comparison.provenance
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _made(comparison: Comparison) -> str | None:
    """Date the trained model's answers were finished; a log does not tell it."""
    finished = _known(comparison, "trained", "environment", "finished_utc")
    return finished[:10] if isinstance(finished, str) else None

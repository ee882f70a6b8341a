"""Pieces of work in threads of their own, while the caller's thread hears of their progress.

What the caller's thread is interrupted by, such as Ctrl-C or a signal, interrupts them too.
"""

from __future__ import annotations

from contextlib import suppress
from ctypes import c_ulong, py_object, pythonapi
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["run_at_once", "run_pieces"]

T = TypeVar("T")
_LONGEST_END = 10.0
"""Seconds that an interrupted piece may take; Python gives control back at every instruction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Report:
    """What one piece tells: how far it is, or how it ended."""

    piece: int
    state: dict[str, Any] | None = None
    result: Any = None
    error: BaseException | None = None


def run_pieces(
    pieces: Sequence[Callable[[Callable[..., None]], T]],
    tell: Callable[..., None],
    *,
    at_once: bool,
) -> list[T]:
    """Run pieces of work as `run_at_once` does, or one after another in the caller's thread."""
    if at_once:
        return run_at_once(pieces, tell)
    return [piece(partial(tell, number)) for number, piece in enumerate(pieces)]


def run_at_once(
    pieces: Sequence[Callable[[Callable[..., None]], T]], tell: Callable[..., None]
) -> list[T]:
    """Run pieces of work in threads and give their results, in their order.

    Each is called with a function that takes its progress by keyword; ``tell`` is called with the
    piece's position and that progress, in the caller's thread. The first error, of a piece or of
    ``tell``, interrupts the other pieces and is raised once they have ended.
    """
    reports: SimpleQueue[_Report] = SimpleQueue()
    threads = [
        Thread(target=_work, args=(number, piece, reports), daemon=True)
        for number, piece in enumerate(pieces)
    ]
    try:
        for thread in threads:
            thread.start()
        results = _gather(reports, len(pieces), tell)
    except BaseException:
        _interrupt(threads)
        raise
    finally:
        for thread in threads:
            if thread.ident is not None:  # it was started
                thread.join(_LONGEST_END)
    return [results[number] for number in range(len(pieces))]


def _gather(
    reports: SimpleQueue[_Report], n_pieces: int, tell: Callable[..., None]
) -> dict[int, Any]:
    """Pass progress on until every piece has ended; the results by position."""
    results: dict[int, Any] = {}
    while len(results) < n_pieces:
        report = reports.get()
        if report.error is not None:
            raise report.error
        if report.state is not None:
            tell(report.piece, **report.state)
        else:
            results[report.piece] = report.result
    return results


def _work(
    number: int, piece: Callable[[Callable[..., None]], T], reports: SimpleQueue[_Report]
) -> None:
    with suppress(KeyboardInterrupt):  # which may come while the end is told
        try:
            result = piece(partial(_tell_state, number, reports))
        except BaseException as error:  # noqa: BLE001  raised again by who waits
            reports.put(_Report(piece=number, error=error))
        else:
            reports.put(_Report(piece=number, result=result))


def _tell_state(number: int, reports: SimpleQueue[_Report], /, **state: Any) -> None:
    reports.put(_Report(piece=number, state=state))


def _interrupt(threads: Sequence[Thread]) -> None:
    """Raise what Ctrl-C raises in every thread that is not done."""
    for thread in threads:
        if thread.is_alive() and thread.ident is not None:
            pythonapi.PyThreadState_SetAsyncExc(c_ulong(thread.ident), py_object(KeyboardInterrupt))

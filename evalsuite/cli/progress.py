"""Progress on stderr: a bar on a terminal, a line every tenth elsewhere."""

from __future__ import annotations

import sys

import click

from evalsuite.cli.interrupts import raise_if_interrupted

__all__ = ["ProgressLine"]


class ProgressLine:
    """Shows how far one model's run is.

    Parameters
    ----------
    label
        The model's name.
    """

    def __init__(self, label: str) -> None:
        self._label = label
        self._shown = -1
        self._is_terminal = sys.stderr.isatty()

    def __call__(
        self, *, done: int, total: int, tokens: int, truncated: int, seconds: float
    ) -> None:
        """Show one state; called about once a second."""
        raise_if_interrupted()
        tenth = 10 * done // total
        if not self._is_terminal and tenth == self._shown:
            return
        self._shown = tenth
        rate = tokens / seconds if seconds > 0 else 0.0
        left = seconds * (total - done) / done if done else 0.0
        text = (
            f"  {self._label:<10.24} {done:>6,}/{total:,}  {rate:,.0f} tokens/s  "
            f"cut off {100 * truncated / max(done, 1):.0f}%  about {_clock(left)} left"
        )
        if self._is_terminal:
            click.echo(f"\r{text}\x1b[K", nl=done == total, err=True)
        else:
            click.echo(text, err=True)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"

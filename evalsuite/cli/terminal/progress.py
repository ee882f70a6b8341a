"""Progress on stderr: a bar on a terminal, a line every tenth elsewhere, and the time taken."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import click

from evalsuite.cli.shared.signals import raise_if_stopped
from evalsuite.cli.terminal.columns import padded
from evalsuite.cli.terminal.folding import terminal_width
from evalsuite.cli.terminal.training_notices import finding_line
from evalsuite.reporting.clauses import told
from evalsuite.reporting.outputs.inert import columns
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from evalsuite.records.training import Diagnosis
    from evalsuite.reporting.wording import Words

__all__ = ["ProgressLine", "TrainingLines", "silence"]

_BAR, _SHORTEST_BAR = 20, 5
"""Columns of the bar on a terminal."""
_TELLING = 16
"""Answers before a time that is left is told."""
_SHOWN_EVERY = 5
"""Logged training steps a line."""


class ProgressLine:
    """Shows how far one model's run is; ``label`` is the model's name.

    A state without answers or seconds is told once: libraries and model are being loaded.
    """

    def __init__(self, label: str, lang: str = "en") -> None:
        self._label = padded(told(label, lang)[:24], 10)
        self._words = words(lang)
        self._shown = -1
        self._first: tuple[int, float] | None = None
        """Answers and seconds when the first ones came: what was there before, and the wait for
        compiled kernels, say nothing about speed."""
        self._started = time.monotonic()
        self._width = terminal_width()

    def __call__(
        self, *, done: int, total: int, tokens: int, truncated: int, seconds: float
    ) -> None:
        """Show one state; called about once a second."""
        raise_if_stopped()
        if not tokens and not seconds:
            loading = self._words.text("progress.loading")
            self._write(f"  {self._label} {loading}", ends=False)
            return
        self._first = self._first or (done, seconds)
        tenth = 10 * done // total
        if self._width is None and tenth == self._shown:
            return
        self._shown = tenth
        rate = self._words.say("progress.rate_unknown")
        if tokens and seconds > 0:
            rate = self._words.say("progress.rate", rate=f"{tokens / seconds:,.0f}")
        share = f"{100 * truncated / max(done, 1):.0f}"
        cut = self._words.say("progress.cut_off", share=share)
        label = f"  {self._label} "
        rest = (
            f"{done:>6,}/{total:,}  {rate}  {cut}  "
            f"{_clock(time.monotonic() - self._started)}{self._left(done, total, seconds)}"
        )
        bar = _bar(done / total, (self._width or 0) - len(label) - columns(rest) - 2)
        self._write(label + bar + rest, ends=done == total)

    def _left(self, done: int, total: int, seconds: float) -> str:
        """Say how long the rest takes, once enough answers say how fast they come."""
        before, waited = self._first or (0, 0.0)
        if done == total or done - before < _TELLING:
            return ""
        left = _clock((seconds - waited) * (total - done) / (done - before))
        return str(self._words.say("progress.left", time=left))

    def _write(self, text: str, *, ends: bool) -> None:
        if self._width is not None:
            # a Chinese character takes two columns, and a line too long would never be drawn over
            while columns(text) >= self._width:
                text = text[:-1]
            click.echo(f"\r{text}\x1b[K", nl=ends, err=True)
        else:
            click.echo(text, err=True)


def silence(label: str) -> Callable[..., None]:
    """Show nothing of a run, but let Ctrl-C through."""
    del label
    return _silent


def _silent(*, done: int, total: int, tokens: int, truncated: int, seconds: float) -> None:
    del done, total, tokens, truncated, seconds
    raise_if_stopped()


def _bar(share: float, room: int) -> str:
    """Draw a bar as long as there is room, or none: the numbers behind it say more."""
    length = min(_BAR, room)
    if length < _SHORTEST_BAR:
        return ""
    filled = round(length * share)
    return "█" * filled + "░" * (length - filled) + " "


def _clock(seconds: float) -> str:
    minutes, seconds_left = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds_left:02}" if hours else f"{minutes}:{seconds_left:02}"


class TrainingLines:
    """Writes a line every few training steps, over all steps since the last, and what is wrong."""

    def __init__(self, lang: str = "en") -> None:
        self._words = words(lang)
        self._rows: list[Mapping[str, Any]] = []

    def __call__(self, row: Mapping[str, Any], findings: tuple[Diagnosis, ...]) -> None:
        """Take one row of the training log; called after every step."""
        raise_if_stopped()
        if "reward" not in row:
            _echo_other_row(row, self._words)
            return
        self._rows.append(row)
        if len(self._rows) < _SHOWN_EVERY:
            return
        right = self._mean("rewards/correct/mean", "reward")
        cut_off = self._mean("completions/clipped_ratio")
        length = self._mean("completions/mean_length")
        parts = [
            self._words.say("training_steps.step", step=f"{row['step']:>5}"),
            self._words.say("training_steps.right", share=f"{right:.0%}"),
            self._words.say("training_steps.cut_off", share=f"{cut_off:.0%}"),
            self._words.say("training_steps.tokens", tokens=f"{length:.0f}"),
        ]
        if "groups_without_signal" in row:
            share = f"{self._mean('groups_without_signal'):.0%}"
            parts.insert(2, self._words.say("training_steps.no_signal", share=share))
        click.echo(f"  {'  '.join(map(str, parts))}", err=True)
        for finding in findings:
            click.echo(f"    {finding_line(finding, self._words)}", err=True)
        self._rows.clear()

    def _mean(self, key: str, otherwise: str = "") -> float:
        values = [row.get(key, row.get(otherwise, 0.0)) for row in self._rows]
        return float(sum(values) / len(values))


def _echo_other_row(row: Mapping[str, Any], catalogue: Words) -> None:
    """Write a step of the warm-up, or a look at the held-out questions."""
    step = f"{row['step']:>5}"
    if "heldout/accuracy" in row:
        right, n = f"{row['heldout/accuracy']:.0%}", str(row["heldout/n"])
        line = catalogue.say("training_steps.heldout", step=step, share=right, n=n)
        click.echo(f"  {line}{_change(row, catalogue)}", err=True)
    elif "loss" in row:
        line = catalogue.say("training_steps.warm_up", step=step, loss=f"{row['loss']:.3f}")
        click.echo(f"  {line}", err=True)


def _change(row: Mapping[str, Any], catalogue: Words) -> str:
    """Say how far accuracy on held-out questions has moved since the start, if that is known."""
    if "heldout/change" not in row:
        return ""
    change, low, high = (row[f"heldout/change{end}"] for end in ("", "_low", "_high"))
    key = "training_steps.fallen" if high < 0 else "training_steps.change"
    values = {"change": f"{change:+.1%}", "low": f"{low:+.1%}", "high": f"{high:+.1%}"}
    return str(catalogue.say(key, **values))

"""What a training tells its user on stderr: facts, the dry check of rewards, what the log means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from evalsuite.cli.terminal.columns import padded, right_aligned
from evalsuite.records.training import Diagnosis
from evalsuite.records.verdict import Statement
from evalsuite.reporting.outputs.inert import columns
from evalsuite.reporting.telling import advised_finding
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.reporting.wording import Words
    from evalsuite.training.grpo import Notice
    from evalsuite.training.own_rewards.check import Payment, RewardCheck

__all__ = ["NoticeLines", "finding_line"]

_LONGEST_SHOWN = 160
"""Characters of an answer."""
_COLUMN, _TOTAL = 13, 9
"""Terminal columns of a reward and of their sum."""


class NoticeLines:
    """Writes what a training tells; an answer that shows several findings stands there once."""

    def __init__(self, lang: str = "en") -> None:
        self._words = words(lang)
        self._shown: set[str] = set()

    def __call__(self, notice: Notice) -> None:
        """Take one notice."""
        for line in self._lines(notice):
            click.echo(f"  {line}", err=True)

    def _lines(self, notice: Notice) -> Iterator[str]:
        if isinstance(notice, Statement):
            yield self._words.tell(notice)
        elif isinstance(notice, Diagnosis):
            yield finding_line(notice, self._words)
            yield from self._answers(notice)
        else:
            yield from _payment_lines(notice, self._words)

    def _answers(self, finding: Diagnosis) -> Iterator[str]:
        for answer in finding.answers:
            if answer.text not in self._shown:
                step = self._words.say("training.line", step=str(answer.step))
                text = repr(answer.text[:_LONGEST_SHOWN])
                yield f"  {self._words.say('training_notice.answer', step=step, text=text)}"
            self._shown.add(answer.text)


def finding_line(finding: Diagnosis, catalogue: Words) -> str:
    """Say a finding behind its level, with the way out."""
    told = advised_finding(finding, catalogue)
    return str(catalogue.say(f"training_notice.{finding.level}", finding=told))


def _payment_lines(check: RewardCheck, catalogue: Words) -> Iterator[str]:
    """Lay out what each kind of answer earns, in every column and in all."""
    head = catalogue.text("reward_check.head")
    kinds = [catalogue.text(f"reward_check.answer_{paid.answer}") for paid in check.payments]
    width = max(map(columns, (head, *kinds)))
    names = [right_aligned(name[:12], _COLUMN) for name in check.payments[0].columns]
    total = right_aligned(catalogue.text("reward_check.total"), _TOTAL)
    yield f"  {padded(head, width)}  {''.join(names)}{total}"
    for kind, payment in zip(kinds, check.payments, strict=True):
        yield f"  {padded(kind, width)}  {''.join(_cells(payment, catalogue))}"
    for warning in check.warnings:
        told = catalogue.tell(warning)
        yield f"    {catalogue.say('training_notice.warning', finding=told)}"


def _cells(payment: Payment, catalogue: Words) -> Iterator[str]:
    none = catalogue.text("reward_check.none")
    for value in payment.columns.values():
        yield right_aligned(none if value is None else f"{value:.3g}", _COLUMN)
    yield right_aligned(f"{payment.total:.3g}", _TOTAL)

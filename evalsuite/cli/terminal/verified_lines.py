"""What verification noticed of a run, a training or a report: a line, and one for each finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.cli.terminal.columns import padded, right_aligned
from evalsuite.reporting.clauses import told

if TYPE_CHECKING:
    from evalsuite.disk.verification import Verified
    from evalsuite.reporting.wording import Words

__all__ = ["verified_lines"]


def verified_lines(item: Verified, catalogue: Words) -> list[str]:
    """Write one line, and one for each finding."""
    word = catalogue.text("verified.sound" if item.is_sound else "verified.unsound")
    state = catalogue.text(f"verified.{item.state}")
    amount = right_aligned(told(item.amount or "", catalogue.lang), 13)
    findings = (
        catalogue.say(f"verified.{each.level}", finding=told(each.sentence, catalogue.lang))
        for each in item.findings
    )
    head = f"{padded(word, 8)} {padded(state, 11)} {amount}  {item.folder}"
    return [head, *(f"  {finding}" for finding in findings)]

"""Qualifiers: what to doubt, a sentence for each remark of a verdict, whatever was compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.source import points

if TYPE_CHECKING:
    from evalsuite.records.verdict import Verdict
    from evalsuite.reporting.source import Numbers
    from evalsuite.reporting.wording import Phrase

__all__ = ["told_remarks"]


def told_remarks(numbers: Numbers, verdict: Verdict | None) -> list[tuple[str, Phrase]]:
    """Tell a verdict's remarks, every number with its place; ``numbers`` holds the record."""
    if verdict is None:
        return []
    path = f"{numbers.prefix}verdict.remarks"
    if verdict.remarks:
        return [
            (remark.code, numbers.words.phrase(remark.statement, f"{path}.{i}.statement"))
            for i, remark in enumerate(verdict.remarks)
        ]
    margin = points(verdict.policy.margin)  # files from before remarks hold codes alone
    return [
        (code, numbers.words.say(f"qualifier.{code}", margin=margin))
        for code in verdict.qualifiers
        if f"qualifier.{code}" in numbers.words.sentences
    ]

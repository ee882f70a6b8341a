"""Passes of a pair: *sharpened*, *widened* or *narrowed*, where several samples establish it.

The words are about two gains, in one try and in the most tries that the samples hold. Each rests on
a test of their difference on every question, and on a gain that is established itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.verdict import Remark, Statement
from evalsuite.verdict.evidence import deciding_pvalue
from evalsuite.verdict.qualifiers import is_established

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.gains import GainRow
    from evalsuite.records.passes import Passes
    from evalsuite.records.verdict import Policy

__all__ = ["passes_remark"]


def passes_remark(comparison: Comparison, policy: Policy) -> Iterator[Remark]:
    """Say what more tries do to the gain; nothing where it is not established."""
    passes = comparison.passes
    # the tests are of a fixed number of questions; where a look stopped the run they do not hold
    if passes is None or comparison.stopped_early is not None:
        return
    word = _word(comparison, passes, policy)
    if word is not None:
        key = f"passes.{word}"
        if word == "sharpened" and _is_shown(passes.tries[-1], policy):
            key = "passes.sharpened_partly"
        yield Remark(code=word, statement=Statement(key=key, values=_values(passes)))


def _word(comparison: Comparison, passes: Passes, policy: Policy) -> str | None:
    contrast, most = passes.contrast, passes.tries[-1]
    if not (is_established(contrast, policy) and contrast.exact <= _share(policy)):
        return None
    if contrast.gain < 0:
        return "widened" if most.gain > 0 and _is_shown(most, policy) else None
    if most.gain < 0 and _is_shown(most, policy):
        return "narrowed"
    # one try is the headline, whose own test decides about it
    pvalue = deciding_pvalue(comparison.mcnemar.exact, comparison.gain.clusters)
    is_improved = comparison.gain.estimate > 0 and pvalue <= _share(policy)
    return "sharpened" if is_improved else None


def _is_shown(row: GainRow, policy: Policy) -> bool:
    return row.exact <= _share(policy) and not row.interval.low <= 0 <= row.interval.high


def _share(policy: Policy) -> float:
    """Give each model of a family its share of alpha."""
    return policy.alpha / max(policy.family, 1)


def _values(passes: Passes) -> dict[str, float | int]:
    first, most = passes.tries[0], passes.tries[-1]
    return {
        "first": first.gain,
        "first_low": first.interval.low,
        "first_high": first.interval.high,
        "most": most.gain,
        "most_low": most.interval.low,
        "most_high": most.interval.high,
        "k": most.k,
        "gone": round(passes.contrast.gain / first.gain, 2) if first.gain else 0.0,
    }

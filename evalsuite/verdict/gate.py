"""The gate of a release: rules on a finished comparison, each met, not met, or undecided."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

from evalsuite.errors import InvalidInputError
from evalsuite.records.comparison import Comparison
from evalsuite.records.dataclass import dataclass
from evalsuite.records.gate import GateResult, RuleResult
from evalsuite.records.groups.suite import SuiteComparison
from evalsuite.records.verdict import Decision, Statement
from evalsuite.verdict.margin_claims import margin_claims

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evalsuite.records.gate import GateState
    from evalsuite.records.judged import JudgedAsOne
    from evalsuite.records.verdict import MarginClaims, Verdict

__all__ = ["GateRules", "check_gate"]

_NO_TASKS: Mapping[str, GateRules] = MappingProxyType({})
_UNDECIDED = ("suggestive", "powerless", "inconclusive")


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """What a checkpoint must show to pass."""

    require: tuple[str, ...] = ("improved",)
    """Decisions that pass, or ``non_inferior``; the first names the goal. Empty asks for none."""
    forbid: tuple[str, ...] = ()
    """Qualifiers, or decisions, that fail an otherwise passing verdict; decisions on any task."""
    max_truncation: float | None = None
    """Largest share of trained's answers that may be cut off."""
    max_loss_rate: float | None = None
    """Largest share of questions that trained may lose."""
    non_inferior: bool = False
    """Whether trained must be shown not to be worse than the margin, besides what is required."""


def check_gate(
    comparison: JudgedAsOne, rules: GateRules, tasks: Mapping[str, GateRules] = _NO_TASKS
) -> GateResult:
    """Hold a judged comparison against rules that were set before looking.

    Every training seed of a recipe must keep the limits, every checkpoint of a curve, and every
    task of a suite. ``tasks`` holds further rules of single tasks of a suite, by name.

    Raises
    ------
    InvalidInputError
        If the comparison was not judged.
    """
    results = (*_results(comparison, rules), *_results_of_tasks(comparison, tasks))
    states = {result.state for result in results}
    state: GateState = "met"
    # not met comes first: more questions, which would settle a rule, would not mend a failed one
    if "not_met" in states:
        state = "not_met"
    elif "undecided" in states:
        state = "undecided"
    return GateResult(state=state, rules=results)


def _results(comparison: JudgedAsOne, rules: GateRules) -> Iterator[RuleResult]:
    verdict = comparison.verdict
    if verdict is None:
        raise InvalidInputError("the comparison has no verdict; run evalsuite compare again")
    if rules.require:
        yield _required(comparison, verdict, rules.require)
    if rules.non_inferior:
        yield _required(comparison, verdict, ("non_inferior",))
    yield from (_forbidden(comparison, verdict, word) for word in rules.forbid)
    parts, of = comparison.parts, comparison.parts_name
    if rules.max_truncation is not None:
        cut = [(part.trained.truncated, part.trained.n) for part in parts]
        yield _limit("max-truncation", cut, rules.max_truncation, of)
    if rules.max_loss_rate is not None:
        lost = [_lost_questions(part) for part in parts]
        yield _limit("max-loss-rate", lost, rules.max_loss_rate, of)


def _results_of_tasks(
    comparison: JudgedAsOne, tasks: Mapping[str, GateRules]
) -> Iterator[RuleResult]:
    for part in comparison.parts:
        if part.task in tasks:
            for result in _results(part, tasks[part.task]):
                yield replace(result, rule=f"{part.task}: {result.rule}")


def _forbidden(comparison: JudgedAsOne, verdict: Verdict, word: str) -> RuleResult:
    """Look for a qualifier of the verdict, or for a decision: of the verdict or of any task."""
    if word in get_args(Decision):
        has = [part.task for part in comparison.parts if _decision(part) == word]
        is_there = verdict.decision == word or (isinstance(comparison, SuiteComparison) and has)
        because = Statement(key="gate.nothing_decided", values={"decision": word})
        if is_there:
            because = _decided_on(word, has if len(comparison.parts) > 1 else [])
    else:
        is_there = word in verdict.qualifiers
        because = Statement(key="gate.qualified" if is_there else "gate.not_qualified")
    state: GateState = "not_met" if is_there else "met"
    return RuleResult(rule=f"forbid {word}", state=state, statements=(because,))


def _decided_on(decision: str, tasks: Sequence[str]) -> Statement:
    if not tasks:
        return Statement(key="gate.decided", values={"decision": decision})
    on = {"decision": decision, "tasks": ", ".join(tasks)}
    return Statement(key="gate.decided_on", values=on)


def _decision(part: Comparison) -> str:
    return part.verdict.decision if part.verdict else "none"


def _lost_questions(comparison: Comparison) -> tuple[int, int]:
    """Count the questions that got worse, and all; pairs of samples depend on their numbering."""
    clusters, table = comparison.gain.clusters, comparison.table
    if clusters is None:
        return table.losses, table.n
    return clusters.worse, clusters.changed + clusters.same


def _required(
    comparison: JudgedAsOne,
    verdict: Verdict,
    require: Sequence[str],
) -> RuleResult:
    """Hold the decision, or a claim about the margin that stands beside it, against the goals."""
    claims = _claims(comparison, verdict)
    holds = {
        "non_inferior": claims is not None and claims.is_non_inferior,
        "equivalent": claims is not None and claims.is_equivalent,
    }
    is_valid = verdict.decision != "invalid"
    state: GateState = "not_met"
    if verdict.decision in require or (is_valid and any(holds.get(goal) for goal in require)):
        state = "met"
    elif verdict.decision in _UNDECIDED or (is_valid and _is_open(claims, verdict, require)):
        state = "undecided"
    rule = f"require {' or '.join(require)}"
    because = (*_headline(verdict), *_bound(claims, verdict, require, comparison.parts_name))
    return RuleResult(rule=rule, state=state, statements=because)


def _claims(comparison: JudgedAsOne, verdict: Verdict) -> MarginClaims | None:
    """Hold the gain against the margin again, from the stored numbers.

    A suite claims what holds on every task and shows its lowest bound; other groups have no claims.
    """
    if isinstance(comparison, SuiteComparison):
        return _claims_of_every(comparison)
    if not isinstance(comparison, Comparison):
        return None
    return margin_claims(comparison, verdict.policy)


def _claims_of_every(suite: SuiteComparison) -> MarginClaims:
    claims = [margin_claims(p, p.verdict.policy) for p in suite.parts if p.verdict is not None]
    lowest = min(claims, key=lambda claim: claim.low)
    return replace(
        lowest,
        high=min(claim.high for claim in claims),
        is_equivalent=all(claim.is_equivalent for claim in claims),
        is_non_inferior=all(claim.is_non_inferior for claim in claims),
    )


def _is_open(claims: MarginClaims | None, verdict: Verdict, require: Sequence[str]) -> bool:
    """Whether a loss beyond the margin is neither shown nor ruled out."""
    if "non_inferior" not in require:
        return False
    return claims is None or claims.high > -verdict.policy.margin


def _headline(verdict: Verdict) -> tuple[Statement, ...]:
    """Give the verdict's sentences; an old file holds them as text alone."""
    as_text = Statement(key="gate.headline", values={"text": verdict.headline})
    return verdict.statements or (as_text,)


def _bound(
    claims: MarginClaims | None, verdict: Verdict, require: Sequence[str], of: str
) -> Iterator[Statement]:
    """State what being not worse rests on, where it is required."""
    if "non_inferior" not in require:
        return
    if claims is None:
        yield Statement(key="gate.not_judged", values={"parts": _named(of)})
        return
    values = {
        "low": claims.low,
        "level": (1 + claims.confidence_level) / 2,
        "margin": verdict.policy.margin,
    }
    yield Statement(key="gate.lowest_bound" if of == "tasks" else "gate.bound", values=values)


def _named(parts: str) -> Statement:
    return Statement(key=f"gate_parts.{parts.rsplit(maxsplit=1)[-1]}")


def _limit(
    name: str, counts: Sequence[tuple[int | None, int]], largest: float, of: str
) -> RuleResult:
    """Hold the largest share of all parts against a limit."""
    known = [part / whole for part, whole in counts if part is not None]
    if len(known) < len(counts):
        unknown = Statement(key="gate.not_recorded")
        return RuleResult(rule=name, state="undecided", statements=(unknown,))
    share = max(known)
    shown = f"{share:.4f}"
    because = Statement(key="gate.share", values={"share": shown})
    if len(counts) > 1:
        because = Statement(
            key="gate.largest_share",
            values={"share": shown, "n": len(counts), "parts": _named(of)},
        )
    return RuleResult(
        rule=f"{name} {largest:g}",
        state="met" if share <= largest else "not_met",
        statements=(because,),
    )

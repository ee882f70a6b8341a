"""What to doubt: one sentence for every qualifier of a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.sections.budgets import changing_budgets, cut_off
from evalsuite.reporting.source import Source, count

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalsuite.records.comparison import Policy
    from evalsuite.reporting.wording import Phrase

__all__ = ["qualifier_sentences"]


def qualifier_sentences(source: Source) -> list[tuple[str, Phrase]]:
    """Tell every qualifier of the verdict.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    list of (code, Phrase)
        In the verdict's order; then how a tighter budget would have looked, and the family.
    """
    verdict = source.comparison.verdict
    if verdict is None:
        return []
    family = [("family", _family(source, verdict.policy))] if verdict.policy.family > 1 else []
    told = [(name, _QUALIFIERS[name](source)) for name in verdict.qualifiers]
    tight = [] if "budget_dependent" in verdict.qualifiers else _tight_budget(source)
    return told + tight + family


def _tight_budget(source: Source) -> list[tuple[str, Phrase]]:
    """Tell of the largest budget under which the gain looks unlike the headline's."""
    found = source.comparison
    unlike = [
        i
        for i, row in enumerate(found.budgets)
        if row.max_new_tokens < (found.headline_budget or 0)
        and not row.interval.low <= found.gain.estimate <= row.interval.high
    ]
    if not unlike:
        return []
    sentence = source.words.say(
        "qualifier.tight_budget",
        tokens=source.count(f"budgets.{unlike[-1]}.max_new_tokens"),
        gain=source.gain(f"budgets.{unlike[-1]}"),
        base=cut_off(source, unlike[-1], "base"),
        trained=cut_off(source, unlike[-1], "trained"),
    )
    return [("tight_budget", sentence)]


def _family(source: Source, policy: Policy) -> Phrase:
    size = source.count("verdict.policy.family")
    if policy.adjusted_pvalue is None:
        return source.words.say("qualifier.family", size=size)
    return source.words.say(
        "qualifier.family_holm", size=size, adjusted=source.pvalue("verdict.policy.adjusted_pvalue")
    )


def _small(source: Source) -> Phrase:
    return source.words.say("qualifier.small", margin=source.points("verdict.policy.margin"))


def _truncation_dominated(source: Source) -> Phrase:
    found, say = source.comparison, source.words.say
    attribution = found.attribution
    alpha = source.policy.alpha
    if (
        attribution is not None
        and attribution.without_finished is not None
        and attribution.without_finished_exact is not None
        and attribution.without_finished_exact > alpha
    ):
        return say(
            "qualifier.without_finished",
            without=source.gain("attribution.without_finished"),
            exact=source.pvalue("attribution.without_finished_exact"),
        )
    if found.truncation.bounds is None:
        return say("qualifier.truncation_dominated")
    return say(
        "qualifier.bounds",
        low=source.signed("truncation.bounds.low"),
        high=source.signed("truncation.bounds.high"),
    )


def _mostly(part: str) -> Callable[[Source], Phrase]:
    def tell(source: Source) -> Phrase:
        found = source.comparison
        if found.attribution is None:
            return source.words.say(f"qualifier.mostly_{part}_plain")
        loser = "base" if found.gain.estimate > 0 else "trained"
        return source.words.say(
            f"qualifier.mostly_{part}",
            part=source.signed(f"attribution.{part}.gain"),
            gain=source.signed("gain.estimate"),
            loser=source.words.text(loser),
        )

    return tell


def _budget_dependent(source: Source) -> Phrase:
    others = changing_budgets(source)
    if not others:
        return source.words.say("qualifier.budget_dependent")
    return source.words.say(
        "qualifier.at_budget",
        tokens=source.count(f"budgets.{others[-1]}.max_new_tokens"),
        gain=source.gain(f"budgets.{others[-1]}"),
        exact=source.pvalue(f"budgets.{others[-1]}.exact"),
    )


def _grader_dependent(source: Source) -> Phrase:
    if not {"strict", "flexible"} <= set(source.comparison.graders):
        return source.words.say("qualifier.grader_dependent")
    return source.words.say(
        "qualifier.by_grader",
        strict=source.gain("graders.strict"),
        flexible=source.gain("graders.flexible"),
    )


def _seed_sensitive(source: Source) -> Phrase:
    found = source.comparison
    decisions = found.seeds.decisions_by_sample
    decided = found.verdict.decision if found.verdict else ""
    other = sum(decision != decided for decision in decisions)
    return source.words.say(
        "qualifier.seed_sensitive", other=count(other), samples=count(len(decisions))
    )


def _one_checkpoint(source: Source) -> Phrase:
    return source.words.say("qualifier.one_checkpoint")


_QUALIFIERS: dict[str, Callable[[Source], Phrase]] = {
    "small": _small,
    "truncation_dominated": _truncation_dominated,
    "mostly_truncation": _mostly("finished"),
    "mostly_format": _mostly("formatted"),
    "budget_dependent": _budget_dependent,
    "grader_dependent": _grader_dependent,
    "seed_sensitive": _seed_sensitive,
    "one_checkpoint": _one_checkpoint,
}

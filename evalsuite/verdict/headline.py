"""The one sentence every output shows: its key, its values, and its English.

Another language supplies its own sentences for the same keys and values. Numbers arrive as text,
so that no output rounds for itself. A sentence never says "no difference" without a margin and
never "significant" alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.records.numbers import count_text, points_text
from evalsuite.verdict.qualifiers import compares_itself

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison, Verdict

__all__ = ["ENGLISH", "headline_key", "headline_keys", "headline_sentence", "headline_values"]

ENGLISH: dict[str, str] = {
    "improved": (
        "Yes: trained scores {size} points higher than base "
        "({level}% CI {size_low} to {size_high}; {n} questions)."
    ),
    "improved_perhaps_small": (
        "Yes, though it may be small: trained scores {size} points higher than base "
        "({level}% CI {size_low} to {size_high}; {n} questions)."
    ),
    "improved_small": "A real but small gain: {gain} points ({low} to {high}).",
    "regressed": (
        "No: trained scores {size} points lower than base "
        "({level}% CI {size_low} to {size_high}; {n} questions)."
    ),
    "regressed_perhaps_small": (
        "No, though the loss may be small: trained scores {size} points lower than base "
        "({level}% CI {size_low} to {size_high}; {n} questions)."
    ),
    "regressed_small": "A real but small loss: {gain} points ({low} to {high}).",
    "suggestive": (
        "Suggestive, not established: {gain} points ({low} to {high}); "
        "the exact test does not confirm it."
    ),
    "suggestive_in_family": (
        "Suggestive, not established: {gain} points ({low} to {high}); "
        "it does not hold up among the {family} comparisons made."
    ),
    "equivalent": (
        "No difference beyond {margin} points, and this run was large enough to say so."
    ),
    "powerless": "Can't tell: with {n} questions no result could have shown a difference.",
    "powerless_discordant": (
        "Can't tell: the models differ on {discordant} of {n} questions, "
        "too few for any result to show a difference."
    ),
    "inconclusive": (
        "Can't tell: {gain} points fits anything from {low} to {high}; "
        "about {required} questions would settle a gain of this size."
    ),
    "inconclusive_loss": (
        "Can't tell: {gain} points fits anything from {low} to {high}; "
        "about {required} questions would settle a loss of this size."
    ),
    "inconclusive_unsettled": ("Can't tell: {gain} points fits anything from {low} to {high}."),
    "inconclusive_tie": "Can't tell: equal scores fit anything from {low} to {high} points.",
    "itself": "A model against itself: no question of {n} differs, as it must be.",
    "invalid": "Not comparable: {reason}.",
    "of_union": "This is the union of the subsets, not the full split.",
}
"""Sentence by key; every placeholder is a key of ``headline_values``."""


def headline_sentence(comparison: Comparison) -> str:
    """Write the headline in English.

    Parameters
    ----------
    comparison
        A judged comparison; the headline its verdict already has is not read.

    Returns
    -------
    str
        The sentences of ``headline_keys``, joined by a space.

    Raises
    ------
    InvalidInputError
        For a comparison without verdict.
    """
    values = headline_values(comparison)
    return " ".join(ENGLISH[key].format_map(values) for key in headline_keys(comparison))


def headline_keys(comparison: Comparison) -> tuple[str, ...]:
    """Name every sentence of the headline: the verdict's, and what the questions are.

    Parameters
    ----------
    comparison
        A judged comparison.

    Returns
    -------
    tuple of str
        One key, or two where the questions are a union of subsets.

    Raises
    ------
    InvalidInputError
        For a comparison without verdict.
    """
    key = headline_key(comparison)
    if comparison.headline_set == "union" and key != "invalid":
        return key, "of_union"
    return (key,)


def headline_key(comparison: Comparison) -> str:
    """Name the sentence that fits the verdict: its decision, or a variant of it.

    Parameters
    ----------
    comparison
        A judged comparison.

    Returns
    -------
    str
        A key of ``ENGLISH``.

    Raises
    ------
    InvalidInputError
        For a comparison without verdict.
    """
    verdict = _verdict(comparison)
    if verdict.decision != "invalid" and compares_itself(comparison):
        return "itself"
    if verdict.decision in ("improved", "regressed"):
        return verdict.decision + _size_variant(comparison, verdict)
    if verdict.decision == "suggestive":
        is_exact = comparison.mcnemar.exact <= verdict.policy.alpha
        return "suggestive_in_family" if is_exact else "suggestive"
    if verdict.decision == "powerless":
        is_any = 2.0 ** (1 - _questions(comparison)) <= verdict.policy.alpha
        return "powerless_discordant" if is_any else "powerless"
    if verdict.decision == "inconclusive":
        return _inconclusive_variant(comparison)
    return verdict.decision


def headline_values(comparison: Comparison) -> dict[str, str]:
    """Write every number a headline may hold.

    Parameters
    ----------
    comparison
        A judged comparison.

    Returns
    -------
    dict of str
        ``size``, ``size_low`` and ``size_high`` are unsigned, from the nearer end on.

    Raises
    ------
    InvalidInputError
        For a comparison without verdict.
    """
    policy = _verdict(comparison).policy
    gain, interval = comparison.gain.estimate, comparison.gain.interval
    low, high = interval.low, interval.high
    near, far = (low, high) if gain >= 0 else (-high, -low)
    required = comparison.power.required_questions
    return {
        "gain": points_text(gain, signed=True),
        "low": points_text(low),
        "high": points_text(high),
        "size": points_text(abs(gain)),
        "size_low": points_text(near),
        "size_high": points_text(far),
        "level": f"{100 * comparison.gain.confidence_level:g}",
        "n": count_text(_questions(comparison)),
        "discordant": count_text(comparison.table.discordant),
        "margin": f"{100 * policy.margin:g}",
        "family": count_text(policy.family),
        "required": "" if required is None else count_text(_about(required)),
        "reason": _reason(comparison),
    }


def _verdict(comparison: Comparison) -> Verdict:
    if comparison.verdict is None:
        raise InvalidInputError(
            "the comparison has no verdict, but a headline states one; judge it first"
        )
    return comparison.verdict


def _size_variant(comparison: Comparison, verdict: Verdict) -> str:
    if "small" not in verdict.qualifiers:
        return ""
    is_below = abs(comparison.gain.estimate) < verdict.policy.margin
    return "_small" if is_below else "_perhaps_small"


def _inconclusive_variant(comparison: Comparison) -> str:
    if comparison.gain.estimate == 0:
        return "inconclusive_tie"
    if comparison.power.required_questions is None:
        return "inconclusive_unsettled"
    return "inconclusive" if comparison.gain.estimate > 0 else "inconclusive_loss"


def _questions(comparison: Comparison) -> int:
    return comparison.table.n // comparison.seeds.samples


def _about(count: int) -> int:
    """Round up to two significant digits: a plan, not a measurement."""
    unit: int = 10 ** max(len(str(count)) - 2, 0)
    return -(-count // unit) * unit


def _reason(comparison: Comparison) -> str:
    """Take the first blocking check's detail, as a clause without its full stop."""
    details = (check.detail for check in comparison.checks if check.level == "blocking")
    return next(details, "").rstrip(".")

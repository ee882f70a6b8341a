"""The one sentence every output shows about several training seeds: key, values, and English.

As for a single comparison, another language supplies its own sentences for the same keys. Every
sentence names the number of seeds or questions behind it, and says whether it is about these runs
or about the recipe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.errors import InvalidInputError
from evalsuite.records.numbers import count_text, points_text

if TYPE_CHECKING:
    from evalsuite.records.comparison import Interval, Verdict
    from evalsuite.records.recipe import RecipeComparison

__all__ = ["RECIPE_ENGLISH", "recipe_headline", "recipe_headline_key", "recipe_headline_values"]

RECIPE_ENGLISH: dict[str, str] = {
    "improved_recipe": (
        "Yes, the recipe: {trained} scores {size} points higher than {base} "
        "({level}% CI {size_low} to {size_high}; {seeds} training seeds, {n} questions)."
    ),
    "improved_recipe_small": (
        "Yes, the recipe, though it may be small: {trained} scores {size} points higher than "
        "{base} ({level}% CI {size_low} to {size_high}; {seeds} training seeds, {n} questions)."
    ),
    "improved_runs": (
        "Yes, for these {seeds} runs: {trained} scores {size} points higher than {base} on average "
        "({level}% CI {size_low} to {size_high}; {n} questions)."
    ),
    "improved_runs_small": (
        "Yes, for these {seeds} runs, though it may be small: {trained} scores {size} points "
        "higher than {base} on average ({level}% CI {size_low} to {size_high}; {n} questions)."
    ),
    "improved_not_recipe": (
        "Yes for these {seeds} runs, not for the recipe: {trained} scores {size} points higher "
        "than {base} on average, but a new run fits anything from {recipe_low} to {recipe_high} "
        "({n} questions)."
    ),
    "regressed_recipe": (
        "No, the recipe: {trained} scores {size} points lower than {base} "
        "({level}% CI {size_low} to {size_high}; {seeds} training seeds, {n} questions)."
    ),
    "regressed_recipe_small": (
        "No, the recipe, though the loss may be small: {trained} scores {size} points lower than "
        "{base} ({level}% CI {size_low} to {size_high}; {seeds} training seeds, {n} questions)."
    ),
    "regressed_runs": (
        "No, for these {seeds} runs: {trained} scores {size} points lower than {base} on average "
        "({level}% CI {size_low} to {size_high}; {n} questions)."
    ),
    "regressed_runs_small": (
        "No, for these {seeds} runs, though the loss may be small: {trained} scores {size} points "
        "lower than {base} on average ({level}% CI {size_low} to {size_high}; {n} questions)."
    ),
    "regressed_not_recipe": (
        "No for these {seeds} runs, unknown for the recipe: {trained} scores {size} points lower "
        "than {base} on average, but a new run fits anything from {recipe_low} to {recipe_high} "
        "({n} questions)."
    ),
    "suggestive": (
        "Suggestive, not established: {gain} points on average over {seeds} runs "
        "({low} to {high}; {n} questions)."
    ),
    "equivalent_recipe": (
        "No difference beyond {margin} points, for the recipe: {gain} points "
        "({low} to {high}; {seeds} training seeds, {n} questions)."
    ),
    "equivalent_runs": (
        "No difference beyond {margin} points on average over these {seeds} runs: {gain} points "
        "({low} to {high}; {n} questions)."
    ),
    "identical": (
        "No question differs: in all {seeds} pairs of runs both sides are right and wrong on the "
        "same of {n} questions."
    ),
    "inconclusive_recipe": (
        "Can't tell: {gain} points for the recipe fits anything from {low} to {high} "
        "({seeds} training seeds, {n} questions)."
    ),
    "inconclusive_runs": (
        "Can't tell: {gain} points on average over these {seeds} runs fits anything from {low} to "
        "{high} ({n} questions)."
    ),
    "powerless": (
        "Can't tell: averaged over {seeds} runs the models differ on {changed} of {n} questions, "
        "too few for any result to show a difference."
    ),
    "invalid": "Not comparable: {reason}.",
}
"""Sentence by key; every placeholder is a key of ``recipe_headline_values``."""

_SEEDS_TO_JUDGE = 5


def recipe_headline(comparison: RecipeComparison) -> str:
    """Write the headline in English.

    Parameters
    ----------
    comparison
        Judged; the headline its verdict already has is not read.

    Returns
    -------
    str

    Raises
    ------
    InvalidInputError
        For a comparison without verdict.
    """
    sentence = RECIPE_ENGLISH[recipe_headline_key(comparison)]
    return sentence.format_map(recipe_headline_values(comparison))


def recipe_headline_key(comparison: RecipeComparison) -> str:
    """Name the sentence that fits the verdict.

    Parameters
    ----------
    comparison
        Judged.

    Returns
    -------
    str
        A key of ``RECIPE_ENGLISH``.

    Raises
    ------
    InvalidInputError
        For a comparison without verdict.
    """
    verdict = _verdict(comparison)
    decision, is_recipe = verdict.decision, verdict.scope == "recipe"
    if decision in ("invalid", "suggestive"):
        return decision
    if _is_identical(comparison):
        return "identical"
    if decision == "powerless":
        return decision
    if decision in ("improved", "regressed") and not is_recipe and _could_judge(comparison):
        return f"{decision}_not_recipe"
    small = "_small" if "small" in verdict.qualifiers else ""
    return f"{decision}_{'recipe' if is_recipe else 'runs'}{small}"


def recipe_headline_values(comparison: RecipeComparison) -> dict[str, str]:
    """Write every number a headline may hold.

    Parameters
    ----------
    comparison
        Judged.

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
    recipe, gain = comparison.recipe, comparison.gain
    low, high = gain.interval.low, gain.interval.high
    near, far = (low, high) if gain.estimate >= 0 else (-high, -low)
    return {
        "base": recipe.base,
        "trained": recipe.trained,
        "gain": points_text(gain.estimate, signed=True),
        "low": points_text(low),
        "high": points_text(high),
        "size": points_text(abs(gain.estimate)),
        "size_low": points_text(near),
        "size_high": points_text(far),
        "level": f"{100 * gain.confidence_level:g}",
        "n": count_text(recipe.n_questions),
        "seeds": count_text(recipe.n_seeds),
        "changed": count_text(recipe.tests.changed),
        "margin": f"{100 * policy.margin:g}",
        "reason": _reason(comparison),
        **_ends(recipe.scopes.recipe.interval),
    }


def _ends(interval: Interval | None) -> dict[str, str]:
    if interval is None:
        return {"recipe_low": "", "recipe_high": ""}
    return {"recipe_low": points_text(interval.low), "recipe_high": points_text(interval.high)}


def _could_judge(comparison: RecipeComparison) -> bool:
    scope = comparison.recipe.scopes.recipe
    return comparison.recipe.n_seeds >= _SEEDS_TO_JUDGE and scope.interval is not None


def _is_identical(comparison: RecipeComparison) -> bool:
    rows = comparison.recipe.seeds
    return all(row.losses == row.gains == 0 for row in rows)


def _verdict(comparison: RecipeComparison) -> Verdict:
    if comparison.verdict is None:
        raise InvalidInputError(
            "the comparison has no verdict, but a headline states one; judge it first"
        )
    return comparison.verdict


def _reason(comparison: RecipeComparison) -> str:
    """Take the first blocking check's detail, as a clause without its full stop."""
    details = (check.detail for check in comparison.checks if check.level == "blocking")
    return next(details, "").rstrip(".")

"""Claims of a recipe: its mean gain for these checkpoints, for its average, and for one new run.

Each is a scope of seeds x questions: trained minus base of every cell. Which of them may be said is
the verdict room's.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special

from evalsuite.records.groups.recipe import Components, Scope
from evalsuite.stats.several.scopes import scope_of, undefined_scope, widened_scope
from evalsuite.stats.several.widened import PSEUDO_QUESTIONS, widened_gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "chance_above_zero",
    "components_of",
    "new_questions",
    "prediction_of",
    "recipe_average",
    "recipe_same_questions",
    "same_questions",
]

_ONE_SEED = "one training seed: nothing is known about the next one"


def components_of(differences: NDArray[np.float64]) -> Components:
    """Split the spread of at least two seeds into seeds, questions and the rest."""
    n_seeds, n_questions = differences.shape
    mean = differences.mean()
    by_seed, by_question = differences.mean(axis=1), differences.mean(axis=0)
    rest = differences - by_seed[:, np.newaxis] - by_question + mean
    ms_seeds = n_questions * float(by_seed.var(ddof=1))
    ms_questions = n_seeds * float(by_question.var(ddof=1))
    ms_rest = float((rest**2).sum()) / ((n_seeds - 1) * (n_questions - 1))
    v_seeds, v_questions = (ms_seeds - ms_rest) / n_questions, (ms_questions - ms_rest) / n_seeds
    negative: list[Literal["questions", "seeds"]] = []
    if v_questions < 0:
        negative.append("questions")
    if v_seeds < 0:
        negative.append("seeds")
    return Components(
        mean_square_questions=ms_questions,
        mean_square_seeds=ms_seeds,
        mean_square_rest=ms_rest,
        questions=max(v_questions, 0.0),
        seeds=max(v_seeds, 0.0),
        rest=ms_rest,
        truncated=tuple(negative),
    )


def same_questions(
    base: NDArray[np.int64],
    trained: NDArray[np.int64],
    differences: NDArray[np.float64],
    level: float,
) -> Scope:
    """Give these checkpoints on these questions: decoding noise only, from the samples.

    ``base`` and ``trained`` are seeds x questions x samples; base has one seed where it is one
    model.
    """
    target = "these checkpoints on these questions"
    samples = min(base.shape[2], trained.shape[2])
    if samples < 2:
        reason = "one sample a question: decoding noise is not estimable (greedy decoding has none)"
        return undefined_scope(target, reason)
    variance = sum(
        side.var(axis=2, ddof=1).sum() / (side.shape[2] * len(side) ** 2)
        for side in (base, trained)
    )
    n_questions = differences.shape[1]
    error = math.sqrt(variance) / n_questions
    return scope_of(target, float(differences.mean()), error, n_questions * (samples - 1), level)


def new_questions(differences: NDArray[np.float64], level: float) -> Scope:
    """Give these checkpoints on new questions, from the widened questions."""
    by_question = differences.mean(axis=0)
    widened = widened_gain(by_question, confidence_level=level)
    scope = widened_scope(
        "these checkpoints on new questions",
        math.sqrt(by_question.var(ddof=1) / len(by_question)),
        widened.degrees_of_freedom,
        level,
        center=widened.center,
        widened_error=widened.standard_error,
    )
    return replace(scope, skewness=widened.skewness)


def recipe_same_questions(differences: NDArray[np.float64], level: float) -> Scope:
    """Give the recipe's average on these questions: Student's t on the seeds' gains."""
    target = "the recipe's average (over training seeds) on these questions"
    if len(differences) == 1:
        return undefined_scope(target, _ONE_SEED)
    error, freedom = _seed_error(differences), len(differences) - 1
    return scope_of(target, float(differences.mean()), error, freedom, level)


def recipe_average(differences: NDArray[np.float64], level: float) -> Scope:
    """Give the recipe's average on new questions, from the widened questions."""
    target = "the recipe's average (over training seeds) on new questions"
    if len(differences) == 1:
        return undefined_scope(target, _ONE_SEED)
    # every seed loses one pseudo-question outright and gains the other
    pseudo = np.tile(PSEUDO_QUESTIONS, (len(differences), 1))
    widened = np.concatenate([differences, pseudo], axis=1)
    # pseudo-questions bring the seeds' gains nearer to 0: their spread is that of the real ones
    return widened_scope(
        target,
        _recipe_error(differences),
        len(differences) - 1,
        level,
        center=float(widened.mean()),
        widened_error=max(_recipe_error(widened), _seed_error(differences)),
    )


def _recipe_error(differences: NDArray[np.float64]) -> float:
    """Estimate the standard error of the recipe's average, on new questions."""
    parts = components_of(differences)
    questions, seeds = parts.mean_square_questions, parts.mean_square_seeds
    # the unbiased sum may fall below one effect alone when the other is estimated negative
    combined = max(questions + seeds - parts.mean_square_rest, questions, seeds)
    return math.sqrt(combined / differences.size)


def _seed_error(differences: NDArray[np.float64]) -> float:
    by_seed = differences.mean(axis=1)
    return math.sqrt(by_seed.var(ddof=1) / len(by_seed))


def prediction_of(recipe: Scope, components: Components | None, level: float) -> Scope:
    """Give one new run its prediction interval; it has no p-value, for it is no hypothesis."""
    target = "one new run of the recipe on new questions"
    known = (recipe.standard_error, recipe.widened_error, recipe.center)
    if components is None or recipe.degrees_of_freedom is None or None in known:
        return undefined_scope(target, _ONE_SEED)
    error, widened_error, center = (float(number or 0) for number in known)
    scope = widened_scope(
        target,
        math.sqrt(error**2 + components.seeds),
        recipe.degrees_of_freedom,
        level,
        center=center,
        widened_error=math.sqrt(widened_error**2 + components.seeds),
    )
    return replace(scope, pvalue=None)


def chance_above_zero(prediction: Scope) -> float | None:
    """Return the chance that one new run gains; None where it has no prediction."""
    if prediction.widened_error is None or prediction.center is None:
        return None
    # the law whose quantiles the prediction interval is made of
    position = prediction.center / prediction.widened_error
    return float(special.stdtr(prediction.degrees_of_freedom, position))

"""``evalsuite.compare``: the command's work as one function, for notebooks and programs."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from evalsuite.asking.evaluate import Progress, silent
from evalsuite.asking.grading import with_table
from evalsuite.asking.noise_floor import measure_noise_floor, with_noise_floor
from evalsuite.asking.recipe import compare_recipe
from evalsuite.asking.recipe_plan import plan_recipe
from evalsuite.asking.session import compare_planned, finish_run, plan_session
from evalsuite.asking.spec import CompareSpec
from evalsuite.errors import InvalidInputError
from evalsuite.training.log import find_training_log

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.comparison import Comparison
    from evalsuite.records.recipe import RecipeComparison

__all__ = ["compare"]


def compare(
    base: str,
    trained: str,
    *,
    train_log: Path | None = None,
    progress: Progress = silent,
    **asked: Any,
) -> Comparison | RecipeComparison:
    """Compare two models: generate what is missing, pair, attribute, judge.

    Parameters
    ----------
    base, trained
        Names as on the command line: aliases, runs, folders, ``org/name`` on the Hub;
        ``trained@*`` for every training seed of a recipe.
    train_log
        Log of the training run; sought beside the trained model where None.
    progress
        Told about every finished batch of answers.
    **asked
        Fields of `evalsuite.asking.spec.CompareSpec`: ``task``, ``data``, ``seeds``,
        ``subset_size``, ``full``, ``max_new_tokens``, ``temperature``, ``samples``, ``policy``...

    Returns
    -------
    Comparison or RecipeComparison
        With verdict; ``comparison.verdict.headline`` is the sentence every output shows. Several
        training seeds give a `RecipeComparison`, with each seed's own in ``comparisons``.

    Raises
    ------
    InvalidInputError
        For an unknown option or a value that breaks a rule.
    EvalsuiteError
        For models or data that lead nowhere and runs that fail.
    """
    known = {field.name for field in fields(CompareSpec)}
    unknown = sorted(set(asked) - known)
    if unknown:
        raise InvalidInputError(
            f"compare has no option {', '.join(unknown)}; it knows {', '.join(sorted(known))}"
        )
    spec = CompareSpec(**asked)
    recipe = plan_recipe((base, trained))
    if spec.noise_floor and recipe is not None and len(recipe.names.seeds) > 1:
        raise InvalidInputError("noise_floor needs one base; compare one training seed at a time")
    planned = plan_session((base, trained) if recipe is None else recipe.names.names, spec)
    runs = [with_table(finish_run(one, spec, progress=progress), spec) for one in planned]
    if recipe is not None and len(recipe.names.seeds) > 1:
        return compare_recipe(recipe, runs, spec, train_log=train_log)
    log = find_training_log(runs[1].model, train_log)
    comparison = compare_planned(runs[0], runs[1], spec, training=log)
    if not spec.noise_floor:
        return comparison
    return with_noise_floor(comparison, measure_noise_floor(runs[0], spec, progress=progress))

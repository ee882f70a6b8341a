"""``evalsuite.compare``: the command's work as one function, for notebooks and programs."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from evalsuite.core.trainlog import find_training_log
from evalsuite.errors import InvalidInputError
from evalsuite.evaluation.asked import CompareSpec
from evalsuite.evaluation.evaluate import Progress, silent
from evalsuite.evaluation.session import compare_planned, finish_run, plan_session

if TYPE_CHECKING:
    from pathlib import Path

    from evalsuite.records.comparison import Comparison

__all__ = ["compare"]


def compare(
    base: str,
    trained: str,
    *,
    train_log: Path | None = None,
    progress: Progress = silent,
    **asked: Any,
) -> Comparison:
    """Compare two models: generate what is missing, pair, attribute, judge.

    Parameters
    ----------
    base, trained
        Names as on the command line: aliases, runs, folders, ``org/name`` on the Hub.
    train_log
        Log of the training run; sought beside the trained model where None.
    progress
        Told about every finished batch of answers.
    **asked
        Fields of `evalsuite.evaluation.asked.CompareSpec`: ``task``, ``data``, ``seeds``,
        ``subset_size``, ``full``, ``max_new_tokens``, ``temperature``, ``samples``, ``policy``...

    Returns
    -------
    Comparison
        With verdict; ``comparison.verdict.headline`` is the sentence every output shows.

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
    planned = plan_session((base, trained), spec)
    runs = [finish_run(one, spec, progress=progress) for one in planned]
    log = find_training_log(runs[1].model, train_log)
    return compare_planned(runs[0], runs[1], spec, training=log)

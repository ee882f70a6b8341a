"""Base on more questions than trained, for ``--use-all-of-base``: which run is whole, and its part.

The pair is compared on the questions that both answered; base's whole run stands beside it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from evalsuite.asking.logged import log_name, read_logs
from evalsuite.asking.plan import FinishedRun, finished
from evalsuite.asking.session import plan_session
from evalsuite.errors import InvalidInputError, NotComparableError, listed
from evalsuite.logs.identity import narrowed
from evalsuite.models.names import EMBEDDED, read_aliases

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec

__all__ = ["part_of_base", "plan_whole_base", "whole_of_base"]


def plan_whole_base(names: Sequence[str], spec: CompareSpec) -> tuple[PlannedRun, PlannedRun]:
    """Plan base on the whole split and trained on its part.

    Raises
    ------
    InvalidInputError
        Where nothing makes a part.
    """
    base, trained = plan_session(tuple(names), spec)
    if base.is_stored:  # it holds the questions it holds
        return base, trained
    if spec.first is not None:
        raise InvalidInputError(
            "--use-all-of-base takes a part that was drawn; the first questions are none: use "
            "--subset, or --no-full"
        )
    if spec.full and spec.subset is None:
        raise InvalidInputError(
            "--use-all-of-base needs trained on a part of the split; add --no-full --subsets 1 "
            "--subset-size N, or name a stored run of fewer questions"
        )
    whole, _ = plan_session(tuple(names), replace(spec, full=True, subset=None))
    return whole, trained


def whole_of_base(name: str, base: FinishedRun, spec: CompareSpec) -> FinishedRun:
    """Return base on all its questions: the finished run, or a log before it was narrowed."""
    if base.model.source != "log":
        return base
    log = log_name(name, {*read_aliases(), *EMBEDDED})
    if log is None:
        raise InvalidInputError("{name} is no log any more; compare again", name=name)
    whole = read_logs({0: log}, spec)[0]
    # graded as the pair is: by the graders that both logs have
    graded = replace(whole.spec, graded_as=base.spec.graded_as, model=base.spec.model)
    return finished(base, replace(whole, spec=graded), spec)


def part_of_base(whole: FinishedRun, trained: FinishedRun, spec: CompareSpec) -> FinishedRun:
    """Narrow base to the questions that trained answered.

    Raises
    ------
    InvalidInputError
        Where base answered no other question.
    NotComparableError
        Where trained answered a question that base did not.
    """
    known = {question.id for question in whole.run.questions}
    ids = [question.id for question in trained.run.questions]
    strangers = [question_id for question_id in ids if question_id not in known]
    if strangers:
        raise NotComparableError(
            "{n_questions:,} questions that trained answered are not among base's ({questions}); "
            "--use-all-of-base needs base on all of trained's",
            n_questions=len(strangers),
            questions=listed(strangers),
        )
    if len(ids) == len(known):
        raise InvalidInputError(
            "base answered no question that trained did not ({n_ids:,} each), so there is nothing "
            "more to use; leave out --use-all-of-base",
            n_ids=len(ids),
        )
    part = narrowed(whole.run, {question_id: question_id for question_id in ids})
    part = replace(part, part_of=len(known))
    selection = trained.selection
    if trained.is_stored:
        selection = replace(selection, questions=part.questions, subsets=(), headline_set="part")
    return finished(replace(whole, selection=selection), part, spec)

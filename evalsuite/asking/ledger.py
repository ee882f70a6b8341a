"""What a run store remembers of its comparisons: how many there were, and which pairs had looks.

A comparison counts once however often it is repeated, so the same store tells it the same number
again. Looks are remembered before the first one is taken: a pair once looked at before all its
questions were answered stays a sequential one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from evalsuite.disk.ledger import add_to_ledger, read_looks
from evalsuite.disk.storage import fingerprint
from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import sha256_of
from evalsuite.records.ledger import LedgerLine
from evalsuite.tasks.questions import questions_sha256

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.asking.plan import PlannedRun
    from evalsuite.asking.spec import CompareSpec
    from evalsuite.records.ledger import LookMode

__all__ = ["LookOrder", "enter", "refuse_looks", "remember_looks", "remembered_looks"]


class LookOrder(NamedTuple):
    """How a pair is looked at: the design, and the seed of the order its questions are asked in."""

    design: LookMode
    seed: int


def enter(models: Sequence[PlannedRun], spec: CompareSpec) -> int | None:
    """Enter a comparison and give its number among those on the same questions, from 1.

    None where the run store can't be written to, so that nobody counts. A pair with looks is one
    comparison with them, completed or not.
    """
    line = _line(models, spec)
    looks = _looks_of(line, spec)
    return add_to_ledger(
        spec.runs, line if looks is None else _with_looks(line, looks, models, spec)
    )


def remember_looks(models: Sequence[PlannedRun], spec: CompareSpec) -> LookOrder:
    """Remember, before the first look, how a pair will be looked at.

    Raises
    ------
    InvalidInputError
        Where it was looked at in another way before: two designs have more false alarms than one;
        or where the run store can't be written to, so that nothing would remember.
    """
    line, looks = _line(models, spec), LookOrder(spec.looks, spec.seed)
    earlier = _looks_of(line, spec)
    if earlier is not None and earlier != looks:
        raise InvalidInputError(
            "this pair was looked at with --looks {design} --seed {seed}; looks in another way "
            "would add to its false alarms, so give these two options again",
            design=earlier.design,
            seed=earlier.seed,
        )
    if add_to_ledger(spec.runs, _with_looks(line, looks, models, spec)) is None:
        raise InvalidInputError(
            "{runs} can't be written to, so looks would be forgotten; give --runs FOLDER",
            runs=spec.runs,
        )
    return looks


def remembered_looks(models: Sequence[PlannedRun], spec: CompareSpec) -> LookOrder | None:
    """Find how a pair was looked at before; None where it was not."""
    return _looks_of(_line(models, spec), spec)


def refuse_looks(pair: Sequence[PlannedRun], spec: CompareSpec, name: str, design: str) -> None:
    """Refuse a pair once looked at early: it stays sequential, and a design allows for no looks."""
    if remembered_looks(pair, spec) is not None:
        raise InvalidInputError(
            "{name} was looked at before all its questions were answered, which {design} can't "
            "allow for; ask in a store of its own (--runs)",
            name=name,
            design=design,
        )


def _looks_of(pair: LedgerLine, spec: CompareSpec) -> LookOrder | None:
    for line in read_looks(spec.runs, pair.questions):
        if (
            sorted(line.models) == sorted(pair.models)
            and line.design is not None
            and line.seed is not None
        ):
            return LookOrder(line.design, line.seed)
    return None


def _line(models: Sequence[PlannedRun], spec: CompareSpec) -> LedgerLine:
    return LedgerLine(
        questions=_questions_sha256(models[0]),
        models=tuple(fingerprint(planned.spec) for planned in models),
        settings=_settings(models, spec),
    )


def _questions_sha256(planned: PlannedRun) -> str:
    """Hash what is asked, which takes seconds where there are a million."""
    run, asked = planned.run, planned.selection.questions
    if run is not None and run.questions is asked:
        return run.spec.questions_sha256
    return questions_sha256(asked)


def _with_looks(
    line: LedgerLine, looks: LookOrder, models: Sequence[PlannedRun], spec: CompareSpec
) -> LedgerLine:
    settings = _settings(models, spec, looks.design)
    return replace(line, design=looks.design, seed=looks.seed, settings=settings)


def _settings(models: Sequence[PlannedRun], spec: CompareSpec, design: str | None = None) -> str:
    """Hash what makes another result of the same answers another comparison."""
    return sha256_of(
        {
            "policy": spec.policy,
            "headline_budget": spec.headline_budget or max(models[0].budgets, default=None),
            "subsets_only": not spec.full,
            "looks": design,
        }
    )

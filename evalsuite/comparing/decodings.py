"""The same pair under other decodings: a row each, with its gain set against the headline's.

Only the decoding may differ. Whether the weights are the same ones is told where both runs record
it; what else differs is refused, because a difference of the gains would then have two reasons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.comparing.contrasts import decoding_differences, gain_difference, question_gains
from evalsuite.comparing.gain import counted_columns
from evalsuite.comparing.pairing import (
    changed_prompts,
    pair_tables,
    same_graders,
    same_questions,
)
from evalsuite.comparing.rows import accuracy, gain_of
from evalsuite.errors import NotComparableError, joined
from evalsuite.records.gains import DecodingRow, TwinRow
from evalsuite.records.run import same_decoding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.comparing.pairing import PairedTables
    from evalsuite.comparing.tabulate import GradedTable
    from evalsuite.records.gains import GainDifference
    from evalsuite.records.paired import PairedOutcomes
    from evalsuite.records.run import Run

    Pair = tuple[GradedTable, GradedTable]

__all__ = ["decoding_rows", "twin_row"]

_SHARED = {
    "prompt": "prompt",
    "rendered prompt": "prompts_sha256",
    "precision": "dtype",
    "engine": "engine",
}
"""What two runs of one model share where the decoding alone is another."""


def decoding_rows(headline: PairedTables, others: Sequence[Pair]) -> tuple[DecodingRow, ...]:
    """Compare a pair under other decodings, each against the gain of the headline's tables.

    Raises
    ------
    NotComparableError
        Where questions, graders, weights, prompts or precision differ, where a pair was decoded in
        two ways, or where nothing differs at all.
    """
    if not others:
        return ()
    outcomes = [_outcomes(headline, other) for other in others]
    here = headline.at(headline.base.headline_budget)
    rows = zip(others, outcomes, decoding_differences(here, outcomes), strict=True)
    return tuple(_row((headline.base, headline.trained), *row) for row in rows)


def twin_row(headline: Pair, twins: Pair, level: float) -> TwinRow:
    """Compare a pair on twins of its questions, which come in the order of the questions.

    Raises
    ------
    NotComparableError
        Where they are twins of other questions.
    """
    budget = headline[0].headline_budget
    if _problems(headline) != _problems(twins):
        raise NotComparableError(
            "the twins are not those of the questions compared, in number or in gold answers, so "
            "no gain can be set beside another; leave out --twins"
        )
    here, there = (
        pair_tables(*pair, confidence_level=level).at(budget) for pair in (headline, twins)
    )
    return TwinRow(
        n=len(there.question_ids),
        base=accuracy(there.base.points()),
        trained=accuracy(there.trained.points()),
        difference=gain_difference(question_gains(there), question_gains(here), level),
        **counted_columns(gain_of(there)),
    )


def _problems(pair: Pair) -> list[tuple[str, str | None]]:
    """Name what questions and their twins share: the number that ends their ids, and the gold."""
    return [(q.id.rpartition("-")[2], q.gold) for q in pair[0].run.questions]


def _outcomes(headline: PairedTables, other: Pair) -> PairedOutcomes:
    _refuse_two_decodings(other)
    for run, its_other in zip((headline.base, headline.trained), other, strict=True):
        same_questions(run.run, its_other.run)
        same_graders(run, its_other)
        _refuse_other_reasons(run.run, its_other.run)
        if run.headline_budget is None:
            _refuse_other_limit(run.run, its_other.run)
    paired = pair_tables(*other, confidence_level=headline.confidence_level)
    return paired.at(headline.base.headline_budget)


def _refuse_two_decodings(other: Pair) -> None:
    base, trained = (table.run.spec for table in other)
    if same_decoding(base.decoding, trained.decoding) is False:
        raise NotComparableError(
            "beside the headline, {base} and {trained} were decoded in two ways; give a pair with "
            "one decoding to --also",
            base=base.model.name,
            trained=trained.model.name,
        )


def _refuse_other_reasons(run: Run, other: Run) -> None:
    """Refuse another model, prompt or precision, and the headline's own decoding."""
    name = run.spec.model.name
    if _same_weights(run, other) is False:
        raise NotComparableError(
            "--also gives other weights than the headline's {name}; give runs of the same two "
            "models",
            name=name,
        )
    other_than = [word for word, field in _SHARED.items() if _is_another(run, other, field)]
    if changed_prompts(run, other):
        other_than.append("prompt")
    if other_than:
        raise NotComparableError(
            "--also gives a run of {name} with another {setting}, so the difference of the gains "
            "would not be the decoding's alone; give runs that differ in nothing else",
            name=name,
            setting=other_than[0],
        )
    if same_decoding(run.spec.decoding, other.spec.decoding) is True:
        raise NotComparableError(
            "--also gives {name} the decoding that the headline has; name another one", name=name
        )


def _is_another(run: Run, other: Run, field: str) -> bool:
    here, there = (getattr(each.spec, field) for each in (run, other))
    # a log's hash is over its own numbering of the questions
    is_hash = field == "prompts_sha256" and run.spec.engine == "imported"
    return "unknown" not in (here, there) and not is_hash and here != there


def _refuse_other_limit(run: Run, other: Run) -> None:
    limits = {each.spec.decoding.max_new_tokens for each in (run, other)} - {None}
    if len(limits) > 1:
        raise NotComparableError(
            "--also gives a log of {model} with another token limit ({limits}), and logs without "
            "token ends can't be cut to the smaller one; give logs with one limit",
            model=run.spec.model.name,
            limits=joined(map(str, sorted(filter(None, limits))), " and "),
        )


def _same_weights(run: Run, other: Run) -> bool | None:
    here, there = (each.spec.model.identity for each in (run, other))
    return None if here is None or there is None else here == there


def _row(
    headline: Pair, other: Pair, outcomes: PairedOutcomes, difference: GainDifference
) -> DecodingRow:
    decodings = [table.run.spec.decoding for table in other]
    known = [decoding.temperature for decoding in decodings]
    are_same = [_same_weights(a.run, b.run) for a, b in zip(headline, other, strict=True)]
    return DecodingRow(
        temperature=None if None in known else max(filter(None, known), default=0.0),
        top_p=decodings[0].top_p,
        seed=decodings[0].seed,
        samples=len(set(outcomes.samples)),
        n=len(outcomes.question_ids),
        base=accuracy(outcomes.base.points()),
        trained=accuracy(outcomes.trained.points()),
        same_models=None if None in are_same else True,
        difference=difference,
        **counted_columns(gain_of(outcomes)),
    )

"""Remarks of one pair: each qualifier as a statement with its numbers, then what else to say.

Which qualifiers hold is not decided here. In files from before a number was recorded, the statement
is the plain one without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.records.verdict import Remark, Statement
from evalsuite.verdict.evidence import deciding_pvalue
from evalsuite.verdict.qualifiers import is_established, larger_budget, may_be_finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from evalsuite.records.comparison import BudgetRow, Comparison, GainDifference, GainRow
    from evalsuite.records.gains import DecodingRow
    from evalsuite.records.groups.recipe import RecipeRow
    from evalsuite.records.passes import Passes
    from evalsuite.records.verdict import Policy, Qualifier

__all__ = ["difference_values", "gain_values", "passes_remark", "remarks_of", "row_values"]


def remarks_of(
    comparison: Comparison, policy: Policy, qualifiers: Sequence[Qualifier]
) -> tuple[Remark, ...]:
    """State every qualifier, in order, then tries, budgets, decodings and the family declared."""
    stated = [
        Remark(code=code, statement=_STATEMENTS.get(code, _plain(code))(comparison, policy))
        for code in qualifiers
    ]
    is_invalid = comparison.is_blocked
    others = [] if is_invalid else _other_budgets(comparison, policy, qualifiers)
    tries = () if is_invalid else passes_remark(comparison, policy)
    decodings = () if is_invalid else _other_decodings(comparison, policy)
    whole = () if is_invalid else _whole_base(comparison)
    return (*stated, *tries, *others, *decodings, *whole, *_family(policy))


def _plain(code: str) -> Callable[[Comparison, Policy], Statement]:
    return lambda _, policy: Statement(key=f"qualifier.{code}", values={"margin": policy.margin})


def _truncation_dominated(comparison: Comparison, policy: Policy) -> Statement:
    largest, bounds = larger_budget(comparison), comparison.truncation.bounds
    if largest is not None and largest.exact > policy.alpha:
        return Statement(key="qualifier.gone_at_largest", values=row_values(largest))
    if largest is not None and largest.gain * comparison.gain.estimate <= 0:
        return Statement(key="qualifier.turned_at_largest", values=row_values(largest))
    if bounds is None:
        return Statement(key="qualifier.truncation_dominated")
    free = {"free_low": bounds.low, "free_high": bounds.high}
    if largest is None:
        return Statement(key="qualifier.bounds", values=free)
    return Statement(key="qualifier.bounds_beside_largest", values=free | row_values(largest))


def _mostly_truncation(comparison: Comparison, policy: Policy) -> Statement:
    made_of, attribution = comparison.made_of, comparison.attribution
    gain = {"gain": comparison.gain.estimate}
    if made_of is not None and made_of.finished is not None:
        values = gain | _part_values(made_of.finished) | {"tokens": made_of.max_new_tokens}
        return Statement(key="qualifier.mostly_finished", values=values)
    if attribution is None or not may_be_finished(comparison):
        return _plain("mostly_truncation")(comparison, policy)
    values = gain | {"part": attribution.finished.gain}
    if comparison.headline_budget is None:
        return Statement(key="qualifier.mostly_unfinished_no_limit", values=values)
    values |= {"tokens": comparison.headline_budget}
    return Statement(key="qualifier.mostly_unfinished", values=values)


def _mostly_format(comparison: Comparison, policy: Policy) -> Statement:
    made_of = comparison.made_of
    if made_of is None or made_of.formatted is None:
        return _plain("mostly_format")(comparison, policy)
    values = {"gain": comparison.gain.estimate} | _part_values(made_of.formatted)
    return Statement(key="qualifier.mostly_formatted", values=values)


def _budget_dependent(comparison: Comparison, policy: Policy) -> Statement:
    row = _dependent_budget(comparison, policy)
    if row is None or row.difference is None:
        return _plain("budget_dependent")(comparison, policy)
    return Statement(
        key="qualifier.another_budget",
        values=row_values(row) | difference_values(row.difference) | _cut_values(row),
    )


def _dependent_budget(comparison: Comparison, policy: Policy) -> BudgetRow | None:
    """Choose the budget to name: the largest stored, else the one nearest below the headline's."""
    differing = [row for row in comparison.budgets if is_established(row.difference, policy)]
    return max(differing, key=lambda row: row.max_new_tokens, default=None)


def _grader_dependent(comparison: Comparison, policy: Policy) -> Statement:
    for grader, row in sorted(comparison.graders.items()):
        if row.difference is not None and is_established(row.difference, policy):
            values = {"grader": grader} | gain_values(row) | difference_values(row.difference)
            return Statement(key="qualifier.another_grader", values=values)
    return _plain("grader_dependent")(comparison, policy)


def _decoding_dependent(comparison: Comparison, policy: Policy) -> Statement:
    row = _dependent_decoding(comparison, policy)
    if row is None:
        return _plain("decoding_dependent")(comparison, policy)
    return Statement(key="qualifier.another_decoding", values=_decoding_values(row))


def _dependent_decoding(comparison: Comparison, policy: Policy) -> DecodingRow | None:
    """Choose the decoding to name: the one whose gain lies furthest from the headline's."""
    differing = [row for row in comparison.decodings if is_established(row.difference, policy)]
    return max(differing, key=lambda row: abs(row.difference.gain), default=None)


def _seed_sensitive(comparison: Comparison, policy: Policy) -> Statement:
    for number, difference in enumerate(comparison.seeds.differences, start=1):
        if is_established(difference, policy):
            values = {"sample": number} | difference_values(difference)
            return Statement(key="qualifier.another_sample", values=values)
    return _plain("seed_sensitive")(comparison, policy)


def _prompts_differ(comparison: Comparison, policy: Policy) -> Statement:
    del policy
    values = {
        "changed": comparison.changed_prompts,
        "n": comparison.n_questions,
    }
    return Statement(key="qualifier.prompts_differ", values=values)


_STATEMENTS: dict[str, Callable[[Comparison, Policy], Statement]] = {
    "truncation_dominated": _truncation_dominated,
    "mostly_truncation": _mostly_truncation,
    "mostly_format": _mostly_format,
    "budget_dependent": _budget_dependent,
    "grader_dependent": _grader_dependent,
    "decoding_dependent": _decoding_dependent,
    "prompts_differ": _prompts_differ,
    "seed_sensitive": _seed_sensitive,
}


def _other_budgets(
    comparison: Comparison, policy: Policy, qualifiers: Sequence[Qualifier]
) -> Iterator[Remark]:
    """Say what the largest budget shows, and how a smaller one would look where it wasn't tested.

    Nothing that ``budget_dependent`` says already.
    """
    largest = larger_budget(comparison)
    is_told = "budget_dependent" in qualifiers
    named = _dependent_budget(comparison, policy) if is_told else None
    if largest is not None and largest is not named:
        statement = Statement(key="qualifier.larger_budget", values=row_values(largest))
        yield Remark(code="larger_budget", statement=statement)
    tight = None if is_told else _untested_budget(comparison)
    if tight is not None:
        values = row_values(tight) | _cut_values(tight)
        statement = Statement(key="qualifier.tight_budget", values=values)
        yield Remark(code="tight_budget", statement=statement)


def _other_decodings(comparison: Comparison, policy: Policy) -> Iterator[Remark]:
    """Tell the gain under every decoding that ``decoding_dependent`` does not name.

    A run that a look stopped has no valid test of the difference.
    """
    if comparison.stopped_early is not None:
        return
    named = _dependent_decoding(comparison, policy)
    for row in comparison.decodings:
        if row is not named:
            differs = is_established(row.difference, policy)
            key = "further_decoding" if differs else "other_decoding"
            statement = Statement(key=f"qualifier.{key}", values=_decoding_values(row))
            yield Remark(code="other_decoding", statement=statement)


def _whole_base(comparison: Comparison) -> Iterator[Remark]:
    whole = comparison.whole_base
    if whole is not None and comparison.stopped_early is None:
        values = gain_values(whole) | {"n": whole.n, "whole": whole.n_whole}
        yield Remark(
            code="whole_base", statement=Statement(key="qualifier.whole_base", values=values)
        )


def _untested_budget(comparison: Comparison) -> BudgetRow | None:
    """Give the largest budget whose interval misses the headline's gain, if none was tested.

    A run that a look stopped has no valid test of it.
    """
    is_early = comparison.stopped_early is not None
    unlike = [
        row
        for row in comparison.budgets
        if row.max_new_tokens < (comparison.headline_budget or 0)
        and (row.difference is None or is_early)
        and not row.interval.low <= comparison.gain.estimate <= row.interval.high
    ]
    return max(unlike, key=lambda row: row.max_new_tokens, default=None)


def _family(policy: Policy) -> Iterator[Remark]:
    if policy.family > 1:
        key = "family" if policy.adjusted_pvalue is None else "family_holm"
        values = {"size": policy.family, "adjusted": policy.adjusted_pvalue}
        yield Remark(code="family", statement=Statement(key=f"qualifier.{key}", values=values))


def gain_values(row: GainRow) -> dict[str, Any]:
    """Give a gain with its interval and p-value to a sentence."""
    return {
        "gain": row.gain,
        "low": row.interval.low,
        "high": row.interval.high,
        "exact": row.exact,
    }


def row_values(row: BudgetRow | RecipeRow) -> dict[str, Any]:
    """Give the gain at a budget to a sentence."""
    return gain_values(row) | {"tokens": row.max_new_tokens}


def _part_values(part: GainRow) -> dict[str, Any]:
    return {"part": part.gain, "part_low": part.interval.low, "part_high": part.interval.high}


def difference_values(difference: GainDifference) -> dict[str, Any]:
    """Give a difference of two gains to a sentence."""
    return {
        "difference": difference.gain,
        "difference_low": difference.interval.low,
        "difference_high": difference.interval.high,
        "adjusted": difference.adjusted,
    }


def _decoding_values(row: DecodingRow) -> dict[str, Any]:
    key = "unrecorded" if row.temperature is None else "sampled" if row.temperature else "greedy"
    how = Statement(
        key=f"decoding.{key}" + ("" if row.samples > 1 or key == "greedy" else "_once"),
        values={"temperature": row.temperature, "samples": row.samples},
    )
    return {"decoding": how} | gain_values(row) | difference_values(row.difference)


def _cut_values(row: BudgetRow) -> dict[str, Any]:
    return {"base_cut": row.base.truncated / row.n, "trained_cut": row.trained.truncated / row.n}


def passes_remark(comparison: Comparison, policy: Policy) -> Iterator[Remark]:
    """Say *sharpened*, *widened* or *narrowed*, where several samples establish it.

    The words are about two gains, in one try and in the most tries that the samples hold. Each
    rests on a test of their difference on every question, and on a gain established itself.
    """
    passes = comparison.passes
    # the tests are of a fixed number of questions; where a look stopped the run they do not hold
    if passes is None or comparison.stopped_early is not None:
        return
    word = _word(comparison, passes, policy)
    if word is not None:
        key = f"passes.{word}"
        if word == "sharpened" and _is_shown(passes.tries[-1], policy):
            key = "passes.sharpened_partly"
        yield Remark(code=word, statement=Statement(key=key, values=_values(passes)))


def _word(comparison: Comparison, passes: Passes, policy: Policy) -> str | None:
    contrast, most = passes.contrast, passes.tries[-1]
    if not (is_established(contrast, policy) and contrast.exact <= _share(policy)):
        return None
    if contrast.gain < 0:
        return "widened" if most.gain > 0 and _is_shown(most, policy) else None
    if most.gain < 0 and _is_shown(most, policy):
        return "narrowed"
    # one try is the headline, whose own test decides about it
    pvalue = deciding_pvalue(comparison.mcnemar.exact, comparison.gain.clusters)
    is_improved = comparison.gain.estimate > 0 and pvalue <= _share(policy)
    return "sharpened" if is_improved else None


def _is_shown(row: GainRow, policy: Policy) -> bool:
    return row.exact <= _share(policy) and row.interval.excludes_zero


def _share(policy: Policy) -> float:
    """Give each model of a family its share of alpha."""
    return policy.alpha / max(policy.family, 1)


def _values(passes: Passes) -> dict[str, float | int]:
    first, most = passes.tries[0], passes.tries[-1]
    return {
        "first": first.gain,
        "first_low": first.interval.low,
        "first_high": first.interval.high,
        "most": most.gain,
        "most_low": most.interval.low,
        "most_high": most.interval.high,
        "k": most.k,
        "gone": round(passes.contrast.gain / first.gain, 2) if first.gain else 0.0,
    }

"""The command that makes a report again, from what its record tells.

It names everything that the verdict depends on: questions, budgets, the policy, and how the pair
was looked at. Where something can't be named, there is no command rather than one that would do
something else.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from evalsuite.records.verdict import Policy
from evalsuite.reporting.outputs.inert import one_line, visible

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.records.groups.curve import CurveComparison
    from evalsuite.records.groups.suite import SuiteComparison
    from evalsuite.reporting.page import Page, RecipeSource
    from evalsuite.reporting.source import Source

__all__ = ["command_of"]


def command_of(page: Page) -> str | None:
    """Write the command; None where names or runs are not known."""
    if page.recipe is not None:
        return _from_seeds(page.recipe, page.first)
    if page.curve is not None:
        return _from_checkpoints(page.curve, page.first)
    if page.suite is not None:
        return _from_tasks(page.suite, page.parts)
    return _from_runs(page.parts)


def _from_runs(parts: Sequence[Source]) -> str | None:
    """Write the command that makes this comparison again from its stored runs."""
    first = parts[0].comparison
    also = list(_other_decodings(first))
    names = [_run_of(first.provenance, "base")]
    names += [_run_of(part.comparison.provenance, "trained") for part in parts]
    # Twins are other questions to generate, which no stored run has.
    if None in (*names, *also) or first.twins is not None:
        return None
    noise = ["--noise-floor"] if first.noise_floor is not None else []
    chosen = [*_options(parts[0]), *(f"--also {pair}" for pair in also), *noise]
    return " ".join(["evalsuite compare", *map(str, names), *chosen])


def _run_of(sides: object, side: str) -> str | None:
    """Name the stored run of a side, as a shell takes it."""
    known = sides.get(side) if isinstance(sides, Mapping) else None
    name = known.get("run") if isinstance(known, Mapping) else None
    return shlex.quote(f"run:{one_line(name)}") if isinstance(name, str) else None


def _other_decodings(comparison: Comparison) -> Iterator[str | None]:
    for pair in comparison.provenance.get("also", ()):
        runs = [_run_of(pair, side) for side in ("base", "trained")]
        yield None if None in runs else ",".join(map(str, runs))


def _from_seeds(source: RecipeSource, first: Source) -> str:
    """Write the command that makes a recipe's comparison again from the same aliases."""
    recipe = source.comparison.recipe
    seeds = ",".join(str(row.seed) for row in recipe.seeds)
    base = f"'{source.name('base')}@{seeds}'" if recipe.paired_by_seed else source.name("base")
    models = [base, f"'{source.name('trained')}@{seeds}'"]
    return visible(" ".join(["evalsuite compare", *models, *_options(first)]))


def _from_checkpoints(record: CurveComparison, first: Source) -> str | None:
    """Write the command that makes a curve again; None where its pattern is not known."""
    pattern = record.provenance.get("pattern")
    if not isinstance(pattern, str):
        return None
    models = [shlex.quote(one_line(name)) for name in (record.curve.base, pattern)]
    task, _, split = record.task.partition(" ")
    asked = ["--task", shlex.quote(one_line(task))]
    asked += ["--split", shlex.quote(one_line(split))] if split not in ("", "test") else []
    return visible(" ".join(["evalsuite compare", *models, *asked, *_options(first)]))


def _from_tasks(record: SuiteComparison, parts: Sequence[Source]) -> str | None:
    """Write the command that makes a suite again; None where its names are not known."""
    names = record.provenance.get("names")
    if not isinstance(names, (list, tuple)) or not all(isinstance(name, str) for name in names):
        return None
    asked = [f"--task {shlex.quote(one_line(task))}" for task in record.provenance.get("tasks", ())]
    options = [tuple(_options(part)) for part in parts]
    shared = (each for each in options[0] if all(each in others for others in options))
    models = map(shlex.quote, map(one_line, names))
    return visible(" ".join(["evalsuite compare", *models, *asked, *shared]))


def _options(source: Source) -> Iterator[str]:
    comparison = source.comparison
    yield from _questions(comparison)
    budgets = [row.max_new_tokens for row in comparison.budgets]
    if budgets:
        yield f"--max-new-tokens {','.join(map(str, budgets))}"
        if comparison.headline_budget not in (None, max(budgets)):
            yield f"--headline-budget {comparison.headline_budget}"
    yield from _policy(source.policy)
    yield from _looks(comparison)
    if comparison.whole_base is not None:
        yield "--use-all-of-base"


def _questions(comparison: Comparison) -> Iterator[str]:
    seeds, chosen = comparison.seeds, comparison.headline_set
    if chosen == "first":
        yield f"--first {comparison.n_questions}"
    elif chosen == "subset":
        yield f"--subset {seeds.subsets[0]}:{seeds.subset_size}"
    else:
        yield f"--seeds {len(seeds.subsets)}"
        if seeds.subsets:
            yield f"--subset-size {seeds.subset_size}"
        if chosen == "union":
            yield "--no-full"


def _policy(policy: Policy) -> Iterator[str]:
    """Name what was decided before looking; levels where they are not the usual ones."""
    yield f"--margin {100 * policy.margin:g}"
    follows = policy.confidence_level == round(1 - policy.alpha, 12)
    if policy.alpha != Policy().alpha or not follows:
        yield f"--alpha {policy.alpha:g}"
    if not follows:  # each of the two follows from the other where only one is given
        yield f"--confidence {policy.confidence_level:g}"
    if policy.declared:
        yield f"--declare {','.join(policy.declared)}"


def _looks(comparison: Comparison) -> Iterator[str]:
    looked = comparison.stopped_early
    if looked is not None:
        yield "--stop-early"
        if looked.design != "planned":
            yield "--looks anytime"

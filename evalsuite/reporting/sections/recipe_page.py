"""One report on a recipe: what its training seeds show together, then each seed's own page.

Nothing is judged here. The first lines say whether the claim is about these runs or about the
recipe; every seed stands in the first table with its own verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.codec import to_json
from evalsuite.reporting.blocks import Block, Code, Section, Text
from evalsuite.reporting.outputs.inert import one_line, visible
from evalsuite.reporting.recipe_source import RecipeSource
from evalsuite.reporting.sections.background import check_blocks
from evalsuite.reporting.sections.family_sections import each, family_budgets, family_checks
from evalsuite.reporting.sections.opening import headline, task_name
from evalsuite.reporting.sections.provenance import provenance
from evalsuite.reporting.sections.qualifiers import qualifier_sentences
from evalsuite.reporting.sections.recipe_claims import claims
from evalsuite.reporting.sections.recipe_opening import (
    recipe_chips,
    recipe_qualifiers,
    recipe_summary,
    recipe_tests,
    recipe_title,
    recipe_tone,
    told_decision,
    told_headline,
)
from evalsuite.reporting.sections.recipe_rows import budget_rows, grader_rows, settings
from evalsuite.reporting.sections.recipe_seeds import seed_grid, seeds_section
from evalsuite.reporting.source import Source, count, points
from evalsuite.reporting.telling import doubts
from evalsuite.reporting.view import Member, ReportView
from evalsuite.reporting.wording import Link, Phrase, just, words

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.recipe import RecipeComparison

__all__ = ["recipe_view"]


def recipe_view(found: RecipeComparison, folders: Sequence[str], *, lang: str = "en") -> ReportView:
    """Turn a recipe comparison into one finished report.

    Parameters
    ----------
    found
        Judged.
    folders
        Subfolder of each seed's own report, plain file names in order of seed.
    lang
        ``en`` or ``zh``.

    Returns
    -------
    ReportView
        Every output lays it out as it does the view of one comparison.

    Raises
    ------
    InvalidInputError
        For an unknown language.
    """
    catalogue = words(lang)
    source = RecipeSource(found, catalogue)
    sources = [
        Source(one, catalogue, f"comparisons.{i}.") for i, one in enumerate(found.comparisons)
    ]
    members = tuple(_member(*pair) for pair in zip(sources, folders, strict=True))
    budgets = budget_rows(source)
    return ReportView(
        words=catalogue,
        title=recipe_title(source, sources[0]),
        names=(source.name("base"), source.name("trained")),
        task=task_name(sources[0]),
        headline=told_headline(source),
        decision=told_decision(source),
        tone=recipe_tone(source),
        summary=recipe_summary(source, sources[0]),
        qualifiers=tuple(recipe_qualifiers(source)),
        chips=tuple(recipe_chips(source)),
        doubts=tuple(doubts(found.checks, catalogue)),
        stamp=just(one_line(f"evalsuite {found.provenance.get('evalsuite', '')}", longest=40)),
        tests=recipe_tests(source),
        subsets=seed_grid(source),
        budgets=budgets,
        sections=(
            seeds_section(source),
            claims(source),
            _budgets(source, sources, members),
            each(catalogue, members),
            settings(source),
            _checks(source, sources, members),
            _methods(source, sources[0]),
            provenance(*sources, command=_command(source)),
        ),
        results=to_json(found),
    )


def _member(source: Source, folder: str) -> Member:
    name = one_line(source.comparison.trained.name, longest=60)
    return Member(
        name=just(Link(text=name, href=f"{folder}/report.html")),
        headline=headline(source),
        qualifiers=tuple(
            pair for pair in qualifier_sentences(source) if pair[0] != "one_checkpoint"
        ),
    )


def _budgets(source: RecipeSource, sources: Sequence[Source], members: Sequence[Member]) -> Section:
    per_seed = family_budgets(sources, members).blocks
    if source.found.recipe.paired_by_seed:
        per_seed = per_seed[-1:]  # each seed has a base of its own; the mean tells of both sides
    grid = budget_rows(source)
    mean = () if grid is None else (grid,)
    return Section(
        id="budgets",
        title=source.words.text("recipe.budgets_section"),
        blocks=(*mean, grader_rows(source), *per_seed),
    )


def _checks(source: RecipeSource, sources: Sequence[Source], members: Sequence[Member]) -> Section:
    own = tuple(check_blocks(source.found.checks, source.words))
    per_seed = family_checks(sources, members)
    return Section(id="checks", title=per_seed.title, blocks=(*own, *per_seed.blocks))


def _methods(source: RecipeSource, first: Source) -> Section:
    text = " ".join(map(str, _method_sentences(source, first)))
    blocks: tuple[Block, ...] = (
        Text(phrase=source.words.say("methods.intro")),
        Code(id="methods-text", label=source.words.text("methods.label"), text=text, prose=True),
    )
    return Section(id="methods", title=source.words.text("methods.section"), blocks=blocks)


def _method_sentences(source: RecipeSource, first: Source) -> Iterator[Phrase]:
    say, found = source.words.say, source.found
    yield say(
        "recipe.design_paired" if found.recipe.paired_by_seed else "recipe.design",
        base=source.name("base"),
        trained=source.name("trained"),
        n=source.seeds(),
        questions=source.count("recipe.n_questions"),
        task=one_line(found.task),
    )
    if found.headline_budget is not None:
        yield say("methods.budget", tokens=source.count("headline_budget"))
    yield say(
        "recipe.result",
        gain=source.signed("gain.estimate"),
        level=source.level("gain.confidence_level"),
        runs=source.mean_gain("new_questions"),
        recipe=source.mean_gain("recipe"),
        freedom=count(found.recipe.n_seeds - 1),
        exact=source.pvalue("recipe.tests.questions"),
        n=source.seeds(),
    )
    yield say(
        "methods.policy",
        alpha=str(source.policy.alpha),
        margin=points(source.policy.margin),
        family=count(first.policy.family),
    )


def _command(source: RecipeSource) -> str:
    """Write the command that makes this comparison again from the same aliases."""
    found, recipe = source.found, source.found.recipe
    seeds = ",".join(str(row.seed) for row in recipe.seeds)
    base = f"'{source.name('base')}@{seeds}'" if recipe.paired_by_seed else source.name("base")
    subsets = found.comparisons[0].seeds
    parts = [f"evalsuite compare {base} '{source.name('trained')}@{seeds}'"]
    parts.append(f"--seeds {len(subsets.subsets)}")
    if subsets.subsets:
        parts.append(f"--subset-size {subsets.subset_size}")
    if found.budgets:
        parts.append(f"--max-new-tokens {','.join(str(b.max_new_tokens) for b in found.budgets)}")
    parts.append(f"--margin {100 * source.policy.margin:g}")
    return visible(" ".join(parts))

"""Claims of a recipe: the gain of these runs, of its average or of one new run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.groups.recipe import SEEDS_TO_JUDGE
from evalsuite.reporting.blocks import Block, Grid, Row, Section, Text
from evalsuite.reporting.page import SHOWN, Page, RecipeSource
from evalsuite.reporting.source import NONE
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from evalsuite.records.groups.recipe import Scope

__all__ = ["claims"]

CLAIMS = ("same_questions", "new_questions", "recipe_same_questions", "recipe", "prediction")

_ABOUT_RECIPE = {"improved": "claims.about_recipe", "regressed": "claims.about_recipe_below"}


def claims(page: Page) -> Section | None:
    """Show how the interval widens with the claim."""
    source = page.recipe
    if source is None:
        return None
    words, recipe = source.words, source.comparison.recipe
    grid = Grid(
        id="claims-data",
        caption=words.say("claims.caption", n=source.seeds(), questions=_questions(source)),
        columns=words.texts("claims.columns"),
        rows=tuple(
            _claim_row(source, claim, page.first.temperature)
            for claim in CLAIMS
            # files from before the prediction was computed have none
            if getattr(recipe.scopes, claim) is not None
        ),
        textual=(5,),
        note=words.say("claims.note"),
    )
    blocks: list[Block] = [Text(phrase=words.say(_scope_key(source), n=source.seeds())), grid]
    if recipe.tests.seeds is not None:
        flip = words.say(
            "claims.seed_flip", n=source.seeds(), exact=source.pvalue("recipe.tests.seeds")
        )
        blocks.append(Text(phrase=flip, role="note"))
    return Section(id="claims", title=words.text("claims.section"), blocks=tuple(blocks))


def _questions(source: RecipeSource) -> Phrase:
    return just(source.count("recipe.n_questions"))


def _scope_key(source: RecipeSource) -> str:
    if source.scope == "recipe":
        verdict = source.comparison.verdict
        return _ABOUT_RECIPE.get(verdict.decision if verdict else "", "claims.about_recipe_average")
    return (
        "claims.about_few"
        if source.comparison.recipe.n_seeds < SEEDS_TO_JUDGE
        else "claims.about_runs"
    )


def _claim_row(source: RecipeSource, claim: str, temperature: float | None) -> Row:
    key = f"recipe.scopes.{claim}"
    samples = source.comparison.recipe.samples
    reason = _reason(claim, samples=samples, temperature=temperature)
    scope: Scope = getattr(source.comparison.recipe.scopes, claim)
    is_known = scope.standard_error is not None
    return Row(
        cells=(
            source.words.say(f"claims.{claim}"),
            source.mean_gain(claim),
            just(source.points(f"{key}.standard_error")) if is_known else NONE,
            just(source.count(f"{key}.degrees_of_freedom")) if is_known else NONE,
            source.pcell(f"{key}.pvalue"),
            Phrase() if is_known else source.words.say(reason),
        ),
        role="headline" if SHOWN[source.scope] == claim else "",
    )


def _reason(claim: str, *, samples: int, temperature: float | None) -> str:
    """Choose why a claim has no spread of its own; one answer a question may be greedy or not."""
    if claim != "same_questions" or samples > 1:
        return "claims.no_spread"
    if temperature is None:
        return "claims.unrecorded"
    return "claims.sampled_once" if temperature > 0 else "claims.no_samples"

"""Recipe: every training seed beside their mean, in order of seed, never of success."""

from __future__ import annotations

import math
from itertools import chain
from typing import TYPE_CHECKING

from evalsuite.records.groups.recipe import SEEDS_TO_JUDGE
from evalsuite.reporting.blocks import Dot, ForestDrawing, Grid, Plot, Row, Section, Text
from evalsuite.reporting.drawing.forests import dot, forest_drawing
from evalsuite.reporting.page import SHOWN, Page, RecipeSource
from evalsuite.reporting.source import NONE, chance_number, count, points, share
from evalsuite.reporting.wording import Phrase, just

if TYPE_CHECKING:
    from collections.abc import Iterator

    from evalsuite.records.groups.recipe import Scope
    from evalsuite.reporting.wording import Number

__all__ = ["recipe", "seed_grid"]


def recipe(page: Page) -> Section | None:
    """Draw every seed beside their mean, and say how far they spread."""
    source = page.recipe
    if source is None:
        return None
    say, spread = source.words.say, source.comparison.recipe.gain_spread
    title = say(
        "recipe.found",
        n=source.seeds(),
        low=source.signed("recipe.gain_spread.low"),
        high=source.signed("recipe.gain_spread.high"),
    )
    if spread.low == spread.high:
        title = say("recipe.found_alike", n=source.seeds(), gain=source.signed("gain.estimate"))
    plot = Plot(
        id="recipe",
        title=title,
        alt=str(say("recipe.alt", title=title, level=source.level("gain.confidence_level"))),
        drawing=_drawing(source),
        aid=say("recipe.aid", margin=points(source.policy.margin)),
        how=source.words.text("recipe.how"),
        grid=seed_grid(source),
        open_grid=True,
    )
    spread_blocks = (Text(phrase=phrase) for phrase in _spread(source))
    return Section(
        id="recipe", title=source.words.text("recipe.section"), blocks=(plot, *spread_blocks)
    )


def _drawing(source: RecipeSource) -> ForestDrawing:
    dots = chain(_seeds(source), _wholes(source))
    headings = f"recipe.headings{_counted(source)}"
    return forest_drawing(source.words, source.policy.margin, dots, headings=headings)


def _counted(source: RecipeSource) -> str:
    """Choose the wording: of questions, where pairs of answers are none."""
    is_by_pair = all(row.clusters is None for row in source.comparison.recipe.seeds)
    return "" if is_by_pair else "_questions"


def _seeds(source: RecipeSource) -> Iterator[Dot]:
    for i, row in enumerate(source.comparison.recipe.seeds):
        yield dot(
            row.gain,
            row.interval,
            label=source.words.say("recipe.seed", seed=str(row.seed)),
            shown=source.gain(f"recipe.seeds.{i}"),
            aside=(str(share(row.accuracy)), " / ".join(map(str, _moved(source, i)))),
        )


def _moved(source: RecipeSource, i: int) -> tuple[Number, Number]:
    key = f"recipe.seeds.{i}"
    return source.moved(f"{key}.clusters", key)


def _wholes(source: RecipeSource) -> Iterator[Dot]:
    """Draw the mean for these runs, for the recipe's average, and for one new run."""
    for claim in ("new_questions", "recipe", "prediction"):
        scope: Scope | None = getattr(source.comparison.recipe.scopes, claim)
        if scope is not None and scope.interval is not None:
            yield dot(
                source.comparison.gain.estimate,
                scope.interval,
                label=source.words.say(f"recipe.mean_{claim}", n=source.seeds()),
                shown=source.mean_gain(claim),
                is_whole=True,
                aside=("", ""),
            )


def seed_grid(source: RecipeSource) -> Grid:
    """Tabulate every seed with its own verdict, then their mean."""
    words, numbers = source.words, source.comparison.recipe
    freedom = max(numbers.n_seeds - 1, 0)
    return Grid(
        id="recipe-data",
        caption=words.say("recipe.caption", n=source.seeds()),
        columns=words.texts(f"recipe.columns{_counted(source)}"),
        rows=(
            *(_seed_row(source, i) for i in range(numbers.n_seeds)),
            _mean_row(source, "new_questions", source.pcell("recipe.tests.questions")),
            _mean_row(source, "recipe", source.pcell("recipe.scopes.recipe.pvalue")),
            *_prediction_rows(source),
        ),
        textual=(7,),
        dispensable=(1, 3, 4, 2),
        note=words.say(f"recipe.note{_counted(source)}", n=source.seeds(), freedom=count(freedom)),
    )


def _seed_row(source: RecipeSource, i: int) -> Row:
    key = f"recipe.seeds.{i}"
    seed = str(source.comparison.recipe.seeds[i].seed)
    return Row(
        cells=(
            source.words.say("recipe.seed", seed=seed),
            *source.cells(key, sides=("base_accuracy", "accuracy")),
            source.words.say(f"decision.{source.value(f'{key}.decision')}"),
        )
    )


def _mean_row(source: RecipeSource, claim: str, pvalue: Phrase) -> Row:
    words, is_shown = source.words, SHOWN[source.scope] == claim
    verdict = source.comparison.verdict
    decision = NONE
    if is_shown and verdict is not None:
        decision = words.say(f"decision.{verdict.decision}")
    elif claim == "recipe":
        decision = words.say(_why_not(source))
    is_runs = claim == "new_questions"
    return Row(
        cells=(
            words.say(f"recipe.mean_{claim}", n=source.seeds()),
            just(source.percent("recipe.base_accuracy")) if is_runs else Phrase(),
            just(source.percent("recipe.trained_accuracy")) if is_runs else Phrase(),
            Phrase(),
            Phrase(),
            source.mean_gain(claim),
            pvalue,
            decision,
        ),
        role="headline" if is_shown else "total",
    )


def _prediction_rows(source: RecipeSource) -> Iterator[Row]:
    """Show one new run with its chance of a gain; none in files that hold no prediction."""
    recipe = source.comparison.recipe
    chance = recipe.next_above_base
    if chance is None or recipe.scopes.prediction is None:
        return
    number = chance_number(chance, key="recipe.next_above_base")
    yield Row(
        cells=(
            source.words.say("recipe.mean_prediction"),
            *(Phrase(),) * 4,
            source.mean_gain("prediction"),
            NONE,
            source.words.say("recipe.chance", chance=number),
        ),
        role="total",
    )


def _why_not(source: RecipeSource) -> str:
    is_few = source.comparison.recipe.n_seeds < SEEDS_TO_JUDGE
    return "recipe.too_few" if is_few else "recipe.not_shown"


def _spread(source: RecipeSource) -> Iterator[Phrase]:
    """Say how far the seeds' accuracies lie apart, and how much of that chance explains."""
    numbers = source.comparison.recipe
    for side, spread in (("spread", numbers.spread), ("base_spread", numbers.base_spread)):
        if spread is None:
            continue
        name = source.name("trained" if side == "spread" else "base")
        if spread.sd is None or spread.interval is None:
            yield source.words.say("recipe.alike", name=name, n=count(spread.n_seeds))
            continue
        key = f"recipe.{side}"
        yield source.words.say(
            "recipe.spread",
            name=name,
            n=source.count(f"{key}.n_seeds"),
            sd=source.points(f"{key}.sd"),
            level=source.level("gain.confidence_level"),
            sd_low=source.points(f"{key}.interval.low"),
            sd_high=source.points(f"{key}.interval.high"),
            lowest=source.percent(f"{key}.low"),
            highest=source.percent(f"{key}.high"),
        )
    yield from _parts(source)


def _parts(source: RecipeSource) -> Iterator[Phrase]:
    numbers = source.comparison.recipe
    parts = numbers.components
    if parts is None or parts.rest == 0:
        return
    noise = points(math.sqrt(parts.rest / numbers.n_questions))
    if "seeds" in parts.truncated:
        yield source.words.say("recipe.only_chance", n=source.seeds(), noise=noise)
    else:
        own = points(math.sqrt(parts.seeds))
        yield source.words.say("recipe.own_spread", n=source.seeds(), noise=noise, own=own)

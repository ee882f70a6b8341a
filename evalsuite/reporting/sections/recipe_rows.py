"""The mean over training seeds by token budget and by grader, and the settings of the recipe."""

from __future__ import annotations

import json

from evalsuite.reporting.blocks import Block, Facts, Grid, Row, Section, Text
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.recipe_source import NONE, RecipeSource
from evalsuite.reporting.wording import Phrase, just

__all__ = ["budget_rows", "grader_rows", "settings"]


def budget_rows(source: RecipeSource) -> Grid | None:
    """Tabulate the mean over seeds at every token budget.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Grid or None
        None for logs that can't be cut.
    """
    words, found = source.words, source.found
    if not found.budgets:
        return None
    return Grid(
        id="recipe-budgets",
        caption=words.say("recipe.budget_caption", n=source.seeds()),
        columns=_budget_columns(source),
        rows=tuple(_budget_row(source, i) for i in range(len(found.budgets))),
        textual=(7,),
        dispensable=(6, 3, 4),
        note=words.say("recipe.budget_note"),
    )


def _budget_columns(source: RecipeSource) -> tuple[str, ...]:
    tokens, gain, pvalue, verdict = source.words.texts("recipe.budget_columns")
    named = source.named(source.words.texts("recipe.sides"), at=0)
    cut = (str(source.words.say("recipe.cut_off", name=name)) for name in named)
    return (tokens, *cut, *named, gain, pvalue, verdict)


def _budget_row(source: RecipeSource, i: int) -> Row:
    key, row = f"budgets.{i}", source.found.budgets[i]
    cut = (
        just(source.percent(f"{key}.{side}_truncated"))
        if getattr(row, f"{side}_truncated") is not None
        else NONE
        for side in ("base", "trained")
    )
    is_headline = row.max_new_tokens == source.found.headline_budget
    return Row(
        cells=(just(source.count(f"{key}.max_new_tokens")), *cut, *_row_cells(source, key)),
        role="headline" if is_headline else "",
    )


def _row_cells(source: RecipeSource, key: str) -> tuple[Phrase, ...]:
    return (
        just(source.percent(f"{key}.base")),
        just(source.percent(f"{key}.trained")),
        source.gain(key),
        source.pcell(f"{key}.exact"),
        source.words.say(f"decision.{source.value(f'{key}.decision')}"),
    )


def grader_rows(source: RecipeSource) -> Grid:
    """Tabulate the mean over seeds by grader.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Grid
    """
    words = source.words
    return Grid(
        id="recipe-graders",
        caption=words.say("recipe.grader_caption", n=source.seeds()),
        columns=source.named(words.texts("recipe.grader_columns"), at=1),
        rows=tuple(
            Row(cells=(just(one_line(name)), *_row_cells(source, f"graders.{name}")))
            for name in sorted(source.found.graders, reverse=True)
        ),
        textual=(5,),
    )


def settings(source: RecipeSource) -> Section:
    """List what the runs share, and in what two recipes differ.

    Parameters
    ----------
    source
        The comparison.

    Returns
    -------
    Section
    """
    words, found = source.words, source.found.recipe
    blocks: list[Block] = []
    if found.paired_by_seed and found.differing:
        blocks.append(_differing(source))
    if found.settings:
        pairs = tuple(
            (one_line(name), just(_shown(v))) for name, v in sorted(found.settings.items())
        )
        label = words.say("recipe.settings_label", name=source.name("trained"), n=source.seeds())
        blocks.append(Facts(label=str(label), pairs=pairs, folded=True))
    else:
        blocks.append(Text(phrase=words.say("recipe.no_manifest"), role="missing"))
    return Section(id="settings", title=words.text("recipe.settings_section"), blocks=tuple(blocks))


def _differing(source: RecipeSource) -> Grid:
    found = source.found.recipe
    return Grid(
        id="differing-data",
        caption=source.words.say("recipe.differing_caption"),
        columns=(source.words.text("recipe.setting"), source.name("base"), source.name("trained")),
        rows=tuple(
            Row(cells=(just(one_line(key)), *(just(_shown(value)) for value in values)))
            for key, values in sorted(found.differing.items())
        ),
        textual=(1, 2),
    )


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return one_line(text, longest=80)

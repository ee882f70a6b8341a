"""Settings of a recipe: what its training runs share, and in what two recipes differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Block, Facts, Grid, Row, Section, Text
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.sections.provenance import setting_text
from evalsuite.reporting.wording import just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page, RecipeSource

__all__ = ["settings"]


def settings(page: Page) -> Section | None:
    """List what the runs share, and in what two recipes differ."""
    source = page.recipe
    if source is None:
        return None
    words, recipe = source.words, source.comparison.recipe
    blocks: list[Block] = []
    if recipe.paired_by_seed and recipe.differing:
        blocks.append(_differing(source))
    if recipe.settings:
        pairs = tuple(
            (one_line(name), just(setting_text(v, longest=80)))
            for name, v in sorted(recipe.settings.items())
        )
        label = words.say("recipe.settings_label", name=source.name("trained"), n=source.seeds())
        blocks.append(Facts(label=str(label), pairs=pairs, folded=True))
    else:
        blocks.append(Text(phrase=words.say("recipe.no_manifest"), role="missing"))
    return Section(id="settings", title=words.text("recipe.settings_section"), blocks=tuple(blocks))


def _differing(source: RecipeSource) -> Grid:
    recipe = source.comparison.recipe
    return Grid(
        id="differing-data",
        caption=source.words.say("recipe.differing_caption"),
        columns=(source.words.text("recipe.setting"), source.name("base"), source.name("trained")),
        rows=tuple(
            Row(
                cells=(
                    just(one_line(key)),
                    *(just(setting_text(value, longest=80)) for value in values),
                )
            )
            for key, values in sorted(recipe.differing.items())
        ),
        textual=(1, 2),
    )

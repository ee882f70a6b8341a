"""Token budgets: how often answers are cut off, and what that does to the gain.

One comparison has a row a budget, several have a row each; a recipe has the mean over its seeds
before them. Each task of a suite has its own budget.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from evalsuite.records.comparison import SIDES
from evalsuite.reporting.blocks import Block, Grid, Plot, Row, Section, Text
from evalsuite.reporting.drawing.budget_panels import budget_panels
from evalsuite.reporting.opening.every_budget import budget_slider
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.page import RecipeSource
from evalsuite.reporting.source import NONE, Source, count, has_figures, share, signed
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.page import Page

__all__ = ["budget_grid", "budgets", "cut_off"]


def budgets(page: Page) -> Section | None:
    """Show cut-off answers, accuracy and gain at every token budget."""
    if page.suite is not None:
        return _of_tasks(page)
    if page.alone is not None:
        return _of_one(page.alone)
    if page.recipe is None:
        title = page.words.text("budgets.section")
        return Section(id="budgets", title=title, blocks=_of_each(page))
    blocks = _of_each(page)
    if page.recipe.comparison.recipe.paired_by_seed:
        blocks = blocks[-1:]  # each seed has a base of its own; the mean tells of both sides
    grid = _mean_grid(page.recipe)
    mean = () if grid is None else (grid,)
    title = page.words.text("recipe.budgets_section")
    return Section(id="budgets", title=title, blocks=(*mean, _mean_by_grader(page.recipe), *blocks))


def budget_grid(page: Page) -> Grid | None:
    """Tabulate every budget for the short outputs; None where they have no room or no budget."""
    if page.recipe is not None:
        return _mean_grid(page.recipe)
    source = page.alone
    if source is None or not source.comparison.budgets:
        return None
    return _grid(source)


def cut_off(source: Source | RecipeSource, i: int, side: str) -> Phrase:
    """Give the share of a side's answers that the budget at position ``i`` cuts off."""
    key = f"budgets.{i}"
    if not isinstance(source, RecipeSource):
        return just(share(source.value(f"{key}.{side}.truncated") / source.value(f"{key}.n")))
    is_known = source.value(f"{key}.{side}_truncated") is not None
    return just(source.percent(f"{key}.{side}_truncated")) if is_known else NONE


def _of_one(source: Source) -> Section:
    comparison = source.comparison
    blocks: list[Block] = []
    if len(comparison.budgets) > 1:
        blocks += [_plot(source), *_differences(source)]
    else:
        can_be_cut = comparison.budgets or not source.is_logged
        reason = "budgets.missing" if can_be_cut else "budgets.uncut"
        blocks.append(Text(phrase=source.words.say(reason), role="missing"))
        if comparison.budgets:
            blocks.append(_grid(source))
    blocks += [*_training_limit(source), *_lengths(source), *_bounds(source)]
    return Section(id="budgets", title=source.words.text("budgets.section"), blocks=tuple(blocks))


def _grid(source: Source) -> Grid:
    """Tabulate every budget."""
    sides = {side: source.words.model(side) for side in SIDES}
    say, comparison = source.words.say, source.comparison
    rows = tuple(
        Row(
            cells=(
                just(source.count(f"budgets.{i}.max_new_tokens")),
                *(cut_off(source, i, side) for side in SIDES),
                _right_although(source, i),
                *source.cells(f"budgets.{i}", sides=("base.accuracy", "trained.accuracy")),
            ),
            role="headline" if row.max_new_tokens == comparison.headline_budget else "",
        )
        for i, row in enumerate(comparison.budgets)
    )
    return Grid(
        id="budgets-data",
        caption=say("budgets.caption"),
        columns=source.columns("budgets.columns", "budgets.columns_questions"),
        rows=rows,
        dispensable=(3, 9, 6, 7, 4, 5),
        note=say("budgets.note", **sides),
    )


def _right_although(source: Source, i: int) -> Phrase:
    return source.words.say(
        "budgets.right_although",
        **{side: source.count(f"budgets.{i}.{side}.right_although_truncated") for side in SIDES},
    )


def _plot(source: Source) -> Plot:
    say, rows = source.words.say, source.comparison.budgets
    first, last = 0, len(rows) - 1
    title = say(
        "budgets.title",
        first=source.signed(f"budgets.{first}.gain"),
        at_first=source.count(f"budgets.{first}.max_new_tokens"),
        last=source.signed(f"budgets.{last}.gain"),
        at_last=source.count(f"budgets.{last}.max_new_tokens"),
    )
    alt = say(
        "budgets.alt",
        title=title,
        first=cut_off(source, first, "base"),
        last=cut_off(source, last, "base"),
        at_first=source.count(f"budgets.{first}.max_new_tokens"),
        at_last=source.count(f"budgets.{last}.max_new_tokens"),
    )
    return Plot(
        id="budgets",
        title=title,
        alt=str(alt),
        drawing=budget_panels(source),
        aid=_aid(source),
        how=source.words.text("budgets.how"),
        grid=_grid(source),
        open_grid=True,
        slider=budget_slider(source),
    )


def _aid(source: Source) -> Phrase:
    """Say how the lines were made, and where they are exact."""
    curve = source.comparison.budget_curve
    if curve is None:
        return source.words.say("budgets.aid")
    if curve.resolution == 1:
        return source.words.say("budgets.aid_every")
    return source.words.say(
        "budgets.aid_multiples", resolution=source.count("budget_curve.resolution")
    )


def _differences(source: Source) -> tuple[Block, ...]:
    """Set every gain against the headline's; none where they were not tested.

    A look that stopped the run leaves no valid test of them.
    """
    comparison, say = source.comparison, source.words.say
    tested = [i for i, row in enumerate(comparison.budgets) if row.difference is not None]
    if not tested or source.is_early or comparison.verdict is None:
        return ()
    headline = source.count("headline_budget")
    differs = "budget_dependent" in comparison.verdict.qualifiers
    grid = Grid(
        id="budget-differences",
        caption=say("budgets.differences_caption", headline=headline),
        columns=source.words.texts("budgets.differences_columns"),
        rows=tuple(_difference_row(source, i) for i in tested),
        note=say("budgets.differences_note", alpha=str(source.policy.alpha)),
    )
    sentence = say("budgets.differs" if differs else "budgets.no_difference", headline=headline)
    return Text(phrase=sentence, role="note"), grid


def _difference_row(source: Source, i: int) -> Row:
    tokens = just(source.count(f"budgets.{i}.max_new_tokens"))
    return Row(cells=(tokens, *source.difference_cells(f"budgets.{i}.difference")))


def _training_limit(source: Source) -> tuple[Text, ...]:
    log = source.comparison.training
    if log is None or log.max_completion_length is None:
        return ()
    tokens = source.count("training.max_completion_length")
    return (Text(phrase=source.words.say("budgets.training_limit", tokens=tokens), role="note"),)


def _lengths(source: Source) -> tuple[Text, ...]:
    known = source.comparison.diagnostics.get("lengths")
    if not isinstance(known, Mapping):
        return ()
    if not all(has_figures(known.get(side), *_LENGTHS.values(), or_none=True) for side in SIDES):
        return ()
    values = {
        f"{side}_{short}": _length(source, f"diagnostics.lengths.{side}.{name}")
        for side in SIDES
        for short, name in _LENGTHS.items()
    }
    return (Text(phrase=source.words.say("budgets.lengths", **values), role="note"),)


_LENGTHS = {"median": "median", "most": "tokens_for_95_percent"}


def _length(source: Source, key: str) -> Number | str:
    if source.value(key) is None:
        return source.words.text("budgets.not_reached")
    return source.count(key)


def _bounds(source: Source) -> tuple[Text, ...]:
    bounds = source.comparison.truncation.bounds
    if bounds is None:
        return (Text(phrase=source.words.say("budgets.no_record"), role="missing"),)
    if not source.value("truncation.base") and not source.value("truncation.trained"):
        return (Text(phrase=source.words.say("budgets.none_cut"), role="note"),)
    phrase = source.words.say(
        "budgets.bounds",
        low=signed(bounds.low, key="truncation.bounds.low"),
        high=signed(bounds.high, key="truncation.bounds.high"),
        base=source.count("truncation.base"),
        trained=source.count("truncation.trained"),
    )
    return (Text(phrase=phrase, role="note"),)


def _of_each(page: Page) -> tuple[Block, ...]:
    """Tabulate every part's cut-off answers and gain; all have one base and the same budgets."""
    first, say = page.first, page.words.say
    if not first.comparison.budgets:
        return (Text(phrase=say("budgets.no_record"), role="missing"),)
    headings = ("", *(str(count(row.max_new_tokens)) for row in first.comparison.budgets))
    trained = (_cut_row(part, part.link, "trained") for part in page.parts)
    cut = Grid(
        id="cut-data",
        caption=say("models.cut_caption"),
        columns=headings,
        rows=(_cut_row(first, just(page.words.model("base")), "base"), *trained),
    )
    gains = Grid(
        id="gains-data",
        caption=say("models.gain_caption"),
        columns=headings,
        rows=tuple(map(_gains_row, page.parts)),
        note=say("models.budget_note", tokens=first.count("headline_budget")),
    )
    return cut, gains


def _cut_row(source: Source, name: Phrase, side: str) -> Row:
    cells = (cut_off(source, i, side) for i in range(len(source.comparison.budgets)))
    return Row(cells=(name, *cells))


def _gains_row(source: Source) -> Row:
    rows = range(len(source.comparison.budgets))
    return Row(cells=(source.link, *(just(source.signed(f"budgets.{i}.gain")) for i in rows)))


def _mean_grid(source: RecipeSource) -> Grid | None:
    """Tabulate the mean over seeds at every token budget; None for logs that can't be cut."""
    words, comparison = source.words, source.comparison
    if not comparison.budgets:
        return None
    return Grid(
        id="recipe-budgets",
        caption=words.say("recipe.budget_caption", n=source.seeds()),
        columns=_mean_columns(source),
        rows=tuple(_mean_row(source, i) for i in range(len(comparison.budgets))),
        textual=(7,),
        dispensable=(6, 3, 4),
        note=words.say("recipe.budget_note"),
    )


def _mean_columns(source: RecipeSource) -> tuple[str, ...]:
    tokens, gain, pvalue, verdict = source.words.texts("recipe.budget_columns")
    named = tuple(map(source.words.model, SIDES))
    cut = (str(source.words.say("recipe.cut_off", name=name)) for name in named)
    return (tokens, *cut, *named, gain, pvalue, verdict)


def _mean_row(source: RecipeSource, i: int) -> Row:
    key, row = f"budgets.{i}", source.comparison.budgets[i]
    cut = (cut_off(source, i, side) for side in SIDES)
    is_headline = row.max_new_tokens == source.comparison.headline_budget
    return Row(
        cells=(just(source.count(f"{key}.max_new_tokens")), *cut, *_mean_cells(source, key)),
        role="headline" if is_headline else "",
    )


def _mean_cells(source: RecipeSource, key: str) -> tuple[Phrase, ...]:
    return (
        just(source.percent(f"{key}.base")),
        just(source.percent(f"{key}.trained")),
        source.gain(key),
        source.pcell(f"{key}.exact"),
        source.words.say(f"decision.{source.value(f'{key}.decision')}"),
    )


def _mean_by_grader(source: RecipeSource) -> Grid:
    """Tabulate the mean over seeds by grader."""
    words = source.words
    return Grid(
        id="recipe-graders",
        caption=words.say("recipe.grader_caption", n=source.seeds()),
        columns=words.texts("recipe.grader_columns"),
        rows=tuple(
            Row(cells=(just(one_line(name)), *_mean_cells(source, f"graders.{name}")))
            for name in sorted(source.comparison.graders, reverse=True)
        ),
        textual=(5,),
    )


def _of_tasks(page: Page) -> Section:
    """Tabulate the budget of every task's verdict, and the share of answers cut off at it."""
    grid = Grid(
        id="cut-data",
        caption=page.words.say("suite.cut_caption", n=count(len(page.parts))),
        columns=page.words.texts("suite.cut_columns"),
        rows=tuple(map(_task_row, page.parts)),
        note=page.words.say("suite.cut_note"),
    )
    return Section(id="budgets", title=page.words.text("budgets.section"), blocks=(grid,))


def _task_row(source: Source) -> Row:
    is_known = source.value("headline_budget") is not None
    budget = just(source.count("headline_budget")) if is_known else NONE
    return Row(cells=(source.link, budget, *(_task_cut(source, side) for side in SIDES)))


def _task_cut(source: Source, side: str) -> Phrase:
    """Give the share of a side's answers that were cut off; a dash where no end is recorded."""
    truncated = source.value(f"truncation.{side}")
    return NONE if truncated is None else just(share(truncated / source.value(f"{side}.n")))

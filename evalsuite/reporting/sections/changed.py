"""Changed questions: the paired table of which were fixed and which were broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.reporting.blocks import Grid, Plot, Row, Section, SplitDrawing, Text
from evalsuite.reporting.looks import way_of_looking
from evalsuite.reporting.source import Source, count
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from evalsuite.reporting.blocks import Role
    from evalsuite.reporting.page import Page

__all__ = ["changed"]


def changed(page: Page) -> Section | None:
    """Show the paired table: which questions were fixed, which were broken."""
    source = page.alone
    if source is None:
        return None
    if source.comparison.gain.clusters is not None:
        return _of_samples(source)
    say, table = source.words.say, source.comparison.table
    counts = {name: _cell(source, name, linked=bool(page.rows)) for name in _FILTERS}
    if table.losses and table.gains:
        ratio = table.gains / table.losses
        title = say(
            "changed.title_log" if source.is_logged else "changed.title",
            gains=counts["gains"],
            losses=counts["losses"],
            ratio=Number(shown=f"{ratio:.1f}", value=ratio),
        )
    else:
        key = "changed.title_log_plain" if source.is_logged else "changed.title_plain"
        title = say(key, gains=counts["gains"], losses=counts["losses"])
    grid = _paired_grid(source, counts)
    plot = Plot(
        id="changed",
        title=title,
        alt=str(say("changed.alt", **counts)),
        drawing=_split(source),
        aid=say("changed.aid", discordant=count(table.discordant)),
        how=source.words.text("changed.how"),
        grid=grid,
        open_grid=True,
    )
    return Section(
        id="changed",
        title=source.words.text("changed.section"),
        blocks=(plot, Text(phrase=_tests(source), role="note")),
    )


_CLASSES: dict[str, Role] = {"better": "gain", "worse": "loss", "same": "muted"}


def _of_samples(source: Source) -> Section:
    """Show classes of questions: pairs of samples would depend on how samples are numbered."""
    say, text = source.words.say, source.words.text
    counts = {name: source.count(f"gain.clusters.{name}") for name in _CLASSES}
    parts = tuple(
        (text(f"changed.{name}"), int(counts[name].value), str(counts[name]), role, role != "muted")
        for name, role in _CLASSES.items()
    )
    plot = Plot(
        id="changed",
        title=say("changed.title_sampled", **counts),
        alt=str(say("changed.alt_sampled", **counts)),
        drawing=SplitDrawing(parts=parts),
        aid=say(
            source.worded("changed.aid_sampled", "changed.aid_sampled_scored"),
            changed=count(int(counts["better"].value + counts["worse"].value)),
        ),
        how=text(source.worded("changed.how_sampled", "changed.how_sampled_scored")),
        grid=_class_grid(source, counts),
        open_grid=True,
    )
    tests = say(
        source.worded("changed.tests_questions", "changed.tests_questions_scored"),
        exact=source.pvalue("mcnemar.exact"),
        mean=source.pvalue("gain.clusters.pvalue"),
    )
    return Section(
        id="changed", title=text("changed.section"), blocks=(plot, Text(phrase=tests, role="note"))
    )


def _class_grid(source: Source, counts: dict[str, Number]) -> Grid:
    say = source.words.say
    rows = [Row(cells=(say(f"changed.{name}"), just(number))) for name, number in counts.items()]
    # of scores there is no chance to be right, only points
    for name in () if source.is_scored else ("gains", "losses"):
        number = source.expected(f"gain.clusters.{name}")
        rows.append(Row(cells=(say(f"changed.expected_{name}"), just(number))))
    return Grid(
        id="changed-data",
        caption=say("changed.caption" if source.is_scored else "changed.caption_sampled"),
        columns=("", source.words.text("changed.questions")),
        rows=tuple(rows),
    )


def _tests(source: Source) -> Phrase:
    exact = source.pvalue("mcnemar.exact")
    if source.is_sampled:
        return source.words.say("changed.tests_sampled", exact=exact)
    stopped = source.comparison.stopped_early
    if stopped is not None:
        return source.words.say(
            f"changed.tests_{way_of_looking(stopped)}",
            exact=exact,
            n=source.count("stopped_early.n"),
            planned=source.count("stopped_early.n_planned"),
            saved=source.count("stopped_early.saved_answers"),
        )
    return source.words.say(
        "changed.tests",
        exact=exact,
        mid_p=source.pvalue("mcnemar.mid_p"),
        discordant=count(source.comparison.table.discordant),
    )


_FILTERS = {"both": "both-right", "losses": "broken", "gains": "fixed", "neither": "both-wrong"}


def _cell(source: Source, name: str, *, linked: bool) -> Number:
    return source.count(f"table.{name}", href=f"#f={_FILTERS[name]}" if linked else None)


def _split(source: Source) -> SplitDrawing:
    table, text = source.comparison.table, source.words.text
    return SplitDrawing(
        parts=(
            (text("both_right"), table.both, str(source.count("table.both")), "muted", True),
            (text("fixed"), table.gains, str(source.count("table.gains")), "gain", True),
            (text("broken"), table.losses, str(source.count("table.losses")), "loss", True),
            (text("both_wrong"), table.neither, str(source.count("table.neither")), "muted", False),
        )
    )


def _paired_grid(source: Source, counts: dict[str, Number]) -> Grid:
    say, table = source.words.say, source.comparison.table
    rows = (
        _paired_row(say("changed.base_right"), counts["both"], counts["losses"]),
        _paired_row(say("changed.base_wrong"), counts["gains"], counts["neither"]),
        Row(
            cells=(
                say("total"),
                just(count(table.both + table.gains)),
                just(count(table.losses + table.neither)),
                just(count(table.n)),
            ),
            role="total",
        ),
    )
    return Grid(
        id="changed-data",
        caption=say("changed.caption"),
        columns=(
            "",
            source.words.text("changed.trained_right"),
            source.words.text("changed.trained_wrong"),
            source.words.text("total"),
        ),
        rows=rows,
    )


def _paired_row(name: Phrase, right: Number, wrong: Number) -> Row:
    total = count(int(right.value + wrong.value))
    return Row(cells=(name, just(right), just(wrong), just(total)))

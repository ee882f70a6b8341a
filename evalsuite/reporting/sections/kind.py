"""Kind of the gain: its parts, both graders, and where answers were lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsuite.records.comparison import SIDES
from evalsuite.records.run import STRICT
from evalsuite.reporting.blocks import (
    Block,
    Dot,
    FlowDrawing,
    Grid,
    Plot,
    Row,
    Section,
    Text,
    WaterfallDrawing,
)
from evalsuite.reporting.drawing.forests import dot
from evalsuite.reporting.outputs.inert import one_line
from evalsuite.reporting.source import NONE, Source, count, share
from evalsuite.reporting.wording import Number, Phrase, just

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.reporting.blocks import Role
    from evalsuite.reporting.page import Page

__all__ = ["kind"]

PARTS = ("finished", "formatted", "rest")
_ROLES: dict[str, Role] = {"finished": "quiet", "formatted": "form", "rest": "trained"}
"""Colours of the bar in the first lines."""
CAUSES = ("finished", "formatted", "reasoned")


def kind(page: Page) -> Section | None:
    """Show what the gain is made of, with both graders, and where answers were lost."""
    source = page.alone
    if source is None:
        return None
    blocks: list[Block] = []
    if source.comparison.made_of is not None:
        blocks.append(_waterfall(source))
    if source.comparison.attribution is not None:
        blocks += [*_at_most(source), _causes(source)]
    if not blocks:
        blocks.append(Text(phrase=source.words.say("kind.missing"), role="missing"))
    blocks.append(_graders(source))
    blocks.append(_flow(source))
    return Section(id="kind", title=source.words.text("kind.section"), blocks=tuple(blocks))


def _waterfall(source: Source) -> Plot:
    say, parts = source.words.say, _known(source)
    shares = {name: source.value(f"made_of.{name}.gain") for name in parts}
    largest = max(parts, key=lambda name: abs(shares[name]))
    title = say(
        f"kind.title_{_finding(source, largest)}" if shares[largest] else "kind.title_none",
        part=source.signed(f"made_of.{largest}.gain"),
        gain=source.signed("gain.estimate"),
    )
    told = (
        say("kind.alt_part", name=_label(source, name), part=source.gain(f"made_of.{name}"))
        for name in parts
    )
    return Plot(
        id="kind",
        title=title,
        alt=str(say("kind.alt", parts=source.words.text("and").join(map(str, told)))),
        drawing=_waterfall_drawing(source),
        aid=say("kind.aid"),
        how=str(say("kind.how", level=source.level("gain.confidence_level"))),
        grid=_parts_grid(source),
        open_grid=True,
    )


def _finding(source: Source, largest: str) -> str:
    """Name the largest part, and whether the rest holds what is not known of the others."""
    made_of = source.comparison.made_of
    reach = made_of.finished_range if made_of else None
    nothing_cut = reach is not None and reach.low == reach.high == 0
    are_known = set(PARTS) <= {*_known(source), *(["finished"] if nothing_cut else [])}
    return largest if largest != "rest" or are_known else "rest_open"


def _known(source: Source) -> tuple[str, ...]:
    return tuple(name for name in PARTS if source.value(f"made_of.{name}") is not None)


def _label(source: Source, name: str) -> str:
    return source.words.text(f"kind.{name}")


def _waterfall_drawing(source: Source) -> WaterfallDrawing:
    gain = source.comparison.gain
    return WaterfallDrawing(
        parts=tuple(_part_dot(source, name) for name in _known(source)),
        total=dot(
            gain.estimate,
            gain.interval,
            label=source.words.text("gain"),
            shown=source.signed("gain.estimate"),
            role="text",
            is_whole=True,
        ),
        axis=source.words.text("axis.gain"),
    )


def _part_dot(source: Source, name: str) -> Dot:
    part = source.value(f"made_of.{name}")
    return dot(
        part.gain,
        part.interval,
        label=_label(source, name),
        shown=source.signed(f"made_of.{name}.gain"),
        role=_ROLES[name],
    )


def _parts_grid(source: Source) -> Grid:
    say = source.words.say
    total = Row(
        cells=(
            say("gain"),
            source.headline_gain(),
            source.pcell("mcnemar.exact"),
            *map(just, source.moved("gain.clusters", "table")),
        ),
        role="total",
    )
    return Grid(
        id="kind-data",
        caption=say("kind.caption"),
        columns=source.words.texts("kind.columns"),
        rows=(_finished_row(source), _formatted_row(source), _rest_row(source), total),
        note=say("kind.note_looks" if source.is_early else "kind.note", test=source.test()),
    )


def _finished_row(source: Source) -> Row:
    say, made_of = source.words.say, source.comparison.made_of
    if made_of is None:
        return _unknown_row(say("kind.finished_unrecorded"))
    if made_of.max_new_tokens is None:
        return _without_budget(source)
    tokens = source.count("made_of.max_new_tokens")
    if made_of.finished is not None:
        return _difference_row(source, say("kind.finished_row", tokens=tokens), "finished")
    if made_of.finished_range is None:
        return _unknown_row(say("kind.finished_unrecorded"))
    key = "made_of.finished_range"
    if made_of.finished_range.low == made_of.finished_range.high == 0:
        nothing = just(source.points(f"{key}.high"))
        return Row(cells=(say("kind.finished_nothing", tokens=tokens), nothing, NONE, NONE, NONE))
    span = say("kind.range", low=source.points(f"{key}.low"), high=source.points(f"{key}.high"))
    return Row(cells=(say("kind.finished_unknown", tokens=tokens), span, NONE, NONE, NONE))


def _without_budget(source: Source) -> Row:
    """Tell what is known where no log records a token limit: whether any answer was cut off."""
    key, say = "made_of.finished_range", source.words.say
    if source.value(key) is None or source.value(f"{key}.low") or source.value(f"{key}.high"):
        return _unknown_row(say("kind.finished_unrecorded"))
    nothing = just(source.points(f"{key}.high"))
    return Row(cells=(say("kind.finished_whole"), nothing, NONE, NONE, NONE))


def _formatted_row(source: Source) -> Row:
    if source.value("made_of.formatted") is None:
        return _unknown_row(source.words.say("kind.formatted_unknown"))
    return _difference_row(source, source.words.say("kind.formatted_row"), "formatted")


def _rest_row(source: Source) -> Row:
    key = "made_of.rest"
    label = source.words.say("kind.rest_row")
    return Row(cells=(label, source.gain(key), source.pcell(f"{key}.exact"), NONE, NONE))


def _difference_row(source: Source, label: Phrase, name: str) -> Row:
    key = f"made_of.{name}"
    return Row(
        cells=(
            label,
            source.gain(key),
            source.pcell(f"{key}.exact"),
            just(source.count(f"{key}.raised")),
            just(source.count(f"{key}.lowered")),
        )
    )


def _unknown_row(label: Phrase) -> Row:
    return Row(cells=(label, NONE, NONE, NONE, NONE))


def _causes(source: Source) -> Grid:
    """Count the questions by why the wrong side was wrong; no part of the gain."""
    say, of = source.words.say, "_expected" if _is_expected(source) else ""
    rows = tuple(
        Row(
            cells=(
                say(f"kind.cause_{name}"),
                *map(just, _counts(source, name)),
                just(source.signed(f"attribution.{name}.gain")),
            )
        )
        for name in CAUSES
    )
    return Grid(
        id="kind-causes",
        caption=say(f"kind.causes_caption{of}"),
        columns=source.words.texts(f"kind.causes_columns{of}"),
        rows=rows,
        note=say(f"kind.causes_note{of}"),
    )


def _is_expected(source: Source) -> bool:
    """Whether causes are counted over one sample of each model, of several."""
    return source.value("attribution.finished.expected_gains") is not None


def _counts(source: Source, cause: str) -> tuple[Number, Number]:
    """Give the questions of one cause that only trained, and that only base has right."""
    key = f"attribution.{cause}"
    if _is_expected(source):
        return source.expected(f"{key}.expected_gains"), source.expected(f"{key}.expected_losses")
    return source.count(f"{key}.gains"), source.count(f"{key}.losses")


def _at_most(source: Source) -> tuple[Text, ...]:
    made_of = source.comparison.made_of
    if made_of is None or made_of.finished_range is None or made_of.max_new_tokens is None:
        return ()
    gains, losses = _counts(source, "finished")
    tokens = source.count("made_of.max_new_tokens")
    if gains.value == losses.value == 0:
        return (Text(phrase=source.words.say("kind.none_cut", tokens=tokens), role="note"),)
    phrase = source.words.say(
        "kind.at_most_expected" if _is_expected(source) else "kind.at_most",
        tokens=tokens,
        gains=gains,
        losses=losses,
        low=source.points("made_of.finished_range.low"),
        high=source.points("made_of.finished_range.high"),
    )
    return (Text(phrase=phrase, role="note"),)


def _graders(source: Source) -> Grid:
    say, decides = source.words.say, source.comparison.decides
    rows = tuple(
        Row(
            cells=(
                say("graders.row", name=one_line(name), version=one_line(row.version)),
                just(source.percent(f"graders.{name}.base")),
                just(source.percent(f"graders.{name}.trained")),
                source.gain(f"graders.{name}"),
                *map(just, source.moved(f"graders.{name}.clusters", f"graders.{name}.table")),
                source.pcell(f"graders.{name}.exact"),
            )
        )
        for name, row in sorted(
            source.comparison.graders.items(), key=lambda item: (item[0] != decides, item[0])
        )
    )
    return Grid(
        id="graders",
        caption=say("graders.caption"),
        columns=source.columns("graders.columns", "graders.columns_questions"),
        rows=rows,
        note=say("graders.note")
        if decides == STRICT
        else say("graders.note_logged", grader=one_line(decides)),
    )


def _flow(source: Source) -> Plot | Text:
    comparison, say = source.comparison, source.words.say
    if comparison.base.truncated is None or comparison.trained.truncated is None:
        return Text(phrase=say("flow.missing"), role="missing")
    if comparison.base.no_answer is None or comparison.trained.no_answer is None:
        return Text(phrase=say("flow.unread"), role="missing")
    stages = [_stage(source, side) for side in SIDES]
    texts = source.words.texts("flow.stages")
    lost = max(("finished", "answered"), key=lambda name: abs(_lost_difference(comparison, name)))
    title = say(
        f"flow.title_{lost}",
        base=count(int(stages[0][1 if lost == "finished" else 2].value)),
        trained=count(int(stages[1][1 if lost == "finished" else 2].value)),
        n=source.count("base.n"),
    )
    return Plot(
        id="flow",
        title=title,
        alt=str(title),
        drawing=FlowDrawing(
            stages=texts,
            base=tuple((number.value / comparison.base.n, str(number)) for number in stages[0]),
            trained=tuple(
                (number.value / comparison.trained.n, str(number)) for number in stages[1]
            ),
            names=(source.words.model("base"), source.words.model("trained")),
        ),
        aid=say("flow.aid_sampled" if source.is_sampled else "flow.aid"),
        how=source.words.text("flow.how"),
        grid=_flow_grid(source, stages, texts),
    )


def _lost_difference(comparison: Comparison, stage: str) -> int:
    if stage == "finished":
        return (comparison.base.truncated or 0) - (comparison.trained.truncated or 0)
    return (comparison.base.no_answer or 0) - (comparison.trained.no_answer or 0)


def _stage(source: Source, side: str) -> tuple[Number, Number, Number, Number]:
    rates = source.value(side)
    return (
        source.count(f"{side}.n"),
        count(rates.n - (rates.truncated or 0)),
        count(rates.n - (rates.no_answer or 0)),
        source.count(f"{side}.correct"),
    )


def _flow_grid(
    source: Source, stages: list[tuple[Number, Number, Number, Number]], texts: tuple[str, ...]
) -> Grid:
    say = source.words.say
    rows = [
        Row(cells=(just(text), *(_with_share(source, side, at) for side in stages)))
        for at, text in enumerate(texts)
    ]
    rows.append(
        Row(
            cells=(
                say("flow.right_although"),
                *(just(source.count(f"{side}.right_although_truncated")) for side in SIDES),
            )
        )
    )
    return Grid(
        id="flow-data",
        caption=say(
            "flow.caption_sampled" if source.is_sampled else "flow.caption", n=source.questions()
        ),
        columns=("", *map(source.words.model, SIDES)),
        rows=tuple(rows),
    )


def _with_share(source: Source, side: tuple[Number, ...], at: int) -> Phrase:
    return source.words.say(
        "with_share", count=side[at], share=share(side[at].value / side[0].value)
    )

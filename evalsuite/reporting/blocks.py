"""What a report is made of: finished text, tables and drawings; nothing left to compute."""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING, Literal

from evalsuite.records.dataclass import dataclass
from evalsuite.reporting.wording import Number, Phrase

if TYPE_CHECKING:
    from evalsuite.reporting.browser.sliders import Slider

__all__ = [
    "Band",
    "Block",
    "CheckItem",
    "Checks",
    "Code",
    "Composition",
    "CurveDrawing",
    "Dot",
    "Doubts",
    "Drawing",
    "EstimateDrawing",
    "Example",
    "Examples",
    "Explorer",
    "Facts",
    "FlowDrawing",
    "ForestDrawing",
    "Grid",
    "Line",
    "Mark",
    "Panel",
    "PanelsDrawing",
    "Plot",
    "Portion",
    "Row",
    "Section",
    "SplitDrawing",
    "Text",
    "WaterfallDrawing",
]

NOTHING = Phrase()

Role = Literal["base", "trained", "gain", "loss", "muted", "quiet", "text", "form"]
"""What a mark stands for; the palette gives each role one colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One paragraph."""

    phrase: Phrase
    role: Literal["lead", "body", "note", "missing"] = "body"


@dataclass(frozen=True, slots=True, kw_only=True)
class Portion:
    """One part of a gain, in words and as a stretch of a bar."""

    name: str
    """``finished``, ``formatted`` or ``rest``."""
    phrase: Phrase
    gain: float | None = None
    """None where it is not known; the rest then holds it."""
    span: tuple[float, float] | None = None
    """From where to where a part that is not known could go; None where that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What a gain is made of: one line and one bar. Without parts, that it is not known."""

    lead: Phrase
    parts: tuple[Portion, ...] = ()
    note: Phrase = NOTHING

    @property
    def line(self) -> str:
        """The whole line, for outputs of text alone."""
        return f"{self.lead}{' · '.join(str(part.phrase) for part in self.parts)}{self.note}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table; the first cell is its heading."""

    cells: tuple[Phrase, ...]
    role: Literal["", "total", "headline"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table with a caption; the first column is text, the others are numbers unless told."""

    id: str
    caption: Phrase
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    textual: tuple[int, ...] = ()
    """Further columns that hold text."""
    dispensable: tuple[int, ...] = ()
    """Columns a narrow output may leave out, the first one first."""
    note: Phrase = NOTHING
    tells_tests: bool = False
    """Whether the note says all that the page's line on its tests says."""

    def __post_init__(self) -> None:
        """Refuse a table whose cells and columns are not the same in number."""
        n = len(self.columns)
        uneven = [len(row.cells) for row in self.rows if len(row.cells) != n]
        strangers = [column for column in (*self.textual, *self.dispensable) if column >= n]
        if uneven or strangers:
            raise ValueError(f"table {self.id!r} has {n} columns, not {[*uneven, *strangers]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Names and values, one a line."""

    label: str
    pairs: tuple[tuple[str, Phrase], ...]
    folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Text to read or copy exactly."""

    id: str
    label: str
    text: str
    prose: bool = False
    """Set as a paragraph, not as code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem:
    """One check."""

    code: str
    title: str
    detail: str
    title_lang: str | None = None
    """Language of the title where it is not the page's."""
    detail_lang: str | None = None
    remedy: str | None = None
    """What to do, of a check that does not hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Checks of one level."""

    level: str
    label: Phrase
    items: tuple[CheckItem, ...]
    folded: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What to doubt of one verdict, as in the first lines of its own page."""

    items: tuple[tuple[str, Phrase], ...]
    """Code and sentence of each qualifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question in full, for readers without JavaScript."""

    title: Phrase
    question: str | None
    base: str
    trained: str
    base_label: Phrase
    trained_label: Phrase


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """A seeded sample of questions on which the models differ."""

    intro: Phrase
    items: tuple[Example, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explorer:
    """The question browser: its data block and the words of its controls."""

    payload: str
    """gzip, then base64, of one JSON document."""
    filters: tuple[tuple[str, str, Number], ...]
    """Name in the address, label, count; in the order of the keys 1, 2, 3, ..."""
    note: Phrase
    heads: tuple[tuple[str, str], ...]
    """Order and words of every column's heading."""
    orders: tuple[tuple[str, str], ...]
    """Name in the address and words of every order; the first is the one at first."""
    keys: tuple[tuple[str, str], ...]
    """Keys and what they do."""
    slider: Slider | None = None
    """None where some answer is not read at every budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """An estimate with its interval."""

    label: str
    at: float
    low: float
    high: float
    shown: str
    role: Role
    emphasis: bool = False
    aside: tuple[str, ...] = ()
    """Further columns beside the row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A vertical line at a place on the axis."""

    at: float
    label: str
    style: Literal["dashed", "solid", "dotted"] = "dashed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A shaded stretch of an axis."""

    low: float
    high: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateDrawing:
    """Two rates on a full 0 to 100 axis, their difference on its own."""

    rates: tuple[Dot, Dot]
    gain: Dot
    band: Band
    rate_axis: str
    gain_axis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitDrawing:
    """One bar in four parts."""

    parts: tuple[tuple[str, int, str, Role, bool], ...]
    """Label, count, count as shown, role, filled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaterfallDrawing:
    """Parts that add up to a whole, each with its interval."""

    parts: tuple[Dot, ...]
    total: Dot
    axis: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowDrawing:
    """Counts through stages, base and trained."""

    stages: tuple[str, ...]
    base: tuple[tuple[float, str], ...]
    trained: tuple[tuple[float, str], ...]
    names: tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForestDrawing:
    """Estimates with intervals, one a row; emphasised ones stand last, as diamonds under a rule."""

    rows: tuple[Dot, ...]
    headings: tuple[str, ...]
    axis: str
    band: Band


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One curve, with an optional ribbon."""

    label: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    role: Role
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    faint: bool = False
    dots: bool = False
    """Whether each value has a mark of its own."""
    stepped: bool = False
    """Whether each value holds until the next: nothing lies between them."""
    alone: bool = False
    """Whether the values are marks with an interval each, and no curve."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One small chart."""

    title: str
    lines: tuple[Line, ...]
    percent: bool = False
    floor: float | None = None
    """A value the axis must include."""
    ceiling: float | None = None
    marks: tuple[Mark, ...] = ()
    band: Band | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelsDrawing:
    """Small charts that share their x axis."""

    panels: tuple[Panel, ...]
    columns: int
    axis: str
    logarithmic: bool = False
    ticks: tuple[float, ...] = ()
    legend: bool = False
    span: tuple[float, float] | None = None
    """Ends of the shared x axis; None for those of each panel's first line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveDrawing:
    """One falling curve over a logarithmic axis, with named points on it."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    points: tuple[tuple[float, float, str], ...]
    line: Mark | None
    x_axis: str
    y_axis: str


Drawing = (
    EstimateDrawing
    | SplitDrawing
    | WaterfallDrawing
    | FlowDrawing
    | ForestDrawing
    | PanelsDrawing
    | CurveDrawing
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """A figure whose title is its finding, with its words and its numbers."""

    id: str
    title: Phrase
    alt: str
    drawing: Drawing
    aid: Phrase
    """One sentence on reading this figure."""
    how: str
    """What a newcomer needs to know about the kind of figure."""
    grid: Grid
    """The data behind it."""
    open_grid: bool = False
    """Whether the table is part of the text rather than folded away."""
    slider: Slider | None = None


Block = Text | Composition | Grid | Facts | Code | Checks | Doubts | Examples | Explorer | Plot


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One question a reader has, and its answer."""

    id: str
    title: str
    blocks: tuple[Block, ...] = field(default_factory=tuple)

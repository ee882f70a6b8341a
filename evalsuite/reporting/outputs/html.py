"""The report as one HTML file that needs nothing and asks nobody.

The policy in its head allows this file's own style sheet and script, by their hashes, and nothing
else. Responses travel compressed in a block no browser runs and reach the page as text only.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import DictLoader, Environment, StrictUndefined, Template
from markupsafe import Markup

from evalsuite.records.verdict import SCOPE_ONLY
from evalsuite.reporting.blocks import Plot
from evalsuite.reporting.drawing.figures import figure_svg
from evalsuite.reporting.drawing.sparks import spark_svg
from evalsuite.reporting.drawing.stacks import stack_svg
from evalsuite.reporting.numbers import true_minus
from evalsuite.reporting.wording import Number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evalsuite.reporting.blocks import Block, Portion
    from evalsuite.reporting.browser.sliders import Spark
    from evalsuite.reporting.view import ReportView
    from evalsuite.reporting.wording import Phrase

__all__ = [
    "SCRIPTS",
    "STYLES",
    "asset",
    "content_policy",
    "css_string",
    "drawn_bar",
    "drawn_figure",
    "footer_css",
    "render_html",
    "template",
]

SCRIPTS = (
    *("report.js", "budget.js", "formulas.js", "answers.js"),
    *("rows.js", "browser.js", "figures.js"),
)
STYLES = ("report.css", "print.css")
HOT = {"blocking": "hot", "warning": "warm"}
"""Levels of checks that stand out in the first lines when there are any."""


def render_html(view: ReportView, *, is_drawn: bool = True) -> str:
    """Lay a report out as one self-contained HTML file; it encodes to UTF-8.

    Undrawn its figures are missing and all else is there: drawing is most of the work.
    """
    css, scripts = "".join(map(asset, STYLES)) + footer_css(view), tuple(map(asset, SCRIPTS))
    levels = {level for level, sentence in view.chips if _counts_any(sentence)}
    numbers = _figure_numbers(view)
    return template("report.html").render(
        view=view,
        text=view.words.text,
        kind=_kind,
        figure=drawn_figure if is_drawn else _no_figure,
        bar=drawn_bar,
        spark=_spark,
        number=lambda plot: view.words.say("page.figure", number=str(numbers[plot.id])),
        css=Markup(css),  # noqa: S704  # our own file
        scripts=tuple(map(Markup, scripts)),  # our own files
        results=_packed(view.results),
        policy=content_policy(css, scripts),
        hot={level: style for level, style in HOT.items() if level in levels},
    )


def footer_css(view: ReportView) -> str:
    """Write on every printed page which report it is of: pages get apart."""
    label = css_string(f"{view.title} · {view.stamp}")
    rule = "font: 7pt sans-serif; color: #444; text-align: left; vertical-align: top"
    return f"@page {{ @bottom-left {{ content: {label}; width: 85%; {rule}; }} }}\n"


def css_string(text: str) -> str:
    r"""Quote text for a style sheet: all but plain characters as their code points.

    Examples
    --------
    >>> print(css_string('a"}</style>'))
    "a\22 \7d \3c \2f style\3e "
    """
    plain = re.compile(r"[A-Za-z0-9 .,:-]")
    return '"' + "".join(c if plain.match(c) else f"\\{ord(c):x} " for c in text) + '"'


def _figure_numbers(view: ReportView) -> dict[str, int]:
    """Count the figures in reading order: a reviewer writes "figure 4"."""
    plots = (block for section in view.sections for block in section.blocks)
    ids = [plot.id for plot in plots if isinstance(plot, Plot)]
    return {identity: i for i, identity in enumerate(ids, start=1)}


def _counts_any(sentence: Phrase) -> bool:
    return any(isinstance(piece, Number) and piece.value > 0 for piece in sentence.pieces)


def _kind(block: Block) -> str:
    return type(block).__name__


def drawn_figure(plot: Plot, *, narrow: bool = False) -> Markup:
    """Draw a figure as inline SVG; narrow for a phone, panels below each other."""
    return Markup(figure_svg(plot, narrow=narrow))  # noqa: S704  # rebuilt from known elements only


def _no_figure(plot: Plot, *, narrow: bool = False) -> Markup:  # noqa: ARG001  as drawn_figure
    return Markup()


def _spark(spark: Spark) -> Markup:
    return Markup(spark_svg(spark))  # noqa: S704  # numbers of our own


def drawn_bar(portions: Sequence[Portion]) -> Markup:
    """Draw what a gain is made of as one bar."""
    return Markup(stack_svg(portions))  # noqa: S704  # numbers and names of our own


def _packed(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")


def content_policy(css: str, scripts: Sequence[str]) -> str:
    """Allow this page's own style sheet and scripts, and nothing else."""
    known = " ".join(f"'{_hash(script)}'" for script in scripts) or "'none'"
    return (
        f"default-src 'none'; script-src {known}; style-src '{_hash(css)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()


@cache
def asset(name: str) -> str:
    """Read a file that stands beside the templates."""
    return files("evalsuite.reporting").joinpath("templates", name).read_text("utf-8")


@cache
def template(name: str) -> Template:
    """Load a page's template; everything that is not ours is escaped in it."""
    names = (name, "blocks.html")
    environment = Environment(
        loader=DictLoader({each: asset(each) for each in names}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["scope_only"] = SCOPE_ONLY | {"tight_budget", "family"}
    environment.filters["exact"] = _exact
    environment.filters["lone"] = _lone
    environment.filters["typeset"] = _typeset
    return environment.get_template(name)


def _lone(phrase: Phrase) -> Number | None:
    """Give the number that is all a cell holds: the cell itself then carries its value."""
    piece = phrase.pieces[0] if len(phrase.pieces) == 1 else None
    return piece if isinstance(piece, Number) and piece.href is None else None


def _exact(number: Number) -> str:
    return json.dumps(number.value)


def _typeset(piece: str | Number) -> str:
    """Give the figures in a number or a sentence true minus signs."""
    return true_minus(str(piece))

"""The brief: one page for those who decide and won't open a report, to print or to forward.

It says what the report's first screen says, with its first figure, what this many questions can
show, and how to do it again. Nothing on it is said otherwise than in the report.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from markupsafe import Markup

from evalsuite.reporting.blocks import Code, Plot
from evalsuite.reporting.outputs.html import (
    asset,
    content_policy,
    drawn_bar,
    drawn_figure,
    footer_css,
    template,
)

if TYPE_CHECKING:
    from evalsuite.reporting.blocks import Block
    from evalsuite.reporting.view import ReportView
    from evalsuite.reporting.wording import Phrase

__all__ = ["MOST_CHECKS", "MOST_MEMBERS", "render_brief"]

MOST_CHECKS = 4
"""Checks that do not hold; with more of them the page says how many stand in the report."""
MOST_MEMBERS = 6
"""Models of a group with a line of their own, likewise."""


def render_brief(view: ReportView) -> str:
    """Lay a report's first screen out as one self-contained HTML page of A4; no script."""
    css = asset("report.css") + asset("brief.css") + footer_css(view)
    blocks = list(chain.from_iterable(section.blocks for section in view.sections))
    return template(
        "brief.html"
    ).render(
        view=view,
        text=view.words.text,
        bar=drawn_bar,
        figure=drawn_figure,
        css=Markup(css),  # noqa: S704  # our own files, and one quoted string
        policy=content_policy(css, ()),
        plot=next((block for block in blocks if isinstance(block, Plot)), None),
        command=_command(blocks),
        checks=view.doubts[:MOST_CHECKS],
        members=view.members[:MOST_MEMBERS],
        more=_more(view),
    )


def _command(blocks: list[Block]) -> Code | None:
    """Find how to do it again; a report that does not know says nothing here."""
    codes = (block for block in blocks if isinstance(block, Code) and block.id == "command")
    return next(codes, None)


def _more(view: ReportView) -> Phrase | None:
    """Count what the page leaves to the report."""
    left = len(view.doubts[MOST_CHECKS:]) + len(view.members[MOST_MEMBERS:])
    return view.words.say("brief.more", n=left) if left else None

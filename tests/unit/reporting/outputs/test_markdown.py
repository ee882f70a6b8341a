from __future__ import annotations

import re
from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from report_builders import HOSTILE, built, hostile

from evalsuite.records.verdict import Check
from evalsuite.reporting.outputs.markdown import escape_markdown, render_markdown
from evalsuite.reporting.view import report_view

LIMIT = 65_536
"""Characters in a GitHub comment."""


def _rendered(text: str) -> str:
    return str(MarkdownIt("gfm-like", {"html": True, "linkify": False}).render(text))


def test_the_summary_holds_headline_doubts_tables_and_checks() -> None:
    comparison, _ = built()
    view = report_view(comparison)

    html = _rendered(render_markdown(view))

    assert f"<h2>{view.headline}</h2>" in html
    assert html.count("<table>") == 2
    assert html.count("<li>") >= len(view.qualifiers)
    assert "<strong>+26.7 (11.6 to 41.1)</strong>" in html


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_after_rendering(text: str) -> None:
    flat = " ".join(text.split())

    html = _rendered(f"before {escape_markdown(flat)} after")

    assert set(re.findall(r"<(/?\w+)", html)) <= {"p", "/p"}


def test_a_hostile_comparison_makes_no_element_link_or_mention() -> None:
    plain, _ = built()
    wanted = set(re.findall(r"<(\w+)", _rendered(render_markdown(report_view(plain)))))

    text = render_markdown(report_view(*hostile()))

    assert set(re.findall(r"<(\w+)", _rendered(text))) <= wanted
    assert "@" not in text
    assert "://" not in text


def test_the_summary_fits_a_pull_request_comment() -> None:
    detail = "long " * 200
    checks = tuple(
        Check(code=f"EVS{i:03}", level="warning", title="t", detail=detail) for i in range(60)
    )
    comparison, _ = built(subsets=2)
    comparison = replace(comparison, checks=checks, subsets=comparison.subsets * 300)

    assert len(render_markdown(report_view(comparison))) < LIMIT


def test_the_headline_is_the_same_in_every_output() -> None:
    from evalsuite.reporting.outputs.exports import model_card, render_junit
    from evalsuite.reporting.outputs.html import render_html
    from evalsuite.reporting.outputs.latex import render_latex
    from evalsuite.reporting.outputs.terminal import render_terminal

    comparison, rows = built()
    assert comparison.verdict is not None
    headline = comparison.verdict.headline
    view = report_view(comparison, rows)

    outputs = {
        "html": render_html(view, is_drawn=False),
        "markdown": _rendered(render_markdown(view)),
        "terminal": " ".join(render_terminal(view, width=300).split()),
        "latex": render_latex(view).replace("\\%", "%"),
        "junit": render_junit(view, comparison),
        "card": _rendered(model_card(view, comparison)),
        "json": view.results,
    }

    assert [name for name, text in outputs.items() if headline not in text] == []

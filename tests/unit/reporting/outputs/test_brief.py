"""The page to forward: it says what the report's first screen says, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from report_builders import built, family_of, hostile, training_log

from evalsuite.reporting.outputs.brief import MOST_CHECKS, render_brief
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.view import ReportView, report_view


class Text(HTMLParser):
    """Collects tags and the text between them, without style sheets."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.shown = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] != ["style"]:
            self.shown += data


def flat(text: str) -> str:
    return " ".join(text.replace("\u2212", "-").split())


@pytest.fixture(scope="module", params=["en", "zh"])
def view(request: pytest.FixtureRequest) -> ReportView:
    comparison, rows = built(training=training_log())
    return report_view(comparison, rows, lang=request.param)


def test_it_holds_headline_parts_doubts_questions_and_how_to_do_it_again(view: ReportView) -> None:
    shown = flat(Text(render_brief(view)).shown)

    assert view.made_of is not None
    said = [view.headline, str(view.summary), str(view.tests), view.made_of.line]
    said += [str(sentence) for _, sentence in view.qualifiers]
    said += list(view.doubts[:MOST_CHECKS])
    for sentence in said:
        assert flat(sentence) in shown
    assert view.words.text("brief.repeat") in shown


def test_every_sentence_of_it_is_one_of_the_report(view: ReportView) -> None:
    brief, report = Text(render_brief(view)).shown, flat(Text(render_html(view)).shown)
    own = {view.words.text(f"brief.{key}") for key in ("doubt", "questions", "repeat", "whole")}
    own.add(flat(str(view.tests)))  # the line of every short output

    for line in brief.splitlines():
        text = flat(line)
        rest = text.replace(view.words.text("brief.whole"), "").strip()
        is_check = text.startswith("EVS")  # code, title and detail stand in elements of their own
        assert text in own or is_check or rest in report, text


def test_it_runs_no_script_and_its_policy_allows_its_style_alone(view: ReportView) -> None:
    html = render_brief(view)
    style = re.search(r"<style>(.*?)</style>", html, re.DOTALL)

    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src &#39;sha256-{digest}" in html or f"style-src 'sha256-{digest}" in html
    assert "script-src &#39;none" in html or "script-src 'none" in html
    assert "<script" not in html


def test_hostile_names_add_no_tag() -> None:
    plain, attacked = (
        Text(render_brief(report_view(comparison, rows)))
        for comparison, rows in (built(), hostile())
    )

    assert set(attacked.tags) <= set(plain.tags) | {"span"}
    assert "script" not in attacked.tags


def test_a_family_names_its_members() -> None:
    comparison, _ = built()
    view = report_view(family_of([comparison] * 3))
    shown = flat(Text(render_brief(view)).shown)

    assert len(view.members) == 3
    for member in view.members:
        assert flat(member.headline) in shown

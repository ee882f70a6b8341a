from __future__ import annotations

from dataclasses import replace

import pytest
from report_builders import built

from evalsuite.records.gains import Earlier, Interval
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_ending, render_terminal
from evalsuite.reporting.view import report_view

EARLIER = Earlier(
    report="base-vs-trained-12345678",
    made="2026-11-24",
    gain=0.312,
    interval=Interval(low=0.284, high=0.34),
    n=1319,
    changes=("trained", "questions"),
)


@pytest.mark.parametrize(
    ("lang", "line", "short"),
    [
        ("en", "said +31.2 (28.4 to 34.0) on 1,319 questions", "last time +31.2 on 1,319"),
        ("zh", "上一份报告是 +31.2（28.4 至 34.0），1,319 题", "上次 +31.2（1,319 题）"),
    ],
)
def test_the_earlier_gain_stands_beside_the_gain_with_what_differs(
    lang: str, line: str, short: str
) -> None:
    comparison, _ = built()
    view = report_view(replace(comparison, earlier=EARLIER), lang=lang)

    for written in (render_markdown(view), render_terminal(view, width=1000)):
        assert line in written
        assert "base-vs-trained-12345678" in written
    assert view.words.text("history.trained") in str(view.history)
    assert view.words.text("history.questions") in str(view.history)
    assert 'class="history"' in render_html(view)
    assert short in " ".join(render_ending(view, {}, width=80).split())


def test_a_date_that_is_not_recorded_is_not_told() -> None:
    comparison, _ = built()
    view = report_view(replace(comparison, earlier=replace(EARLIER, made=None)))

    assert "(base-vs-trained-12345678)" in str(view.history)


def test_without_an_earlier_report_nothing_is_said() -> None:
    comparison, _ = built()
    view = report_view(comparison)

    assert view.history is None
    assert 'class="history"' not in render_html(view)

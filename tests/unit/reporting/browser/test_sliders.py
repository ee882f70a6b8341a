from __future__ import annotations

from dataclasses import replace

from report_builders import built

from evalsuite.reporting.browser.sliders import Slider, Spark
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.view import report_view


def test_figure_and_browser_hold_the_same_slider_and_the_first_lines_the_spark() -> None:
    view = report_view(*built())
    blocks = [block for section in view.sections for block in section.blocks]

    sliders = [found for block in blocks if (found := getattr(block, "slider", None))]

    assert len(sliders) == 2
    assert sliders[0] == sliders[1]
    assert isinstance(sliders[0], Slider)
    assert isinstance(view.spark, Spark)
    page = render_html(view)
    assert page.count('<input type="range"') == 2
    assert page.index('<p class="spark"') < page.index("<figure")


def test_a_page_without_steps_has_a_choice_of_stored_budgets_in_place_of_the_slider() -> None:
    comparison, rows = built()
    rows = [replace(row, base=replace(row.base, steps=None)) for row in rows]

    page = render_html(report_view(replace(comparison, budget_curve=None), rows))

    assert '<input type="range"' not in page
    assert 'id="stored"' in page
    assert '<p class="spark"' not in page

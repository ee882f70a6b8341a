from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from report_builders import built

from evalsuite.records.gains import Interval
from evalsuite.reporting.opening.made_of import composition
from evalsuite.reporting.outputs.exports import model_card
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.latex import render_latex
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_terminal
from evalsuite.reporting.source import Source
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import Number, words

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison, GainParts
    from evalsuite.reporting.blocks import Composition

PART = re.compile(r'<span class="m-(\w+)( unknown)?">(.*?)</span>')


def made_of(comparison: Comparison) -> GainParts:
    assert comparison.made_of is not None
    return comparison.made_of


def told(comparison: Comparison, lang: str = "en") -> Composition:
    said = composition(Source(comparison, words(lang)))
    assert said is not None
    return said


def at_the_largest(comparison: Comparison, span: Interval | None) -> Comparison:
    parts = replace(made_of(comparison), finished=None, finished_range=span)
    return replace(comparison, made_of=parts)


def test_every_number_of_the_line_stands_in_the_results_where_it_says() -> None:
    comparison, _ = built()
    view = report_view(comparison)
    assert view.made_of is not None
    pieces = [p for part in view.made_of.parts for p in part.phrase.pieces]
    numbers = [p for p in (*view.made_of.lead.pieces, *pieces) if isinstance(p, Number)]

    assert len(numbers) == 10
    for number in numbers:
        node = json.loads(view.results)
        assert number.key is not None
        for step in number.key.split("."):
            node = node[step]
        assert node == number.value


def test_the_parts_are_the_gain() -> None:
    comparison, _ = built()

    parts = told(comparison).parts

    assert [part.name for part in parts] == ["finished", "formatted", "rest"]
    assert sum(part.gain or 0 for part in parts) == pytest.approx(comparison.gain.estimate)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_output_has_the_line(lang: str) -> None:
    comparison, _ = built()
    view = report_view(comparison, lang=lang)
    assert view.made_of is not None
    line = view.made_of.line

    assert line in render_markdown(view)
    assert line in model_card(view, comparison)
    assert "".join(line.split()) in "".join(render_terminal(view).split())
    assert str(view.made_of.lead).split()[-1] in render_latex(view)
    page = render_html(view, is_drawn=False)
    assert [name for name, *_ in PART.findall(page)] == ["finished", "formatted", "rest"]
    assert page.index("</h1>") < page.index('<div class="made">') < page.index('class="summary"')


def test_at_the_largest_budget_finished_is_a_range() -> None:
    comparison = at_the_largest(built()[0], Interval(low=-0.1, high=0.2))

    finished = told(comparison).parts[0]

    said = "finished not known beyond 400 tokens (anything from -10.0 to 20.0)"
    assert str(finished.phrase) == said
    assert (finished.gain, finished.span) == (None, (-0.1, 0.2))


def test_what_is_unknown_is_said() -> None:
    comparison = at_the_largest(built()[0], None)
    comparison = replace(comparison, made_of=replace(made_of(comparison), formatted=None))

    line = told(comparison).line

    assert "finished not known, in the rest · formatted not known, in the rest · rest " in line
    page = render_html(report_view(comparison), is_drawn=False)
    assert [unknown for _, unknown, _ in PART.findall(page)] == [" unknown", " unknown", ""]


def test_an_older_file_says_that_it_is_not_recorded() -> None:
    said = told(replace(built()[0], made_of=None))

    assert said.parts == ()
    assert said.line == "What the gain is made of is not recorded with these results"


def test_what_is_no_comparison_has_no_gain_to_take_apart() -> None:
    comparison, _ = built()
    assert comparison.verdict is not None
    invalid = replace(comparison, verdict=replace(comparison.verdict, decision="invalid"))

    assert composition(Source(invalid, words("en"))) is None


@pytest.mark.parametrize(("lang", "part"), [("en", "finished 0.0 (no"), ("zh", "写完 0.0（没有")])
def test_where_nothing_of_the_gain_was_cut_off_finished_is_0_and_no_range(
    lang: str, part: str
) -> None:
    comparison = at_the_largest(built()[0], Interval(low=0.0, high=0.0))
    said = told(comparison, lang)

    assert str(said.parts[0].phrase).startswith(part)
    page = render_html(report_view(comparison, lang=lang))
    assert "0.0 to 0.0" not in page
    assert "0.0 至 0.0" not in page

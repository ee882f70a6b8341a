"""Whatever was compared, it can be told: every table, every text, every output."""

from __future__ import annotations

import json
import unicodedata
from dataclasses import replace

from hypothesis import given, settings, strategies as st
from latex_words import words_of
from report_builders import built

from evalsuite.records.codec import from_json
from evalsuite.records.comparison import Comparison
from evalsuite.reporting.outputs.exports import render_junit
from evalsuite.reporting.outputs.inert import visible
from evalsuite.reporting.outputs.latex import render_latex
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_terminal
from evalsuite.reporting.source import Source
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import words

counts = st.integers(0, 30)
tables = st.tuples(counts, counts, counts, counts).filter(lambda t: sum(t) > 0)
anything = st.text(st.characters(exclude_categories=()), max_size=60)


@settings(max_examples=15, deadline=None)
@given(table=tables, lang=st.sampled_from(["en", "zh"]))
def test_every_comparison_is_told_without_a_number_that_does_not_exist(
    table: tuple[int, int, int, int], lang: str
) -> None:
    comparison, rows = built(table)

    view = report_view(comparison, rows, lang=lang)

    for text in (
        render_markdown(view),
        render_terminal(view),
        words_of(render_latex(view)),
        render_junit(view, comparison),
    ):
        assert view.headline[:4] in text
        assert "nan" not in text.lower().split()
        assert "None" not in text


@settings(max_examples=15, deadline=None)
@given(table=tables)
def test_every_number_can_be_found_again_in_the_results(table: tuple[int, int, int, int]) -> None:
    comparison, _ = built(table)
    source = Source(comparison, words("en"))
    again = Source(from_json(Comparison, report_view(comparison).results), words("en"))

    for key in ("gain.estimate", "base.accuracy", "mcnemar.exact", "gain.interval.low"):
        assert source.value(key) == again.value(key)
        assert json.dumps(source.signed(key).value) == json.dumps(again.value(key))


@given(text=anything)
def test_visible_text_has_nothing_hidden_and_stays_as_it_is(text: str) -> None:
    shown = visible(text)

    assert visible(shown) == shown
    shown.encode("utf-8")
    signs = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    assert not [
        c
        for c in shown
        if unicodedata.category(c) in ("Cc", "Cf", "Cs") and c not in "\n\t" and ord(c) not in signs
    ]


@settings(max_examples=30, deadline=None)
@given(name=anything, width=st.integers(40, 160))
def test_no_name_breaks_the_terminal(name: str, width: int) -> None:
    comparison, _ = built((6, 1, 7, 6), names=("base", "trained"))
    trained = replace(comparison.trained, name=name)

    shown = render_terminal(report_view(replace(comparison, trained=trained)), width=width)

    assert "\x1b" not in shown
    assert "\x00" not in shown
    shown.encode("utf-8")

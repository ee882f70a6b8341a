from __future__ import annotations

import json
import re
from dataclasses import replace

import jsonschema
import pytest
from builders import run
from report_builders import RIGHT, WRONG, built

from evalsuite.asking.noise_floor import noise_floor, with_noise_floor
from evalsuite.comparing.tabulate import tabulate
from evalsuite.records.codec import from_json, json_schema, to_json
from evalsuite.records.comparison import Comparison
from evalsuite.reporting.blocks import Explorer, Plot
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.latex import render_latex
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_ending, render_terminal
from evalsuite.reporting.view import report_view

SENTENCE = (
    "Base against itself, asked again in reverse order and in batches of 16 instead of 32: "
    "12 of 60 answers differ; 4 became right, 8 became wrong."
)


def noisy() -> Comparison:
    first = run([RIGHT] * 8 + [WRONG] * 52, name="base")
    again = run([WRONG] * 8 + [RIGHT] * 4 + [WRONG] * 48, name="base")
    first = replace(first, environment={"slots": 32})
    again = replace(again, environment={"slots": 16})
    return with_noise_floor(built()[0], noise_floor(tabulate(first), tabulate(again)))


def outputs(comparison: Comparison) -> dict[str, str]:
    view = report_view(comparison)
    drawn = (Plot, Explorer)  # figures take seconds, and what is told here is text
    told = tuple(
        replace(section, blocks=tuple(b for b in section.blocks if not isinstance(b, drawn)))
        for section in view.sections
    )
    texts = {
        "terminal": render_terminal(view, width=100),
        "html": render_html(replace(view, sections=told)),
        "markdown": render_markdown(view),
        "latex": render_latex(view),
    }
    return {name: _plain(text) for name, text in texts.items()}


def _plain(text: str) -> str:
    body = re.sub(r"<script.*?</script>|<style.*?</style>", "", text, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", "", body).split())


@pytest.mark.parametrize("name", ["terminal", "html", "markdown", "latex"])
def test_every_output_says_it_in_one_sentence_and_a_row(name: str) -> None:
    text = outputs(noisy())[name]

    assert SENTENCE in text
    assert text.count("base against itself") >= 1


def test_the_ending_of_a_command_says_it_first_of_what_to_doubt() -> None:
    ending = _plain(render_ending(report_view(noisy()), {}, width=80))

    assert 0 <= ending.index("! Base against itself") == ending.index("! ")


@pytest.mark.parametrize("name", ["terminal", "html", "markdown"])
def test_noise_as_large_as_the_gain_is_warned_of(name: str) -> None:
    text = outputs(noisy())[name]

    assert "EVS054" in text
    assert "base changed 12 of 60 answers" in text


def test_without_a_second_run_nothing_is_said() -> None:
    comparison, _ = built()

    assert report_view(comparison).noise is None
    assert "Base against itself" not in "".join(outputs(comparison).values())


def test_in_chinese_the_sentence_is_chinese() -> None:
    view = report_view(noisy(), lang="zh")

    assert view.noise is not None
    assert "60 个回答中有 12 个不同；4 个变对，8 个变错" in str(view.noise.note)


def test_results_with_a_noise_floor_follow_the_schema_and_come_back() -> None:
    comparison = noisy()
    written = to_json(comparison)

    jsonschema.validate(json.loads(written), json.loads(json_schema(Comparison)))
    assert from_json(Comparison, written) == comparison
    assert json.loads(written)["noise_floor"].keys() == {
        "n",
        "differing_answers",
        "gains",
        "losses",
        "clusters",
        "gain",
        "interval",
        "exact",
        "batch_sizes",
        "dtype",
    }


def test_the_command_that_repeats_the_comparison_asks_for_the_floor_again() -> None:
    assert "--noise-floor" in outputs(noisy())["html"]


def in_precision(dtype: str) -> Comparison:
    comparison, _ = built()
    side = comparison.provenance["base"] | {"dtype": dtype}
    return replace(comparison, provenance=comparison.provenance | {"base": side})


@pytest.mark.parametrize("name", ["terminal", "html", "markdown", "latex"])
def test_low_precision_is_marked_as_a_quick_look_in_every_output(name: str) -> None:
    assert "in bfloat16 (a quick look)" in outputs(in_precision("bfloat16"))[name]


@pytest.mark.parametrize("dtype", ["float32", "unknown"])
def test_full_or_unknown_precision_is_not_marked(dtype: str) -> None:
    assert "quick look" not in "".join(outputs(in_precision(dtype)).values())


@pytest.mark.parametrize("penalty", [1.0, 1.1])
def test_a_repetition_penalty_is_named_in_every_output(penalty: float) -> None:
    comparison = in_precision("float32")
    sides = {
        side: comparison.provenance["base"]
        | {"decoding": {"temperature": 0.0, "repetition_penalty": penalty}}
        for side in ("base", "trained")
    }

    pages = outputs(replace(comparison, provenance=comparison.provenance | sides))

    assert {"repetition penalty 1.1" in page for page in pages.values()} == {penalty == 1.1}


def test_foreign_provenance_does_not_break_the_first_lines() -> None:
    comparison, _ = built()
    foreign = replace(comparison, provenance={"base": "a text", "trained": None})

    assert report_view(foreign).summary


def test_what_was_measured_is_not_advised_again() -> None:
    measured, unmeasured = (render_html(report_view(c)) for c in (noisy(), built()[0]))

    assert "with --noise-floor asks" in unmeasured
    assert "with --noise-floor asks" not in measured
    assert "was measured: the noise floor above" in measured

"""The decodings section: every decoding's gain, and whether it was shown to differ."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from report_builders import built

from evalsuite.records.codec import from_json, to_json
from evalsuite.records.comparison import Comparison
from evalsuite.records.gains import DecodingRow, GainDifference, Interval
from evalsuite.records.verdict import Policy
from evalsuite.reporting.outputs.terminal import render_ending
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.decodings import decodings
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import LANGUAGES, words
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from evalsuite.reporting.blocks import Section


def row(difference: float, adjusted: float, **changes: object) -> DecodingRow:
    plain = DecodingRow(
        temperature=0.7,
        top_p=1.0,
        seed=0,
        samples=8,
        n=480,
        base=0.4,
        trained=0.5,
        same_models=True,
        losses=60,
        gains=108,
        gain=0.1,
        interval=Interval(low=0.05, high=0.15),
        exact=0.001,
        difference=GainDifference(
            gain=difference,
            interval=Interval(low=difference - 0.05, high=difference + 0.05),
            exact=adjusted,
            raised=5,
            lowered=21,
            adjusted=adjusted,
        ),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def judged(*rows: DecodingRow) -> Comparison:
    return with_verdict(built(decodings=rows)[0], Policy())


def section(*rows: DecodingRow, lang: str = "en") -> Section:
    made = decodings(Page(judged(*rows), words(lang)))
    assert made is not None
    return made


def text(made: Section) -> str:
    return repr(made)


def remarks(*rows: DecodingRow, lang: str = "en") -> dict[str, str]:
    view = report_view(judged(*rows), lang=lang)
    return {code: str(sentence) for code, sentence in view.qualifiers}


def test_one_decoding_alone_has_no_section() -> None:
    assert decodings(Page(built()[0], words("en"))) is None


def test_an_established_difference_is_a_qualifier_with_its_numbers() -> None:
    told = remarks(row(-0.2, 0.004))

    assert told["decoding_dependent"] == (
        "It depends on the decoding: with 8 samples a question at temperature 0.7, the gain is "
        "+10.0 points (5.0 to 15.0), a difference of -20.0 (-25.0 to -15.0; Holm-adjusted "
        "p = 0.0040)."
    )
    assert "other_decoding" not in told


def test_a_difference_that_was_not_shown_is_told_as_such() -> None:
    told = remarks(row(-0.03, 0.2, temperature=0.0, samples=1))

    assert "decoding_dependent" not in told
    assert told["other_decoding"].startswith("Asked another way, decoded greedily: +10.0 points")
    assert (
        "not shown to differ: -3.0 (-8.0 to 2.0; Holm-adjusted p = 0.20" in told["other_decoding"]
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_sentence_on_decodings_contradicts_another(lang: str) -> None:
    """One that differs and one that does not: each is told once, as what it is."""
    told = remarks(row(-0.2, 0.004), row(0.01, 0.7, seed=1), lang=lang)

    assert {"decoding_dependent", "other_decoding"} <= told.keys()


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_section_shows_the_headline_and_every_other_decoding(lang: str) -> None:
    made = section(row(-0.2, 0.004), lang=lang)

    assert [block.id for block in made.blocks if hasattr(block, "id")] == [
        "decodings-data",
        "decoding-differences",
    ]
    grid = made.blocks[0]
    assert len(grid.rows) == 2  # type: ignore[union-attr]
    assert grid.rows[0].role == "headline"  # type: ignore[union-attr]


def test_weights_that_no_log_records_are_said_to_be_taken_from_the_names() -> None:
    assert "taken from the names given" in text(section(row(-0.2, 0.004, same_models=None)))
    assert "taken from the names given" not in text(section(row(-0.2, 0.004)))


def test_a_row_comes_back_from_results_json() -> None:
    comparison = judged(row(-0.2, 0.004))

    assert from_json(Comparison, to_json(comparison)) == comparison


def test_a_comparison_under_one_decoding_has_no_such_key() -> None:
    assert "decodings" not in to_json(built()[0])


def test_the_terminal_never_only_counts_a_decoding_that_was_asked_for() -> None:
    view = report_view(judged(row(-0.03, 0.2)))

    assert "Asked another way" in render_ending(view, {}, width=80)

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from report_builders import built, training_log

from evalsuite.reporting.opening.every_budget import budget_slider, spark
from evalsuite.reporting.source import Source
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison


def _source(comparison: Comparison) -> Source:
    return Source(comparison, words("en"))


def test_the_slider_stands_at_the_headline_and_stops_at_every_named_budget() -> None:
    comparison, _ = built(training=training_log())

    slider = budget_slider(_source(comparison))

    assert slider is not None
    assert (slider.at, slider.last) == (64, 400)
    assert [tokens for tokens, _ in slider.stops] == [40, 60, 64, 400]
    assert dict(slider.stops)[60] == "training: 60"
    assert dict(slider.stops)[64] == "headline: 64"


def test_without_every_budget_there_is_neither_slider_nor_spark() -> None:
    comparison = replace(built()[0], budget_curve=None)

    assert budget_slider(_source(comparison)) is None
    assert spark(_source(comparison)) is None


def test_the_spark_says_where_the_gain_is_largest() -> None:
    comparison, _ = built()
    curve = comparison.budget_curve
    assert curve is not None

    found = spark(_source(comparison))

    assert found is not None
    most = max(found.gains)
    at = found.budgets[found.gains.index(most)]
    assert f"{100 * most:+.1f} at its largest, with {at} tokens" in str(found.phrase)
    assert most == max(t - b for b, t in zip(curve.base, curve.trained, strict=True)) / curve.n


def test_a_spark_that_falls_says_where_the_gain_is_smallest() -> None:
    comparison, _ = built((20, 24, 2, 16))

    found = spark(_source(comparison))

    assert found is not None
    assert min(found.gains) < 0
    assert "at its smallest" in str(found.phrase)


def test_a_comparison_that_is_not_to_be_taken_has_no_spark() -> None:
    comparison, _ = built()
    assert comparison.verdict is not None

    assert (
        spark(_source(replace(comparison, verdict=replace(comparison.verdict, decision="invalid"))))
        is None
    )

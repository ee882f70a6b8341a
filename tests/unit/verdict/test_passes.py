from __future__ import annotations

from dataclasses import replace

import pytest
from passes_builders import sampled_pair, sharpened

from evalsuite.records.comparison import StoppedEarly
from evalsuite.records.verdict import Policy
from evalsuite.verdict.remarks import passes_remark


@pytest.mark.parametrize(
    ("base", "trained", "key"),
    [
        ([1] * 60, [6] * 60, "passes.sharpened"),
        ([1] * 80 + [0] * 20, [6] * 80 + [5] * 20, "passes.sharpened_partly"),
        ([0] * 100, [1] * 60 + [0] * 40, "passes.widened"),
        ([1] * 100, [8] * 40 + [0] * 60, "passes.narrowed"),
    ],
)
def test_a_word_names_what_more_tries_do(base: list[int], trained: list[int], key: str) -> None:
    comparison = sampled_pair(base, trained)

    remarks = list(passes_remark(comparison, Policy()))

    assert [remark.statement.key for remark in remarks] == [key]
    assert comparison.verdict is not None
    assert remarks[0] in comparison.verdict.remarks


@pytest.mark.parametrize(
    ("base", "trained"),
    [
        ([4] * 60, [4] * 60),
        ([1] * 4, [6] * 4),  # too few questions for a test
        ([8] * 60 + [0] * 60, [8] * 90 + [0] * 30),  # as large in eight tries as in one
    ],
)
def test_without_an_established_difference_there_is_no_word(
    base: list[int], trained: list[int]
) -> None:
    assert list(passes_remark(sampled_pair(base, trained), Policy())) == []


def test_the_sentence_holds_both_gains_and_what_is_gone() -> None:
    (remark,) = passes_remark(sharpened(), Policy())

    # 80 x 5/8 and 20 x 5/8 in one try, 20 in eight
    values = remark.statement.values
    assert values["first"] == pytest.approx(62.5 / 120)
    assert values["k"] == 8
    assert values["most"] == pytest.approx(20 / 120)
    assert values["gone"] == round(1 - 20 / 62.5, 2)


def test_looks_leave_no_test_of_more_tries() -> None:
    stopped = StoppedEarly(
        n=120, n_planned=200, reason="improved", saved_answers=80, pvalue=0.01, e_value=100.0
    )
    comparison = replace(sharpened(), stopped_early=stopped)

    assert list(passes_remark(comparison, Policy())) == []


def test_one_of_many_models_has_its_share_of_alpha() -> None:
    comparison = sharpened()
    assert comparison.passes is not None
    weak = replace(comparison.passes.contrast, exact=0.03)
    comparison = replace(comparison, passes=replace(comparison.passes, contrast=weak))

    assert [r.code for r in passes_remark(comparison, Policy())] == ["sharpened"]
    assert list(passes_remark(comparison, Policy(family=2))) == []

"""Rows of other decodings, and what is refused because the difference would have two reasons."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from builders import run
from passes_builders import sampled_run

from evalsuite.comparing.decodings import decoding_rows
from evalsuite.comparing.pairing import pair_tables
from evalsuite.comparing.tabulate import GradedTable, tabulate
from evalsuite.errors import NotComparableError
from evalsuite.records.run import Decoding, LoggedDecoding
from evalsuite.stats import gain_contrast

if TYPE_CHECKING:
    from evalsuite.records.run import Run

RIGHT, WRONG = r"\boxed{7}", r"\boxed{8}"
SAMPLED = Decoding(max_new_tokens=64, temperature=1.0, samples=8)
BASE = [0, 2, 4, 8, 8, 0, 3, 1, 5, 8, 0, 6] * 5
TRAINED = [2, 3, 8, 8, 7, 1, 3, 4, 8, 8, 0, 8] * 5


def greedy(right: list[int], name: str, **spec: Any) -> GradedTable:
    return table(run([RIGHT if value else WRONG for value in right], name=name), **spec)


def sampled(right: list[int], name: str, **spec: Any) -> GradedTable:
    return table(sampled_run(right, name), **({"decoding": SAMPLED} | spec))


def table(answers: Run, **spec: Any) -> GradedTable:
    return tabulate(replace(answers, spec=replace(answers.spec, **spec)))


def pairs(**spec: Any) -> tuple[Any, Any]:
    """Give a greedy pair, and the same sampled eight times with changes to its runs."""
    ones = [int(value > 4) for value in BASE], [int(value > 4) for value in TRAINED]
    headline = tuple(greedy(right, name) for right, name in zip(ones, ("b", "t"), strict=True))
    other = tuple(
        sampled(right, name, **spec)
        for right, name in zip((BASE, TRAINED), ("b", "t"), strict=True)
    )
    return headline, other


def test_a_row_has_gain_sides_and_samples_of_its_own_decoding() -> None:
    headline, other = pairs()

    (row,) = decoding_rows(pair_tables(*headline), [other])

    assert row.gain == pytest.approx((sum(TRAINED) - sum(BASE)) / 8 / 60)
    assert row.base == pytest.approx(sum(BASE) / 480)
    assert (row.samples, row.temperature, row.n, row.same_models) == (8, 1.0, 480, True)
    assert row.clusters is not None


def test_the_difference_is_of_the_means_over_samples_by_question() -> None:
    headline, other = pairs()

    (row,) = decoding_rows(pair_tables(*headline), [other])

    ones = [int(t > 4) - int(b > 4) for b, t in zip(BASE, TRAINED, strict=True)]
    means = [(t - b) / 8 for b, t in zip(BASE, TRAINED, strict=True)]
    steps = [m - o for m, o in zip(means, ones, strict=True)]
    assert row.difference.gain == pytest.approx(sum(steps) / 60)
    assert row.difference.raised == sum(step > 0 for step in steps)
    assert row.difference.lowered == sum(step < 0 for step in steps)
    assert row.difference.adjusted == row.difference.exact


def test_swapped_headline_and_other_change_the_sign_of_the_difference() -> None:
    headline, other = pairs()

    (there,) = decoding_rows(pair_tables(*headline), [other])
    (back,) = decoding_rows(pair_tables(*other), [headline])

    assert back.difference.gain == pytest.approx(-there.difference.gain)
    assert back.difference.exact == pytest.approx(there.difference.exact)


def test_several_decodings_are_adjusted_together() -> None:
    headline, other = pairs()
    once_more = pairs(decoding=replace(SAMPLED, seed=1))[1]

    first, second = decoding_rows(pair_tables(*headline), [other, once_more])

    assert first.difference.adjusted == second.difference.adjusted
    assert first.difference.adjusted == pytest.approx(min(1, 2 * first.difference.exact))


def test_questions_are_paired_by_id_whatever_their_order() -> None:
    headline, other = pairs()
    base, trained = (
        tabulate(replace(table.run, questions=table.run.questions[::-1])) for table in other
    )

    assert decoding_rows(pair_tables(*headline), [(base, trained)]) == decoding_rows(
        pair_tables(*headline), [other]
    )


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"prompt": "boxed@1"}, "another prompt"),
        ({"prompts_sha256": "other"}, "another rendered prompt"),
        ({"dtype": "bfloat16"}, "another precision"),
        ({"engine": "vllm"}, "another engine"),
        ({"decoding": Decoding(max_new_tokens=64)}, "the decoding that the headline has"),
    ],
)
def test_what_else_differs_is_refused(spec: dict[str, Any], reason: str) -> None:
    headline, other = pairs(**spec)

    with pytest.raises(NotComparableError, match=reason):
        decoding_rows(pair_tables(*headline), [other])


def test_other_weights_are_refused() -> None:
    headline, other = pairs()
    stranger = sampled(TRAINED, "stranger")

    with pytest.raises(NotComparableError, match="other weights than the headline's t"):
        decoding_rows(pair_tables(*headline), [(other[0], stranger)])


def test_a_pair_decoded_in_two_ways_is_refused() -> None:
    headline, other = pairs()

    with pytest.raises(NotComparableError, match="in two ways"):
        decoding_rows(pair_tables(*headline), [(other[0], headline[1])])


def test_other_questions_are_refused() -> None:
    headline, _ = pairs()
    other = sampled(BASE[:59], "b"), sampled(TRAINED[:59], "t")

    with pytest.raises(NotComparableError, match="different questions"):
        decoding_rows(pair_tables(*headline), [other])


def test_logs_of_two_limits_that_cannot_be_cut_are_refused() -> None:
    headline, _ = pairs()
    logged = LoggedDecoding(max_new_tokens=300, samples=8)
    other = sampled(BASE, "b", decoding=logged), sampled(TRAINED, "t", decoding=logged)

    with pytest.raises(NotComparableError, match="another token limit"):
        decoding_rows(pair_tables(*headline), [other])


def unnamed(known: GradedTable) -> GradedTable:
    spec = known.run.spec
    model = replace(spec.model, weights=None)
    return tabulate(replace(known.run, spec=replace(spec, model=model)))


def test_unrecorded_weights_and_temperature_stay_unknown() -> None:
    headline, other = pairs(decoding=LoggedDecoding(max_new_tokens=64, samples=8))
    base, trained = map(unnamed, other)

    (row,) = decoding_rows(pair_tables(*headline), [(base, trained)])

    assert (row.same_models, row.temperature, row.top_p, row.seed) == (None, None, None, None)


def test_no_other_decoding_gives_no_row() -> None:
    assert decoding_rows(pair_tables(*pairs()[0]), []) == ()


def test_the_contrast_with_one_sample_repeated_is_that_with_one() -> None:
    """Means do not care how often the same answer is given, and neither may the test."""
    here, there = [1, 0, 1, 1, -1, 0, 1, 1], [[0, 1], [0, 0], [1, -1]] + [[0, 0]] * 5

    once = gain_contrast(here, there)
    thrice = gain_contrast([[value] * 3 for value in here], there)

    assert once == thrice

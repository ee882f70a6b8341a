from __future__ import annotations

from passes_builders import sampled_pair, sharpened
from verdict_builders import of

from evalsuite.records.codec import from_json, to_json


def test_passes_are_read_back_as_they_were_written() -> None:
    comparison = sharpened()

    assert from_json(type(comparison), to_json(comparison)) == comparison


def test_one_sample_a_question_leaves_results_as_they_were() -> None:
    assert '"passes"' not in to_json(of(1, 2, 3, 4))


def test_questions_that_one_model_alone_solves_are_found_by_their_places() -> None:
    passes = sampled_pair([0, 1, 8, 0], [3, 0, 1, 0]).passes

    assert passes is not None
    assert (passes.only_base, passes.only_trained) == ((1,), (0,))

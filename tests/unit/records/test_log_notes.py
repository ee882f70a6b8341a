from __future__ import annotations

from evalsuite.records.codec import from_json, to_json
from evalsuite.records.log_notes import LogNotes, MissingQuestions, Tally

BOUNDS = MissingQuestions(base_only=2, trained_only=1, least=-300.0, most=None)


def test_what_a_log_says_of_itself_survives_the_trip() -> None:
    notes = LogNotes(harness="lm-eval", stated=Tally(n=3, means={"exact": 2 / 3}), missing=BOUNDS)

    assert from_json(LogNotes, to_json(notes)) == notes
    assert '"missing"' not in to_json(LogNotes())

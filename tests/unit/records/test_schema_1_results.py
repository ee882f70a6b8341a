"""Results of schema 1 as this version reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from report_builders import built

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import from_json, to_json
from evalsuite.records.comparison import Comparison
from evalsuite.records.schema_1 import upgraded
from evalsuite.reporting.telling import headline_text
from evalsuite.reporting.wording import words
from evalsuite.verdict.judge import restated

FAMILY = [
    {
        "trained": "a",
        "decision": "improved",
        "gain": 0.1,
        "interval": {"low": 0.05, "high": 0.15},
        "exact": 0.001,
        "adjusted": 0.002,
    }
]
STOPPED = {
    "n": 64,
    "n_planned": 1319,
    "reason": "improved",
    "saved_answers": 2510,
    "pvalue": 0.001,
    "e_value": 1000.0,
}


def of_schema_1() -> dict[str, object]:
    """Write a comparison the way schema 1 did."""
    document: dict[str, Any] = json.loads(to_json(built()[0]))
    for key in ("family", "stopped_early", "same_weights"):
        del document[key]
    document["schema"] = 1
    document["provenance"]["family"] = FAMILY
    document["diagnostics"]["stopped_early"] = STOPPED
    for check in document["checks"]:
        del check["statement"]
    del document["verdict"]["statements"]
    return document


def test_untyped_corners_get_their_own_key() -> None:
    comparison = from_json(Comparison, json.dumps(of_schema_1()))

    assert comparison.family[0].adjusted == 0.002
    assert comparison.stopped_early is not None
    assert comparison.stopped_early.saved_answers == 2510
    assert "family" not in comparison.provenance
    assert comparison.same_weights is None  # its provenance names no weights


def test_every_part_of_a_group_is_upgraded() -> None:
    group = upgraded({"schema": 1, "comparisons": [of_schema_1()]})

    assert group["comparisons"][0]["family"] == FAMILY


def test_a_newer_schema_is_refused_with_both_numbers() -> None:
    document = of_schema_1() | {"schema": 3}

    with pytest.raises(InvalidInputError, match=r"schema 3, this evalsuite reads schemas 1 to 2"):
        from_json(Comparison, json.dumps(document))


def test_the_committed_report_is_still_read() -> None:
    path = Path(__file__).parents[3] / "reports" / "qwen-grpo-pair" / "results.json"

    comparison = from_json(Comparison, path.read_bytes())

    assert comparison.verdict is not None
    assert comparison.verdict.headline


def test_weights_named_in_the_provenance_are_compared() -> None:
    document = of_schema_1()
    sides = {side: {"model": {"weights": "abc"}} for side in ("base", "trained")}
    document["provenance"] = sides

    assert upgraded(document)["same_weights"] is True


def test_a_stored_verdict_gets_the_statements_of_its_own_numbers() -> None:
    comparison = from_json(Comparison, json.dumps(of_schema_1()))
    assert comparison.verdict is not None
    assert comparison.verdict.statements == ()

    verdict = restated(comparison).verdict

    assert verdict is not None
    assert verdict.headline == comparison.verdict.headline
    assert headline_text(verdict, words("en")) == comparison.verdict.headline
    assert headline_text(verdict, words("zh")) != comparison.verdict.headline


def test_a_verdict_that_todays_rules_would_not_give_keeps_its_english() -> None:
    document = of_schema_1()
    text = json.dumps(document).replace(
        '"decision": "improved", "headline"', '"decision": "equivalent", "headline"'
    )
    comparison = from_json(Comparison, text)
    assert comparison.verdict is not None
    assert comparison.verdict.decision == "equivalent"

    assert restated(comparison) == comparison

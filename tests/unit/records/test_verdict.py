"""Verdicts as they are stored: sentences with values, and English alone from schema 1."""

from __future__ import annotations

import json
from typing import Any, get_args

from evalsuite.records.codec import from_json, to_json
from evalsuite.records.verdict import SCOPE_ONLY, Check, Policy, Qualifier, Statement, Verdict

REASON = Statement(key="check_detail.EVS001", values={"n": 1319})
VERDICT = Verdict(
    decision="invalid",
    qualifiers=("one_checkpoint",),
    headline="",
    statements=(Statement(key="headline.invalid", values={"reason": REASON}),),
    scope="checkpoint",
    policy=Policy(family=2, adjusted_pvalue=0.04),
)


def without(key: str, record: Verdict | Check) -> str:
    """Write a record the way schema 1 did, which had no such key."""
    document: dict[str, Any] = json.loads(to_json(record))
    del document[key]
    return json.dumps(document)


def test_a_sentence_within_a_sentence_is_read_back_as_it_was_written() -> None:
    assert from_json(Verdict, to_json(VERDICT)) == VERDICT


def test_a_verdict_of_schema_1_has_no_statements() -> None:
    assert from_json(Verdict, without("statements", VERDICT)).statements == ()


def test_a_check_of_schema_1_has_no_statement() -> None:
    check = Check(code="EVS001", level="passed", title="Same questions", detail="1,319 questions")

    assert from_json(Check, without("statement", check)) == check


def test_what_bounds_a_claim_is_a_qualifier() -> None:
    assert set(get_args(Qualifier)) > SCOPE_ONLY

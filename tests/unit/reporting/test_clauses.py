from __future__ import annotations

import time

import pytest

from evalsuite.errors import Clause
from evalsuite.records.verdict import Statement
from evalsuite.reporting.clauses import recalled, told
from evalsuite.reporting.wording import words


def test_text_from_outside_is_told_as_it_is() -> None:
    assert told("{name} is left over; remove it", "zh") == "{name} is left over; remove it"


def test_a_clause_in_english_is_its_template_filled_in() -> None:
    clause = Clause("{name} is left over; remove it", name="a")

    assert told(clause, "en") == "a is left over; remove it"


def test_a_clause_among_the_values_of_a_statement_is_told_too() -> None:
    name = Clause("held out by hash, {file}", file="heldout.jsonl")
    statement = Statement(key="training_notice.unchecked_split", values={"reason": name})

    assert words("zh").tell(statement).endswith("（按哈希留出，heldout.jsonl）")
    assert words("en").tell(statement).endswith("(held out by hash, heldout.jsonl)")


KERNELS = Clause("no gcc, with which answers come faster (Debian: apt-get install gcc)")
STORED = (
    Clause("attention is torch's: {reason}", reason=KERNELS),
    Clause(
        "the chat template's end-of-turn token {written} was missing from the eos ids", written="x"
    ),
    Clause("the tokenizer has no pad token; its end token stands in"),
)


@pytest.mark.parametrize("clause", STORED)
def test_a_clause_that_was_stored_is_told_as_before(clause: Clause) -> None:
    assert recalled(str(clause), "zh") == told(clause, "zh") != str(clause)
    assert recalled(str(clause), "en") == str(clause)


@pytest.mark.parametrize("text", ["", "a note of somebody else", "attention is torch's: "])
def test_a_text_of_no_template_stays(text: str) -> None:
    assert recalled(text, "zh") == text


def test_a_text_that_fits_a_template_in_many_ways_takes_no_time() -> None:
    started = time.perf_counter()

    for head in ("asked for ", "the server ignored max_tokens in "):
        recalled(f"{head}{', the server answered as ' * 15}", "zh")
        recalled(f"{head}{' of 1 answers; ' * 24}", "zh")

    assert time.perf_counter() - started < 2

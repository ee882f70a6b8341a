from __future__ import annotations

from evalsuite.errors import Clause
from evalsuite.records.verdict import Statement
from evalsuite.reporting.clauses import told
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

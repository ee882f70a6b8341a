from __future__ import annotations

from evalsuite.errors import Clause
from evalsuite.reporting.clauses import told


def test_text_from_outside_is_told_as_it_is() -> None:
    assert told("{name} is left over; remove it", "zh") == "{name} is left over; remove it"


def test_a_clause_in_english_is_its_template_filled_in() -> None:
    clause = Clause("{name} is left over; remove it", name="a")

    assert told(clause, "en") == "a is left over; remove it"

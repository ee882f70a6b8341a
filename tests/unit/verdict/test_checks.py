"""One table of checks: what each line states, at which level, in which order."""

from __future__ import annotations

import pytest

from evalsuite.records.verdict import Statement
from evalsuite.verdict.checks import Finding, Rule, checked


def is_positive(number: int) -> Finding:
    return Finding(holds=number > 0, values={"n": number})


@pytest.mark.parametrize(
    ("holds", "level"), [(True, "passed"), (False, "blocking"), (None, "not_applicable")]
)
def test_only_what_does_not_hold_has_the_level_of_its_rule(holds: bool | None, level: str) -> None:
    rule: Rule[int] = Rule("EVS900", "blocking", lambda _: Finding(holds=holds))

    assert rule.check(0).level == level


@pytest.mark.parametrize(
    ("variant", "key"), [("", "check_detail.EVS900"), ("same", "check_detail.EVS900_same")]
)
def test_a_variant_is_part_of_the_sentence_s_key_and_not_of_the_code(
    variant: str, key: str
) -> None:
    rule: Rule[int] = Rule("EVS900", "warning", lambda _: Finding(holds=True, variant=variant))

    check = rule.check(0)

    assert check.code == "EVS900"
    assert check.statement == Statement(key=key)


def test_a_check_holds_values_and_no_english() -> None:
    check = Rule("EVS900", "warning", is_positive).check(-3)

    assert (check.title, check.detail) == ("", "")
    assert check.statement is not None
    assert check.statement.values == {"n": -3}


def test_every_line_of_a_table_looks_at_the_same_facts_in_its_order() -> None:
    table = [Rule(code, "warning", is_positive) for code in ("EVS902", "EVS900", "EVS901")]

    assert [(c.code, c.level) for c in checked(table, 1)] == [
        ("EVS902", "passed"),
        ("EVS900", "passed"),
        ("EVS901", "passed"),
    ]

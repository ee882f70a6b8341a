from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from evalsuite.cli.gating.summary import GateSubject, annotation_lines, markdown_of, marker_of
from evalsuite.records.gate import GateResult, RuleResult
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.records.gate import GateState

EN = words("en")
HOSTILE = "a|b <script>x</script>\n::error::--> ![i](http://x) @you `c` 100%"


def outcome(state: GateState, detail: str = "because") -> GateResult:
    rule = RuleResult(rule="require improved", state=state, statements=(), detail=detail)
    return GateResult(state=state, rules=(rule,))


def subject(trained: str = "trained", *, is_invalid: bool = False) -> GateSubject:
    return GateSubject(
        base="base", trained=trained, task="gsm8k test", is_invalid=is_invalid, words=EN
    )


def test_the_comment_renders_as_a_heading_and_one_table_and_hides_its_marker() -> None:
    page = MarkdownIt("commonmark").enable("table").render(markdown_of(subject(), outcome("met")))

    assert page.startswith("<!-- evalsuite-gate ")
    assert "<h3>evalsuite: Gate met</h3>" in page
    assert page.count("<table>") == 1
    assert "<td>require improved</td>\n<td>✅ met</td>\n<td>because</td>" in page


def test_the_task_is_named_as_in_a_report_in_both_languages() -> None:
    embedded = replace(subject(), task="embedded test")

    assert "on the embedded word problems, test split" in markdown_of(embedded, outcome("met"))
    chinese = markdown_of(replace(embedded, words=words("zh")), outcome("met"))
    assert "embedded test" not in chinese
    assert "内置应用题" in chinese


def test_a_hostile_name_makes_neither_markup_nor_a_cell_nor_a_command() -> None:
    told = markdown_of(subject(HOSTILE), outcome("not_met", HOSTILE))
    page = MarkdownIt("commonmark").enable("table").render(told)

    assert page.count("<td>") == 3
    assert not re.search(r"<(script|img|a|code)\b", page)
    assert "@you" not in told
    assert told.count("-->") == 1
    (line,) = annotation_lines(subject(HOSTILE), outcome("not_met", HOSTILE))
    assert "\n" not in line
    assert line.endswith("100%25")


@pytest.mark.parametrize(
    ("state", "level"), [("met", "notice"), ("not_met", "error"), ("undecided", "warning")]
)
def test_an_annotation_has_the_level_of_its_rule(state: GateState, level: str) -> None:
    (line,) = annotation_lines(subject(), outcome(state))

    assert line.startswith(f"::{level} title=")
    assert line.endswith("::because")


def test_runs_that_cannot_be_compared_are_said_to_be_so_whatever_the_rules_gave() -> None:
    invalid = subject(is_invalid=True)

    assert "Not comparable" in markdown_of(invalid, outcome("met"))
    assert [line[:8] for line in annotation_lines(invalid, outcome("met"))] == ["::error "]


def test_the_marker_is_the_same_for_the_same_names_only() -> None:
    assert marker_of(subject()) == marker_of(subject(is_invalid=True))
    assert marker_of(subject()) != marker_of(subject("other"))

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from report_builders import built, family_of

from evalsuite.reporting.blocks import Code, Grid, Text
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.prompt import LONGEST_PROMPT, prompt
from evalsuite.reporting.wording import words


def blocks_of(provenance: dict[str, Any]) -> tuple[Any, ...]:
    comparison = replace(built()[0], provenance=provenance)
    section = prompt(Page(comparison, words("en")))
    assert section is not None
    return section.blocks


def test_a_prompt_that_both_were_sent_is_shown_once() -> None:
    same, *_ = blocks_of({"prompts": {"base": "Add: ", "trained": "Add: "}})
    first, second, *_ = blocks_of({"prompts": {"base": "Add: ", "trained": "Sum: "}})

    assert same.text == "Add: "
    assert [first.text, second.text] == ["Add: ", "Sum: "]


def test_a_prompt_is_cut_where_a_page_would_grow_without_end() -> None:
    code, *_ = blocks_of({"prompts": {"base": "x" * 30_000, "trained": "x" * 30_000}})

    assert isinstance(code, Code)
    assert len(code.text) == LONGEST_PROMPT


def test_missing_prompt_and_decoding_are_said_to_be_missing() -> None:
    blocks = blocks_of({})

    assert all(isinstance(block, Text) and block.role == "missing" for block in blocks)
    assert len(blocks) == 2


def test_settings_that_differ_are_marked_and_those_not_recorded_are_named() -> None:
    base = {"decoding": {"temperature": 0.0, "top_p": 1.0}, "dtype": "float32"}
    trained = {"decoding": {"temperature": None, "top_p": 1.0}, "dtype": "unknown"}

    grid = blocks_of({"base": base, "trained": trained})[-1]

    assert isinstance(grid, Grid)
    shown = {str(row.cells[0]): (str(row.cells[1]), str(row.cells[2])) for row in grid.rows}
    assert shown == {
        "decoding.temperature": ("0.0", "not recorded"),
        "decoding.top_p": ("1.0", "1.0"),
        "dtype": ("float32", "not recorded"),
    }
    assert [row.role for row in grid.rows] == ["headline", "", "headline"]


def test_a_group_shows_no_prompt() -> None:
    assert prompt(Page(family_of([built()[0], built()[0]]), words("en"))) is None


@pytest.mark.parametrize(
    ("prompts", "dtype", "said"),
    [
        ("Add: ", "float32", "prompt.same"),
        ("Add: ", "unknown", "prompt.same_recorded"),
        (None, "float32", "prompt.same_recorded"),
    ],
)
def test_equal_ways_of_asking_are_claimed_as_far_as_they_are_recorded(
    prompts: str | None, dtype: str, said: str
) -> None:
    side = {"decoding": {"temperature": 0.0}, "dtype": dtype}
    sent = {} if prompts is None else {"prompts": dict.fromkeys(("base", "trained"), prompts)}

    blocks = blocks_of({"base": side, "trained": side, **sent})

    assert str(blocks[-2].phrase) == words("en").text(said)

"""The command that makes a report again; that it does is an integration test."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from report_builders import built

from evalsuite.records.verdict import Policy
from evalsuite.reporting.again import command_of
from evalsuite.reporting.page import Page
from evalsuite.reporting.wording import words
from evalsuite.verdict.pair import with_verdict

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison

USUAL = "--seeds 2 --subset-size 30 --max-new-tokens 40,64,400 --headline-budget 64 --margin 2"


def command(comparison: Comparison) -> str | None:
    return command_of(Page(comparison, words("en")))


def with_side(comparison: Comparison, **changes: Any) -> Comparison:
    side = {**comparison.provenance["base"], **changes}
    return replace(comparison, provenance={**comparison.provenance, "trained": side})


def test_the_runs_are_named_and_quoted() -> None:
    comparison = with_side(built(names=("base", "trained"))[0], run="a run; rm -rf /")

    assert command(comparison) == f"evalsuite compare run:r-1 'run:a run; rm -rf /' {USUAL}"


@pytest.mark.parametrize(
    ("policy", "levels"),
    [
        (Policy(), ""),
        (Policy(alpha=0.01, confidence_level=0.99), " --alpha 0.01"),
        (Policy(confidence_level=0.9), " --alpha 0.05 --confidence 0.9"),
        (Policy(declared=("budgets", "graders")), " --declare budgets,graders"),
    ],
)
def test_levels_are_named_where_they_are_not_the_usual_ones(policy: Policy, levels: str) -> None:
    made = command(with_verdict(built()[0], policy))

    assert made is not None
    assert made.endswith(USUAL + levels)


def test_what_can_not_be_named_has_no_command() -> None:
    comparison = built()[0]
    unknown = {"also": [{"base": comparison.provenance["base"], "trained": {"run": None}}]}
    also = replace(comparison, provenance=comparison.provenance | unknown)

    assert command(with_side(comparison, run=None)) is None
    assert command(also) is None
    assert command(replace(comparison, provenance={})) is None


def test_another_decoding_is_named_by_its_runs() -> None:
    comparison = built()[0]
    pair = {side: comparison.provenance[side] for side in ("base", "trained")}
    also = replace(comparison, provenance=comparison.provenance | {"also": [pair]})

    made = command(also)

    assert made is not None
    assert made.endswith(" --also run:r-1,run:r-1")

"""A new kind of group in the report: one record and one section; the rest takes its parts."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

import pytest
from report_builders import built

import evalsuite.reporting.view as view_module
from evalsuite.records.groups.family import Group
from evalsuite.records.verdict import Check, Policy, Verdict
from evalsuite.reporting.blocks import Grid, Row, Section
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_terminal
from evalsuite.reporting.view import SECTIONS, report_view
from evalsuite.reporting.wording import just

if TYPE_CHECKING:
    from evalsuite.records.comparison import Comparison
    from evalsuite.reporting.page import Page
    from evalsuite.reporting.view import ReportView

STEPS = (10, 20, 30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve(Group):
    """Checkpoints of one training, in order."""

    steps: tuple[int, ...]
    comparisons: tuple[Comparison, ...]
    task: str = "embedded test"
    headline_budget: int | None = 64
    headline_set: str = "full"
    checks: tuple[Check, ...] = ()
    verdict: Verdict | None = None
    parts_name: ClassVar[str] = "checkpoints"


def checkpoints(page: Page) -> Section | None:
    """Tabulate the gain of every checkpoint; the one section that knows what a curve is."""
    judged: object = page.judged
    if not isinstance(judged, Curve):
        return None
    rows = tuple(
        Row(cells=(just(page.count(f"steps.{i}")), part.headline_gain()))
        for i, part in enumerate(page.parts)
    )
    grid = Grid(
        id="checkpoints-data",
        caption=just("Every checkpoint"),
        columns=("step", "gain"),
        rows=rows,
    )
    return Section(id="checkpoints", title="The curve", blocks=(grid,))


def curve(*, judged: bool = True) -> Curve:
    tables = ((40, 4, 4, 52), (40, 4, 40, 16), (40, 4, 44, 12))
    names = [f"step-{step}" for step in STEPS]
    parts = tuple(built(t, names=("base", n))[0] for t, n in zip(tables, names, strict=True))
    headline = "It rises until step 20."
    verdict = Verdict(
        decision="improved",
        qualifiers=(),
        headline=headline,
        scope="checkpoints",
        policy=Policy(),
    )
    return Curve(steps=STEPS, comparisons=parts, verdict=verdict if judged else None)


def view_of(group: Curve | Comparison, *, lang: str = "en") -> ReportView:
    folders = tuple(f"c{i}" for i in range(len(group.parts))) if isinstance(group, Curve) else ()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(view_module, "SECTIONS", (checkpoints, *SECTIONS))
        return report_view(cast("Comparison", group), folders=folders, lang=lang)


def test_the_section_of_a_new_group_stands_before_those_that_take_any_parts() -> None:
    ids = [section.id for section in view_of(curve()).sections]

    assert ids[0] == "checkpoints"
    assert {"each", "budgets", "checks", "methods", "provenance"} <= set(ids)
    assert not {"estimate", "changed", "questions", "recipe", "claims", "settings"} & set(ids)


def test_the_section_does_not_apply_to_one_comparison() -> None:
    view = view_of(built()[0])

    assert [s.id for s in view.sections] == [s.id for s in report_view(built()[0]).sections]


def test_the_first_lines_are_those_of_its_own_verdict() -> None:
    view = view_of(curve())

    assert (view.headline, view.decision, view.tone) == (
        "It rises until step 20.",
        "improved",
        "good",
    )


def test_without_a_verdict_the_page_says_that_nothing_was_judged() -> None:
    assert view_of(curve(judged=False)).headline == "No verdict was recorded with these results."


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_number_is_found_again_in_the_results(lang: str) -> None:
    view = view_of(curve(), lang=lang)
    results = json.loads(view.results)
    shown = re.findall(r'value="([^"]+)" data-key="([^"]+)">', render_html(view, is_drawn=False))

    assert {"steps.0", "comparisons.2.gain.estimate"} <= {key for _, key in shown}
    for value, key in shown:
        place = results
        for step in key.split("."):
            place = place[int(step)] if isinstance(place, list) else place[step]
        assert json.loads(value) == place, key


def test_every_output_names_all_of_its_parts() -> None:
    view = view_of(curve())

    for text in (
        render_html(view, is_drawn=False),
        render_markdown(view),
        render_terminal(view, width=200),
    ):
        assert all(f"step-{step}" in text.replace("\\", "") for step in STEPS)

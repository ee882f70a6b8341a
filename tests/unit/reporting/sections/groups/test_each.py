from __future__ import annotations

from report_builders import built, family_of

from evalsuite.reporting.blocks import Composition, Doubts, Text
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.groups.each import each, members
from evalsuite.reporting.wording import words


def page() -> Page:
    tables, names = ((40, 4, 40, 16), (10, 9, 12, 20)), ("first", "second")
    parts = [built(t, names=("base", n))[0] for t, n in zip(tables, names, strict=True)]
    return Page(family_of(parts), words("en"), folders=("a", "b"))


def test_a_single_comparison_has_no_members() -> None:
    alone = Page(built()[0], words("en"))

    assert members(alone) == ()
    assert each(alone) is None


def test_every_member_says_its_own_headline_and_leads_to_its_page() -> None:
    group = page()

    for member, part in zip(members(group), group.parts, strict=True):
        verdict = part.comparison.verdict
        assert verdict is not None
        assert member.headline == verdict.headline
        assert member.name == part.link


def test_the_family_that_all_share_is_not_told_of_each() -> None:
    codes = [code for member in members(page()) for code, _ in member.qualifiers]

    assert "family" not in codes
    assert "one_checkpoint" in codes


def test_doubts_stand_below_the_sentence_that_they_are_about() -> None:
    section = each(page())

    assert section is not None
    assert [type(block) for block in section.blocks] == [Text, Composition, Doubts] * 2

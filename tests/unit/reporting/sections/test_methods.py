from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from recipe_builders import recipe
from report_builders import built, family_of

from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.methods import methods
from evalsuite.reporting.wording import words

if TYPE_CHECKING:
    from evalsuite.records.judged import Judged

GOOD, BETTER = (40, 4, 40, 16), (40, 4, 44, 12)


def paragraph(judged: Judged, lang: str = "en") -> str:
    code: Any = methods(Page(judged, words(lang))).blocks[1]
    assert code.prose
    return str(code.text)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_paragraph_names_both_models_the_counts_and_the_level(lang: str) -> None:
    text = paragraph(built((20, 4, 12, 16), names=("small", "tuned"))[0], lang)

    assert all(piece in text for piece in ("small", "tuned", "24", "32", "+15.4", "95%", "0.05"))


def test_several_models_are_told_with_their_adjusted_pvalues() -> None:
    parts = [built(t, names=("base", n))[0] for t, n in ((GOOD, "one-a"), (BETTER, "two-b"))]
    group = family_of(parts)

    text = paragraph(group)

    assert text.count("one-a") >= 2
    assert text.count("two-b") >= 2
    assert all(part.verdict and part.verdict.policy.adjusted_pvalue for part in group.comparisons)


def test_a_recipe_is_told_by_its_mean_and_not_seed_by_seed() -> None:
    comparison = recipe(GOOD, BETTER, GOOD)

    text = paragraph(comparison)

    assert "3" in text
    assert comparison.comparisons[0].trained.name not in text

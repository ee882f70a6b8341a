from __future__ import annotations

from dataclasses import replace
from typing import Any

from report_builders import built, family_of

from evalsuite.reporting.blocks import Code, Facts
from evalsuite.reporting.page import Page
from evalsuite.reporting.sections.provenance import provenance, setting_text
from evalsuite.reporting.wording import words

BASE = {"dtype": "float32", "model": {"name": "base", "revision": None}}
TRAINED = {"dtype": "float32", "model": {"name": "trained", "revision": None}}


def facts_of(judged: Any) -> dict[str, dict[str, str]]:
    blocks = provenance(Page(judged, words("en"))).blocks
    return {
        block.label: {name: str(phrase) for name, phrase in block.pairs}
        for block in blocks
        if isinstance(block, Facts)
    }


def test_what_both_models_have_in_common_is_listed_once() -> None:
    comparison = replace(built()[0], provenance={"base": BASE, "trained": TRAINED})

    facts = facts_of(replace(comparison, diagnostics={}))

    assert facts == {
        "What all models have in common": {"dtype": "float32", "model.revision": "–"},
        "Base model": {"model.name": "base"},
        "Trained model": {"model.name": "trained"},
    }


def test_a_base_that_several_models_share_is_listed_once() -> None:
    parts = [
        replace(built(names=("base", name))[0], provenance={"base": BASE, "trained": TRAINED})
        for name in ("one", "two")
    ]

    labels = list(facts_of(family_of(parts)))

    own = ["Base model", "Trained model: one", "Trained model: two"]
    assert labels == ["What all models have in common", *own]


def test_a_model_that_is_recorded_alone_has_all_to_itself() -> None:
    comparison = replace(built()[0], provenance={"base": BASE}, diagnostics={})

    assert list(facts_of(comparison)) == ["Base model"]


def test_a_setting_is_written_short_and_none_as_a_dash() -> None:
    assert setting_text(0.5170583775587566) == "0.517058"
    assert [setting_text(value) for value in (None, 1.0, 1e-06, ["a"])] == [
        "–",
        "1.0",
        "1e-06",
        '["a"]',
    ]


def test_gsm8k_is_cited_where_it_was_asked() -> None:
    comparison = built()[0]
    pages = [Page(replace(comparison, task=t), words("en")) for t in ("gsm8k test", "own test")]

    cited = [
        block.text
        for page in pages
        for block in provenance(page).blocks
        if isinstance(block, Code) and block.id == "bibtex"
    ]

    assert ["cobbe2021gsm8k" in text for text in cited] == [True, False]
    assert all("tango1998" in text for text in cited)

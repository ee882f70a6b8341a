from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from string import Formatter

import pytest
from builders import checked, run
from recipe_builders import names_of, plan_of, recipe, recipes, training
from report_builders import RIGHT, WRONG, built, training_log

import evalsuite
from evalsuite.asking.early import judge_early
from evalsuite.asking.noise_floor import noise_floor, with_noise_floor
from evalsuite.asking.spec import CompareSpec
from evalsuite.comparing.compare import Design
from evalsuite.comparing.tabulate import tabulate
from evalsuite.records.comparison import Check, Comparison, Policy
from evalsuite.reporting.check_words import told_check
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.view import report_view
from evalsuite.reporting.wording import words
from evalsuite.stats import look
from evalsuite.verdict.checks import run_checks
from evalsuite.verdict.recipe_checks import recipe_checks

SOURCES = (
    "verdict/checks.py",
    "asking/noise_floor.py",
    "asking/early.py",
    "verdict/recipe_checks.py",
)
FOLDER = Path(evalsuite.__file__).parent


def _titles_in_the_code() -> dict[str, str]:
    """Find every code with its title where the checks are made."""
    found = {}
    for name in SOURCES:
        for node in ast.walk(ast.parse((FOLDER / name).read_text("utf-8"))):
            if isinstance(node, ast.Call):
                texts = [
                    a.value
                    for a in (*node.args, *(k.value for k in node.keywords))
                    if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
                codes = [t for t in texts if t.startswith("EVS") and len(t) == 6]
                if codes:
                    found[codes[0]] = next(t for t in texts if t[0].isupper() and t != codes[0])
    return found


def _comparisons() -> list[Comparison]:
    """Make every check speak: kept and broken rules, known and unknown logs."""
    right, wrong = [RIGHT] * 30, [WRONG] * 30
    design = Design(budgets=(400,), headline_budget=400, subsets=())
    base, trained = run([*right, *wrong], name="base"), run([*right, *right], name="trained")
    plain = checked(base, trained, design)
    spec = trained.spec
    others = [
        replace(trained, spec=changed)
        for changed in (
            replace(spec, prompt="other@1", prompts_sha256="f" * 64, engine="vllm"),
            replace(spec, decoding=replace(spec.decoding, seed=1, temperature=0.5, samples=2)),
            replace(spec, engine="imported"),
            replace(spec, model=replace(spec.model, weights=None, revision=None)),
            base.spec,
        )
    ]
    dtypes = [
        replace(base, spec=replace(base.spec, dtype=dtype))
        for dtype in ("unknown", "bfloat16", "float32")
    ]
    asked = replace(base, spec=replace(spec, engine="endpoint", dtype="unknown"))
    hot = replace(base, spec=replace(base.spec, decoding=replace(spec.decoding, temperature=0.7)))
    nobody = checked(run(wrong, name="base"), run(wrong, name="trained"), design)
    unknown = replace(plain, truncation=replace(plain.truncation, base=None))
    return [
        plain,
        nobody,
        *(run_checks(plain, base, other, Policy()) for other in others),
        *(run_checks(plain, one, trained, Policy()) for one in (*dtypes, hot, asked)),
        run_checks(unknown, base, trained, Policy()),
        run_checks(replace(plain, headline_set="union"), base, trained, Policy()),
        built(training=training_log())[0],
        built()[0],
    ]


def _early() -> list[Check]:
    found = look([1] * 40, n_planned=100)
    return list(judge_early(built()[0], found, CompareSpec()).checks)


def _floors() -> list[Check]:
    first, same = run([RIGHT] * 30, name="base"), run([RIGHT] * 30, name="base")
    other = run([RIGHT] * 20 + [WRONG] * 10, name="base")
    return [
        check
        for second in (same, other)
        for check in with_noise_floor(
            built()[0], noise_floor(tabulate(first), tabulate(second))
        ).checks
    ]


def _of_recipes() -> list[Check]:
    good, better = (40, 4, 40, 16), (40, 4, 44, 12)
    two, pair = names_of(2), ((True, False) * 20, (False, True, True, True) * 10)
    odd = tuple(training(f"t@{i}", i, start="x", versions={"trl": str(i)}) for i in range(2))
    silent = tuple(training(f"t@{i}", i, start=None) for i in range(2))
    plans = (
        plan_of(two),
        plan_of(two, trainings=(None, None)),
        plan_of(two, trainings=odd),
        plan_of(two, trainings=silent),
        plan_of(replace(two, left_out=("t@7",))),
        plan_of(replace(two, seeds=(0, 2))),
    )
    found = [recipe(good, better, plan=plan) for plan in plans]
    found += [recipes([pair, pair], differing=d) for d in ({}, {"gate": ["none", "auto"]})]
    found.append(recipes([pair, pair], trainings=odd))
    checks = [check for comparison in found for check in comparison.checks]
    return checks + list(recipe_checks(found[0].recipe, plans[0], (), None))


def _all_checks() -> list[Check]:
    return (
        [check for comparison in _comparisons() for check in comparison.checks]
        + _early()
        + _floors()
        + _of_recipes()
    )


def test_english_titles_are_those_of_the_checks() -> None:
    catalogue = {
        key.removeprefix("check_title."): sentence
        for key, sentence in words("en").sentences.items()
        if key.startswith("check_title.")
    }

    assert catalogue == _titles_in_the_code()
    assert len(catalogue) > 15


def test_every_detail_a_check_can_write_is_told_in_chinese() -> None:
    left = {c.detail for c in _all_checks() if told_check(c, words("zh")).detail_lang}

    assert left == set()


def test_every_sentence_on_checks_is_reached_by_a_check() -> None:
    """A sentence no check writes any more would silently leave its check in English."""
    told = {told_check(check, words("zh")).detail for check in _all_checks()}
    sentences = [
        sentence
        for key, sentence in words("zh").sentences.items()
        if key.startswith("check_detail.")
    ]

    unreached = [s for s in sentences if not any(_holds(s, text) for text in told)]

    assert unreached == []


def _holds(sentence: str, text: str) -> bool:
    """Whether the words of a sentence stand in a text in their order, with anything between."""
    place = 0
    for literal, *_ in Formatter().parse(sentence):
        place = text.find(literal, place) + len(literal)
        if place < len(literal):
            return False
    return True


def test_in_english_a_check_says_what_is_stored() -> None:
    for check in _all_checks():
        told = told_check(check, words("en"))

        assert (told.title, told.detail) == (check.title, check.detail)
        assert told.title_lang is None
        assert told.detail_lang is None


def test_numbers_and_names_of_a_detail_survive() -> None:
    check = Check(
        code="EVS010",
        level="warning",
        title="Few answers cut off",
        detail="1,319 of base's and 17 of trained's 2,638 answers were cut off at 300 tokens",
    )

    detail = told_check(check, words("zh")).detail

    assert detail == "2,638 个回答中，训练前有 1,319 个、训练后有 17 个在 300 个 token 处被截断"


@pytest.mark.parametrize("code", ["EVS010", "EVS999"])
def test_an_unknown_detail_stays_english_and_says_so(code: str) -> None:
    check = Check(code=code, level="warning", title="Novel", detail="something <b>new</b>")

    told = told_check(check, words("zh"))
    page = render_html(report_view(built(checks=(check,))[0], lang="zh"))

    assert told.detail == "something <b>new</b>"
    assert told.detail_lang == "en"
    assert '<span lang="en">something &lt;b&gt;new&lt;/b&gt;</span>' in page
    assert ('<b lang="en">Novel</b>' in page) == (code == "EVS999")


def test_the_reason_of_an_invalid_comparison_is_chinese_in_chinese() -> None:
    check = Check(
        code="EVS002",
        level="blocking",
        title="Same prompt",
        detail="base was asked with lesson@1, trained with plain@1",
    )

    view = report_view(built(checks=(check,))[0], lang="zh")

    assert view.headline == "不可比较：训练前用的是 lesson@1，训练后用的是 plain@1。"

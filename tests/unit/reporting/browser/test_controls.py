from __future__ import annotations

from dataclasses import replace

from passes_builders import sharpened
from report_builders import built

from evalsuite.reporting.browser.controls import (
    by_question,
    filters,
    heads,
    keys,
    orders,
    rules,
)
from evalsuite.reporting.naming import names_of
from evalsuite.reporting.source import Source
from evalsuite.reporting.wording import words


def test_a_question_counts_once_with_all_its_samples() -> None:
    comparison = sharpened()
    _, rows = built((1, 2, 0, 1))
    broken, both_right = rows[1], rows[0]
    group = [
        replace(row, question_id="q", sample=i)
        for i, row in enumerate((broken, both_right, broken, both_right))
    ]
    source = Source(comparison, words("en"))

    counts = {name: (label, int(number.value)) for name, label, number in filters(source, group)}

    chosen = {name: counts[name] for name in ("broken", "both-right", "graders")}
    assert chosen == {
        "broken": ("worse", 1),
        "both-right": ("always right", 0),
        "graders": ("graders disagree", 0),
    }
    assert len(by_question(group)) == 1


def test_samples_that_level_out_are_neither_better_nor_worse() -> None:
    _, rows = built((0, 1, 1, 0))
    source = Source(built()[0], words("en"))
    rule = rules(source)

    assert not rule["broken"](rows)
    assert not rule["fixed"](rows)
    assert rule["broken"](rows[:1])
    assert rule["fixed"](rows[1:])


def test_graders_disagree_where_one_calls_right_what_the_other_does_not() -> None:
    comparison, rows = built((20, 4, 20, 16), headline_budget=400)
    source = Source(comparison, words("en"))

    counts = {name: number.value for name, _, number in filters(source, rows)}

    odd = sum(row.base.strict != row.base.flexible for row in rows)
    assert counts["graders"] == odd > 0


def test_columns_are_headed_by_the_models_names() -> None:
    comparison = built(names=("qwen", "qwen-grpo"))[0]
    source = Source(comparison, words("en").calling(names_of(comparison)))

    assert dict(heads(source))["trained"] == "qwen-grpo"
    assert dict(orders(source))["base"] == "right answers of qwen first"
    assert next(iter(dict(orders(source)))) == "id"


def test_every_key_is_explained() -> None:
    source = Source(built()[0], words("zh"))

    assert dict(keys(source))["?"] == "这份列表"

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from recipe_builders import recipe
from report_builders import HOSTILE, built, family_of

from evalsuite.reporting.naming import LONGEST, model_names, names_of, task_label
from evalsuite.reporting.outputs.brief import render_brief
from evalsuite.reporting.outputs.html import render_html
from evalsuite.reporting.outputs.latex import render_latex
from evalsuite.reporting.outputs.markdown import render_markdown
from evalsuite.reporting.outputs.terminal import render_ending, render_terminal
from evalsuite.reporting.telling import in_english
from evalsuite.reporting.view import report_view

TABLE = (40, 4, 40, 16)
LONG = "a" * 40


def test_a_name_that_is_its_role_or_says_nothing_gives_way_to_the_role() -> None:
    assert model_names("base", "trained") == {}
    assert model_names("base", "model") == {}
    assert model_names("qwen", "trained") == {"base": "qwen"}
    assert model_names("same", "same") == {}


@pytest.mark.parametrize(
    ("base", "trained"),
    [
        ("trained", "model"),
        ("model", "base"),
        ("trained", "base"),
        ("Trained", "org/grpo"),
        ("outputs/grpo", "outputs/some-very-long-name-of-a-run/base"),
        ("Qwen", "qwen"),
    ],
)
def test_no_model_is_called_what_the_other_is(base: str, trained: str) -> None:
    assert model_names(base, trained) == {}


@pytest.mark.parametrize(
    ("base", "trained", "short"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", "grpo", ("Llama-3.1-8B-Instruct", "grpo")),
        (
            "a" * 40 + "-base",
            "a" * 40 + "-grpo",
            ("…" + "a" * 22 + "-base", "…" + "a" * 22 + "-grpo"),
        ),
        ("out/" + "x" * 20 + "/b", "out/" + "x" * 20 + "/longer", ("b", "longer")),
        (
            "one/" + "x" * 30 + "/checkpoint-35",
            "two/" + "x" * 30 + "/checkpoint-35",
            ("one/" + "x" * 22 + "…", "two/" + "x" * 22 + "…"),
        ),
    ],
)
def test_a_long_name_is_short_and_still_its_own(
    base: str, trained: str, short: tuple[str, str]
) -> None:
    assert tuple(model_names(base, trained).values()) == short


@given(st.text(min_size=1, max_size=90), st.text(min_size=1, max_size=90), st.text(max_size=60))
def test_two_names_are_never_shortened_into_one(base: str, trained: str, shared: str) -> None:
    for first, second in ((base, trained), (shared + base, shared + trained)):
        for pair in ((first, second), (first + shared, second + shared)):
            names = model_names(*pair)
            assert len(set(names.values())) == len(names)
            assert all(len(name) <= LONGEST for name in names.values())


@pytest.mark.parametrize(
    ("task", "label"),
    [
        ("gsm8k test", "gsm8k test"),
        ("algebra.jsonl test", "algebra.jsonl"),
        ("my questions.jsonl dev", "my questions.jsonl"),
        ("word_problems", "word_problems"),
        ("v1.5 suite", "v1.5 suite"),
    ],
)
def test_a_file_of_questions_has_no_split(task: str, label: str) -> None:
    assert task_label(task) == label


def test_a_group_of_several_trained_models_names_its_base_alone() -> None:
    parts = [built((9, 1, 4, 6), names=("qwen", name))[0] for name in ("one", "two")]

    assert names_of(parts[0]) == {"base": "qwen", "trained": "one"}
    assert names_of(family_of(parts)) == {"base": "qwen"}
    assert names_of(recipe((9, 1, 4, 6), (9, 1, 4, 6))) == {}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_output_calls_the_models_by_their_names(lang: str) -> None:
    comparison, rows = built(TABLE, names=("qwen", "qwen-grpo"))
    view = report_view(comparison, rows, lang=lang)
    roles = ("trained scores", "than base", "训练后比", "比训练前")

    for output in (
        render_terminal(view),
        render_ending(view, {}),
        render_markdown(view).replace("\\", ""),
        render_latex(view).replace("{-}", "-"),
        render_html(view),
        render_brief(view),
    ):
        assert "qwen-grpo" in output
        assert [role for role in roles if role in output] == []


def test_the_stored_english_names_the_models_too() -> None:
    comparison = in_english(built(TABLE, names=("qwen", "qwen-grpo"))[0])

    assert comparison.verdict is not None
    assert comparison.verdict.headline.startswith(
        "Yes: qwen-grpo scores 36.0 points higher than qwen ("
    )


def test_a_hostile_name_stays_text_in_every_sentence() -> None:
    comparison, rows = built(TABLE)
    name = HOSTILE[0] + "{gain}<base>"
    hostile = replace(comparison, trained=replace(comparison.trained, name=name))

    page = render_html(report_view(hostile, rows))

    assert "<script>alert" not in page.partition("<h1")[2].partition("</h1>")[0]
    assert "gain}&lt;base&gt; scores 36.0 points higher than base" in page

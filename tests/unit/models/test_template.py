"""Chat templates that would never end, or fill the memory, are stopped; others render as before."""

from __future__ import annotations

import time
from copy import copy
from typing import Any

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.models.load import load_tokenizer
from evalsuite.models.names import resolve
from evalsuite.models.prompt import check_arguments, render
from evalsuite.models.template import check_template

QUESTION = [{"role": "user", "content": "QUESTION"}]
LOOP = (
    "{{% set n = namespace(x='xxxxxxxxxx', i=9) %}}{{% for i in range(60) %}}{}{{% endfor %}}"
    "{{{{ n.x }}}}"
)
LONG = "{% for i in range(99999) %}"
HOSTILE = {
    "loops in loops": LONG + LONG + "{% endfor %}{% endfor %}",
    "doubled calls": "{% macro f(n) %}{{ f(n-1) ~ f(n-1) if n }}{% endmacro %}{{ f(60) }}",
    "a macro in itself": "{% macro f(n) %}{{ f(n+1) }}{% endmacro %}{{ f(0) }}",
    "a power": "{{ 10**(10**10) }}",
    "squares": LOOP.format("{% set n.i = n.i * n.i %}"),
    "a long text": "{{ 'x' * 9999999999 }}",
    "a long list": "{{ ([0] * 9999999999)|length }}",
    "a wide filter": "{{ 'x'|center(9999999999) }}",
    "a wide method": "{{ 'x'.ljust(9999999999) }}",
    "a wide format": "{{ '%9999999999d'|format(1) }}",
    "a wide operator": "{{ '%9999999999d' % 1 }}",
    "a wide star": "{{ '%*d' % (9999999999, 1) }}",
    "a wide brace": "{{ '{:>9999999999}'.format(1) }}",
    "a wide brace in a brace": "{{ '{:{w}}'.format(1, w=9999999999) }}",
    "sums": LOOP.format("{% set n.x = n.x + n.x %}"),
    "texts side by side": LOOP.format("{% set n.x = n.x ~ n.x %}"),
    "replacing": LOOP.format("{% set n.x = n.x.replace('x', n.x) %}"),
    "a replacing filter": LOOP.format("{% set n.x = n.x|replace('x', n.x) %}"),
    "joining": LOOP.format("{% set n.x = n.x.join(n.x) %}"),
    "lists in lists": LOOP.format("{% set n.x = [n.x, n.x] %}"),
    "slices": "{{ [1]|slice(999999999, 0)|list|length }}",
    "lists in a loop": "{% for i in range(99999) %}{{ range(99999)|list|length }}{% endfor %}",
    "searches in a loop": "{% for i in range(99999) %}{{ 'x' in range(99999) }}{% endfor %}",
    "brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "its own length": "x" * 1_000_001,
}
ORDINARY = {
    "loops and filters": "{% for m in messages %}{{ m.role ~ m['content'] | trim }}\n{% endfor %}",
    "tags of transformers": "{% generation %}{{ messages[0].content }}{% endgeneration %}",
    "macros": "{% macro f(x) %}<{{ x }}>{% endmacro %}{{ f(messages[-1].content.split('E')[0]) }}",
    "outer": "{% set n = namespace(i=0) %}{% for m in [1] %}{% set n.i = 1 %}{% endfor %}{{ n.i }}",
    "numbers": "{{ '%.2f' % 1.5 }} {{ 7 * 6 }} {{ 2**10 }} {{ '-' * 3 }}",
    "json": "{{ messages|tojson(indent=2) }}{{ eos_token }}{{ dict(a=1) }}",
    "breaks": "{% for m in messages %}{{ m.content }}{% break %}{% endfor %}",
}


@pytest.fixture(scope="module")
def base() -> Any:
    return load_tokenizer(resolve("base"))[0]


def with_template(base: Any, template: str) -> Any:
    tokenizer = copy(base)
    tokenizer.chat_template = template
    return tokenizer


@pytest.mark.parametrize("name", HOSTILE)
def test_a_template_without_an_end_is_one_line_in_seconds(base: Any, name: str) -> None:
    started = time.perf_counter()

    with pytest.raises(InvalidInputError, match="the chat template of") as caught:
        render(with_template(base, HOSTILE[name]), QUESTION)

    assert len(str(caught.value).splitlines()) == 1
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize("name", ORDINARY)
def test_an_ordinary_template_renders_as_transformers_renders_it(base: Any, name: str) -> None:
    tokenizer = with_template(base, ORDINARY[name])

    check_template(tokenizer, QUESTION, add_generation_prompt=True)

    expected = tokenizer.apply_chat_template(QUESTION, tokenize=False, add_generation_prompt=True)
    assert render(tokenizer, QUESTION) == expected


@pytest.mark.parametrize(
    "template",
    [
        HOSTILE["brackets"],
        "{% if 1 %}" * 3000 + "{% endif %}" * 3000,
        HOSTILE["its own length"],
        "{{ " + "9" * 5000 + " }}",
    ],
)
def test_a_template_that_is_too_much_to_be_read_is_one_line(base: Any, template: str) -> None:
    tokenizer = with_template(base, template)

    check_arguments(tokenizer, {})
    with pytest.raises(InvalidInputError, match=r"^the chat template of [^\n]*$"):
        check_arguments(tokenizer, {"enable_thinking": False})


def test_a_long_question_is_no_hostile_template(base: Any) -> None:
    question = [{"role": "user", "content": "a {{ }} %5d * " * 10_000}]

    check_template(base, question, add_generation_prompt=True)


def test_a_template_that_fails_over_a_question_says_so(base: Any) -> None:
    for template in ("{{ messages.nothing.at.all }}", "{{ raise_exception('no') }}", "{% if %}"):
        with pytest.raises(InvalidInputError, match="fails over a plain question"):
            render(with_template(base, template), QUESTION)

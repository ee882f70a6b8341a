"""The prompt as a model gets it: the system role, the template's arguments, the record."""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.models.load import load_tokenizer
from evalsuite.models.names import embedded_folder, resolve
from evalsuite.models.prompt import (
    as_sent,
    asked_settings,
    check_arguments,
    prompt_record,
    render,
)
from evalsuite.records.run import ModelSpec
from evalsuite.tasks.prompts import Prompt, load_prompt, messages

if TYPE_CHECKING:
    from pathlib import Path

    from transformers import PreTrainedTokenizerBase

THINKING = (
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
    "{% if enable_thinking is defined and not enable_thinking %}<no thoughts>{% endif %}"
)
REFUSES = (
    "{% if messages[0].role == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"
)
DROPS = "{% for m in messages if m.role != 'system' %}{{ m.role }}: {{ m.content }}\n{% endfor %}"


@pytest.fixture(scope="module")
def plain() -> PreTrainedTokenizerBase:
    return load_tokenizer(resolve("embedded:base"))[0]


def templated(tokenizer: PreTrainedTokenizerBase, template: str) -> PreTrainedTokenizerBase:
    changed = deepcopy(tokenizer)
    changed.chat_template = template
    return changed


@pytest.mark.parametrize("template", [REFUSES, DROPS])
def test_a_template_without_system_role_gets_the_text_in_the_users_message(
    plain: PreTrainedTokenizerBase, template: str
) -> None:
    tokenizer, prompt = templated(plain, template), load_prompt("boxed")
    sent = as_sent(tokenizer, messages(prompt, "2 + 2?"))
    record = prompt_record(resolve("embedded:base"), tokenizer, prompt)
    assert [message["role"] for message in sent] == ["user"]
    assert sent[0]["content"] == f"{prompt.system}\n\n2 + 2?"
    assert record.system_in_user is True
    assert f"user: {prompt.system}\n\n{{question}}" in record.rendered


def test_whether_there_is_a_system_role_does_not_depend_on_the_question(
    plain: PreTrainedTokenizerBase,
) -> None:
    tokenizer = templated(plain, DROPS)
    prompt = Prompt(name="think", system="Think.")
    for question in ("2 + 2?", "He said: Think. Then?"):
        (sent,) = as_sent(tokenizer, messages(prompt, question))
        assert sent["content"] == f"Think.\n\n{question}"


def test_a_template_that_encodes_texts_has_a_system_role(plain: PreTrainedTokenizerBase) -> None:
    encodes = "{% for m in messages %}{{ m.content | tojson }}{% endfor %}"
    chat = messages(Prompt(name="lines", system='Say "so".\nThen stop.'), "2 + 2?")
    assert as_sent(templated(plain, encodes), chat) == chat


def test_a_template_that_is_changed_is_looked_at_again(plain: PreTrainedTokenizerBase) -> None:
    tokenizer, chat = templated(plain, DROPS), messages(load_prompt("boxed"), "2 + 2?")
    assert len(as_sent(tokenizer, chat)) == 1
    tokenizer.chat_template = THINKING
    assert as_sent(tokenizer, chat) == chat


def test_a_system_role_is_used_where_there_is_one(plain: PreTrainedTokenizerBase) -> None:
    tokenizer, prompt = templated(plain, THINKING), load_prompt("boxed")
    chat = messages(prompt, "2 + 2?")
    assert as_sent(tokenizer, chat) == chat
    assert prompt_record(resolve("embedded:base"), tokenizer, prompt).system_in_user is False


def test_arguments_reach_the_template_and_the_name(plain: PreTrainedTokenizerBase) -> None:
    tokenizer, prompt = templated(plain, THINKING), load_prompt("plain", {"enable_thinking": False})
    record = prompt_record(resolve("embedded:base"), tokenizer, prompt)
    assert prompt.name == "plain@1 enable_thinking=false"
    assert "<no thoughts>" in render(tokenizer, messages(prompt, "?"), prompt.arguments)
    assert "<no thoughts>" not in render(tokenizer, messages(prompt, "?"))
    assert "<no thoughts>" in record.rendered


def test_an_argument_that_no_template_reads_is_refused(plain: PreTrainedTokenizerBase) -> None:
    check_arguments(templated(plain, THINKING), {"enable_thinking": True})
    with pytest.raises(
        InvalidInputError, match=r"no argument 'thinking'; it reads enable_thinking"
    ):
        check_arguments(templated(plain, THINKING), {"thinking": True})
    with pytest.raises(InvalidInputError, match="it reads none"):
        check_arguments(templated(plain, DROPS), {"thinking": True})


def test_settings_that_the_files_ask_for_and_nobody_uses_are_listed(tmp_path: Path) -> None:
    for file in (embedded_folder() / "base").iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    path = tmp_path / "generation_config.json"
    asked = {"temperature": 0.7, "top_p": 1.0, "top_k": 20, "repetition_penalty": 1.1}
    path.write_text(json.dumps(json.loads(path.read_text()) | asked))
    model = resolve(f"path:{tmp_path}")
    tokenizer, prompt = load_tokenizer(model)[0], load_prompt("plain")
    assert asked_settings(model) == {"temperature": 0.7, "top_k": 20, "repetition_penalty": 1.1}
    used = {"temperature": 0.7, "repetition_penalty": 1.1}
    record = prompt_record(model, tokenizer, prompt, used=used)
    assert (record.unused, record.repetition_penalty) == ({"top_k": 20}, 1.1)
    assert asked_settings(resolve("embedded:base")) == {}


def test_of_a_server_neither_template_nor_penalty_is_known() -> None:
    model = ModelSpec(name="m", source="endpoint", location="m@http://127.0.0.1:9/v1")
    record = prompt_record(model, None, load_prompt("boxed"))
    assert (record.template_sha256, record.rendered) == (None, "")
    assert record.repetition_penalty is None

"""Prompts: by name, from a file, in place, and through a chat template of the user's."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from evalsuite.errors import InvalidInputError
from evalsuite.tasks.prompts import load_prompt, messages, read_template

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATE = "{% for message in messages %}{{ message['content'] }}{% endfor %}"


def test_a_system_message_in_place_is_that_of_a_file_with_the_same_words(tmp_path: Path) -> None:
    file = tmp_path / "brief.txt"
    file.write_text("Be brief.\nEnd with a number.\n", encoding="utf-8")
    in_place = load_prompt("system: Be brief.\nEnd with a number.\n")
    read = load_prompt(str(file))
    assert messages(in_place, "1 + 1?") == messages(read, "1 + 1?")
    assert in_place.name.partition("@")[2] == read.name.partition("@")[2]


def test_a_chat_template_is_part_of_the_prompts_name_by_the_hash_of_its_record() -> None:
    prompt = load_prompt("plain", {"think": False}, template=TEMPLATE)
    digest = hashlib.sha256(TEMPLATE.encode()).hexdigest()
    assert prompt.name == f"plain@1+template@{digest[:8]} think=false"
    assert prompt.template == TEMPLATE


@pytest.mark.parametrize(
    ("name", "complaint"),
    [
        ("system:", r"system message is empty; write its text"),
        ("system: \n", r"system message is empty"),
        ("nowhere.txt", r"neither boxed nor plain nor a text file; .* write 'system:' before"),
    ],
)
def test_what_is_no_prompt_says_what_one_is(name: str, complaint: str) -> None:
    with pytest.raises(InvalidInputError, match=complaint):
        load_prompt(name)


def test_a_template_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    broken, long = tmp_path / "broken.jinja", tmp_path / "long.jinja"
    broken.write_bytes(b"\xff\xfe\x00\xd8")
    long.write_bytes(b" " * 1_000_001)
    for path, complaint in (
        (tmp_path / "no.jinja", "can't read the chat template"),
        (broken, "can't read the chat template"),
        (long, "over 1,000,000 bytes"),
    ):
        with pytest.raises(InvalidInputError, match=complaint) as told:
            read_template(path)
        assert "\n" not in str(told.value)

"""What a data set of somebody's script tells of how it asks."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from datasets import Dataset

from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.tasks.prompts import load_prompt
from evalsuite.training.judging.script import prompt_of_rows, tokenizer_of

if TYPE_CHECKING:
    from evalsuite.models.load import LoadedModel
    from evalsuite.records.training import PromptRecord

USER = {"role": "user", "content": "Solve: 1 + 1"}
SYSTEM = {"role": "system", "content": "Be brief."}
ANSWER = {"role": "assistant", "content": "2"}


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load_model(resolve("base"), device="cpu")


def _told(loaded: LoadedModel, *rows: dict[str, Any], **args: Any) -> PromptRecord | None:
    settings = SimpleNamespace(output_dir="run", **args)
    data = Dataset.from_list(list(rows))
    return prompt_of_rows(data, loaded.tokenizer, model=loaded.model, args=settings)


def test_the_text_around_a_question_is_known_by_the_column_that_has_it_alone(
    loaded: LoadedModel,
) -> None:
    row = {"prompt": [SYSTEM, USER], "question": "1 + 1"}
    told = _told(loaded, row, repetition_penalty=1.2)
    assert told is not None
    assert (told.system, told.name[:7], told.repetition_penalty) == ("Be brief.", "script@", 1.2)
    assert "Be brief." in told.rendered
    assert "Solve: {question}" in told.rendered


def test_without_that_column_the_text_is_open_and_the_system_message_known(
    loaded: LoadedModel,
) -> None:
    told = _told(loaded, {"messages": [SYSTEM, USER, ANSWER]})
    assert told is not None
    assert (told.system, told.rendered) == ("Be brief.", "")


def test_a_system_message_of_ours_has_our_name(loaded: LoadedModel) -> None:
    ours = {"role": "system", "content": load_prompt("boxed").system}
    told = _told(loaded, {"prompt": [ours, USER]})
    assert told is not None
    assert told.name == "boxed@1"


@pytest.mark.parametrize(
    "rows",
    [
        ({"prompt": "1 + 1"},),
        ({"input_ids": [1, 2]},),
        ({"prompt": [USER, ANSWER, USER]},),
        ({"prompt": [SYSTEM, USER]}, {"prompt": [USER]}),
    ],
    ids=["text", "tokens", "several turns", "not alike"],
)
def test_what_does_not_tell_one_way_of_asking_is_unknown(
    loaded: LoadedModel, rows: tuple[dict[str, Any], ...]
) -> None:
    assert _told(loaded, *rows) is None


def test_what_is_no_data_set_is_unknown(loaded: LoadedModel) -> None:
    args = SimpleNamespace(output_dir="run")
    for rows in (None, [{"prompt": [USER]}], Dataset.from_list([])):
        assert prompt_of_rows(rows, loaded.tokenizer, model=loaded.model, args=args) is None


def test_a_processor_gives_its_tokenizer(loaded: LoadedModel) -> None:
    processor = SimpleNamespace(tokenizer=loaded.tokenizer)
    assert tokenizer_of({"processing_class": processor}) is loaded.tokenizer
    assert tokenizer_of({"processing_class": loaded.tokenizer}) is loaded.tokenizer

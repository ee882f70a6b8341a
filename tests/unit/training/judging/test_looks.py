"""A look at a model in training leaves it as it was, and leaves a run."""

from __future__ import annotations

from types import MethodType
from typing import TYPE_CHECKING, Any

import pytest
import torch

from evalsuite.asking.engines import asker_of
from evalsuite.disk.storage import load_run
from evalsuite.models.load import LoadedModel, load_model
from evalsuite.models.names import resolve
from evalsuite.records.codec import plain
from evalsuite.records.run import Decoding
from evalsuite.tasks.prompts import load_prompt
from evalsuite.tasks.wordproblems import word_problems
from evalsuite.training.judging.looks import answer_run, engine_of, still, weights_sha256

if TYPE_CHECKING:
    from pathlib import Path

_QUESTIONS = word_problems("test", n=6)
_ASKED: dict[str, Any] = {
    "task": "embedded",
    "split": "test",
    "prompt": "plain",
    "max_new_tokens": 24,
}


@pytest.fixture(scope="module")
def loaded() -> LoadedModel:
    return load_model(resolve("base"), device="cpu")


def test_a_model_held_still_is_put_back(loaded: LoadedModel) -> None:
    model: Any = loaded.model.train()
    model.config.use_cache = False
    patched = MethodType(lambda *_: None, model)
    model.forward = patched
    torch.manual_seed(1)
    expected = torch.rand(1)
    torch.manual_seed(1)
    with still(model):
        assert not model.training
        assert model.config.use_cache
        assert "forward" not in vars(model)
        torch.rand(5)
    assert torch.rand(1) == expected
    assert model.training
    assert model.config.use_cache is False
    assert vars(model).pop("forward") == patched


def test_hash_of_weights_sees_one_changed_number(loaded: LoadedModel) -> None:
    before = weights_sha256(loaded.model)
    assert weights_sha256(load_model(resolve("base"), device="cpu").model) == before
    weight: Any = next(loaded.model.parameters())
    with torch.no_grad():
        weight.view(-1)[0] += 1
        assert weights_sha256(loaded.model) != before
        weight.view(-1)[0] -= 1


def test_a_look_is_a_finished_run_with_every_question_in_order(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    with still(loaded.model):
        engine = engine_of(loaded, has_adapter=False)
        run, folder = answer_run(loaded, engine, _QUESTIONS, tmp_path, **_ASKED)
        again, _ = answer_run(loaded, engine, _QUESTIONS, tmp_path, **_ASKED)
    assert load_run(folder) == run == again
    assert [grade.question_id for grade in run.grades] == [q.id for q in _QUESTIONS]


def test_a_look_keeps_the_prompt_record_that_an_evaluation_keeps(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    asker = asker_of(resolve("base"), load_prompt("plain"))
    expected = asker.record(Decoding(max_new_tokens=24))
    with still(loaded.model):
        run, _ = answer_run(
            loaded, engine_of(loaded, has_adapter=False), _QUESTIONS, tmp_path, **_ASKED
        )

    assert run.environment["prompt_record"] == plain(expected)
    assert run.environment["prompt_template"] == expected.rendered


def test_what_a_model_in_memory_asks_for_is_recorded_as_unused(tmp_path: Path) -> None:
    asking = load_model(resolve("base"), device="cpu")
    settings: Any = asking.model.generation_config
    settings.repetition_penalty = 1.1
    with still(asking.model):
        run, _ = answer_run(
            asking, engine_of(asking, has_adapter=False), _QUESTIONS[:1], tmp_path, **_ASKED
        )

    assert run.environment["prompt_record"]["unused"] == {"repetition_penalty": 1.1}


def test_a_look_that_was_interrupted_goes_on_from_its_journal(
    loaded: LoadedModel, tmp_path: Path
) -> None:
    with still(loaded.model):
        engine = engine_of(loaded, has_adapter=False)
        run, folder = answer_run(loaded, engine, _QUESTIONS, tmp_path, **_ASKED)
        (folder / "complete.json").unlink()
        journal = (folder / "responses.jsonl").read_text(encoding="utf-8").splitlines()
        (folder / "responses.jsonl").write_text("\n".join(journal[:3]) + "\n", encoding="utf-8")
        again, _ = answer_run(loaded, engine, _QUESTIONS, tmp_path, **_ASKED)
    assert again.responses == run.responses

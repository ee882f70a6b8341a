"""What is missing in a model's files is found and mended, in folders and in GGUF files."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
import torch
from tiny_gguf import write_gguf

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.models.load import (
    LoadedModel,
    describe_tokenizer,
    load_model,
    load_tokenizer,
    read_end_tokens,
    save_plain,
)
from evalsuite.models.names import embedded_folder, resolve
from evalsuite.models.weights import count_parameters

if TYPE_CHECKING:
    from pathlib import Path

END, USER = 1, 3


@pytest.fixture(scope="module")
def base() -> LoadedModel:
    return load_model(resolve("base"), device="cpu")


@pytest.fixture(scope="module")
def wrong_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Name the user's turn token as the end token, as some published files do."""
    return write_gguf(tmp_path_factory.mktemp("gguf") / "wrong.gguf", eos_id=USER)


def copy_of_base(into: Path, *, end: str, eos_ids: list[int], pad: str | None) -> Path:
    shutil.copytree(embedded_folder() / "base", into)
    settings = json.loads((into / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings |= {"eos_token": end, "pad_token": pad}
    (into / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (into / "generation_config.json").write_text(
        json.dumps({"eos_token_id": eos_ids}), encoding="utf-8"
    )
    return into


def logits(loaded: LoadedModel) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = loaded.model(torch.tensor([[3, 40, 50, 60, 4]])).logits
        return found


def test_a_model_in_float32_is_multiplied_in_float32_whatever_was_asked_before() -> None:
    before = torch.get_float32_matmul_precision(), torch.backends.cudnn.allow_tf32
    try:
        torch.set_float32_matmul_precision("high")
        load_model(resolve("base"), device="cpu", dtype="bfloat16")
        assert torch.get_float32_matmul_precision() == "high"
        load_model(resolve("base"), device="cpu")
        assert torch.get_float32_matmul_precision() == "highest"
        assert not torch.backends.cuda.matmul.allow_tf32
        assert not torch.backends.cudnn.allow_tf32
    finally:
        torch.set_float32_matmul_precision(before[0])
        torch.backends.cudnn.allow_tf32 = before[1]


def test_the_templates_end_of_turn_token_is_among_the_end_tokens(tmp_path: Path) -> None:
    folder = copy_of_base(tmp_path / "m", end="<|user|>", eos_ids=[USER], pad="<|pad|>")

    loaded = load_model(resolve(f"path:{folder}"), device="cpu")

    assert loaded.eos_ids == (END, USER)
    assert any("end-of-turn token <|end|> was missing" in note for note in loaded.notes)


def test_a_missing_pad_token_is_filled_in_and_noted(tmp_path: Path) -> None:
    folder = copy_of_base(tmp_path / "m", end="<|end|>", eos_ids=[END], pad=None)

    loaded = load_model(resolve(f"path:{folder}"), device="cpu")

    assert loaded.tokenizer.pad_token_id == END
    assert any("no pad token" in note for note in loaded.notes)


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    """As PEFT saves it: weights and settings, no tokenizer."""
    peft = pytest.importorskip("peft")
    folder = embedded_folder() / "base"
    settings = peft.LoraConfig(r=2, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(load_model(resolve("base"), device="cpu").model, settings)
    torch.manual_seed(0)
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:  # zero before training: left out, it would not show
            torch.nn.init.normal_(parameter, std=0.5)
    adapted.peft_config["default"].base_model_name_or_path = str(folder)
    adapted.save_pretrained(tmp_path / "adapter")
    return tmp_path / "adapter"


def test_a_folder_without_a_tokenizer_says_how_to_bring_one(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    shutil.copytree(embedded_folder() / "base", folder)
    (folder / "tokenizer.json").unlink()

    with pytest.raises(RunFailedError) as error:
        load_tokenizer(resolve(str(folder)))

    what, way_out = error.value.clause.parted({})
    assert what.startswith(f"{folder} has no tokenizer.json")
    assert way_out.endswith(f".save_pretrained('{folder}')")


def test_an_adapter_without_a_tokenizer_gets_that_of_its_base(
    base: LoadedModel, adapter: Path, tmp_path: Path
) -> None:
    assert not (adapter / "tokenizer_config.json").exists()

    loaded = load_model(resolve(f"path:{adapter}"), device="cpu")
    save_plain(loaded, tmp_path / "plain")
    plain = load_model(resolve(f"path:{tmp_path / 'plain'}"), device="cpu")

    assert loaded.tokenizer.get_vocab() == base.tokenizer.get_vocab()
    assert loaded.eos_ids == base.eos_ids
    ids = torch.tensor([[5, 6, 7, 8]])
    with torch.inference_mode():
        logits = [m.model(input_ids=ids).logits for m in (base, loaded, plain)]
    assert not torch.allclose(logits[0], logits[1], atol=0.01)
    assert torch.equal(logits[1], logits[2])


def test_an_adapter_that_names_no_base_says_what_to_add(adapter: Path) -> None:
    path = adapter / "adapter_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(settings | {"base_model_name_or_path": None}), encoding="utf-8")

    with pytest.raises(InvalidInputError, match="add base_model_name_or_path"):
        load_model(resolve(f"path:{adapter}"), device="cpu")


def test_a_gguf_file_holds_the_same_model(base: LoadedModel, wrong_gguf: Path) -> None:
    loaded = load_model(resolve(str(wrong_gguf)), device="cpu")

    torch.testing.assert_close(logits(loaded), logits(base))
    assert count_parameters(loaded.spec) == count_parameters(base.spec) == 424_032


def test_a_gguf_file_with_a_wrong_end_token_still_ends(wrong_gguf: Path) -> None:
    loaded = load_model(resolve(str(wrong_gguf)), device="cpu")

    assert END in loaded.eos_ids
    assert any("end-of-turn token <|end|> was missing" in note for note in loaded.notes)
    assert any("no pad token" in note for note in loaded.notes)


def test_end_tokens_are_known_without_loading_weights(wrong_gguf: Path) -> None:
    for name in ("base", str(wrong_gguf)):
        loaded = load_model(resolve(name), device="cpu")

        eos_ids, _ = read_end_tokens(loaded.spec, loaded.tokenizer)

        assert eos_ids == loaded.eos_ids
        told = describe_tokenizer(loaded.spec)
        assert told["end_of_turn"] in told["eos_ids"].values()


def test_a_gguf_model_saved_as_a_plain_folder_is_the_same_model(
    wrong_gguf: Path, tmp_path: Path
) -> None:
    loaded = load_model(resolve(str(wrong_gguf)), device="cpu")

    save_plain(loaded, tmp_path / "plain")

    plain = load_model(resolve(f"path:{tmp_path / 'plain'}"), device="cpu")
    assert torch.equal(logits(plain), logits(loaded))
    assert plain.eos_ids == loaded.eos_ids
    told = [describe_tokenizer(one.spec)["template"] for one in (plain, loaded)]
    assert told[0] == told[1]

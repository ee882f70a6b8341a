"""Hostile model folders end in one line, in seconds: no traceback, no hang, no memory filled."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from evalsuite.errors import EvalsuiteError, InvalidInputError
from evalsuite.models.load import describe_tokenizer, load_model, load_tokenizer
from evalsuite.models.names import embedded_folder, resolve
from evalsuite.models.origin import check_layers, read_head_width
from evalsuite.models.prompt import render
from evalsuite.models.weights import count_parameters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WEIGHTS, CONFIG, TOKENIZER = "model.safetensors", "config.json", "tokenizer.json"
DEEP = "[" * 100_000 + "]" * 100_000


def writes(name: str, content: str | bytes) -> Callable[[Path], object]:
    raw = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return lambda folder: (folder / name).write_bytes(raw)


def sets(name: str, **values: Any) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        path = folder / name
        settings = json.loads(path.read_text(encoding="utf-8")) | values
        path.write_text(json.dumps(settings), encoding="utf-8")

    return change


def becomes_a_folder(folder: Path) -> None:
    (folder / TOKENIZER).unlink()
    (folder / TOKENIZER).mkdir()


def header(text: str, length: int | None = None) -> bytes:
    return (len(text) if length is None else length).to_bytes(8, "little") + text.encode()


def tensor(**values: Any) -> str:
    entry = {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]} | values
    return json.dumps({"model.norm.weight": entry})


HOSTILE: dict[str, Callable[[Path], object]] = {
    "no header": writes(WEIGHTS, b""),
    "half a header": writes(WEIGHTS, b"\x10\0\0"),
    "a header beyond the file": writes(WEIGHTS, header("{}", 1 << 40)),
    "a header that is no JSON": writes(WEIGHTS, header("{{{{")),
    "a header that is a list": writes(WEIGHTS, header("[]")),
    "a deep header": writes(WEIGHTS, header(DEEP)),
    "data beyond the file": writes(WEIGHTS, header(tensor(data_offsets=[0, 1 << 40]))),
    "data backwards": writes(WEIGHTS, header(tensor(data_offsets=[8, 4]))),
    "a negative shape": writes(WEIGHTS, header(tensor(shape=[-1]))),
    "a shape of 2**63": writes(WEIGHTS, header(tensor(shape=[2**63, 2**63]))),
    "an unknown type": writes(WEIGHTS, header(tensor(dtype="F7"))),
    "an index of nothing": lambda folder: (
        (folder / WEIGHTS).rename(folder / "other.safetensors"),
        writes("model.safetensors.index.json", '{"weight_map": {"x": "../../x"}}')(folder),
    ),
    "a configuration that is no JSON": writes(CONFIG, "{"),
    "a configuration that is a list": writes(CONFIG, "[]"),
    "a configuration without an end": writes(CONFIG, DEEP),
    "a configuration of bytes": writes(CONFIG, b"\xff\xfe\x00"),
    "an empty configuration": writes(CONFIG, "{}"),
    "an unknown type of model": sets(CONFIG, model_type="nothing"),
    "code of its own": sets(CONFIG, model_type="mine", auto_map={"AutoConfig": "x.Y"}),
    "ten million layers": sets(CONFIG, num_hidden_layers=10**7),
    "layers below layers": sets(CONFIG, text_config={"num_hidden_layers": 10**9}),
    "no layers": sets(CONFIG, num_hidden_layers=-1),
    "layers that are text": sets(CONFIG, num_hidden_layers="three"),
    "no heads": sets(CONFIG, num_attention_heads=0),
    "a width of ten million": sets(CONFIG, hidden_size=10**7),
    "a width of 2**70": sets(CONFIG, hidden_size=2**70),
    "a vocabulary of 10**12": sets(CONFIG, vocab_size=10**12),
    "an unknown activation": sets(CONFIG, hidden_act="none of them"),
    "rope that is text": sets(CONFIG, rope_parameters="x"),
    "rope of an unknown type": sets(CONFIG, rope_parameters={"rope_type": "x"}),
    "an end token of text": writes("generation_config.json", '{"eos_token_id": "x"}'),
    "generation settings that are a list": writes("generation_config.json", "[1]"),
    "a tokenizer that is no JSON": writes(TOKENIZER, "{"),
    "a tokenizer of nothing": writes(TOKENIZER, "{}"),
    "a deep tokenizer": writes(TOKENIZER, DEEP),
    "a tokenizer without a vocabulary": sets(TOKENIZER, model={"type": "BPE"}),
    "a tokenizer of an unknown kind": sets(TOKENIZER, model={"type": "x", "vocab": {}}),
    "merges of nothing": sets(TOKENIZER, model={"type": "BPE", "vocab": {}, "merges": ["a b"]}),
    "tokenizer settings that are a list": writes("tokenizer_config.json", "[]"),
    "a tokenizer class of nothing": sets("tokenizer_config.json", tokenizer_class=7),
    "code of the tokenizer": sets(
        "tokenizer_config.json", auto_map={"AutoTokenizer": ["x.Y", None]}, tokenizer_class="Y"
    ),
    "a template that loops": writes(
        "chat_template.jinja",
        "{% for i in range(99999) %}{% for i in range(99999) %}{% endfor %}{% endfor %}",
    ),
    "a template that fills the memory": writes("chat_template.jinja", "{{ 'x' * 10**10 }}"),
    "a template with a fault": writes("chat_template.jinja", "{% for %}"),
    "a template that fails": writes("chat_template.jinja", "{{ 1 / 0 }}"),
    "a template out of the sandbox": writes(
        "chat_template.jinja", "{{ ''.__class__.__mro__[1].__subclasses__() }}{{ 1 / 0 }}"
    ),
    "a template of bytes": writes("chat_template.jinja", b"\xff\xfe\x00\xd8"),
    "a folder for a file": becomes_a_folder,
    "an adapter as a list": writes("adapter_config.json", "[]"),
    "an adapter that is no JSON": writes("adapter_config.json", "{"),
    "an adapter of an unknown kind": writes(
        "adapter_config.json",
        json.dumps({"peft_type": "X", "base_model_name_or_path": str(embedded_folder() / "base")}),
    ),
}


def use(folder: Path) -> None:
    """Do what commands do with a model, up to its first prompt."""
    spec = resolve(f"path:{folder}")
    describe_tokenizer(spec)
    count_parameters(spec)
    render(load_tokenizer(spec)[0], [{"role": "user", "content": "2 + 2?"}])
    load_model(spec, device="cpu")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_folder_is_one_line_in_seconds(
    tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "model"
    shutil.copytree(embedded_folder() / "base", folder)
    HOSTILE[name](folder)
    started = time.perf_counter()

    with pytest.raises(EvalsuiteError) as caught:
        use(folder)

    assert len(str(caught.value).splitlines()) == 1
    assert time.perf_counter() - started < 10
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    "settings",
    [
        {"num_hidden_layers": 10_000},
        {"n_layer": 10_000},
        {"text_config": [{"decoder_layers": 10_000}]},
        {"num_hidden_layers": 100, "num_local_experts": 10_000},
    ],
)
def test_a_model_too_deep_to_build_is_refused(settings: object) -> None:
    with pytest.raises(InvalidInputError, match="layers"):
        check_layers(settings, "x")


def test_the_largest_published_shapes_pass() -> None:
    check_layers({"num_hidden_layers": 61, "n_routed_experts": 384, "vocab_size": 10**6}, "x")
    check_layers({"num_hidden_layers": 126, "hidden_size": 16_384}, "x")


@pytest.mark.parametrize(
    ("settings", "width"),
    [
        ({"hidden_size": 576, "num_attention_heads": 9}, 64),
        ({"hidden_size": 1024, "num_attention_heads": 16, "head_dim": 128}, 128),
        ({"hidden_size": 576, "num_attention_heads": 9, "head_dim": None}, 64),
        ({"hidden_size": 576}, None),
        ({"hidden_size": 576, "num_attention_heads": 0}, None),
        ({"hidden_size": "576", "num_attention_heads": 9}, None),
        ({"head_dim": 10**9}, None),
        ({"head_dim": -64}, None),
        ({"head_dim": "-DWIDTH"}, None),
        ({"num_hidden_layers": 10**7, "head_dim": 64}, None),
        (["head_dim", 64], None),
    ],
)
def test_the_width_of_a_head_is_read_or_it_is_not_known(
    tmp_path: Path, settings: object, width: int | None
) -> None:
    shutil.copytree(embedded_folder() / "base", tmp_path / "model")
    (tmp_path / "model" / CONFIG).write_text(json.dumps(settings), encoding="utf-8")
    spec = replace(resolve("base"), source="folder", location=str(tmp_path / "model"))

    assert read_head_width(spec) == width


@pytest.mark.parametrize("source", ["hub", "adapter", "gguf"])
def test_nothing_is_asked_elsewhere_for_the_width_of_a_head(source: Any) -> None:
    assert read_head_width(resolve("base")) == 12
    assert read_head_width(replace(resolve("base"), source=source)) is None

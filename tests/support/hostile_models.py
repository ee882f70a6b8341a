"""Hostile model folders by seed: each is a good model or adapter with one to three things spoilt.

``spoil(folder, seed)`` spoils a copy of a good folder and says how; ``use(folder)`` does with it
what commands do, up to its first prompt. A folder may still be a good model: then loading it is
right, and everything else must be a domain error.
"""

from __future__ import annotations

import json
import math
import os
import random
import shutil
import struct
from typing import TYPE_CHECKING, Any

from evalsuite.errors import EvalsuiteError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["spoil", "use", "warm"]

_JSON_FILES = (
    *("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"),
    *("adapter_config.json", "model.safetensors.index.json", "special_tokens_map.json"),
)
_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 7, 10**7, 10**12, 2**70, -(10**30), 0.5, 1e300, "", "x", "é" * 99),
    *([], [1], ["x"], [None], {}, {"x": 1}, {"0": []}, [[[]]], "a\0b", "../../x", [10**9] * 5),
)
_TEXTS = (
    *(
        b"",
        b"{",
        b"[]",
        b"null",
        b"7",
        b'"x"',
        b"\xff\xfe\0",
        b"\xef\xbb\xbf{}",
        b"{}",
        b'{"a":1e999}',
    ),
    *(b"[" * 100_000, b'{"a":' * 50_000, b"\0" * 4096, b'{"x": NaN}', b"9" * 100_000),
)
_TEMPLATES = (
    "{% for i in range(10**9) %}x{% endfor %}",
    "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 'x' * 10**10 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ cycler.__init__.__globals__.os.system('touch owned') }}",
    "{{ messages[0].content.rjust(10**10) }}",
    "{{ ('a' * 10**6).replace('a', 'b' * 10**5) }}",
    "{{ raise_exception('no') }}",
    "{{ messages | map(attribute='x.y') | list }}",
    "{% include '/etc/passwd' %}",
    "{% if %}",
    "{{ nothing.at.all }}",
    "",
    "\x1b]0;owned\x07{{ messages[0].content }}",
    "{% set n = namespace(s='x') %}{% for i in range(60) %}{% set n.s = n.s ~ n.s %}{% endfor %}",
)
_REGEXES = ("(a+)+$", "(.*a){30}", "(?:(?:x*)*)*y", "(", "\\", "(?<=a+)b", "[", "(\\w+\\s?)*\\.$")


def spoil(folder: Path, seed: int) -> list[str]:
    """Spoil a folder in one to three ways; give their names."""
    rng = random.Random(seed)  # noqa: S311  not for secrets
    done = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        way = rng.choice(_WAYS)
        try:
            way(rng, folder)
        except Exception:  # noqa: BLE001, S112  the file is spoilt already, whatever reads it
            continue
        done.append(way.__name__.strip("_"))
    return done


def _change_value(rng: random.Random, folder: Path) -> None:
    """Set anything anywhere in a JSON file to anything."""
    path = folder / rng.choice([n for n in _JSON_FILES if (folder / n).is_file()])
    settings = json.loads(path.read_text(encoding="utf-8"))
    place = settings
    for _ in range(rng.randrange(4)):
        inner = [v for v in (place.values() if isinstance(place, dict) else place) if v]
        inner = [v for v in inner if isinstance(v, (dict, list))]
        place = rng.choice(inner) if inner else place
    key: Any = rng.choice(list(place)) if isinstance(place, dict) else rng.randrange(len(place))
    if rng.random() < 0.2:
        del place[key]
    else:
        place[key] = rng.choice(_VALUES)
    path.write_text(json.dumps(settings), encoding="utf-8")


def _change_file(rng: random.Random, folder: Path) -> None:
    path = folder / rng.choice(_files(folder))
    way = rng.randrange(6)
    content = path.read_bytes()
    if way == 0:
        path.unlink()
    elif way == 1:
        path.write_bytes(content[: rng.randrange(len(content))])
    elif way == 2:
        path.write_bytes(rng.choice(_TEXTS))
    elif way == 3:
        spoilt = bytearray(content)
        for _ in range(rng.choice((1, 9, 99))):
            spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
        path.write_bytes(bytes(spoilt))
    elif way == 4:
        path.write_bytes(content + rng.choice(_TEXTS))
    else:
        path.unlink()
        path.mkdir()


def _link_file(rng: random.Random, folder: Path) -> None:
    path = folder / rng.choice(_files(folder))
    path.unlink()
    target = rng.choice(("nowhere", path.name, "/dev/zero", "/dev/full", "/proc/self/mem", "/etc"))
    path.symlink_to(target)


def _make_pipe(rng: random.Random, folder: Path) -> None:
    path = folder / rng.choice(_files(folder))
    path.unlink()
    os.mkfifo(path)


def _change_tensors(rng: random.Random, folder: Path) -> None:
    """Lose, add, reshape or poison tensors of a whole safetensors file."""
    import torch
    from safetensors.torch import load_file, save_file

    path = folder / rng.choice([n for n in _files(folder) if n.endswith(".safetensors")])
    tensors = load_file(path)
    name = rng.choice(sorted(tensors))
    way = rng.randrange(7)
    if way == 0:
        del tensors[name]
    elif way == 1:
        tensors[f"{name}.more"] = torch.ones(2)
    elif way == 2:
        tensors[name] = torch.ones(3, 5)
    elif way == 3:
        poison = rng.choice((math.nan, math.inf, -math.inf))
        tensors[name].view(-1)[rng.randrange(tensors[name].numel())] = poison
    elif way == 4:
        tensors = {}
    elif way == 5:
        tensors[name] = tensors[name].to(torch.int8)
    else:
        tensors = {n.replace("model.", "x."): t for n, t in tensors.items()}
    save_file(tensors, path, metadata={"format": "pt"})


def _change_header(rng: random.Random, folder: Path) -> None:
    path = folder / rng.choice([n for n in _files(folder) if n.endswith(".safetensors")])
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    entry = header[rng.choice(sorted(header.keys() - {"__metadata__"}))]
    entry[rng.choice(sorted(entry))] = rng.choice(_VALUES)
    written = json.dumps(header).encode()
    size = rng.choice((len(written), len(written), 0, 2**40, 2**63, len(written) // 2))
    path.write_bytes(struct.pack("<Q", size) + written + content[8 + length :])


def _add_template(rng: random.Random, folder: Path) -> None:
    (folder / "chat_template.jinja").write_text(rng.choice(_TEMPLATES), encoding="utf-8")


def _change_layers(rng: random.Random, folder: Path) -> None:
    path = folder / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    sizes = [k for k, v in settings.items() if isinstance(v, int) and not isinstance(v, bool)]
    for key in rng.sample(sizes, min(3, len(sizes))):
        settings[key] = rng.choice((0, -1, 1, 3, 10**4, 10**7, 10**9, 2**62))
    path.write_text(json.dumps(settings), encoding="utf-8")


def _change_architecture(rng: random.Random, folder: Path) -> None:
    path = folder / "config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    kinds = ("gpt2", "mamba", "t5", "bert", "mixtral", "qwen2", "whisper", "x", "", None, "gemma3")
    settings["model_type"] = rng.choice(kinds)
    settings["architectures"] = rng.choice(([], ["X"], None, ["GPT2LMHeadModel"], 7))
    if rng.random() < 0.5:
        settings["auto_map"] = {"AutoConfig": "code.X", "AutoModelForCausalLM": "code.Y"}
        (folder / "code.py").write_text("open('owned', 'w')\n", encoding="utf-8")
    path.write_text(json.dumps(settings), encoding="utf-8")


def _change_regex(rng: random.Random, folder: Path) -> None:
    path = folder / "tokenizer.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    pattern = {"Regex": rng.choice(_REGEXES)}
    kinds: tuple[dict[str, Any], ...] = (
        {"type": "Split", "pattern": pattern, "behavior": "Isolated", "invert": False},
        {"type": "Replace", "pattern": pattern, "content": "a" * 1000},
    )
    kind = rng.choice(kinds)
    settings["pre_tokenizer" if kind["type"] == "Split" else "normalizer"] = kind
    path.write_text(json.dumps(settings), encoding="utf-8")


def _add_pickle(rng: random.Random, folder: Path) -> None:
    """Lay code in a pickle beside the weights, or instead of them."""
    code = b"cposix\nsystem\n(S'touch owned'\ntR."
    for name in ("pytorch_model.bin", "adapter_model.bin", "training_args.bin", "tokenizer.pkl"):
        (folder / name).write_bytes(code)
    if rng.random() < 0.6:
        for path in folder.glob("*.safetensors"):
            path.unlink()


def _make_index(rng: random.Random, folder: Path) -> None:
    maps: tuple[object, ...] = (
        {},
        {"x": "../../x"},
        {"x": "/etc/passwd"},
        [],
        {"x": 7},
        {"x": "model.safetensors"},
    )
    index = {"metadata": {}, "weight_map": rng.choice(maps)}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")
    if rng.random() < 0.5:
        (folder / "model.safetensors").unlink()


def _become_adapter(rng: random.Random, folder: Path) -> None:
    bases = (str(folder), ".", "..", "nowhere", "", "x/y", None, 7, "/", "openai:x", folder.name)
    kinds = ("LORA", "IA3", "PREFIX_TUNING", "X", None, 3)
    settings: dict[str, object] = {
        "peft_type": rng.choice(kinds),
        "base_model_name_or_path": rng.choice(bases),
    }
    settings |= {"r": rng.choice(_VALUES), "target_modules": rng.choice((["q_proj"], ".*", 5, []))}
    (folder / "adapter_config.json").write_text(json.dumps(settings), encoding="utf-8")
    if rng.random() < 0.5:
        shutil.copy(folder / "model.safetensors", folder / "adapter_model.safetensors")


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_file())


_WAYS: tuple[Callable[[random.Random, Path], None], ...] = (
    *(_change_value, _change_value, _change_value, _change_value, _change_file, _change_file),
    *(_change_tensors, _change_tensors, _change_tensors, _change_header, _change_header),
    *(_add_template, _add_template, _change_layers, _change_layers, _change_architecture),
    *(_change_regex, _add_pickle, _make_index, _become_adapter, _link_file, _make_pipe),
)


def use(folder: str) -> None:
    """Do what commands do with a model; print the one line of a domain error."""
    import torch

    from evalsuite.generation.engine import Request
    from evalsuite.generation.tokens import encode_prompts
    from evalsuite.models.load import describe_tokenizer, load_model, load_tokenizer
    from evalsuite.models.names import resolve
    from evalsuite.models.prompt import render
    from evalsuite.models.weights import count_parameters

    torch.set_num_threads(1)
    try:
        spec = resolve(f"path:{folder}")
        describe_tokenizer(spec)
        count_parameters(spec)
        tokenizer, _ = load_tokenizer(spec)
        prompt = render(tokenizer, [{"role": "user", "content": "2 + 2? " + "a" * 400}])
        encode_prompts(tokenizer, [Request(question_id="q", sample=0, prompt=prompt)])
        load_model(spec, device="cpu")
    except EvalsuiteError as error:
        print(f"error: {error}")
    else:
        print("a good model")


def warm(folder: str) -> None:
    """Load a good folder once, so that no fork imports what it needs again."""
    import peft  # noqa: F401

    use(folder)

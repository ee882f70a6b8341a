"""Settings of a training, before its start model and its seed are chosen.

They come from a preset, a TRL YAML file and the command line, which are laid over each other. Which
values a training may have, `TrainSpec` knows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, fields
from itertools import count
from pathlib import Path
from typing import Any, Literal, TypedDict, cast, get_type_hints

from evalsuite.errors import InvalidInputError
from evalsuite.models.names import resolve
from evalsuite.models.project import nearest
from evalsuite.records.codec import read_setting
from evalsuite.records.dataclass import dataclass
from evalsuite.records.training import HeldOut, Packing, TrainSpec, Warmup
from evalsuite.tasks.prompts import SYSTEM, read_template
from evalsuite.training.options import check_options

__all__ = [
    "TrainFields",
    "TrainSettings",
    "laid_over",
    "read_settings",
    "read_trl_yaml",
    "spec_of_training",
    "train_spec",
]

_OWN_KINDS = {"model": str, "seed": int, "warmup": Warmup}
"""Of the keys that `TrainSettings` holds itself; ``model`` is a name here, not yet a model."""
_LORA_KEYS = {
    "lora_r": "r",
    "lora_alpha": "lora_alpha",
    "lora_dropout": "lora_dropout",
    "lora_target_modules": "target_modules",
    "lora_modules_to_save": "modules_to_save",
    "lora_target_parameters": "target_parameters",
    "lora_task_type": "task_type",
    "use_rslora": "use_rslora",
    "use_dora": "use_dora",
}
_MODEL_KEYS = {"dtype": "dtype", "torch_dtype": "dtype", "attn_implementation": None}
"""Keys of TRL's ``ModelConfig`` that mean the same as in ``model_init_kwargs``."""
_PACKING_KEYS = ("bnb_4bit_quant_type", "bnb_4bit_quant_storage", "use_bnb_nested_quant")
_PROMPT_KEYS = ("system_prompt", "chat_template", "chat_template_path")
_TEMPLATE_FILES = (".jinja", ".j2")
_LARGEST_YAML = 100_000
"""Bytes. A config has some hundred; the reader takes a second for so many."""
_MOST_VALUES = 10_000
"""Of a YAML file, an anchor's counted each time it is named: lines that name each other's lines
ten times over hold more than any memory."""


class TrainFields(TypedDict, total=False):
    """The fields of `TrainSpec` that settings decide."""

    task: str
    data_file: str | None
    columns: Mapping[str, str] | None
    test_share: float | None
    test: str | None
    n_questions: int | None
    question_seed: int
    difficulty: tuple[float, float] | None
    heldout: HeldOut | None
    prompt: str
    chat_template: str | None
    rewards: str
    gate: Literal["none", "mixed_only", "auto"]
    adapter: Literal["full", "lora"]
    lora: Mapping[str, Any]
    packing: Packing | None
    max_new_tokens: int
    engine: Literal["trl", "hf"]
    threads: int | None
    grpo: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSettings:
    """What was set; None and a missing field are left to whatever these are laid over."""

    model: str | None = None
    """The name of the start model."""
    fields: TrainFields = field(default_factory=TrainFields)
    warmup: Warmup | None = None
    """Done before the run, and changes which model this starts from."""
    seed: int | None = None
    """Of the first run."""


def read_settings(section: Mapping[str, Any]) -> TrainSettings:
    """Read the ``train`` section of a preset.

    Raises InvalidInputError for a key that does not exist and values that no training has.
    """
    own = {each.name for each in fields(TrainSettings)} - {"fields"}
    _refuse_unknown(section, {*own, *TrainFields.__annotations__}, "[train]")
    _refuse_unknown(
        section.get("heldout"), {each.name for each in fields(HeldOut)}, "[train.heldout]"
    )
    _refuse_unknown(
        section.get("packing"), {each.name for each in fields(Packing)}, "[train.packing]"
    )
    _refuse_unknown(section.get("warmup"), {each.name for each in fields(Warmup)}, "[train.warmup]")
    kinds = get_type_hints(TrainSpec) | _OWN_KINDS
    values = {
        key: read_setting(kinds[key], value, name=f"[train] {key}")
        for key, value in section.items()
    }
    return TrainSettings(
        fields=cast("TrainFields", {key: v for key, v in values.items() if key not in own}),
        **{key: v for key, v in values.items() if key in own},
    )


def _refuse_unknown(table: object, known: set[str], name: str) -> None:
    """Refuse keys that no table of the name has; what is no table is refused as a value."""
    for key in table.keys() - known if isinstance(table, Mapping) else ():
        raise InvalidInputError(
            "{name} has no key {key!r}; {hint}", name=name, key=key, hint=nearest(key, known)
        )


def laid_over(lower: TrainSettings, upper: TrainSettings) -> TrainSettings:
    """Lay settings over others; of TRL's options each key by itself."""
    grpo = {**lower.fields.get("grpo", {}), **upper.fields.get("grpo", {})}
    return TrainSettings(
        model=lower.model if upper.model is None else upper.model,
        fields={**lower.fields, **upper.fields, "grpo": grpo},
        warmup=lower.warmup if upper.warmup is None else upper.warmup,
        seed=lower.seed if upper.seed is None else upper.seed,
    )


def spec_of_training(settings: TrainSettings, *, model: str, seed: int) -> TrainSpec:
    """Turn settings and the name of a start model into the specification of one run.

    Raises InvalidInputError for values that no training has, UnknownModelError for the name.
    """
    return TrainSpec(model=resolve(model), seed=seed, **settings.fields)


def train_spec(preset: Mapping[str, Any], *, model: str, seed: int) -> TrainSpec:
    """Turn the ``train`` section of a preset, and the name of a start model, into a specification.

    Raises InvalidInputError for values that no training has, UnknownModelError for the name.
    """
    return spec_of_training(read_settings(preset["train"]), model=model, seed=seed)


def read_trl_yaml(path: Path) -> TrainSettings:
    """Read a TRL YAML file (as for ``trl grpo --config``).

    Raises InvalidInputError where the file is unreadable or a key is removed, set by evalsuite, or
    of a kind that no training has.
    """
    options = _load_yaml(path)
    name = options.pop("model_name_or_path", None)
    seed = _whole(options, "seed")
    fields = TrainFields()
    if (budget := _whole(options, "max_completion_length")) is not None:
        fields["max_new_tokens"] = budget
    lora = {name: options.pop(key) for key, name in _LORA_KEYS.items() if key in options}
    if lora:
        fields["lora"] = lora
    if _switch(options, "use_peft"):
        fields["adapter"] = "lora"
    if (packing := _packing(options)) is not None:
        fields["packing"] = packing
    options.pop("output_dir", None)
    fields |= _prompt_fields(options)
    model = {new or key: options.pop(key) for key, new in _MODEL_KEYS.items() if key in options}
    given = options.get("model_init_kwargs") or {}
    if model and isinstance(given, dict):  # what is no table is refused where it is read
        options["model_init_kwargs"] = given | model
    check_options(options)
    fields["grpo"] = options
    return TrainSettings(model=None if name is None else str(name), fields=fields, seed=seed)


def _packing(options: dict[str, Any]) -> Packing | None:
    """Take what a file says of packed weights; None where they stay whole."""
    given = [key for key in _PACKING_KEYS if key in options]
    is_switched_off = options.get("load_in_4bit") is False
    bits = [n for n in (4, 8) if _switch(options, f"load_in_{n}bit")]
    nested = _switch(options, "use_bnb_nested_quant")
    kind, storage = (options.pop(key, None) for key in _PACKING_KEYS[:2])
    if bits == [4, 8]:
        raise InvalidInputError("load_in_4bit and load_in_8bit are both true; leave one out")
    if given and bits != [4] and not is_switched_off:
        raise InvalidInputError(
            "{key} is about weights in 4 bits; add load_in_4bit: true, or leave it out",
            key=given[0],
        )
    if bits != [4]:
        return Packing(bits=8) if bits else None
    return Packing(bits=4, kind=kind or "nf4", nested=nested, storage=storage)


def _switch(options: dict[str, Any], key: str) -> bool:
    """Take a key that is on or off; off where it is not there."""
    value = options.pop(key, False)
    if not isinstance(value, bool):
        raise InvalidInputError("{key} is {value!r}; write true or false", key=key, value=value)
    return value


def _prompt_fields(options: dict[str, Any]) -> TrainFields:
    """Take what a file says of the prompt: a system message, a chat template or the path of one."""
    fields = TrainFields()
    system, template, path = (_text(options, key) for key in _PROMPT_KEYS)
    if system is not None:
        fields["prompt"] = SYSTEM + system.strip()
    if template is not None and path is not None:
        raise InvalidInputError(
            "chat_template and chat_template_path both name a template; leave one out"
        )
    if path is not None or (template is not None and _is_template_file(template)):
        fields["chat_template"] = _template_in(path or str(template))
    elif template is not None:
        fields["chat_template"] = template
    return fields


def _template_in(name: str) -> str:
    if not _is_template_file(name):
        raise InvalidInputError(
            "chat_template_path is {name!r}, and a tokenizer's tokens are not taken over; name a "
            "file that ends in .jinja",
            name=name,
        )
    return read_template(Path(name))


def _is_template_file(text: str) -> bool:
    return text.endswith(_TEMPLATE_FILES) and not set("{\n").intersection(text)


def _text(options: dict[str, Any], key: str) -> str | None:
    """Take a key that holds a text; None where it is not there."""
    value = options.pop(key, None)
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise InvalidInputError(
            "{key} is {value!r}; write a text, or leave it out", key=key, value=value
        )
    return value


def _whole(options: dict[str, Any], key: str) -> int | None:
    """Take a key that a specification has as a field of its own; None where it is not there."""
    if key not in options:
        return None
    value = options.pop(key)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInputError("{key} is {value!r}; write a whole number", key=key, value=value)
    return value


def _load_yaml(path: Path) -> dict[str, Any]:
    import yaml

    text = _yaml_text(path)
    try:
        # A safe loader as well: it builds plain values only.
        options = yaml.load(text, Loader=_loader())  # noqa: S506
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise _unreadable(path, error) from error
    if not isinstance(options, dict) or not all(isinstance(key, str) for key in options):
        raise InvalidInputError(
            "{path} holds no keys and values; it should be a TRL YAML config.", path=path
        )
    _refuse_swollen(options, path)
    return options


def _yaml_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        text = path.read_text(encoding="utf-8") if size <= _LARGEST_YAML else ""
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error
    if size > _LARGEST_YAML:
        raise InvalidInputError(
            "{path} is over {limit:,} bytes; is it a TRL config?", path=path, limit=_LARGEST_YAML
        )
    return text


def _unreadable(path: Path, error: Exception) -> InvalidInputError:
    reason = " ".join(str(error).split())  # YAML's errors draw the place over several lines
    return InvalidInputError(
        "can't read {path}: {reason}; check the path and syntax", path=path, reason=reason
    )


def _refuse_swollen(options: dict[str, Any], path: Path) -> None:
    """Refuse values inside values without an end, by which anchors stand for more than is there."""
    waiting: list[Any] = [options]
    for n in count():
        if n > _MOST_VALUES:
            raise InvalidInputError(
                "{path} holds over {most:,} values, anchors counted where they are named; write "
                "out what it means",
                path=path,
                most=_MOST_VALUES,
            )
        if not waiting:
            return
        value = waiting.pop()
        waiting += value.values() if isinstance(value, dict) else ()
        waiting += value if isinstance(value, list | set | tuple) else ()


def _loader() -> type[Any]:
    """Make a safe loader that reads ``1e-4`` as a number, as TRL's own parser takes it."""
    import yaml

    class Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml is not typed here
        """YAML 1.1 wants a dot before the exponent, and a sign in it; nobody writes them."""

    number = re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+$")
    Loader.add_implicit_resolver("tag:yaml.org,2002:float", number, list("-+0123456789"))
    return Loader

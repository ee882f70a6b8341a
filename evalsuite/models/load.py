"""Models and tokenizers, loaded from any source, with what is missing in them mended.

A chat template without its end-of-turn token among the end tokens makes a model talk on until
the budget cuts it off, which would be mistaken for truncation: it is detected and mended, and
every mend is noted. Weights are read from safetensors or GGUF only; no code of a model is run.
How names become sources is `evalsuite.models.names`' affair.
"""

from __future__ import annotations

import re
from contextlib import suppress
from copy import deepcopy
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from jinja2.exceptions import TemplateError

from evalsuite.errors import Clause, InvalidInputError, RunFailedError, joined
from evalsuite.models.origin import in_one_line, origin_of, tokenizer_origin, whole_model
from evalsuite.models.packing import load_packed
from evalsuite.models.prompt import asked_settings, prompt_record, render
from evalsuite.models.quiet import quiet_transformers
from evalsuite.models.template import check_template, template_arguments
from evalsuite.models.weights import load_weights
from evalsuite.records.dataclass import dataclass
from evalsuite.tasks.prompts import Prompt

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from evalsuite.records.run import ModelSpec
    from evalsuite.records.training import Packing

__all__ = [
    "LoadedModel",
    "choose_device",
    "cuda_name",
    "describe_tokenizer",
    "load_model",
    "load_tokenizer",
    "read_end_tokens",
    "read_positions",
    "render",
    "save_plain",
    "wrap_model",
]

Dtype = Literal["float32", "bfloat16"]

_PLAIN_TEMPLATE = (
    "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant:{% endif %}"
)
_TINY_PARAMETERS = 5_000_000
_ALL_THREADS = torch.get_num_threads()
"""As torch chose at the start: a large model loaded after a tiny one gets them back."""
_LONGEST_SHOWN = 60
"""Characters of what a template renders."""
_SENTINEL = "evalsuite-end-of-turn-probe"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedModel:
    """A model ready to generate."""

    spec: ModelSpec
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    eos_ids: tuple[int, ...]
    device: str
    dtype: Dtype
    notes: tuple[str, ...] = field(default=())
    """What was mended, one sentence each."""
    template_arguments: Mapping[str, Any] = field(default_factory=dict)
    """Given to the chat template with every prompt."""

    @property
    def vocabulary(self) -> int:
        """Tokens the model has an embedding for."""
        return int(self.model.get_input_embeddings().weight.shape[0])


def choose_device(device: str = "auto") -> str:
    """Choose where to compute: ``auto`` (CUDA where there is one), ``cpu``, ``cuda``, ``cuda:N``.

    Raises InvalidInputError for another word, and for CUDA where there is none.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise InvalidInputError(
            "device {device!r} is unknown; use auto, cpu, cuda or cuda:N", device=device
        )
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InvalidInputError("this machine shows no CUDA device; use --device cpu")
    return device


def cuda_name() -> str | None:
    """Name the CUDA device, or say None where there is none."""
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else None


def load_model(
    spec: ModelSpec,
    *,
    device: str = "auto",
    dtype: Dtype = "float32",
    chat_template: str | None = None,
    packing: Packing | None = None,
) -> LoadedModel:
    """Load weights and tokenizer of a resolved model, and set torch's CPU threads for its size.

    ``float32`` is for claims, ``bfloat16`` for quick looks. ``chat_template`` is as in
    `load_tokenizer`, and its end-of-turn token an end token. ``packing`` packs the weights of a
    folder, which then are for training an adapter on. Raises InvalidInputError where the
    model is behind a server, RunFailedError where its files can't be read or do not fit into
    memory.
    """
    chosen = choose_device(device)
    if spec.source == "endpoint":
        raise InvalidInputError(
            "{model!r} is behind a server and has no weights here; name a folder or org/name",
            model=spec.name,
        )
    quiet_transformers()
    if dtype == "float32":
        _exact_products()
    with in_one_line(spec):
        tokenizer, notes = load_tokenizer(spec, chat_template)
        model = _weights(spec, getattr(torch, dtype), chosen, packing).eval()
        eos_ids, eos_notes = _end_tokens(model.generation_config.eos_token_id, tokenizer)
    _choose_threads(model, chosen)
    return LoadedModel(
        spec=spec,
        model=model,
        tokenizer=tokenizer,
        eos_ids=eos_ids,
        device=chosen,
        dtype=dtype,
        notes=(*notes, *eos_notes),
    )


def _weights(
    spec: ModelSpec, dtype: torch.dtype, device: str, packing: Packing | None
) -> PreTrainedModel:
    if packing is not None:
        return load_packed(spec, packing, dtype=dtype, device=device)
    whole: Any = load_weights(spec, dtype)
    return cast("PreTrainedModel", whole.to(device))


def _exact_products() -> None:
    """Multiply in float32 what is float32: a caller may have asked for TF32, which has 10 bits."""
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False


def load_tokenizer(
    spec: ModelSpec, chat_template: str | None = None
) -> tuple[PreTrainedTokenizerBase, tuple[str, ...]]:
    """Load the tokenizer of a resolved model, with a chat template and pad token in any case.

    ``chat_template`` stands in the place of the model's own. The notes say what was added.
    """
    from transformers import AutoTokenizer

    with in_one_line(spec):
        origin = tokenizer_origin(spec)
        try:
            tokenizer = AutoTokenizer.from_pretrained(origin.folder, **origin.options)
        except (ImportError, OSError, ValueError) as error:
            if origin.gguf is None and not (origin.folder / "tokenizer.json").is_file():
                raise RunFailedError(
                    "{folder} has no tokenizer.json, nor another tokenizer that can be read; put "
                    "the tokenizer's files of the model it was trained from there, with "
                    "AutoTokenizer.from_pretrained('BASE').save_pretrained('{folder}')",
                    folder=origin.folder,
                ) from error
            raise
    if chat_template is not None:
        _give_template(tokenizer, chat_template)
    return tokenizer, _mend(tokenizer)


def _give_template(tokenizer: PreTrainedTokenizerBase, template: str) -> None:
    """Put a template in the place of the tokenizer's own, once it is seen to pass a question on."""
    tokenizer.chat_template = template
    # Before anything else is made of it: whatever fails over it is the template's fault.
    asked = render(tokenizer, [{"role": "user", "content": _SENTINEL}])
    if _SENTINEL not in asked.casefold():
        raise InvalidInputError(
            "the chat template that was given leaves the question out: it renders {asked!r}; give "
            "a template's text, or the path of a file that ends in .jinja",
            asked=asked[:_LONGEST_SHOWN],
        )


def wrap_model(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, spec: ModelSpec
) -> LoadedModel:
    """Make a model that is in memory already, such as one in training, ready to generate.

    Neither is changed; the tokenizer is copied, for ours needs a template and a pad token.
    """
    mended = deepcopy(tokenizer)
    notes = _mend(mended)
    eos_ids, eos_notes = _end_tokens(model.generation_config.eos_token_id, mended)
    dtype = str(model.dtype).removeprefix("torch.")
    if dtype not in ("float32", "bfloat16"):
        raise InvalidInputError(
            "the model is in {dtype}; load it in float32 or bfloat16", dtype=dtype
        )
    return LoadedModel(
        spec=spec,
        model=model,
        tokenizer=mended,
        eos_ids=eos_ids,
        device=str(model.device),
        dtype=cast("Dtype", dtype),
        notes=(*notes, *eos_notes),
    )


def _mend(tokenizer: PreTrainedTokenizerBase) -> tuple[str, ...]:
    notes = []
    if not tokenizer.chat_template:
        tokenizer.chat_template = _PLAIN_TEMPLATE
        notes.append(
            Clause("the tokenizer has no chat template; a plain 'role: content' one was used")
        )
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        notes.append(Clause("the tokenizer has no pad token; its end token stands in"))
    # Generation goes on where a row ends, so every row must end in the last column.
    tokenizer.padding_side = "left"
    return tuple(notes)


def describe_tokenizer(spec: ModelSpec) -> dict[str, Any]:
    """Tell what a model's tokenizer will do, without loading weights.

    Keys: the rendered form of a one-word question, what the template can be told and where it puts
    a system message, end-of-turn token, end tokens, context, generation settings that its files
    ask for and evalsuite does not use, notes.
    """
    quiet_transformers()
    tokenizer, notes = load_tokenizer(spec)
    with in_one_line(spec):
        turn = _end_of_turn(tokenizer)
        eos_ids, eos_notes = read_end_tokens(spec, tokenizer)
    return {
        "template": repr(render(tokenizer, [{"role": "user", "content": "QUESTION"}])),
        "template_arguments": ", ".join(template_arguments(tokenizer)) or None,
        "system_message": _system_place(spec, tokenizer),
        "end_of_turn": None if turn is None else tokenizer.convert_ids_to_tokens(turn),
        "eos_token": tokenizer.eos_token,
        "eos_ids": {str(i): str(tokenizer.convert_ids_to_tokens(i)) for i in eos_ids},
        "context": read_positions(spec),
        "not_used": asked_settings(spec) or None,
        "notes": joined((*notes, *eos_notes), "; ") or None,
    }


def _system_place(spec: ModelSpec, tokenizer: PreTrainedTokenizerBase) -> str:
    probe = prompt_record(spec, tokenizer, Prompt(name="probe", system=_SENTINEL))
    if probe.system_in_user:
        return Clause("the template has no system role, so its text leads the user's message")
    return Clause("in a role of its own")


def read_end_tokens(
    spec: ModelSpec, tokenizer: PreTrainedTokenizerBase
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Find the end tokens of a model, and notes, as `load_model` would, but without its weights."""
    from transformers import GenerationConfig

    with in_one_line(spec):
        origin = origin_of(whole_model(spec))
        config = GenerationConfig.from_model_config(_config(spec))
        if origin.gguf is None:
            with suppress(OSError):  # a model without that file ends as its configuration says
                config = GenerationConfig.from_pretrained(origin.folder, local_files_only=True)
        return _end_tokens(config.eos_token_id, tokenizer)


def read_positions(spec: ModelSpec) -> int | None:
    """Read how many tokens a model was made for, prompt included; None where it does not say."""
    with in_one_line(spec):
        limit = getattr(_config(spec), "max_position_embeddings", None)
    return limit if isinstance(limit, int) else None


def save_plain(loaded: LoadedModel, folder: Path) -> None:
    """Write a model from a GGUF file or an adapter as a folder that any engine can load.

    Its weights, dequantised or merged, its configuration and its tokenizer; the folder is made.
    """
    from transformers import AutoModelForCausalLM

    model = loaded.model
    config = deepcopy(model.config)
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    # transformers refuses to save a model that came from a GGUF file, although its weights are
    # plain by then: the same weights go into a model made from the configuration alone.
    plain = AutoModelForCausalLM.from_config(config, dtype=model.dtype)
    plain.load_state_dict(model.state_dict())
    plain.generation_config = deepcopy(model.generation_config)
    plain.generation_config.eos_token_id = list(loaded.eos_ids)
    plain.save_pretrained(folder, safe_serialization=True)
    loaded.tokenizer.save_pretrained(folder)


def _choose_threads(model: PreTrainedModel, device: str) -> None:
    """Run a tiny model on one thread: its matrices are too small to share."""
    # On two busy cores, two threads that wait for each other took 17 times as long as one
    # (docs/decisions/0014).
    if device == "cpu":
        parameters = sum(p.numel() for p in model.parameters())
        torch.set_num_threads(1 if parameters < _TINY_PARAMETERS else _ALL_THREADS)


def _config(spec: ModelSpec) -> Any:
    from transformers import AutoConfig

    origin = origin_of(whole_model(spec))
    return AutoConfig.from_pretrained(origin.folder, **origin.options)


def _end_tokens(
    configured: int | list[int] | None, tokenizer: PreTrainedTokenizerBase
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Collect the end tokens, the chat template's end-of-turn token included."""
    known = [configured] if isinstance(configured, int) else list(configured or [])
    if tokenizer.eos_token_id is not None:
        known.append(tokenizer.eos_token_id)
    turn = _end_of_turn(tokenizer)
    notes = []
    if turn is not None and turn not in known:
        known.append(turn)
        written = tokenizer.convert_ids_to_tokens(turn)
        notes.append(
            Clause(
                "the chat template's end-of-turn token {written} was missing from the eos ids",
                written=written,
            )
        )
    if not known:
        raise RunFailedError(
            "{model} names no end token; its answers would never end", model=tokenizer.name_or_path
        )
    return tuple(sorted(set(known))), tuple(notes)


def _end_of_turn(tokenizer: PreTrainedTokenizerBase) -> int | None:
    """Find the special token the template writes right after an assistant's message."""
    # By rendering, for a template is a program: only its output says what it writes.
    talk = [
        {"role": "user", "content": "x"},
        {"role": "assistant", "content": _SENTINEL},
    ]
    try:
        check_template(tokenizer, talk, add_generation_prompt=False)
        written = str(tokenizer.apply_chat_template(talk, tokenize=False))
    except TemplateError:
        return None
    after = tokenizer(written.rpartition(_SENTINEL)[2], add_special_tokens=False)["input_ids"]
    special = set(tokenizer.all_special_ids) | set(tokenizer.get_added_vocab().values())
    return int(after[0]) if after and after[0] in special else None

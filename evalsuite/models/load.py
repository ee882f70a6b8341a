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
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

import torch
from jinja2.exceptions import TemplateError

from evalsuite.errors import InvalidInputError, RunFailedError
from evalsuite.models.quiet import quiet_transformers

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

    from evalsuite.records.run import ModelSpec

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


def choose_device(device: str = "auto") -> str:
    """Choose where to compute: ``auto`` (CUDA where there is one), ``cpu``, ``cuda``, ``cuda:N``.

    Raises InvalidInputError for another word, and for CUDA where there is none.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if not re.fullmatch(r"cpu|cuda(:\d+)?", device):
        raise InvalidInputError(f"device {device!r} is unknown; use auto, cpu, cuda or cuda:N")
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise InvalidInputError("this machine shows no CUDA device; use --device cpu")
    return device


def cuda_name() -> str | None:
    """Name the CUDA device, or say None where there is none."""
    return str(torch.cuda.get_device_name()) if torch.cuda.is_available() else None


def load_model(spec: ModelSpec, *, device: str = "auto", dtype: Dtype = "float32") -> LoadedModel:
    """Load weights and tokenizer of a resolved model, and set torch's CPU threads for its size.

    ``float32`` is for claims, ``bfloat16`` for quick looks. Raises InvalidInputError where the
    model is behind a server, RunFailedError where its files can't be read or do not fit into
    memory.
    """
    chosen = choose_device(device)
    if spec.source == "endpoint":
        raise InvalidInputError(
            f"{spec.name!r} is behind a server and has no weights here; name a folder or org/name"
        )
    quiet_transformers()
    try:
        tokenizer, notes = load_tokenizer(spec)
        model = _load_weights(spec, getattr(torch, dtype))
        model = model.to(chosen).eval()
    except InvalidInputError:
        raise
    except (OSError, ValueError, ImportError, KeyError, torch.OutOfMemoryError) as error:
        reason = str(error).strip().splitlines()[0][:200] if str(error).strip() else repr(error)
        raise RunFailedError(
            f"can't load {spec.name!r} from {spec.location}: {reason}; "
            "see `evalsuite models resolve` for what it is"
        ) from error
    _choose_threads(model, chosen)
    eos_ids, eos_notes = _end_tokens(model.generation_config.eos_token_id, tokenizer)
    return LoadedModel(
        spec=spec,
        model=model,
        tokenizer=tokenizer,
        eos_ids=eos_ids,
        device=chosen,
        dtype=dtype,
        notes=(*notes, *eos_notes),
    )


def load_tokenizer(spec: ModelSpec) -> tuple[PreTrainedTokenizerBase, tuple[str, ...]]:
    """Load the tokenizer of a resolved model, with a chat template and pad token in any case.

    The notes say what was added.
    """
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(
        _tokenizer_origin(spec), **_origin_options(spec), trust_remote_code=False
    )
    return tokenizer, _mend(tokenizer)


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
        raise InvalidInputError(f"the model is in {dtype}; load it in float32 or bfloat16")
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
        notes.append("the tokenizer has no chat template; a plain 'role: content' one was used")
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
        notes.append("the tokenizer has no pad token; its end token stands in")
    # Generation goes on where a row ends, so every row must end in the last column.
    tokenizer.padding_side = "left"
    return tuple(notes)


def render(tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, str]]) -> str:
    """Render chat messages (``role`` and ``content``) into the prompt as sent.

    Where the template refuses a system message, its text leads the user message.
    """
    try:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    except TemplateError:
        if messages[0]["role"] != "system":
            raise
        merged = f"{messages[0]['content']}\n\n{messages[1]['content']}"
        joined = [{"role": "user", "content": merged}, *messages[2:]]
        text = tokenizer.apply_chat_template(joined, tokenize=False, add_generation_prompt=True)
    return str(text)


def describe_tokenizer(spec: ModelSpec) -> dict[str, Any]:
    """Tell what a model's tokenizer will do, without loading weights.

    Keys: the rendered form of a one-word question, end-of-turn token, end tokens, context, notes.
    """
    quiet_transformers()
    tokenizer, notes = load_tokenizer(spec)
    turn = _end_of_turn(tokenizer)
    eos_ids, eos_notes = read_end_tokens(spec, tokenizer)
    return {
        "template": repr(render(tokenizer, [{"role": "user", "content": "QUESTION"}])),
        "end_of_turn": None if turn is None else tokenizer.convert_ids_to_tokens(turn),
        "eos_token": tokenizer.eos_token,
        "eos_ids": {str(i): str(tokenizer.convert_ids_to_tokens(i)) for i in eos_ids},
        "context": read_positions(spec),
        "notes": "; ".join((*notes, *eos_notes)) or None,
    }


def read_end_tokens(
    spec: ModelSpec, tokenizer: PreTrainedTokenizerBase
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Find the end tokens of a model, and notes, as `load_model` would, but without its weights."""
    from transformers import GenerationConfig

    config = GenerationConfig.from_model_config(_config(spec))
    if spec.source != "gguf":
        with suppress(OSError):  # a model without that file ends as its configuration says
            config = GenerationConfig.from_pretrained(
                _weights_origin(spec), **_origin_options(spec)
            )
    return _end_tokens(config.eos_token_id, tokenizer)


def read_positions(spec: ModelSpec) -> int | None:
    """Read how many tokens a model was made for, prompt included; None where it does not say."""
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


def _origin(spec: ModelSpec) -> str:
    """Name the folder or Hub repository of a model's own files."""
    return str(Path(spec.location).parent) if spec.source == "gguf" else spec.location


def _weights_origin(spec: ModelSpec) -> str:
    """Name where whole weights and their configuration are: for an adapter, at its base."""
    if spec.source != "adapter":
        return _origin(spec)
    if spec.base is None:
        raise InvalidInputError(
            f"{spec.location}/adapter_config.json does not name the model it was trained on; "
            "add base_model_name_or_path"
        )
    return spec.base


def _tokenizer_origin(spec: ModelSpec) -> str:
    """Name where the tokenizer is: trainers save it with an adapter, PEFT alone does not."""
    own = _origin(spec)
    if spec.source == "adapter" and not (Path(own) / "tokenizer_config.json").is_file():
        return _weights_origin(spec)
    return own


def _config(spec: ModelSpec) -> Any:
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(
        _weights_origin(spec), **_origin_options(spec), trust_remote_code=False
    )


def _origin_options(spec: ModelSpec) -> dict[str, Any]:
    if spec.source == "gguf":
        return {"gguf_file": Path(spec.location).name}
    return {"revision": spec.revision} if spec.source == "hub" else {}


def _load_weights(spec: ModelSpec, dtype: torch.dtype) -> PreTrainedModel:
    from transformers import AutoModelForCausalLM, GgufConfig

    options = _origin_options(spec) | {"dtype": dtype, "trust_remote_code": False}
    if spec.source == "gguf":
        options["quantization_config"] = GgufConfig(dequantize=True)
    else:
        # The other format is a pickle, which runs code when it is read.
        options["use_safetensors"] = True
    if spec.source != "adapter":
        return AutoModelForCausalLM.from_pretrained(_origin(spec), **options)
    from peft import PeftModel

    model = AutoModelForCausalLM.from_pretrained(_weights_origin(spec), **options)
    # Merged, for every engine then serves an adapter as it serves any other model.
    return PeftModel.from_pretrained(model, spec.location).merge_and_unload()


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
            f"the chat template's end-of-turn token {written} was missing from the eos ids"
        )
    if not known:
        raise RunFailedError(
            f"{tokenizer.name_or_path} names no end token; its answers would never end"
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
        written = str(tokenizer.apply_chat_template(talk, tokenize=False))
    except TemplateError:
        return None
    after = tokenizer(written.rpartition(_SENTINEL)[2], add_special_tokens=False)["input_ids"]
    special = set(tokenizer.all_special_ids) | set(tokenizer.get_added_vocab().values())
    return int(after[0]) if after and after[0] in special else None

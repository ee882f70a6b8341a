"""Options of TRL, checked before TRL sees them: removed, unknown and reserved keys.

Users own their TRL configuration; every key of ``trl.GRPOConfig`` is passed through. A key that
TRL dropped ends in a sentence that names its replacement instead of a ``TypeError``.
"""

from __future__ import annotations

import dataclasses
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, requires, version
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from evalsuite.records.training import TrainSpec

__all__ = [
    "REMOVED",
    "build_config",
    "check_options",
    "check_vllm",
    "checkpointing_key",
    "read_trl_yaml",
]

REMOVED = {
    "no_cuda": "write use_cpu: true",
    "max_prompt_length": "TRL no longer cuts prompts; leave out long questions instead",
    "use_liger_loss": 'write model_init_kwargs: {"use_kernels": true}',
    "use_liger_kernel": 'write model_init_kwargs: {"use_kernels": true}',
    "overwrite_output_dir": "choose another --output or resume with --resume",
    "save_safetensors": "weights are always safetensors",
    "warmup_ratio": "write warmup_steps: 0.1; below 1 it is a share of all steps",
    "logging_dir": "train_log.jsonl in the output folder is the log",
    "vllm_guided_decoding_regex": "write vllm_structured_outputs_regex",
    "use_transformers_paged": "write use_transformers_continuous_batching",
    "vllm_importance_sampling_cap": "write vllm_importance_sampling_clip_max",
    "evaluation_strategy": "write eval_strategy",
}
"""Keys that older TRL and transformers knew, and what to do instead."""

_RESERVED = {
    "output_dir": "--output",
    "seed": "--seed",
    "data_seed": "--seed",
    "reward_weights": "--rewards",
    "max_completion_length": "--max-new-tokens",
    "resume_from_checkpoint": "--resume",
    "dataset_name": "--task",
    "dataset_config": "--task",
    "dataset_train_split": "--task",
    "dataset_path": "--data",
    "reward_funcs": "--rewards",
    "env": "environment variables set before the command",
}
"""Keys that evalsuite sets itself, and the option that sets them."""

_LORA_KEYS = {
    "lora_r": "r",
    "lora_alpha": "lora_alpha",
    "lora_dropout": "lora_dropout",
    "lora_target_modules": "target_modules",
    "use_rslora": "use_rslora",
}
_LARGEST_YAML = 1_000_000


def check_options(options: Mapping[str, Any], *, known: Iterable[str] | None = None) -> None:
    """Refuse GRPOConfig keys, as the user wrote them, that are removed, reserved or unknown.

    ``known`` are the fields of ``trl.GRPOConfig``; None skips the search for unknown keys, so that
    a file is checked without loading TRL. The InvalidInputError names every offending key with its
    replacement.

    Examples
    --------
    >>> check_options({"no_cuda": True})
    Traceback (most recent call last):
    ...
    evalsuite.errors.InvalidInputError: no_cuda was removed from TRL: write use_cpu: true
    """
    names = None if known is None else set(known)
    problems = []
    for key in options:
        if key in REMOVED:
            problems.append(f"{key} was removed from TRL: {REMOVED[key]}")
        elif key == "trust_remote_code":
            problems.append("trust_remote_code stays off: no code of a model is ever run; leave it")
        elif key in _RESERVED:
            problems.append(f"{key} is set by evalsuite: use {_RESERVED[key]}")
        elif names is not None and key not in names:
            close = get_close_matches(key, names, n=1)
            hint = f"did you mean {close[0]}?" if close else "see trl.GRPOConfig for its keys"
            problems.append(f"{key} is not an option of GRPOConfig: {hint}")
    if problems:
        raise InvalidInputError("; ".join(problems))


def read_trl_yaml(path: Path) -> dict[str, Any]:
    """Read a TRL YAML file (as for ``trl grpo --config``) into fields of a ``TrainSpec``.

    ``grpo`` (GRPOConfig keys) and, where the file has them, ``model_name``, ``adapter``, ``lora``,
    ``seed`` and ``max_new_tokens``. Raises InvalidInputError where the file is unreadable or a key
    is removed or set by evalsuite.
    """
    options = _load_yaml(path)
    fields: dict[str, Any] = {}
    if "model_name_or_path" in options:
        fields["model_name"] = str(options.pop("model_name_or_path"))
    for key, name in (("seed", "seed"), ("max_completion_length", "max_new_tokens")):
        if key in options:
            fields[name] = options.pop(key)
    lora = {name: options.pop(key) for key, name in _LORA_KEYS.items() if key in options}
    if options.pop("use_peft", False):
        fields["adapter"], fields["lora"] = "lora", lora
    options.pop("output_dir", None)
    check_options(options)
    return fields | {"grpo": options}


def build_config(spec: TrainSpec, *, output: Path, reward_weights: list[float]) -> Any:
    """Make the ``trl.GRPOConfig`` of a run, its weights in the order of the reward columns.

    ``output`` takes checkpoints and the completions table. Raises InvalidInputError for unknown
    keys and for values TRL refuses.
    """
    import torch
    from trl import GRPOConfig

    names = {field.name for field in dataclasses.fields(GRPOConfig)}
    check_options(spec.grpo, known=names)
    has_gpu = torch.cuda.is_available() and not spec.grpo.get("use_cpu", False)
    check_vllm(spec.grpo, has_gpu=has_gpu, installed=_installed("vllm"))
    defaults = {
        "use_cpu": not has_gpu,
        "bf16": has_gpu,
        checkpointing_key(names): has_gpu,
        "scale_rewards": "batch",
        "loss_type": "dapo",
        "beta": 0.0,
        "logging_steps": 1,
        "log_completions": True,
        "num_completions_to_print": 0,
        "report_to": "none",
        "disable_tqdm": True,
    }
    fixed = {
        "output_dir": str(output),
        "seed": spec.seed,
        "data_seed": spec.seed,
        "max_completion_length": spec.max_new_tokens,
        "reward_weights": reward_weights,
    }
    # The user's keys win over our defaults, and ours over theirs where a run could not be repeated
    # or compared otherwise.
    try:
        return GRPOConfig(**(defaults | dict(spec.grpo) | fixed))
    except (TypeError, ValueError) as error:
        raise InvalidInputError(f"TRL refuses the options: {error}") from error


def check_vllm(options: Mapping[str, Any], *, has_gpu: bool, installed: str | None) -> None:
    """Refuse vLLM generation where TRL can't do it, and name the versions that it can.

    ``has_gpu`` tells whether training runs on CUDA, through which the weights reach vLLM;
    ``installed`` is the version of vLLM, None where there is none.

    Examples
    --------
    >>> check_vllm({"use_vllm": False}, has_gpu=False, installed=None)
    """
    if not options.get("use_vllm"):
        return
    from packaging.version import Version

    supported = _supported_vllm()
    lacking = "use_vllm: true needs"
    if not has_gpu:
        raise InvalidInputError(
            f"{lacking} a CUDA device, and this training has none; leave it out, and TRL generates "
            "with transformers."
        )
    if installed is None:
        raise InvalidInputError(
            f"{lacking} vLLM {supported}, as TRL {version('trl')} supports, and none is installed; "
            "run: pip install 'trl[vllm]'"
        )
    if Version(Version(installed).base_version) not in supported:
        raise InvalidInputError(
            f"{lacking} vLLM {supported}, as TRL {version('trl')} supports, and {installed} is "
            "installed; run: pip install 'trl[vllm]', or train in an environment of its own."
        )


def _supported_vllm() -> Any:
    """Read the range that the installed TRL declares for its ``vllm`` extra."""
    from packaging.requirements import Requirement

    declared = [Requirement(text) for text in requires("trl") or ()]
    return next(r.specifier for r in declared if r.name == "vllm")


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def checkpointing_key(names: Iterable[str]) -> str:
    """Return the name of the option that trades time for memory, which changed in transformers 5.

    ``names`` are the fields of a training configuration.

    Examples
    --------
    >>> checkpointing_key({"gradient_checkpointing"})
    'gradient_checkpointing'
    """
    new = "activation_checkpointing"
    return new if new in set(names) else "gradient_checkpointing"


def _load_yaml(path: Path) -> dict[str, Any]:
    import yaml

    try:
        if path.stat().st_size > _LARGEST_YAML:
            raise InvalidInputError(f"{path} is over {_LARGEST_YAML:,} bytes; is it a TRL config?")
        options = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise InvalidInputError(f"can't read {path}: {error}; check the path and syntax") from error
    if not isinstance(options, dict):
        raise InvalidInputError(f"{path} holds no keys and values; it should be a TRL YAML config.")
    return options

"""Options of TRL, checked before TRL sees them.

Users own their TRL configuration; every key of ``trl.GRPOConfig`` is passed through. A key that
TRL dropped ends in a sentence that names its replacement instead of a ``TypeError``.
"""

from __future__ import annotations

import dataclasses
import re
from difflib import get_close_matches
from importlib.metadata import PackageNotFoundError, requires, version
from importlib.util import find_spec
from math import isfinite
from typing import TYPE_CHECKING, Any

from evalsuite.errors import Clause, InvalidInputError, joined

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    from evalsuite.records.training import TrainSpec

__all__ = [
    "DEFAULTS",
    "REMOVED",
    "build_config",
    "check_evaluation",
    "check_options",
    "check_vllm",
    "checkpointing_key",
]

REMOVED = {
    "no_cuda": Clause("write use_cpu: true"),
    "max_prompt_length": Clause("leave out long questions instead, as TRL no longer cuts prompts"),
    "use_liger_loss": Clause('write model_init_kwargs: {"use_kernels": true}'),
    "use_liger_kernel": Clause('write model_init_kwargs: {"use_kernels": true}'),
    "overwrite_output_dir": Clause("choose another --output or resume with --resume"),
    "save_safetensors": Clause("leave it out, as weights are always safetensors"),
    "warmup_ratio": Clause("write warmup_steps: 0.1, which below 1 is a share of all steps"),
    "logging_dir": Clause("leave it out, as train_log.jsonl in the output folder is the log"),
    "vllm_guided_decoding_regex": Clause("write vllm_structured_outputs_regex"),
    "use_transformers_paged": Clause("write use_transformers_continuous_batching"),
    "vllm_importance_sampling_cap": Clause("write vllm_importance_sampling_clip_max"),
    "evaluation_strategy": Clause("write eval_strategy"),
}
"""Keys that older TRL and transformers knew, and what to do instead."""

_PACKED = Clause("write it in a TRL file, or beside these options as packing")
_ELSEWHERE = {
    "system_prompt": Clause("write it beside these options, as prompt 'system:TEXT'"),
    "chat_template": Clause("write it beside these options, as chat_template"),
    "chat_template_path": Clause("write its text beside these options, as chat_template"),
    "model_revision": Clause("name the model as hf:ORG/NAME@REVISION"),
    "load_in_4bit": _PACKED,
    "load_in_8bit": _PACKED,
    "bnb_4bit_quant_type": _PACKED,
    "bnb_4bit_quant_storage": _PACKED,
    "use_bnb_nested_quant": _PACKED,
}
"""Keys of other parts of TRL's files, and where what they say is said here."""

DEFAULTS: dict[str, Any] = {
    # Of the batch, not of the group: small differences in partial credit inside an all-wrong group
    # would be divided by their own small spread, and become full-size advantages.
    "scale_rewards": "batch",
    "loss_type": "dapo",
    "beta": 0.0,
    "logging_steps": 1,
    "log_completions": True,
    "num_completions_to_print": 0,
    "report_to": "none",
    "disable_tqdm": True,
    # The finished model alone: see evalsuite.training.pushing.
    "hub_strategy": "end",
}
"""Our defaults beside TRL's; the user's keys win over them."""

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
    "hub_token": Clause("the environment variable HF_TOKEN, which no file records"),
    "env": Clause("environment variables set before the command"),
}
"""Keys that evalsuite sets itself, and the option that sets them."""

_TRACKERS = {
    "clearml": "clearml",
    "comet_ml": "comet_ml",
    "mlflow": "mlflow",
    "neptune": "neptune",
    "swanlab": "swanlab",
    "tensorboard": "tensorboard",
    "trackio": "trackio",
    "wandb": "wandb",
}
"""Trackers of transformers, and the package each needs."""
_ONE_KIND = re.compile(r"(<class ')?(Optional\[)?(?P<kind>bool|int|float)('>)?\]?( \| None)?")
"""The annotation of an option that is a switch or a number and nothing else."""


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
    evalsuite.errors.InvalidInputError: no_cuda was removed from TRL; write use_cpu: true
    """
    names = None if known is None else set(known)
    problems = [problem for key in options if (problem := _problem(key, names)) is not None]
    if problems:
        what = joined((each.what for each in problems), ", and ")
        ways = [Clause("{key}: {way}", key=each.key, way=each.way_out) for each in problems]
        # All ways out stand last: what follows the last semicolon is the hint of the command line.
        way_out = joined(ways, ", and ") if problems[1:] else problems[0].way_out
        raise InvalidInputError("{what}; {way_out}", what=what, way_out=way_out)


@dataclasses.dataclass(frozen=True, slots=True)
class _Problem:
    """A key that can't be passed to TRL, and what to write instead."""

    key: str
    what: Clause
    way_out: Clause


def _problem(key: str, names: Collection[str] | None) -> _Problem | None:
    if key in REMOVED:
        return _Problem(key, Clause("{key} was removed from TRL", key=key), REMOVED[key])
    if key == "trust_remote_code":
        what = Clause("{key} stays off: no code of a model is ever run", key=key)
        return _Problem(key, what, Clause("leave it out"))
    if key in _RESERVED:
        way_out = Clause("use {option}", option=_RESERVED[key])
        return _Problem(key, Clause("{key} is set by evalsuite", key=key), way_out)
    if key in _ELSEWHERE:
        return _Problem(key, Clause("{key} is not read from here", key=key), _ELSEWHERE[key])
    if names is None or key in names:
        return None
    close = get_close_matches(key, names, n=1)
    near = Clause("did you mean {near}?", near="".join(close))
    way_out = near if close else Clause("see trl.GRPOConfig for its keys")
    return _Problem(key, Clause("{key} is not an option of GRPOConfig", key=key), way_out)


def build_config(spec: TrainSpec, *, output: Path, reward_weights: list[float]) -> Any:
    """Make the ``trl.GRPOConfig`` of a run, its weights in the order of the reward columns.

    ``output`` takes checkpoints and the completions table. Raises InvalidInputError for unknown
    keys and for values TRL refuses.
    """
    import torch
    from trl import GRPOConfig

    types = {field.name: str(field.type) for field in dataclasses.fields(GRPOConfig)}
    names = set(types)
    check_options(spec.grpo, known=names)
    # The model is loaded here, not by TRL, which would take note of these keys and ignore them.
    options = {key: v for key, v in spec.grpo.items() if key != "model_init_kwargs"}
    options = {key: _typed(key, value, types[key]) for key, value in options.items()}
    _check_trackers(options.get("report_to"))
    has_gpu = torch.cuda.is_available() and not spec.grpo.get("use_cpu", False)
    check_vllm(spec.grpo, has_gpu=has_gpu, installed=_installed("vllm"))
    defaults = {
        "use_cpu": not has_gpu,
        "bf16": has_gpu,
        checkpointing_key(names): has_gpu,
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
        return GRPOConfig(**(DEFAULTS | defaults | options | fixed))
    except (TypeError, ValueError) as error:
        raise InvalidInputError("TRL refuses the options: {error}", error=error) from error


def check_evaluation(spec: TrainSpec, config: Any) -> None:
    """Refuse TRL's own evaluation where no question is held out for it.

    ``config`` is a ``GRPOConfig``.
    """
    strategy = str(getattr(config.eval_strategy, "value", config.eval_strategy))
    if strategy != "no" and spec.heldout is None and spec.test_share is None:
        raise InvalidInputError(
            "eval_strategy: {strategy} asks questions that are held out, and none is; add "
            "--hold-out 0.2, or leave it out",
            strategy=strategy,
        )


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
    if not has_gpu:
        raise InvalidInputError(
            "use_vllm: true needs a CUDA device, and this training has none; leave it out, and "
            "TRL generates with transformers.",
        )
    if installed is None:
        raise InvalidInputError(
            "use_vllm: true needs vLLM {supported}, as TRL {trl} supports, and none is installed; "
            "run: pip install 'trl[vllm]'",
            supported=supported,
            trl=version("trl"),
        )
    if Version(Version(installed).base_version) not in supported:
        raise InvalidInputError(
            "use_vllm: true needs vLLM {supported}, as TRL {trl} supports, and {installed} is "
            "installed; run: pip install 'trl[vllm]', or train in an environment of its own.",
            supported=supported,
            trl=version("trl"),
            installed=installed,
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


def _typed(key: str, value: Any, annotation: str) -> Any:
    """Read a quoted number where an option takes numbers alone; refuse what is of another kind."""
    kind = _ONE_KIND.fullmatch(annotation)
    if kind is None or (value is None and "None" in annotation):
        return value
    if kind["kind"] == "bool":
        if not isinstance(value, bool):
            raise InvalidInputError("{key} is {value!r}; write true or false", key=key, value=value)
        return value
    number = _number(value)
    if number is None:
        raise InvalidInputError(
            "{key} is {value!r}, which is no number; write one", key=key, value=value
        )
    if kind["kind"] == "float":
        return number if isinstance(value, str) else value
    if not number.is_integer():
        raise InvalidInputError("{key} is {value!r}; write a whole number", key=key, value=value)
    return int(number)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if isfinite(number) else None


def _check_trackers(report_to: Any) -> None:
    """Refuse a tracker whose package is missing, which TRL would notice once the model is loaded.

    Names of no package that can be imported under them are left to TRL.
    """
    trackers = [report_to] if isinstance(report_to, str) else list(report_to or ())
    for tracker in trackers:
        package = _TRACKERS.get(tracker)
        if package is not None and find_spec(package) is None:
            raise InvalidInputError(
                "report_to names {tracker}, which is not installed; run: pip install {package}, "
                "or leave it out: train_log.jsonl has every metric",
                tracker=tracker,
                package=package,
            )

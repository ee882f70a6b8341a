"""The chatter of libraries, kept off the screen and off the network."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet_libraries", "quiet_transformers", "quiet_warnings", "turn_off_telemetry"]

_TELEMETRY = {
    "HF_HUB_DISABLE_TELEMETRY": "1",  # the Hub's client, and through it transformers, datasets, TRL
    "DO_NOT_TRACK": "1",
    "DISABLE_TELEMETRY": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_DO_NOT_TRACK": "1",
    "RAY_USAGE_STATS_ENABLED": "0",
}


def turn_off_telemetry() -> None:
    """Let no library tell anybody what runs here, whatever the environment says.

    To be called before any of them is imported: they read the environment once.
    """
    os.environ.update(_TELEMETRY)
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        constants.HF_HUB_DISABLE_TELEMETRY = True  # type: ignore[attr-defined]


def quiet_transformers() -> None:
    """Turn off progress bars and notices below errors of transformers and what it loads with."""
    import logging

    from transformers.utils import logging as transformers_logging

    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    for library in ("huggingface_hub", "bitsandbytes"):
        logging.getLogger(library).setLevel(logging.ERROR)


def quiet_libraries() -> None:
    """Turn off the same, the progress bars of datasets, and what trainers tell the Hub of a run."""
    import datasets
    from huggingface_hub import constants

    constants.HF_HUB_DISABLE_TELEMETRY = True
    datasets.disable_progress_bars()
    quiet_transformers()


@contextmanager
def quiet_warnings() -> Iterator[None]:
    """Leave out what the trainers' libraries announce about their own future, every step anew."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", category=FutureWarning, module=r"(accelerate|peft|transformers|trl)\."
        )
        yield

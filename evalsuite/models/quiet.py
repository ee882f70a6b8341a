"""Keep the libraries' own progress bars and notices off the screen, where ours are."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["quiet_libraries", "quiet_warnings"]


def quiet_libraries() -> None:
    """Turn off progress bars of datasets and transformers and their notices below errors."""
    import datasets
    from transformers.utils import logging

    datasets.disable_progress_bars()
    logging.disable_progress_bar()
    logging.set_verbosity_error()


@contextmanager
def quiet_warnings() -> Iterator[None]:
    """Leave out what the trainers' libraries announce about their own future, every step anew."""
    with warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", category=FutureWarning, module=r"(accelerate|peft|transformers|trl)\."
        )
        yield

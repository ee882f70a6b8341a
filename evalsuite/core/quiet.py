"""Keep the libraries' own progress bars and notices off the screen, where ours are."""

from __future__ import annotations

__all__ = ["quiet_libraries"]


def quiet_libraries() -> None:
    """Turn off progress bars of datasets and transformers and their notices below errors."""
    import datasets
    from transformers.utils import logging

    datasets.disable_progress_bars()
    logging.disable_progress_bar()
    logging.set_verbosity_error()

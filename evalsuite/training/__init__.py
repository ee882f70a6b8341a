"""GRPO with TRL: options, rewards, warm-up, the held-out watch, logs and manifests.

``JudgeCallback`` asks held-out questions inside anybody's own trainer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalsuite.training.judging.callback import JudgeCallback

__all__ = ["JudgeCallback"]


def __getattr__(name: str) -> Any:
    """Load the callback when it is first used: reading a log needs no model library."""
    if name == "JudgeCallback":
        from evalsuite.training.judging.callback import JudgeCallback

        return JudgeCallback
    raise AttributeError(f"module 'evalsuite.training' has no attribute {name!r}")

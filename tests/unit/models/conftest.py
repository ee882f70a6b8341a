"""A small adapter for the tests of the loaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tiny_adapter import write_adapter

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def adapter_folder(tmp_path: Path) -> Path:
    """Weights and settings, no tokenizer; it changes the base's logits."""
    pytest.importorskip("peft")
    return write_adapter(tmp_path / "adapter")

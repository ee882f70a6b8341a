"""The repetition penalty: tokens that stand in the prompt or the answer become less likely.

As in transformers and vLLM, which keep to Keskar et al. 2019 (CTRL): of every token that has
occurred, a positive logit is divided by the penalty and a negative one multiplied. It does not
know how a token is chosen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["occurrence", "penalised"]


def occurrence(ids: Sequence[int], vocabulary: int, device: torch.device) -> torch.Tensor:
    """Mark the tokens that occur; bool, shape (vocabulary,)."""
    marks = torch.zeros(vocabulary, dtype=torch.bool, device=device)
    marks[torch.tensor(ids, device=device)] = True
    return marks


def penalised(logits: torch.Tensor, occurring: torch.Tensor, penalty: float) -> torch.Tensor:
    """Make occurring tokens less likely; both have the shape (rows, vocabulary)."""
    logits = logits.float()
    less = torch.where(logits < 0, logits * penalty, logits / penalty)
    return torch.where(occurring, less, logits)

"""What every engine promises: prompts in, finished responses out, in any order.

An engine draws each (question, sample) from its own random stream, so an answer depends neither
on the batch it was in nor on the order of the questions. It records where every token ends, so
that one generation at the largest budget serves every smaller one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from evalsuite.records.run import Decoding, Response

__all__ = ["Engine", "Request"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One answer to be drawn."""

    question_id: str
    sample: int
    prompt: str
    """As sent: rendered through the chat template."""


class Engine(Protocol):
    """A way to generate."""

    name: str

    def render(self, messages: list[dict[str, str]]) -> str:
        """Render chat messages into the prompt as sent."""

    def describe(self) -> dict[str, Any]:
        """Tell device, dtype, threads and versions, for the record."""

    def cache_bytes(self, tokens: int, answers: int) -> int:
        """Say how much memory keys and values will take here, for answers of at most ``tokens``."""

    def generate(self, requests: Sequence[Request], decoding: Decoding) -> Iterator[Response]:
        """Yield each response once, as soon as it is finished, in any order."""

"""The protocol of engines: prompts in, finished responses out, in any order.

An engine draws each (question, sample) from its own random stream, so an answer depends neither
on the batch it was in nor on the order of the questions. It records where every token ends, so
that one generation at the largest budget serves every smaller one. It does not know the gold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from evalsuite.records.run import Decoding, Response

__all__ = ["Engine", "Request", "requests_for"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One answer to be drawn."""

    question_id: str
    sample: int
    prompt: str
    """As sent: rendered through the chat template."""

    @property
    def key(self) -> tuple[str, int]:
        """Question and sample: what names an answer, its random stream and its response."""
        return self.question_id, self.sample


def requests_for(prompts: Mapping[str, str], *, samples: int = 1) -> list[Request]:
    """List the answers to be drawn, all samples of a question side by side.

    ``prompts`` maps the ids of questions to prompts as sent; its order is the order of the list.
    """
    return [
        Request(question_id=question_id, sample=sample, prompt=prompt)
        for question_id, prompt in prompts.items()
        for sample in range(samples)
    ]


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

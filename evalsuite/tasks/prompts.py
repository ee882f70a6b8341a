"""Prompts, named and versioned: what is sent to the model, as chat messages."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from evalsuite.errors import InvalidInputError
from evalsuite.records.codec import sha256_of

__all__ = ["PROMPTS", "Prompt", "load_prompt", "messages"]

_LARGEST_PROMPT = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A system message and the rule that the user message is the question."""

    name: str
    """With its version: ``boxed@1``."""
    system: str | None


PROMPTS = {
    "boxed": Prompt(
        name="boxed@1",
        system=(
            "You are a helpful assistant. Work through the problem step by step, "
            "then give the final numeric answer inside \\boxed{}."
        ),
    ),
    "plain": Prompt(name="plain@1", system=None),
}


def load_prompt(name: str) -> Prompt:
    """Find a prompt by name, or read a system message from a UTF-8 text file.

    Raises
    ------
    InvalidInputError
        If there is neither such a prompt nor such a file.
    """
    if name in PROMPTS:
        return PROMPTS[name]
    path = Path(name)
    if not path.is_file():
        raise InvalidInputError(
            f"prompt {name!r} is neither {' nor '.join(PROMPTS)} nor a text file; check the path"
        )
    if path.stat().st_size > _LARGEST_PROMPT:
        raise InvalidInputError(f"prompt file {path} is over {_LARGEST_PROMPT:,} bytes; shorten it")
    system = path.read_text(encoding="utf-8").strip()
    return Prompt(name=f"file:{path.name}@{sha256_of(system)[:8]}", system=system)


def messages(prompt: Prompt, question: str | None) -> list[dict[str, str]]:
    """Build the chat messages of one question, as chat templates expect them.

    Raises
    ------
    InvalidInputError
        If the question's text is withheld, so that it can't be asked.
    """
    if question is None:
        raise InvalidInputError(
            "the texts of these questions are not stored, so no model can be asked; "
            "load the questions from their source"
        )
    system = [] if prompt.system is None else [{"role": "system", "content": prompt.system}]
    return [*system, {"role": "user", "content": question}]

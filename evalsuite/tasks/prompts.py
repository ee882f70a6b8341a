"""Prompts, named and versioned: what is sent to the model, as chat messages."""

from __future__ import annotations

import json
from dataclasses import field, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, joined
from evalsuite.records.codec import sha256_of, to_line
from evalsuite.records.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = [
    "PROMPTS",
    "SYSTEM",
    "Prompt",
    "load_prompt",
    "messages",
    "read_arguments",
    "read_template",
    "with_arguments",
]

SYSTEM = "system:"
"""Before a system message that stands in the prompt's place."""
_LARGEST_PROMPT = 100_000
_LARGEST_TEMPLATE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A system message and the rule that the user message is the question."""

    name: str
    """With its version, and with the template's arguments: ``boxed@1 enable_thinking=false``."""
    system: str | None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Given to the chat template beside the messages."""
    template: str | None = None
    """A chat template in the place of every model's own."""


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


def load_prompt(
    name: str, arguments: Mapping[str, Any] | None = None, *, template: str | None = None
) -> Prompt:
    """Find a prompt by name, or read a system message: from a UTF-8 text file, or after `SYSTEM`.

    ``arguments`` are the chat template's, and ``template`` stands in its place; both are part of
    the prompt's name, for they change what is sent.

    Raises
    ------
    InvalidInputError
        If there is neither such a prompt nor such a file.

    Examples
    --------
    >>> load_prompt("boxed", {"enable_thinking": False}).name
    'boxed@1 enable_thinking=false'
    >>> load_prompt("system:Be brief.").system
    'Be brief.'
    """
    prompt = _load(name)
    if template is not None:
        digest = sha256(template.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        prompt = replace(prompt, name=f"{prompt.name}+template@{digest}", template=template)
    return with_arguments(prompt, arguments)


def with_arguments(prompt: Prompt, arguments: Mapping[str, Any] | None) -> Prompt:
    """Give a prompt the arguments of a chat template, which its name then tells."""
    if not arguments:
        return prompt
    written = " ".join(f"{key}={to_line(arguments[key]).strip()}" for key in sorted(arguments))
    return replace(prompt, name=f"{prompt.name} {written}", arguments=dict(arguments))


def read_arguments(texts: Iterable[str]) -> dict[str, Any]:
    """Read the arguments of a chat template, ``NAME=VALUE`` each; a value is JSON, else text.

    Raises
    ------
    InvalidInputError
        For a text that names nothing.

    Examples
    --------
    >>> read_arguments(["enable_thinking=false", "reasoning_effort=low"])
    {'enable_thinking': False, 'reasoning_effort': 'low'}
    """
    arguments: dict[str, Any] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not (sign and name.isidentifier()):
            raise InvalidInputError(
                "template argument {text!r} is not NAME=VALUE; write enable_thinking=false",
                text=text,
            )
        try:
            arguments[name] = json.loads(value)
        except (ValueError, RecursionError):
            arguments[name] = value
    return arguments


def read_template(path: Path) -> str:
    """Read a chat template from a UTF-8 file.

    Raises
    ------
    InvalidInputError
        If it can't be read or is longer than any template.
    """
    try:
        if path.stat().st_size > _LARGEST_TEMPLATE:
            raise InvalidInputError(
                "chat template {path} is over {limit:,} bytes; is it one?",
                path=path,
                limit=_LARGEST_TEMPLATE,
            )
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInputError(
            "can't read the chat template {path}: {reason}; check the path",
            path=path,
            reason=error,
        ) from error


def _load(name: str) -> Prompt:
    if name in PROMPTS:
        return PROMPTS[name]
    if name.startswith(SYSTEM):
        return _told(name.removeprefix(SYSTEM).strip())
    path = Path(name)
    if not path.is_file():
        raise InvalidInputError(
            "prompt {name!r} is neither {prompts} nor a text file; check the path, or write "
            "'system:' before a message",
            name=name,
            prompts=joined(PROMPTS, " nor "),
        )
    if path.stat().st_size > _LARGEST_PROMPT:
        raise InvalidInputError(
            "prompt file {path} is over {limit:,} bytes; shorten it",
            path=path,
            limit=_LARGEST_PROMPT,
        )
    system = path.read_text(encoding="utf-8").strip()
    return Prompt(name=f"file:{path.name}@{sha256_of(system)[:8]}", system=system)


def _told(system: str) -> Prompt:
    if not system:
        raise InvalidInputError(
            "the system message is empty; write its text, or use plain, which has none"
        )
    return Prompt(name=f"system@{sha256_of(system)[:8]}", system=system)


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

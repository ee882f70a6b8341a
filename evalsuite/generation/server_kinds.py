"""Kinds of servers, by what they say of themselves, and the settings each of them is sent.

A server would add sampling settings of its own to the decoding that was asked for, such as those of
a model's ``generation_config.json``. It does not know how a request is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evalsuite.errors import InvalidInputError, joined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from evalsuite.records.run import Decoding

__all__ = ["check_penalty", "is_known", "kind_of", "settings_for"]

_NEUTRAL: dict[str, dict[str, float]] = {
    "vllm": {"repetition_penalty": 1.0, "top_k": -1, "min_p": 0.0},
    "sglang": {"repetition_penalty": 1.0, "top_k": -1, "min_p": 0.0},
    "llamacpp": {"repeat_penalty": 1.0, "top_k": 0, "min_p": 0.0},
}
"""By ``owned_by``: switches off what a server would add."""
_PENALISED: dict[str, tuple[str, dict[str, float]]] = {
    "vllm": ("repetition_penalty", {}),
    "llamacpp": (
        "repeat_penalty",
        {"repeat_last_n": 1 << 17},
    ),  # tokens; it counts 64 unasked, and takes no -1
}
"""Servers whose repetition penalty is our own engine's: its name, and what it further needs."""


def kind_of(facts: Mapping[str, Any]) -> str:
    """Name a server's program, by what it tells of the model."""
    return str(facts.get("owned_by", "unknown"))


def is_known(kind: str) -> bool:
    """Say whether the settings that this kind would add can be switched off."""
    return kind in _NEUTRAL


def settings_for(kind: str, decoding: Decoding) -> dict[str, float]:
    """List what a request needs, so that a server adds nothing and leaves nothing out."""
    neutral = _NEUTRAL.get(kind, {})
    if decoding.repetition_penalty == 1:
        return neutral
    name, further = _PENALISED[kind]
    return {**neutral, **further, name: decoding.repetition_penalty}


def check_penalty(kinds: Mapping[str, str], decoding: Decoding) -> None:
    """Refuse a repetition penalty where a server may count it otherwise, or leave it out.

    ``kinds`` are those of the servers, by URL.
    """
    others = [url for url, kind in kinds.items() if kind not in _PENALISED]
    if decoding.repetition_penalty != 1 and others:
        raise InvalidInputError(
            "a repetition penalty over prompt and answer is known of {known} servers, and "
            "{server} is of kind {kind}; leave --repetition-penalty out, or serve the model with "
            "one of these",
            known=joined(_PENALISED, " and "),
            server=others[0],
            kind=kinds[others[0]],
        )

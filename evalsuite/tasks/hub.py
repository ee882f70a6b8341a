"""The Hub's reachability, asked once, so that an offline machine answers in seconds.

The Hub client retries for half a minute before it gives up. A single connection attempt tells
the same; without a connection the client is put in offline mode, where it uses what earlier
downloads left in its cache and otherwise fails at once.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from importlib.util import find_spec
from urllib.parse import urlsplit

from evalsuite.errors import InvalidInputError

__all__ = ["prepare_hub", "settle_offline", "without_token"]

_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")

_TIMEOUT_SECONDS = 5.0
"""Longer than a slow handshake; the Hub client itself would try for half a minute."""


@cache
def prepare_hub() -> bool:
    """Put the Hub client into offline mode where the Hub does not answer; tell whether it did.

    Behind a proxy no attempt is made and the answer is True. Where it is, what the Hub answers is
    watched from then on. Raises InvalidInputError where the
    token in the environment is none that could be sent.
    """
    _check_tokens()
    # Said in the environment after the client was imported, it would not be known to it.
    if _is_offline_asked() or not _is_reachable():
        _go_offline()
        return False
    if find_spec("huggingface_hub") is not None:
        from evalsuite.tasks.hub_answers import watch_answers

        watch_answers()
    return True


def settle_offline() -> None:
    """Write the variable so that every library reads it as the client does.

    PEFT asks it anew when it saves an adapter, and fails on an empty one.
    """
    if "HF_HUB_OFFLINE" in os.environ:
        os.environ["HF_HUB_OFFLINE"] = "1" if _is_offline_asked() else "0"


def _is_offline_asked() -> bool:
    """Read the variable as the client does."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def _is_reachable() -> bool:
    if os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy"):
        return True
    import socket

    address = urlsplit(os.environ.get("HF_ENDPOINT", "https://huggingface.co"))
    port = address.port or (80 if address.scheme == "http" else 443)
    try:
        socket.create_connection((address.hostname or "", port), _TIMEOUT_SECONDS).close()
    except OSError:
        return False
    return True


def without_token(text: str) -> str:
    """Cut the tokens of the environment out of a text that will be shown."""
    for name in _TOKENS:
        token = os.environ.get(name, "").strip()
        text = text.replace(token, "***") if token else text
    return text


def _check_tokens() -> None:
    """Strip what a secret's file adds at its ends, and refuse what no header can hold."""
    for name in _TOKENS:
        token = os.environ.get(name)
        if token is None:
            continue
        # The client would send the rest as it is, and fail with the whole of it in its message.
        if not re.fullmatch(r"[!-~]*", token.strip()):
            raise InvalidInputError(
                "{name} holds a blank or a character that no header can hold; set it again, "
                "without line ends",
                name=name,
            )
        if token != token.strip():
            os.environ[name] = token.strip()


def _go_offline() -> None:
    """Switch modes also where the client is already imported and has read its environment."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    constants = sys.modules.get("huggingface_hub.constants")
    if constants is not None:
        constants.HF_HUB_OFFLINE = True  # type: ignore[attr-defined]

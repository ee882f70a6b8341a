"""Fuzzing guided by coverage: inputs that reach new lines are kept and changed further.

``python tests/faults/fuzz.py [--seconds N] [--out FOLDER] [TARGET ...]`` gives each target of
`fuzz_targets` so many seconds, all of them without a name, and prints what came of it. An input is
a fault where its reader raises anything that is not for a person, takes too long or too much
memory; one input for each place is kept below ``FOLDER/faults``. Needs atheris.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

SUPPORT = Path(__file__).parents[1] / "support"


def main(arguments: list[str] | None = None) -> int:
    """Fuzz targets one after another; 1 where one of them has a fault."""
    sys.path.insert(0, str(SUPPORT))
    from fuzz_targets import TARGETS

    parser = argparse.ArgumentParser(description="Fuzz what reads hostile input.")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--out", type=Path, default=Path("fuzzed"), help="corpora and faults")
    given = parser.parse_args(arguments)
    if unknown := [name for name in given.targets if name not in TARGETS]:
        parser.error(f"no target is called {unknown[0]!r}; take one of {', '.join(TARGETS)}")
    counts = [
        _fuzzed(name, given.seconds, given.out.resolve() / name.replace(" ", "-"))
        for name in given.targets or TARGETS
    ]
    return int(any(counts))


def _fuzzed(name: str, seconds: int, place: Path) -> int:
    """Fuzz one target in a process of its own; print its figures, and count its faults."""
    place.mkdir(parents=True, exist_ok=True)
    child = Path(__file__).with_name("fuzz_one.py")
    done = subprocess.run(
        [sys.executable, str(child), name, str(place), str(seconds)],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    faults = sorted((place / "faults").glob("*.txt"))
    statistics = dict(re.findall(r"stat::(\w+): +(\d+)", done.stderr))
    covered = re.findall(r"cov: (\d+)", done.stderr)
    figures = {
        "executions": int(statistics.get("number_of_executed_units", 0)),
        "edges": int(covered[-1]) if covered else 0,
        "peak_mb": int(statistics.get("peak_rss_mb", 0)),
        "faults": len(faults),
    }
    print(f"{name}: {json.dumps(figures)}", flush=True)
    for fault in faults:
        print(f"  {fault}: {fault.read_text(encoding='utf-8').splitlines()[0][:300]}", flush=True)
    if done.returncode:
        print(done.stderr[-3000:], flush=True)
    return len(faults) + (done.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())

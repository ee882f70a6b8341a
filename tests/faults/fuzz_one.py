"""One target, fuzzed in this process by libFuzzer; `fuzz.py` starts it and reads what it prints.

``python tests/faults/fuzz_one.py TARGET FOLDER SECONDS``. A fault does not end it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

NEVER_BACK = 120
"""Seconds after which libFuzzer ends a reader that can't be stopped."""
LARGEST = 1 << 16
"""Bytes of an input."""


def main(name: str, folder: str, seconds: str) -> None:
    """Fuzz until the time is up; libFuzzer ends the process."""
    import atheris  # here: without it, tests still look into this file for examples

    sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
    # Open to the end: much of what is read through is imported when it is first needed.
    with atheris.instrument_imports(include=["evalsuite"], enable_loader_override=False):
        from fuzz_targets import prepare, spoil
        from fuzz_watch import Watch

        place = Path(folder)
        shutil.rmtree(place / "beside", ignore_errors=True)  # of an earlier time, spoilt
        target = prepare(name, place / "beside")
        corpus = place / "corpus"
        corpus.mkdir(exist_ok=True)
        for i, seed in enumerate(target.seeds):
            (corpus / f"seed-{i}").write_bytes(seed)

        def mutated(content: bytes, largest: int, seed: int) -> bytes:
            """Change an input: half of the time by what it is, else as bytes."""
            changed = spoil(target, content, seed) if seed % 2 else atheris.Mutate(content, largest)
            return bytes(changed)[:largest]

        options = [f"-max_total_time={seconds}", f"-timeout={NEVER_BACK}", f"-max_len={LARGEST}"]
        options += ["-rss_limit_mb=6000", "-print_final_stats=1", f"-artifact_prefix={place}/"]
        watch = Watch(target, place / "faults")
        atheris.Setup([sys.argv[0], *options, str(corpus)], watch.read, custom_mutator=mutated)
        atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])

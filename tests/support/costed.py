"""A command of evalsuite with what it cost: ``python costed.py FILE compare ...``.

``FILE`` gets the processor seconds and the largest memory of the process, as JSON. The memory is
the process's own high-water mark: what the system tells a parent may be the parent's.
"""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path

from evalsuite.__main__ import main


def peak_mb() -> float:
    """Give the largest memory of this process in millions of bytes; Linux alone tells it so."""
    status = Path("/proc/self/status").read_text("ascii", errors="replace")
    match = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(match[1]) * 1024 / 1e6 if match else float("nan")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    sys.argv = ["evalsuite", *sys.argv[2:]]
    try:
        main()
    finally:
        target.write_text(json.dumps({"cpu_s": time.process_time(), "peak_mb": peak_mb()}), "ascii")

"""Which modules a piece of code loads, seen in a process of its own."""

from __future__ import annotations

import subprocess
import sys

__all__ = ["loaded_by"]


def loaded_by(code: str) -> frozenset[str]:
    """Run code in a fresh Python, and name the modules that are there afterwards."""
    script = f"{code}\nimport sys\nprint('\\n'.join(['', *sys.modules]))"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return frozenset(done.stdout.split())

"""How much memory this process has needed so far."""

from __future__ import annotations

import re
import sys
from pathlib import Path

__all__ = ["peak_rss_mb"]

_STATUS = Path("/proc/self/status")
_KIB = 1024


def peak_rss_mb() -> int | None:
    """Measure the largest resident memory of this process, from its start until now.

    Linux keeps the peak of the program itself in ``VmHWM``. What ``getrusage`` tells there begins
    with the memory of the process that started this one, so it is asked elsewhere only.

    Returns
    -------
    int or None
        Megabytes, memory shared with other processes included; None where the system does not say.
    """
    if _STATUS.is_file():
        found = re.search(r"^VmHWM:\s+(\d+) kB$", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
        if found:
            return round(int(found[1]) * _KIB / 1e6)
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else _KIB) / 1e6)

"""A watch over a target: reads inputs, and keeps the first one of each fault, with what it raised.

A fault is anything raised that is not for a person, more than two seconds of CPU, or half a
gigabyte more memory. Where the inputs come from is not known here.
"""

from __future__ import annotations

import hashlib
import re
import resource
import signal
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

    from fuzz_targets import Prepared

__all__ = ["TooLongError", "Watch"]

SLOWEST, HOPELESS = 2.0, 10.0
"""Seconds of CPU for one input, and those after which it is stopped."""
MEGABYTES = 500
"""That one input may add to the memory."""


class TooLongError(BaseException):
    """An input that does not come to an end."""


class Watch:
    """Reads inputs of one target; faults go into a folder."""

    def __init__(self, target: Prepared, folder: Path) -> None:
        self.target = target
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)
        signal.signal(signal.SIGPROF, _stop)

    def read(self, content: bytes) -> None:
        """Read one input."""
        megabytes, begun = _peak(), time.process_time()
        signal.setitimer(signal.ITIMER_PROF, HOPELESS)
        try:
            self.target.read(content)
        except self.target.allowed:
            pass
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  it is what is looked for
            self._keep(content, _place(error), "".join(traceback.format_exception(error)))
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
        seconds, more = time.process_time() - begun, _peak() - megabytes
        if seconds > SLOWEST:
            self._keep(content, "slow", f"{seconds:.1f} s of CPU")
        if more > MEGABYTES:
            self._keep(content, "large", f"{more} MB more")

    def _keep(self, content: bytes, place: str, text: str) -> None:
        name = hashlib.sha256(place.encode()).hexdigest()[:12]
        told = self.folder / f"{name}.txt"
        if not told.exists():
            (self.folder / name).write_bytes(content)
            told.write_text(f"{place}\n{text}", encoding="utf-8", errors="backslashreplace")


def _peak() -> int:
    """Give the peak in MB; ``ru_maxrss`` would count that of the process which started this one."""
    status = Path("/proc/self/status")
    if not status.is_file():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    (kilobytes,) = re.findall(rb"VmHWM:\s+(\d+)", status.read_bytes())
    return int(kilobytes) // 1024


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise TooLongError


def _place(error: BaseException) -> str:
    """Name what was raised and where in evalsuite, by which faults are told apart."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "/evalsuite/" in f.filename and "/tests/" not in f.filename]
    last = (own or list(frames))[-1]
    return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno} {last.name}"
